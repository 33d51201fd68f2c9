"""Canonicalisation: RFC 6376 section 3.4, in messages as they were signed and as they were altered."""
from suite import BODY, HEADER, signed, swap

FAIL = "SignatureMismatch"
BODY_FAIL = "BodyMismatch"
SECTION = {"simple": "3.4.3", "relaxed": "3.4.4"}

BODIES = {
    "empty": b"",
    "one-line-end": b"\r\n",
    "three-line-ends": b"\r\n\r\n\r\n",
    "a-space": b" ",
    "a-space-line": b" \r\n",
    "blank-lines": b" \t\r\n\t\r\n",
    "blank-then-line-ends": b" \r\n\r\n\r\n",
    "line-ends-then-blank": b"\r\n\r\n \t",
    "no-line-end": b"Hi.\r\nJoe",
    "no-line-end-white": b"Hi.\r\nJoe \t",
    "line-ends-behind": b"Hi.\r\n\r\n\r\n\r\n",
    "blank-lines-behind": b"Hi.\r\n \r\n\t\r\n",
    "blank-and-empty-behind": b"Hi.\r\n\r\n \r\n\r\n",
    "white-without-line-end-behind": b"Hi.\r\n\r\n  ",
    "empty-lines-inside": b"a\r\n\r\n\r\nb\r\n",
    "blank-lines-inside": b"a\r\n \t \r\nb\r\n",
    "runs": b" a  b\t\tc \t d\r\n",
    "white-before-line-ends": b"a \r\nb\t\r\nc \t\r\n",
    "white-before-lines": b"  a\r\n\tb\r\n \tc\r\n",
    "a-tab": b"a\tb\r\n",
    "bare-lf": b"a\nb\r\n",
    "bare-cr": b"a\rb\r\n",
    "two-crs": b"a\r\r\nb\r\n",
    "lf-behind": b"a\r\n\n",
    "cr-behind": b"a\r\n\r",
    "cr-last": b"a\r",
    "lf-last": b"a\n",
    "white-before-bare-lf": b"a \nb \r\n",
    "white-around-bare-cr": b"a \r b\r\n",
    "white-before-two-crs": b"a \r\r\n",
    "lf-cr": b"a\n\rb\r\n",
    "lf-alone": b"\n",
    "cr-alone": b"\r",
    "crs-and-line-end": b"\r\r\n",
    "line-end-cr-line-end": b"a\r\n\r\r\n",
    "nul": b"a\0b\r\n",
    "latin-1": b"gr\xfc\xdfe  \xa0\r\n",
    "utf-8": "日本語  です \r\n".encode(),
    "other-controls": b"a\x0b\x0cb \x0b\r\n\x0c\r\n",
    "dots": b".\r\n..\r\n.\r\n",
    "from-line": b"From x\r\n>From y\r\n",
    "line-end-first": b"\r\nHi.\r\n",
    "blank-first": b" \t\r\nHi.\r\n",
    "long-line": b"0123456789abcdef" * 80 + b"\r\n",
    "long-run": b"a" + b" \t" * 130 + b"b" + b" " * 130 + b"\r\n",
    "many-empty-lines": b"a" + b"\r\n" * 70 + b"b" + b"\r\n" * 70,
    "many-blank-lines": b"a\r\n" + b" \r\n" * 50 + b"b\r\n" + b"\t \r\n" * 50,
}

# A body, the body that arrives, and whether it is the same when simple and when relaxed.
CHANGES = {
    "line-end-added": (b"Hi.\r\n", b"Hi.\r\n\r\n", True, True),
    "line-ends-cut": (b"Hi.\r\n\r\n\r\n", b"Hi.\r\n", True, True),
    "last-line-end-cut": (b"Hi.\r\n", b"Hi.", True, True),
    "blank-line-added": (b"Hi.\r\n", b"Hi.\r\n \t\r\n", False, True),
    "white-added-before-line-end": (b"Hi.\r\n", b"Hi. \t\r\n", False, True),
    "white-added-last": (b"Hi.", b"Hi. ", False, True),
    "run-cut": (b"a  b\r\n", b"a b\r\n", False, True),
    "run-grown": (b"a b\r\n", b"a \t b\r\n", False, True),
    "tab-for-space": (b"a b\r\n", b"a\tb\r\n", False, True),
    "white-removed": (b"a b\r\n", b"ab\r\n", False, False),
    "white-inserted": (b"ab\r\n", b"a b\r\n", False, False),
    "white-put-before-line": (b"ab\r\n", b" ab\r\n", False, False),
    "white-before-line-grown": (b" ab\r\n", b"\t  ab\r\n", False, True),
    "white-before-line-removed": (b" ab\r\n", b"ab\r\n", False, False),
    "empty-line-removed-inside": (b"a\r\n\r\nb\r\n", b"a\r\nb\r\n", False, False),
    "empty-line-inserted": (b"a\r\nb\r\n", b"a\r\n\r\nb\r\n", False, False),
    "empty-line-put-first": (b"a\r\n", b"\r\na\r\n", False, False),
    "blank-line-emptied-inside": (b"a\r\n \t\r\nb\r\n", b"a\r\n\r\nb\r\n", False, True),
    "line-end-to-lf": (b"a\r\nb\r\n", b"a\nb\r\n", False, False),
    "all-line-ends-to-lf": (b"a\r\nb\r\n", b"a\nb\n", False, False),
    "line-end-to-cr": (b"a\r\nb\r\n", b"a\rb\r\n", False, False),
    "last-line-end-to-lf": (b"a\r\n", b"a\n", False, False),
    "lf-to-line-end": (b"a\nb\r\n", b"a\r\nb\r\n", False, False),
    "bare-cr-inserted": (b"a\r\nb\r\n", b"a\r\r\nb\r\n", False, False),
    "bare-cr-removed": (b"a\rb\r\n", b"ab\r\n", False, False),
    "lf-added-last": (b"a\r\n", b"a\r\n\n", False, False),
    "cr-added-last": (b"a\r\n", b"a\r\n\r", False, False),
    "case": (b"Hi.\r\n", b"hi.\r\n", False, False),
    "octet-added-last": (b"Hi.\r\n", b"Hi.\r\nx", False, False),
    "first-octet-removed": (b"Hi.\r\n", b"i.\r\n", False, False),
    "body-removed": (b"Hi.\r\n", b"", False, False),
    "body-added": (b"", b"Hi.\r\n", False, False),
    "empty-gets-line-end": (b"", b"\r\n", True, True),
    "empty-gets-line-ends": (b"", b"\r\n\r\n\r\n", True, True),
    "empty-gets-blank-line": (b"", b" \r\n", False, True),
    "line-end-removed": (b"\r\n", b"", True, True),
    "nul-added-last": (b"a\r\n", b"a\r\n\0", False, False),
    "wrapped": (b"a b\r\n", b"a\r\nb\r\n", False, False),
    "dot-doubled": (b".a\r\n", b"..a\r\n", False, False),
    "vt-for-space": (b"a b\r\n", b"a\x0bb\r\n", False, False),
    "nbsp-for-space": (b"a b\r\n", b"a\xc2\xa0b\r\n", False, False),
    "form-feed-behind": (b"a\r\n", b"a\x0c\r\n", False, False),
}

# A field that is signed.
FIELDS = {
    "plain": b"X-Case: a b\r\n",
    "folded": b"X-Case: a\r\n b\r\n\tc\r\n",
    "folded-behind-colon": b"X-Case:\r\n a\r\n",
    "folded-blank-line": b"X-Case: a\r\n \t\r\n b\r\n",
    "folded-blank-line-last": b"X-Case: a\r\n \r\n",
    "folded-blank-lines-alone": b"X-Case:\r\n \r\n\t\r\n",
    "white-behind": b"X-Case: a \t\r\n",
    "runs": b"X-Case:  a  b\t\tc \t d\r\n",
    "empty": b"X-Case:\r\n",
    "white-alone": b"X-Case: \t \r\n",
    "no-white": b"X-Case:a\r\n",
    "tab-behind-colon": b"X-Case:\ta\r\n",
    "white-before-colon": b"X-Case : a\r\n",
    "runs-before-colon": b"X-Case \t : a\r\n",
    "capitals": b"X-CASE: A b\r\n",
    "small": b"x-case: a B\r\n",
    "colons": b"X-Case: a:b : c::\r\n",
    "colon-first": b"X-Case:: a\r\n",
    "latin-1": b"X-Case: gr\xfc\xdfe  \xa0\r\n",
    "utf-8": "X-Case: 日本語  です \r\n".encode(),
    "bare-lf": b"X-Case: a \n b\r\n",
    "bare-cr": b"X-Case: a \r b\r\n",
    "two-crs": b"X-Case: a\r\r\n b\r\n",
    "nul": b"X-Case: a\0b\r\n",
    "other-controls": b"X-Case: a \x0b\x0c b\r\n",
    "semicolons": b"X-Case: a; b=c; b=d\r\n",
    "long": b"X-Case: " + b"0123456789abcdef" * 60 + b"\r\n",
    "many-folds": b"X-Case: a" + b"\r\n \t b" * 30 + b"\r\n",
}

CASE = b"X-Case: a b\r\n c\r\n"
OTHER = b"X-Other: 1\r\n"

# What becomes of the header, and whether it is the same when simple and when relaxed.
HEADER_CHANGES = {
    "unfolded": (swap("a b\r\n c", "a b c"), False, True),
    "folded-elsewhere": (swap("a b\r\n c", "a\r\n\tb c"), False, True),
    "folded-behind-colon": (swap("X-Case: a", "X-Case:\r\n a"), False, True),
    "run-grown": (swap("a b\r\n", "a \t b\r\n"), False, True),
    "tab-for-space": (swap("a b\r\n", "a\tb\r\n"), False, True),
    "white-added-behind": (swap("b\r\n c\r\n", "b\r\n c \t\r\n"), False, True),
    "blank-fold-added": (swap("b\r\n c\r\n", "b\r\n c\r\n \r\n"), False, True),
    "white-removed-behind-colon": (swap("X-Case: a", "X-Case:a"), False, True),
    "white-put-before-colon": (swap("X-Case: a", "X-Case \t: a"), False, True),
    "name-in-capitals": (swap("X-Case: a", "X-CASE: a"), False, True),
    "value-in-capitals": (swap("X-Case: a", "X-Case: A"), False, False),
    "word-parted": (swap("a b\r\n", "a b d\r\n"), False, False),
    "words-joined": (swap("a b\r\n", "ab\r\n"), False, False),
    "fold-without-white": (swap("b\r\n c", "bc"), False, False),
    "bare-lf-inserted": (swap("a b\r\n", "a\n b\r\n"), False, False),
    "bare-cr-inserted": (swap("a b\r\n", "a b\r\r\n"), False, False),
    "fold-to-lf": (swap("b\r\n c", "b\n c"), False, False),
    "vt-for-space": (swap("a b\r\n", "a\x0bb\r\n"), False, False),
    "removed": (swap(CASE, b""), False, False),
    "fields-in-other-order": (swap(CASE + OTHER, OTHER + CASE), True, True),
    "moved-last": (lambda m: swap(OTHER, OTHER + CASE)(swap(CASE, b"")(m)), True, True),
    "unsigned-field-altered": (swap("X-Other: 1", "X-Other: 2"), True, True),
    "unsigned-field-removed": (swap(OTHER, b""), True, True),
    "unsigned-field-added": (swap(OTHER, b"X-New: 1\r\n" + OTHER), True, True),
    "same-field-put-above": (swap(CASE, b"X-Case: x\r\n" + CASE), True, True),
    "same-field-put-below": (swap(CASE, CASE + b"X-Case: x\r\n"), False, False),
    "signature-unfolded": (swap(";\r\n\th=", "; h="), False, True),
    "signature-name-in-small-letters": (swap("DKIM-Signature:", "dkim-signature:"), False, True),
    "signature-white-before-colon": (swap("DKIM-Signature:", "DKIM-Signature :"), False, True),
    "signature-white-behind": (swap("\r\nFrom:", " \r\nFrom:"), True, True),
    "signature-tag-added": (swap("v=1;", "v=1; xx=1;"), False, False),
    "signature-names-in-capitals": (swap("h=from", "h=From"), False, False),
    "signature-tags-in-other-order": (swap("d=example.com; s=rsa;", "s=rsa; d=example.com;"), False, False),
    "signature-b-folded": (swap("\tb=", "\tb=\r\n\t "), True, True),
    "signature-white-between-b-and-equals": (swap("\tb=", "\tb ="), False, False),
    "signature-last-semicolon": (swap("\r\nFrom:", ";\r\nFrom:"), False, False),
    "signature-bh-folded": (swap("bh=", "bh=\r\n\t "), False, False),
}


def add(suite):
    for index, (name, body) in enumerate(BODIES.items()):
        for form in ("simple", "relaxed"):
            header = ("simple", "relaxed")[index % 2]
            message = signed(body=body, c=f"{header}/{form}")
            suite.add(f"body-{form}-{name}", "6376 " + SECTION[form], "pass", message)
    for name, (before, later, simple, relaxed) in CHANGES.items():
        for form, same in (("simple", simple), ("relaxed", relaxed)):
            # The later body in its place; the header holds nothing like it.
            change = lambda m, before=before, later=later: m[: len(m) - len(before)] + later
            message = signed(body=before, c=f"relaxed/{form}", after=change)
            suite.add(f"altered-{form}-{name}", "6376 " + SECTION[form], "pass" if same else BODY_FAIL, message)
    for name, field in FIELDS.items():
        for form, section in (("simple", "3.4.1"), ("relaxed", "3.4.2")):
            message = signed(header=HEADER + field, h="from:x-case:to:subject", c=f"{form}/relaxed")
            suite.add(f"field-{form}-{name}", "6376 " + section, "pass", message)
    for name, (change, simple, relaxed) in HEADER_CHANGES.items():
        for form, same, section in (("simple", simple, "3.4.1"), ("relaxed", relaxed, "3.4.2")):
            section = "3.7" if name.startswith("signature-b") or name.startswith("signature-white-b") else section
            header = HEADER + CASE + OTHER
            message = signed(header=header, h="from:x-case", c=f"{form}/relaxed", after=change)
            suite.add(f"header-{form}-{name}", "6376 " + section, "pass" if same else FAIL, message)
    messages(suite)


def messages(suite):
    """Where header and body begin and end."""
    for form in ("simple", "relaxed"):
        c = f"{form}/{form}"
        cut = lambda m: m.removesuffix(b"\r\n")
        suite.add(f"message-{form}-without-empty-line", "5322 3.5", "pass", signed(body=b"", c=c, after=cut))
        cut = lambda m: m.removesuffix(b"\r\n\r\n")
        suite.add(f"message-{form}-header-without-line-end", "6376 " + ("3.4.1" if form == "simple" else "3.4.2"),
                  "pass", signed(body=b"", c=c, after=cut))
    unreadable = {
        "line-without-colon": swap("To: ", "To; "),
        "mbox-line-first": lambda m: b"From joe Fri Jul 11 21:00:37 2003\r\n" + m,
        "white-first": lambda m: b" " + m,
        "no-name": swap("To: ", ": "),
    }
    for name, change in unreadable.items():
        suite.add(f"message-{name}", "5322 2.2", "unreadable", signed(after=change))
    suite.add("message-not-signed", "8601 2.7.1", "none", HEADER + b"\r\n" + BODY)
    suite.add("message-bare-lfs-in-an-unsigned-field", "6376 2.8", "pass",
              signed(after=swap("\r\n\r\n", "\r\nX: a\n\nb\r\n\r\n")))
    suite.add("message-bare-lf-in-a-name", "5322 2.2", "unreadable",
              signed(after=swap("\r\n\r\n", "\r\n\nX: y\r\n\r\n")))
