"""The field: tag lists (RFC 6376 section 3.2), then each tag (3.5), and what makes a signature invalid (6.1.1)."""
from suite import NOW, missing, octets, signed, value
import signer

DUPLICATE, LIST = "Malformed(Duplicate)", "Malformed(List)"


def add(suite):
    lists(suite)
    places_of_b(suite)
    values(suite)
    lengths(suite)
    times(suite)


def lists(suite):
    usual = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=rsa; h=from:to:subject:date; bh={bh}; b={b}"

    def case(id, expect, old="", new="", clause="6376 3.2", text=None, **rest):
        if old and old not in usual:
            raise ValueError(old)
        suite.add(f"list-{id}", clause, expect, signed(text=text or usual.replace(old, new, 1), **rest))

    case("plain", "pass")
    case("no-white-at-all", "pass", text=usual.replace(" ", ""))
    case("white-first", "pass", "v=1", "  \t v=1")
    case("folded-first", "pass", "v=1", "\r\n\tv=1")
    for place, old, new in [
        ("before-name", "; a=", ";{} a="),
        ("before-equals", "; a=", "; a{}="),
        ("behind-equals", "a=rsa", "a={}rsa"),
        ("before-semicolon", "rsa-sha256;", "rsa-sha256{};"),
        ("around-b", "b={b}", "b={}{{b}}{}"),
        ("behind-b-equals", "; b=", "; b={}"),
        ("around-bh", "bh={bh}", "bh={}{{bh}}{}"),
        ("in-h", "from:to", "from{}:{}to"),
        ("behind-v", "v=1", "v={}1{}"),
        ("around-d", "d=example.com", "d={}example.com{}"),
        ("around-s", "s=rsa", "s={}rsa{}"),
        ("around-c", "c=relaxed/relaxed", "c={}relaxed/relaxed{}"),
    ]:
        for kind, white in (("space", "  "), ("tab", "\t"), ("fold", "\r\n "), ("blank-fold", " \r\n\t")):
            case(f"{kind}-{place}", "pass", old, new.replace("{{", "<").replace("}}", ">").replace("{}", white).replace("<", "{").replace(">", "}"))
    case("last-semicolon", "pass", "b={b}", "b={b};")
    case("last-semicolon-and-white", "pass", "b={b}", "b={b}; ")
    case("last-semicolon-and-fold", "pass", "b={b}", "b={b};\r\n\t")
    case("two-last-semicolons", LIST, "b={b}", "b={b};;")
    case("semicolons-between", LIST, "a=", "; a=")
    case("semicolon-first", LIST, "v=1", "; v=1")
    case("unknown-tag", "pass", "a=", "x=9999999999; y_1=some : value, here!; a=")
    case("unknown-tag-first", "pass", "v=1", "new=1; v=1")
    case("unknown-tag-last", "pass", "b={b}", "b={b}; new=1")
    case("unknown-tag-empty", "pass", "a=", "new=; a=")
    case("unknown-tag-of-equals", "pass", "a=", "new===a=b; a=")
    case("unknown-tag-with-underscore", "pass", "a=", "n_w_=1; a=")
    case("unknown-tag-with-utf-8", "pass", "a=", "new=日本; a=")
    case("unknown-tag-with-white-inside", "pass", "a=", "new=a \t b\r\n c; a=")
    case("v-is-not-first", "pass", text="a=rsa-sha256; " + usual.replace("a=rsa-sha256; ", ""), clause="6376 3.5")
    case("any-order", "pass", text="bh={bh}; h=from:to:subject:date; s=rsa; d=example.com; c=relaxed/relaxed; b={b}; a=rsa-sha256; v=1")
    case("capitals-are-another-tag", "pass", "a=", "V=2; A=rsa-sha1; D=example.org; L=0; a=")
    case("capital-v-is-no-v", missing("v"), "v=1", "V=1")
    for tag, text in [("v", "1"), ("a", "rsa-sha256"), ("c", "relaxed/relaxed"), ("d", "example.com"), ("s", "rsa"), ("h", "from:to:subject:date")]:
        case(f"duplicate-{tag}", DUPLICATE, "; bh=", f"; {tag}={text}; bh=")
    case("duplicate-bh", DUPLICATE, "; b=", "; bh={bh}; b=")
    case("duplicate-b", DUPLICATE, "b={b}", "b={b}; b=")
    case("duplicate-unknown", DUPLICATE, "a=", "new=1; new=1; a=")
    case("duplicate-i-both-empty", DUPLICATE, "a=", "i=@example.com; i=@example.com; a=")
    case("no-equals", LIST, "a=", "new; a=")
    case("no-name", LIST, "a=", "=1; a=")
    case("name-begins-with-digit", LIST, "a=", "1x=1; a=")
    case("name-begins-with-underscore", LIST, "a=", "_x=1; a=")
    case("name-with-hyphen", LIST, "a=", "x-new=1; a=")
    case("name-with-white-inside", LIST, "a=", "n ew=1; a=")
    case("comma-for-semicolon", "Malformed(Value(\"d\"))", "d=example.com; ", "d=example.com, x=1; ")
    case("control-in-value", LIST, "a=", "new=\x07; a=")
    case("nul-in-value", LIST, "a=", "new=\0; a=")
    case("bare-lf-in-value", LIST, "a=", "new=a\n b; a=")
    case("bare-cr-in-value", LIST, "a=", "new=a\r b; a=")
    case("no-utf-8-in-value", LIST, text=octets(usual).replace(b"a=", b"new=\xff; a=", 1))
    case("comment", LIST, "a=", "(a comment) a=")
    case("empty", LIST, text=" ")
    case("only-a-semicolon", LIST, text=";")


def places_of_b(suite):
    """The value that is taken out, and everything that looks like it."""

    def case(id, text, **rest):
        for form in ("simple", "relaxed"):
            full = text.replace("$", f"v=1; a=rsa-sha256; c={form}/relaxed; d=example.com; s=rsa; h=from")
            suite.add(f"place-of-b-{form}-{id}", "6376 3.7", "pass", signed(text=full, h="from", c=f"{form}/relaxed", **rest))

    case("first", "b={b}; $; bh={bh}")
    case("first-no-white", "b={b};$;bh={bh}")
    case("between", "$; b={b}; bh={bh}")
    case("before-others", "b={b}; bh={bh}; $")
    case("last-semicolon", "$; bh={bh}; b={b};")
    case("one-line", "$; bh={bh}; b={b}", folded=lambda b: b)
    case("folded-often", "$; bh={bh}; b={b}", folded=lambda b: b"\r\n ".join(b[i : i + 3] for i in range(0, len(b), 3)))
    case("white-often", "$; bh={bh}; b={b}", folded=lambda b: b" \t".join(b[i : i + 1] for i in range(len(b))))
    case("white-around", "$; bh={bh}; b= \r\n\t {b} \r\n\t ; new=1")
    case("white-before-equals", "$; bh={bh}; b \r\n\t={b}; new=1")
    case("unknown-bb", "$; bb=b={b}; bh={bh}; b={b}".replace("={b}; bh", "=xyz; bh"))
    case("unknown-ending-in-b", "xb=abc; $; bh={bh}; b={b}")
    case("capital-b", "B=abc; $; bh={bh}; b={b}")
    case("b-in-a-value", "z=b=abc; $; bh={bh}; b={b}")
    case("semicolon-encoded", "z=Subject:a=3B=20b=3Dabc; $; bh={bh}; b={b}")
    case("fold-before-name", "$; bh={bh};\r\n \r\n\tb={b}")
    case("bh-behind", "$; b={b}; bh=\r\n\t{bh}")


def values(suite):
    def case(id, expect, clause="6376 3.5", **changes):
        suite.add(f"tag-{id}", clause, expect, signed(**changes))

    for tag in ("v", "a", "d", "s", "h", "bh", "b"):
        rest = {"h_signed": "from:to:subject:date"} if tag == "h" else {}
        case(f"{tag}-missing", missing(tag), clause="6376 6.1.1", **{tag: None}, **rest)
    # Version.
    for name, text in [("empty", ""), ("2", "2"), ("0", "0"), ("1-0", "1.0"), ("0-5", "0.5"), ("01", "01"), ("dkim1", "DKIM1"), ("1-1", "1 1")]:
        case(f"v-{name}", "Version", v=text)
    # Algorithms.
    case("a-rsa-sha1", "HistoricAlgorithm", clause="8301 3.1", a="rsa-sha1")
    for name, text in [("rsa-sha512", "rsa-sha512"), ("rsa-md5", "rsa-md5"), ("ed25519-sha512", "ed25519-sha512"), ("none", "none-none"),
                       ("capitals", "RSA-SHA256"), ("mixed-case", "rsa-SHA256"), ("dsa", "dsa-sha256")]:
        case(f"a-{name}", "UnknownAlgorithm", clause="6376 3.2" if "ca" in name else "6376 3.3.4", a=text)
    for name, text in [("empty", ""), ("no-hash", "rsa"), ("white-inside", "rsa -sha256"), ("no-hyphen", "rsasha256"), ("slash", "rsa/sha256"), ("list", "rsa-sha256:rsa-sha1")]:
        case(f"a-{name}", value("a"), a=text)
    # Canonicalisations.
    for text in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "simple", "relaxed"):
        for key in ("rsa1024", "ed"):
            case(f"c-{text.replace('/', '-')}-{key}", "pass", c=text, key=key)
    case("c-missing-is-simple", "pass", c=None)
    for name, text in [("unknown", "nowsp"), ("unknown-body", "relaxed/nowsp"), ("unknown-header", "nowsp/relaxed"), ("capitals", "Relaxed/Relaxed")]:
        case(f"c-{name}", "UnknownCanonicalization", clause="6376 3.2" if name == "capitals" else "6376 3.4", c=text, c_signed=("relaxed", "relaxed"))
    for name, text in [("empty", ""), ("no-body", "relaxed/"), ("no-header", "/relaxed"), ("three", "relaxed/relaxed/relaxed"), ("white-inside", "relaxed / relaxed")]:
        case(f"c-{name}", value("c"), c=text, c_signed=("relaxed", "relaxed"))
    # Domains and selectors.
    case("d-capitals", "pass", d="Example.COM", clause="1035 2.3.3")
    for name, text in [("empty", ""), ("one-label", "com"), ("dot-last", "example.com."), ("dot-first", ".example.com"), ("two-dots", "example..com"),
                       ("underscore", "exa_mple.com"), ("white-inside", "example .com"), ("hyphen-first", "-example.com"), ("hyphen-last", "example-.com"),
                       ("address", "[192.0.2.1]"), ("at", "@example.com"), ("wildcard", "*.com"), ("two", "example.com:example.net"), ("long-label", "a" * 64 + ".com")]:
        case(f"d-{name}", value("d"), d=text)
    case("d-other", "NoKey", clause="6376 6.1.2", d="example.net")
    case("d-subdomain", "NoKey", clause="6376 3.6.2.1", d="sub.example.com")
    case("s-other", "NoKey", clause="6376 6.1.2", s="other")
    case("s-two-labels", "pass", clause="6376 3.1", s="foo.bar")
    case("s-capitals", "pass", clause="1035 2.3.3", s="RSA")
    for name, text in [("empty", ""), ("dot-last", "rsa."), ("two-dots", "foo..bar"), ("white-inside", "r sa"), ("star", "*"), ("slash", "rsa/x"), ("long-label", "a" * 64)]:
        case(f"s-{name}", value("s"), clause="6376 3.1", s=text)
    case("s-makes-the-name-too-long", "KeyName", clause="1035 2.3.4", s=".".join(["a" * 60] * 4))
    # Signed fields.
    for name, text, expect in [("empty", "", value("h")), ("only-a-colon", ":", value("h")), ("colon-last", "from:to:", value("h")), ("colon-first", ":from", value("h")),
                               ("two-colons", "from::to", value("h")), ("white-in-a-name", "from:x y", value("h")), ("utf-8-name", "from:é", value("h")), ("no-from", "to:subject", "FromNotSigned"),
                               ("from-in-a-name", "to:x-from:from-x:resent-from", "FromNotSigned"), ("commas", "from,to", "FromNotSigned")]:
        case(f"h-{name}", expect, clause="6376 6.1.1" if expect == "FromNotSigned" else "6376 3.5", h=text)
    case("h-from-last", "pass", h="to:subject:From")
    case("h-odd-names", "pass", h="from:x!#$%&'*+-/=?^_`{|}~:123")
    # Identities.
    for name, text in [("domain", "@example.com"), ("joe", "joe@example.com"), ("subdomain", "joe@a.b.example.com"), ("capitals", "Joe@EXAMPLE.com"), ("quoted", '"a@b c"@example.com'),
                       ("encoded", "a=20b=3Bc@example.com"), ("not-from", "someone.else@example.com")]:
        case(f"i-{name}", "pass", i=text)
    for name, text in [("other-domain", "joe@example.net"), ("parent", "joe@com"), ("suffix", "joe@badexample.com"), ("prefix", "joe@example.com.net"), ("part", "joe@ample.com")]:
        expect = value("i") if name == "parent" else "IdentityOutsideDomain"
        case(f"i-{name}", expect, clause="6376 6.1.1" if name != "parent" else "6376 3.5", i=text)
    for name, text in [("empty", ""), ("no-at", "example.com"), ("no-domain", "joe@"), ("two-ats-other-last", "joe@example.com@"), ("dot-last", "joe@example.com."), ("white", "j oe@example.com")]:
        case(f"i-{name}", value("i"), i=text)
    case("i-two-ats-outside", "IdentityOutsideDomain", clause="6376 6.1.1", i='"joe@example.com"@example.net')
    # Queries.
    for name, text, expect in [("dns-txt", "dns/txt", "pass"), ("two", "x-new/a : dns/txt", "pass"), ("twice", "dns/txt:dns/txt", "pass"), ("other", "https/txt", "UnknownQuery"),
                               ("dns", "dns", "UnknownQuery"), ("dns-other", "dns/dkk", "UnknownQuery"), ("empty", "", value("q")), ("colon-last", "dns/txt:", value("q")), ("no-type", "/txt", value("q"))]:
        case(f"q-{name}", expect, q=text)
    # Base64.
    for name, change, expect in [
        ("unpadded", lambda b: b.rstrip(b"="), "bad"),
        ("padded-more", lambda b: b + b"=", "bad"),
        ("other-alphabet", lambda b: b.replace(b"/", b"_").replace(b"+", b"-")[:-2] + b"-=", "bad"),
        ("star", lambda b: b"*" + b, "bad"),
        ("equals-inside", lambda b: b[:4] + b"=" + b[4:], "bad"),
        ("empty", lambda b: b"", "bad"),
        ("cut-by-four", lambda b: b[4:], "short"),
        ("utf-8", lambda b: "é".encode() + b, "bad"),
    ]:
        case(f"bh-{name}", value("bh"), clause="6376 6.1.1", edit_body_hash=change)
        case(f"b-{name}", value("b") if expect == "bad" else "SignatureMismatch", clause="6376 6.1.1", edit_signature=change)
    case("bh-more-octets", value("bh"), clause="6376 6.1.1", edit_body_hash=lambda b: b"AAAA" + b)
    case("bh-bits-behind", value("bh"), clause="4648 3.5", edit_body_hash=lambda b: b[:-2] + bytes([b[-2] + 1]) + b"=")
    case("bh-white-inside", "pass", edit_body_hash=lambda b: b[:5] + b" " + b[5:9] + b"\r\n\t" + b[9:20] + b"\t\t" + b[20:])
    case("bh-of-another-body", "BodyMismatch", clause="6376 6.1.3", edit_body_hash=lambda b: b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    # Copied fields.
    case("z", "pass", z="From:foo@eng.example.net|To:joe@example.com|\r\n\t Subject:demo=20run|Date:July=205,=202005=203:44:08=20PM=20-0700")
    case("z-not-what-is-there", "pass", z="From:eve@example.net")
    case("z-empty", "pass", z="")


def lengths(suite):
    """`l=`: sections 3.5, 5.3.1 and 6.1.3."""
    body = b"Hi. \r\n\r\nWe  lost.\r\n\r\n\r\n"
    total = {form: len(canonical(body)) for form, canonical in signer.BODY.items()}
    beyond = lambda signed: {form: f"UnsignedBody({count - signed})" for form, count in total.items()}

    def case(id, expect, l, counted=None, later=None, config=None, clause="6376 3.5", **rest):
        for form in ("simple", "relaxed"):
            text = l[form] if isinstance(l, dict) else str(l)
            count = int(text) if counted is None else counted
            found = expect[form] if isinstance(expect, dict) else expect
            after = (lambda m: m[: len(m) - len(body)] + later) if later is not None else (lambda m: m)
            suite.add(f"length-{form}-{id}", clause, found,
                      signed(body=body, c=f"relaxed/{form}", l=text, length=count, after=after, **rest), config=config)

    whole = {form: str(count) for form, count in total.items()}
    case("whole", "pass", whole)
    case("whole-zeros-first", "pass", {form: "000" + text for form, text in whole.items()})
    case("whole-empty-lines-added", "pass", whole, later=body + b"\r\n\r\n")
    case("whole-last-line-end-cut", "pass", whole, later=body.rstrip())
    case("whole-appended", "UnsignedBody(7)", whole, later=body[:-4] + b"Hello", clause="6376 8.2")
    case("whole-appended-taken", "pass", whole, later=body[:-4] + b"Hello", config="part", clause="6376 6.1.3")
    case("whole-empty-lines-inside", "UnsignedBody(11)", whole, later=body + b"Hello", clause="6376 8.2")
    case("whole-altered", "BodyMismatch", whole, later=body.replace(b"lost", b"won!"), clause="6376 6.1.3")
    case("refused", "BodyLength", whole, config="refuse", clause="6376 8.2")
    case("one-less", "UnsignedBody(1)", {form: str(count - 1) for form, count in total.items()}, clause="6376 8.2")
    case("one-less-taken", "pass", {form: str(count - 1) for form, count in total.items()}, config="part", clause="6376 6.1.3")
    case("one-more", "BodyTooShort", {form: str(count + 1) for form, count in total.items()})
    case("zero", beyond(0), 0, clause="6376 8.2")
    case("zero-taken", "pass", 0, config="part", clause="6376 6.1.3")
    case("zero-other-body-taken", "pass", 0, later=b"Anything\r\n", config="part", clause="6376 6.1.3")
    case("zero-body-removed", {"simple": "UnsignedBody(2)", "relaxed": "pass"}, 0, later=b"", clause="6376 3.4.4")
    case("within-a-line-taken", "pass", 3, later=b"Hi.x", config="part", clause="6376 6.1.3")
    case("within-a-line-altered", "BodyMismatch", 3, later=b"Hi x", config="part", clause="6376 6.1.3")
    case("within-a-line-end-taken", {"simple": "BodyMismatch", "relaxed": "pass"}, 4, later=b"Hi.\r\n", config="part", clause="6376 3.4.4")
    case("canonical-octets-taken", {"simple": "BodyMismatch", "relaxed": "pass"}, 10, later=body.replace(b"Hi. ", b"Hi.  \t"), config="part", clause="6376 5.3.1")
    case("body-cut-too-short", "BodyTooShort", {form: "9" for form in total}, later=b"Hi. \r\n")
    case("huge", "BodyTooShort", "9" * 20, counted=10**9)
    case("76-digits", "BodyTooShort", "9" * 76, counted=10**9)
    case("76-digits-of-zeros", "pass", "0" * 75 + "9", config="part")
    case("77-digits", value("l"), "0" * 76 + "9", counted=9)
    case("empty", value("l"), "", counted=9)
    case("negative", value("l"), "-1", counted=19)
    case("plus", value("l"), "+9", counted=9)
    case("hexadecimal", value("l"), "0x9", counted=9)
    case("white-inside", value("l"), "1 9", counted=19)
    case("fraction", value("l"), "9.0", counted=9)
    case("2-to-64", "BodyTooShort", str(2**64), counted=0)
    case("2-to-64-and-9", "BodyTooShort", str(2**64 + 9), counted=9)
    case("2-to-32-and-9", "BodyTooShort", str(2**32 + 9), counted=9)


def times(suite):
    """`t=` and `x=`: section 3.5. Clocks may differ by five minutes here."""

    def case(id, expect, clause="6376 3.5", config=None, now=None, **changes):
        suite.add(f"time-{id}", clause, expect, signed(**{name: str(text) for name, text in changes.items()}), now=now, config=config)

    case("t", "pass", t=NOW)
    case("t-long-ago", "pass", t=1)
    case("t-0", "pass", t=0)
    case("t-zeros-first", "pass", t="000000000001")
    case("t-future", "SignedInFuture", t=999999999999)
    case("t-skewed", "pass", t=NOW + 300, now=NOW)
    case("t-skewed-too-far", "SignedInFuture", t=NOW + 301, now=NOW)
    case("x", "pass", t=1, x=999999999999)
    case("x-alone", "pass", x=9999999999)
    case("x-12-digits", "pass", x=999999999999)
    case("x-past", "Expired", t=1000, x=2000)
    case("x-past-alone", "Expired", x=1)
    case("x-0", "Expired", x=0)
    case("x-past-taken", "pass", x=1, config="expired")
    case("x-now", "pass", x=NOW, now=NOW)
    case("x-skewed", "pass", x=NOW - 300, now=NOW)
    case("x-skewed-too-far", "Expired", x=NOW - 301, now=NOW)
    case("x-is-t", "ExpiresBeforeSigned", t=9999999999, x=9999999999)
    case("x-before-t", "ExpiresBeforeSigned", t=1600000001, x=1600000000)
    for tag in ("t", "x"):
        for name, text in [("empty", ""), ("13-digits", "9" * 13), ("negative", "-1"), ("letters", "now"), ("fraction", "1.5"), ("white-inside", "1 5"), ("hexadecimal", "0xff")]:
            case(f"{tag}-{name}", value(tag), **{tag: text})
