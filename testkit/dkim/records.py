"""Keys: their records (RFC 6376 section 3.6, 6.1.2, RFC 8463 section 4), sizes (RFC 8301), signatures, and names (RFC 8616)."""
import hashlib

from suite import HEADER, KEYS, ed_record, octets, rsa_record, signed, tags, template
import signer

MALFORMED = "Key(Malformed({}))"
LIST, DUPLICATE = MALFORMED.format("List"), MALFORMED.format("Duplicate")


def value(tag):
    return MALFORMED.format(f'Value("{tag}")')


def add(suite):
    suite.txt("rsa._domainkey.example.com", rsa_record("rsa1024"))
    suite.txt("foo.bar._domainkey.example.com", rsa_record("rsa1024"))
    suite.txt("ed._domainkey.example.com", ed_record())
    records(suite)
    several(suite)
    sizes(suite)
    signatures(suite)
    names(suite)


def records(suite):
    def case(id, expect, *strings, clause="6376 3.6.1", **changes):
        id = f"key-{id}"
        suite.txt(f"{id}._domainkey.example.com", *strings)
        suite.add(id, clause, expect, signed(s=id, **changes))

    p = "p=" + signer.b64(KEYS["rsa1024"].public()).decode()
    v = "v=DKIM1; "
    case("p-alone", "pass", p)
    case("v-k-p", "pass", v + "k=rsa; " + p)
    case("bare", "pass", rsa_record("rsa1024", bare=True))
    case("last-semicolon", "pass", v + p + ";")
    case("last-semicolon-and-space", "pass", v + p + "; ", clause="6376 3.2")
    case("no-white", "pass", "v=DKIM1;k=rsa;" + p)
    case("white-everywhere", "pass", " v \t= DKIM1 ; k\t= rsa ; " + p.replace("=", " = ", 1) + " ")
    case("p-first", "pass", p + "; k=rsa; t=s")
    case("v-last", "Key(Version)", p + "; v=DKIM1")
    for name, text in [("1-0", "DKIM1.0"), ("small", "dkim1"), ("2", "DKIM2"), ("empty", ""), ("number", "1"), ("spf", "spf1"), ("white-inside", "DKIM 1")]:
        case(f"v-{name}", "Key(Version)", f"v={text}; {p}")
    case("capital-v", "pass", "V=DKIM2; " + p, clause="6376 3.2")
    case("no-tags", LIST, "some text", clause="6376 6.1.2")
    case("empty-record", LIST, "", clause="6376 6.1.2")
    case("wildcard-spf", "Key(Version)", "v=spf1 -all", clause="6376 6.1.2")
    case("p-missing", MALFORMED.format('Missing("p")'), v + "k=rsa")
    # Revoked.
    for name, text in [("empty", v + "p="), ("empty-semicolon", v + "p=;"), ("white", v + "p= "), ("alone", "p="), ("other-type", v + "k=new; p="), ("p-between", v + "p=; k=rsa")]:
        case(f"revoked-{name}", "Key(Revoked)", text, clause="6376 6.1.2")
    # Types.
    case("k-rsa", "pass", v + "k=rsa; " + p)
    for name, text, expect in [("unknown", "new", "Key(UnknownType)"), ("capitals", "RSA", "Key(UnknownType)"), ("empty", "", value("k")), ("white-inside", "r sa", value("k")), ("list", "rsa:ed25519", value("k"))]:
        case(f"k-{name}", expect, v + f"k={text}; {p}", clause="6376 3.2" if name == "capitals" else "6376 3.6.1")
    case("k-ed25519-with-rsa-key", "Key(PublicKey)", v + "k=ed25519; " + p, clause="8463 4")
    case("ed25519-for-rsa-signature", "KeyType", ed_record(), clause="6376 6.1.2")
    case("rsa-for-ed25519-signature", "KeyType", v + p, clause="6376 6.1.2", key="ed", a="ed25519-sha256")
    case("ed25519-without-k", "Key(PublicKey)", ed_record(tags=v), clause="6376 3.6.1", key="ed", a="ed25519-sha256")
    case("ed25519", "pass", ed_record(), clause="8463 4", key="ed")
    case("ed25519-as-info", "Key(PublicKey)", v + "k=ed25519; p=" + signer.b64(KEYS["ed"].info()).decode(), clause="8463 4", key="ed")
    case("ed25519-31-octets", "Key(PublicKey)", v + "k=ed25519; p=" + signer.b64(KEYS["ed"].public()[:31]).decode(), clause="8463 4", key="ed")
    case("ed25519-33-octets", "Key(PublicKey)", v + "k=ed25519; p=" + signer.b64(KEYS["ed"].public() + b"\0").decode(), clause="8463 4", key="ed")
    # Hashes.
    for name, text, expect in [("sha256", "sha256", "pass"), ("sha1", "sha1", "KeyHash"), ("both", "sha1:sha256", "pass"), ("white", "sha1 : sha256", "pass"), ("unknown", "sha512", "KeyHash"),
                               ("unknown-and-sha256", "x-new:sha256", "pass"), ("capitals", "SHA256", "KeyHash"), ("empty", "", value("h")), ("colon-last", "sha256:", value("h")), ("commas", "sha1,sha256", value("h"))]:
        clause = {"sha1": "6376 6.1.2", "capitals": "6376 3.2"}.get(name, "6376 3.6.1")
        case(f"h-{name}", expect, v + f"h={text}; {p}", clause=clause)
    # Services.
    for name, text, expect in [("star", "*", "pass"), ("email", "email", "pass"), ("list", "x-new : email", "pass"), ("star-in-list", "x-new:*", "pass"), ("other", "tlsrpt", "KeyService"),
                               ("capitals", "EMAIL", "KeyService"), ("empty", "", value("s")), ("prefix", "e-mail", "KeyService")]:
        case(f"s-{name}", expect, v + f"s={text}; {p}", clause="6376 3.2" if name == "capitals" else "6376 3.6.1")
    # Flags.
    for name, text, expect in [("y", "y", "pass"), ("s", "s", "pass"), ("both", "y:s", "pass"), ("white", "y : s", "pass"), ("unknown", "x-new", "pass"), ("empty", "", value("t")), ("colon-last", "y:", value("t"))]:
        case(f"t-{name}", expect, v + f"t={text}; {p}")
    for name, i, expect in [("same", "joe@example.com", "pass"), ("capitals", "joe@EXAMPLE.com", "pass"), ("domain", "@example.com", "pass"), ("subdomain", "joe@a.example.com", "StrictIdentity")]:
        case(f"t-s-i-{name}", expect, v + f"t=s; {p}", i=i)
    case("t-s-behind-others-i-subdomain", "StrictIdentity", v + f"t=x-a : y : s; {p}", i="joe@a.example.com")
    case("t-capital-s-i-subdomain", "pass", v + f"t=S; {p}", clause="6376 3.2", i="joe@a.example.com")
    case("no-t-i-subdomain", "pass", v + p, i="joe@a.example.com")
    # Other tags.
    case("note", "pass", v + "n=A note =3B for people; " + p)
    case("note-empty", "pass", v + "n=; " + p)
    case("g", "pass", v + "g=joe; " + p, clause="6376 3.6.1")
    case("g-empty", "pass", v + "g=; " + p, clause="6376 3.6.1")
    case("unknown-tag", "pass", v + "new=1; " + p)
    case("unknown-tag-of-equals", "pass", v + "new===a=b; " + p)
    case("unknown-tag-with-hyphen", LIST, v + "x-new=1; " + p, clause="6376 3.2")
    case("duplicate-p", DUPLICATE, v + p + "; " + p, clause="6376 3.2")
    case("duplicate-k", DUPLICATE, v + "k=rsa; k=rsa; " + p, clause="6376 3.2")
    case("duplicate-v", "Key(Malformed(Duplicate))", v + v + p, clause="6376 3.2")
    case("duplicate-unknown", DUPLICATE, v + "new=1; new=2; " + p, clause="6376 3.2")
    case("semicolons-between", LIST, v + "; " + p, clause="6376 3.2")
    case("two-last-semicolons", LIST, v + p + ";;", clause="6376 3.2")
    case("commas", "Key(Version)", "v=DKIM1, k=rsa, " + p, clause="6376 3.2")
    case("quotes", LIST, '"' + v + p + '"', clause="6376 3.2")
    case("control", LIST, v + "n=\x01; " + p, clause="6376 3.2")
    case("backslash-before-semicolon", "Key(Version)", "v=DKIM1\\; " + p, clause="6376 3.2")
    # base64.
    text = p[2:]
    for name, bad in [("unpadded", text.rstrip("=")), ("star", "*" + text), ("padded-more", text + "="), ("equals-inside", text[:8] + "=" + text[8:]), ("other-alphabet", text.replace("/", "_").replace("+", "-"))]:
        if bad != text:
            case(f"p-{name}", value("p"), v + "p=" + bad, clause="6376 6.1.2")
    case("p-white-inside", "pass", v + "p=" + " ".join(text[i : i + 10] for i in range(0, len(text), 10)))
    case("p-fold-inside", "pass", v + "p=" + text[:50] + "\r\n\t" + text[50:])
    case("p-bare-lf-inside", LIST, v + "p=" + text[:50] + "\n " + text[50:], clause="6376 3.2")
    case("p-cut", "Key(PublicKey)", v + "p=" + text[:100], clause="6376 6.1.2")
    case("p-octets-behind", "Key(PublicKey)", v + "p=" + signer.b64(KEYS["rsa1024"].public() + b"\0").decode(), clause="6376 6.1.2")
    case("p-of-no-key", "Key(PublicKey)", v + "p=Zm9v", clause="6376 6.1.2")
    case("p-of-another-key", "SignatureMismatch", rsa_record("rsa1025"), clause="6376 6.1.3")
    # Strings.
    record = v + "k=rsa; " + p
    case("strings-two", "pass", record[:100], record[100:], clause="6376 3.6.2.2")
    case("strings-of-one-octet", "pass", *record, clause="6376 3.6.2.2")
    case("strings-cut-in-a-name", "pass", record[:1], record[1:11], record[11:], clause="6376 3.6.2.2")
    case("strings-empty-between", "pass", record[:30], "", record[30:], "", clause="6376 3.6.2.2")
    case("strings-white-at-the-cut", "pass", record[:100] + " ", record[100:], clause="6376 3.6.2.2")
    case("strings-cut-semicolon-missing", "Key(Version)", "v=DKIM1", p, clause="6376 3.6.2.2")


def several(suite):
    """Several records, and answers that hold none: sections 3.6.2.2 and 6.1.2."""
    good, other = rsa_record("rsa1024"), rsa_record("rsa1025")

    def case(id, expect, *records, clause="6376 6.1.2"):
        id = f"records-{id}"
        for record in records:
            suite.txt(f"{id}._domainkey.example.com", record)
        suite.add(id, clause, expect, signed(s=id))

    case("good-and-spf", "pass", good, "v=spf1 -all")
    case("spf-and-good", "pass", "v=spf1 -all", good)
    case("text-and-good", "pass", "some text", good)
    case("two-keys", "SeveralKeys", good, other, clause="6376 3.6.2.2")
    case("same-twice", "SeveralKeys", good, good, clause="6376 3.6.2.2")
    case("two-that-are-none", "Key(Version)", "v=spf1 -all", "some text")
    for what, expect in [("nodata", "NoKey"), ("servfail", "KeyUnavailable")]:
        suite.answer(f"records-{what}._domainkey.example.com", what)
        suite.add(f"records-{what}", "6376 6.1.2", expect, signed(s=f"records-{what}"))
    suite.add("records-none", "6376 6.1.2", "NoKey", signed(s="records-none"))


def sizes(suite):
    """RFC 8301 section 3.2."""
    for bits in (512, 768, 1016, 1023):
        if f"rsa{bits}" in KEYS:
            suite.txt(f"rsa{bits}._domainkey.example.com", rsa_record(f"rsa{bits}"))
            suite.add(f"size-{bits}", "8301 3.2", f"ShortKey({bits})", signed(s=f"rsa{bits}", key=f"rsa{bits}"))
    for bits in (1024, 1025, 1536, 2048, 3072, 4096):
        record = rsa_record(f"rsa{bits}")
        suite.txt(f"rsa{bits}._domainkey.example.com", *(record[at : at + 255] for at in range(0, len(record), 255)))
        suite.add(f"size-{bits}", "8301 3.2", "pass", signed(s=f"rsa{bits}", key=f"rsa{bits}"))
        if bits >= 2048:
            suite.add(f"size-{bits}-simple", "8301 3.2", "pass", signed(s=f"rsa{bits}", key=f"rsa{bits}", c="simple/simple"))
    suite.txt("rsa2048e3._domainkey.example.com", rsa_record("rsa2048e3"))
    suite.add("size-2048-exponent-3", "8017 3.1", "pass", signed(s="rsa2048e3", key="rsa2048e3"))


def signatures(suite):
    """What a signature must be: RFC 8017 section 8.2.2 and RFC 8032 section 5.1.7."""
    fail = "SignatureMismatch"
    rsa, cube, ed = KEYS["rsa1024"], KEYS["rsa2048e3"], KEYS["ed"]

    def case(id, expect, make, key="rsa1024", s="rsa", clause="8017 8.2.2", **changes):
        suite.add(f"signature-{id}", clause, expect, signed(s=s, key=key, signer=make, **changes))

    case("rsa", "pass", rsa.sign)
    case("rsa-sha1-inside", fail, lambda data: rsa.raw(rsa.encoded(data, signer.SHA1_INFO, hashlib.sha1)))
    case("rsa-sha512-inside", fail, lambda data: rsa.raw(rsa.encoded(data, signer.SHA512_INFO, hashlib.sha512)))
    case("rsa-without-null", fail, lambda data: rsa.raw(rsa.encoded(data, signer.SHA256_INFO_WITHOUT_NULL)))
    case("rsa-without-digest-info", fail, lambda data: rsa.raw(rsa.encoded(data, b"")))
    case("rsa-block-type-2", fail, lambda data: rsa.raw(b"\0\2" + rsa.encoded(data)[2:]))
    case("rsa-other-padding", fail, lambda data: rsa.raw(rsa.encoded(data).replace(b"\xff", b"\xfe", 1)))
    short = lambda data: b"\0\1" + b"\xff" * 8 + b"\0" + signer.SHA256_INFO + hashlib.sha256(data).digest()
    case("rsa-short-padding-octets-behind", fail, lambda data: rsa.raw(short(data).ljust(rsa.size, b"x")))
    case("rsa-plus-modulus", fail, lambda data: (int.from_bytes(rsa.sign(data), "big") + rsa.n).to_bytes(rsa.size + 1, "big"))
    case("rsa-zero-first", fail, lambda data: b"\0" + rsa.sign(data))
    case("rsa-zero", fail, lambda data: bytes(rsa.size))
    case("rsa-of-the-hash", fail, lambda data: rsa.sign(hashlib.sha256(data).digest()), clause="6376 3.3.2")
    case("rsa-octet-cut", fail, lambda data: rsa.sign(data)[:-1])

    def forged(data):
        """The root of a block whose end is garbage."""
        block = int.from_bytes(short(data).ljust(cube.size, b"\xff"), "big")
        low, high = 0, 1 << 700
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**3 <= block else (low, middle - 1)
        return low.to_bytes(cube.size, "big")

    case("rsa-forged-cube-root", fail, forged, key="rsa2048e3", s="rsa2048e3")
    # A signature that begins with a zero, and the same without it.
    zero = next(number for number in range(10_000) if starts_with_zero(rsa, number))
    suite.add("signature-rsa-begins-with-zero", "8017 8.2.1", "pass", signed(text=with_note(zero)))
    suite.add("signature-rsa-leading-zero-cut", "8017 8.2.2", fail, signed(text=with_note(zero), signer=lambda data: rsa.sign(data)[1:]))

    e = dict(key="ed", s="ed")
    case("ed25519", "pass", ed.sign, clause="8463 3", **e)
    case("ed25519-of-the-data", fail, ed.pure, clause="8463 3", **e)
    case("ed25519-of-the-hash-in-hexadecimal", fail, lambda data: ed.pure(hashlib.sha256(data).hexdigest().encode()), clause="8463 3", **e)
    case("ed25519-of-another-key", fail, KEYS["other-ed"].sign, clause="6376 6.1.3", **e)
    case("ed25519-63-octets", fail, lambda data: ed.sign(data)[:63], clause="8032 5.1.7", **e)
    case("ed25519-65-octets", fail, lambda data: ed.sign(data) + b"\0", clause="8032 5.1.7", **e)
    case("ed25519-zero", fail, lambda data: bytes(64), clause="8032 5.1.7", **e)

    def malleable(data):
        made = ed.sign(data)
        return made[:32] + (int.from_bytes(made[32:], "little") + signer.ORDER).to_bytes(32, "little")

    case("ed25519-s-beyond-the-order", fail, malleable, clause="8032 5.1.7", **e)
    case("a-of-the-other-type", "KeyType", ed.sign, clause="6376 6.1.2", key="ed", s="rsa")


def with_note(number):
    return template(tags(note=str(number)))


def starts_with_zero(key, number):
    seen = []
    signed(text=with_note(number), signer=lambda data: seen.append(key.sign(data)) or b"")
    return seen[0][0] == 0


def names(suite):
    """RFC 8616, and RFC 6376 for A-labels."""
    rsa = rsa_record("rsa1024")
    suite.txt("rsa._domainkey.xn--bcher-kva.example", rsa)
    suite.txt("xn--schlssel-95a._domainkey.example.com", rsa)
    suite.txt("rsa._domainkey.xn--80a1acny.xn--p1ai", rsa)

    def case(id, expect, clause="8616 5", **changes):
        for form in ("simple", "relaxed"):
            suite.add(f"name-{form}-{id}", clause, expect, signed(c=f"{form}/relaxed", **changes))

    case("d-a-label", "pass", d="xn--bcher-kva.example", clause="6376 3.5")
    case("d-u-label", "pass", d="bücher.example")
    case("d-u-labels", "pass", d="почта.рф")
    case("d-u-label-i-u-label", "pass", d="bücher.example", i="jörg@bücher.example")
    case("d-u-label-i-a-label", "pass", d="bücher.example", i="@xn--bcher-kva.example")
    case("d-a-label-i-u-label", "pass", d="xn--bcher-kva.example", i="@bücher.example")
    case("d-u-label-i-below", "pass", d="bücher.example", i="@näher.bücher.example")
    case("d-u-label-i-other", "IdentityOutsideDomain", d="bücher.example", i="@bücker.example", clause="6376 6.1.1")
    case("s-a-label", "pass", s="xn--schlssel-95a", clause="6376 3.5")
    case("s-u-label", "pass", s="schlüssel")
    case("i-local-part", "pass", i="jörg@example.com")
    case("from-utf-8", "pass", header=HEADER.replace(b"Joe SixPack", "Jörg 日本".encode()), clause="6376 3.4.2")
    case("d-latin-1", "Malformed(List)", text=octets(template(tags(d="X.example"))).replace(b"X.", b"b\xfccher."), clause="3629 3")
