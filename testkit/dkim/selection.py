"""Which fields are signed: RFC 6376 sections 3.5, 5.4 and 8.15; and several signatures."""
from suite import BODY, FROM, HEADER, KEYS, signed, swap, tags, template
import signer

FAIL = "SignatureMismatch"


def add(suite):
    three = b"X-Case: 1\r\n" + HEADER + b"x-case: 2\r\nX-CASE: 3\r\n"
    put = lambda field: lambda m: field + m
    behind = lambda field: lambda m: m.replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n", 1)

    def case(id, expect, h, header=three, clause="6376 5.4.2", **rest):
        for form in ("simple", "relaxed"):
            if isinstance(expect, str) or form in expect:
                found = expect if isinstance(expect, str) else expect[form]
                suite.add(f"select-{form}-{id}", clause, found, signed(header=header, h=h, c=f"{form}/relaxed", **rest))

    case("lowest", "pass", "from:x-case")
    case("lowest-one-above-altered", "pass", "from:x-case", after=swap("x-case: 2", "x-case: x"))
    case("lowest-altered", FAIL, "from:x-case", after=swap("X-CASE: 3", "X-CASE: x"))
    case("two-lowest", "pass", "x-case:from:x-case", after=swap("X-Case: 1", "X-Case: x"))
    case("two-lowest-second-altered", FAIL, "x-case:from:x-case", after=swap("x-case: 2", "x-case: x"))
    case("all", "pass", "x-case:x-case:from:X-Case")
    case("all-one-put-above", "pass", "x-case:x-case:from:X-Case", after=put(b"X-Case: 0\r\n"))
    case("all-one-put-below", FAIL, "x-case:x-case:from:X-Case", after=behind(b"X-Case: 4\r\n"))
    case("all-and-one-more", "pass", "x-case:x-case:x-case:x-case:from")
    case("all-and-one-more-put-above", FAIL, "x-case:x-case:x-case:x-case:from", after=put(b"X-Case: 0\r\n"))
    case("all-and-many-more", "pass", "from" + ":x-case" * 20)
    case("swapped", FAIL, "from:x-case:x-case", after=lambda m: m.replace(b"x-case: 2\r\nX-CASE: 3", b"X-CASE: 3\r\nx-case: 2"))
    case("one-removed", FAIL, "from:x-case:x-case:x-case", after=swap("X-Case: 1\r\n", ""))
    case("absent", "pass", "from:x-none:list-id", clause="6376 3.5")
    case("absent-added", FAIL, "from:x-none", clause="6376 5.4", after=put(b"X-None:\r\n"))
    case("absent-added-below", FAIL, "from:x-none", clause="6376 5.4", after=behind(b"X-None: 1\r\n"))
    case("case-of-names", "pass", "FROM:x-CaSe:tO", clause="6376 3.5")
    case("prefix-of-a-name", "pass", "from:x-cas:x-case-", clause="6376 3.5", after=swap("X-CASE: 3", "X-CASE: x"))
    case("white-before-colon", "pass", "from:x-obs", header=HEADER + b"X-Obs \t: 1\r\n", clause="6376 3.4.2")
    case("white-before-colon-altered", FAIL, "from:x-obs", header=HEADER + b"X-Obs \t: 1\r\n", clause="6376 3.4.2",
         after=swap("X-Obs \t: 1", "X-Obs \t: 2"))
    case("from-alone", "pass", "from", after=swap("Subject: Is", "Subject: Was"))
    case("from-altered", FAIL, "from", after=swap("joe@example.com", "eve@example.com"))
    case("without-from-field", "pass", "from:to", header=HEADER.replace(FROM, b""), clause="6376 5.4")
    case("from-added-where-none-was", FAIL, "from:to", header=HEADER.replace(FROM, b""), clause="6376 5.4", after=put(FROM))

    # RFC 6376 section 8.15: what is added beside the field that is signed.
    eve = b"From: Eve <eve@example.net>\r\n"
    for name, field in {
        "from": eve,
        "subject": b"Subject: Pay now\r\n",
        "date": b"Date: Fri, 11 Jul 2025 21:00:37 -0700\r\n",
        "to": b"To: eve@example.net\r\n",
    }.items():
        known = name.capitalize()
        suite.add(f"added-{name}", "6376 8.15", f'UnsignedDuplicate("{known}")', signed(after=put(field)))
        suite.add(f"added-{name}-taken", "6376 5.4.2", "pass", signed(after=put(field)), config="duplicates")
        suite.add(f"added-{name}-below", "6376 5.4.2", FAIL, signed(after=behind(field)), config="duplicates")
        h = f"from:to:subject:date:{name}"
        suite.add(f"added-{name}-oversigned", "6376 8.15", FAIL, signed(h=h, after=put(field)), config="duplicates")
        suite.add(f"oversigned-{name}", "6376 5.4", "pass", signed(h=h))
    suite.add("two-from-both-signed", "6376 5.4.2", "pass", signed(header=eve + HEADER, h="from:to:from"))

    # The field itself, and others.
    case("own-field", "pass", "from:dkim-signature", clause="6376 3.5")
    case("own-field-below", "pass", "from:dkim-signature", clause="6376 3.5", place=4)
    case("last-field-of-the-header", "pass", "from:to", clause="6376 3.5", place=7)
    for form in ("simple", "relaxed"):
        c = f"{form}/relaxed"
        second = lambda h, key="rsa1024", s="rsa", place=0, first=None: signer.sign(
            first or signer.sign(HEADER, BODY, KEYS["ed"], template(tags(a="ed25519-sha256", s="ed", c=c)), c=(form, "relaxed")),
            BODY, KEYS[key], template(tags(h=h, s=s, c=c)), c=(form, "relaxed"), h=h.encode().split(b":"), place=place,
        ) + b"\r\n" + BODY
        both = second("from:dkim-signature")
        suite.add(f"other-signature-{form}", "6376 3.5", ["pass", "pass"], both)
        removed = lambda m: b"".join(f for f in signer.fields(m.split(b"\r\n\r\n")[0] + b"\r\n") if b"ed25519" not in f) + b"\r\n" + BODY
        suite.add(f"other-signature-{form}-removed", "6376 3.5", FAIL, removed(both))
        suite.add(f"other-signature-{form}-its-b-altered", "6376 3.5", [FAIL, FAIL],
                  both.replace(b"b=" + both.split(b"\tb=")[2][:4], b"b=" + bytes([both.split(b"\tb=")[2][0] ^ 1]) + both.split(b"\tb=")[2][1:4]))
        suite.add(f"other-signature-{form}-above", "6376 3.5", ["pass", "pass"], second("from:dkim-signature", place=1))
        suite.add(f"other-signature-{form}-beside", "6376 3.5", ["pass", "pass"], second("from:to"))

    several(suite)


def several(suite):
    """Signatures of which some hold: RFC 6376 section 6.1."""
    good = signed()
    header, body = good.split(b"\r\n\r\n", 1)
    one = signer.sign(HEADER, BODY, KEYS["rsa1024"], template(tags(h="from")), h=[b"from"])
    field = one.removesuffix(HEADER)
    bad = field.replace(b"v=1", b"v=2")
    gone = field.replace(b"s=rsa", b"s=none")
    suite.add("several-version-and-good", "6376 6.1", ["Version", "pass"], bad + good)
    suite.add("several-good-and-no-key", "6376 6.1", ["pass", "NoKey"], field + gone + HEADER + b"\r\n" + body)
    suite.add("several-same-twice", "6376 6.1", ["pass", "pass"], field + field + HEADER + b"\r\n" + body)
    suite.add("several-good-and-altered", "6376 6.1", ["SignatureMismatch", "pass"],
              field.replace(b"c=relaxed/relaxed", b"c=simple/relaxed") + good)
    suite.add("several-ten", "6376 6.1", ["pass"] * 10, field * 10 + HEADER + b"\r\n" + body)
    suite.add("several-eleven", "6376 8.4", ["pass"] * 10 + ["TooManySignatures"], field * 11 + HEADER + b"\r\n" + body)
    four, reasons = HEADER, []
    for a in ("simple", "relaxed"):
        for b in ("simple", "relaxed"):
            four = signer.sign(four, BODY, KEYS["ed"], template(tags(a="ed25519-sha256", s="ed", c=f"{a}/{b}")), c=(a, b))
    suite.add("several-all-canonicalizations", "6376 3.4", ["pass"] * 4, four + b"\r\n" + BODY)
    suite.add("several-all-canonicalizations-white-added", "6376 3.4",
              ["pass", "BodyMismatch"] * 2, four + b"\r\n" + BODY.replace(b"  ", b" "))
