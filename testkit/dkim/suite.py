"""What a case is, and how cases are written down."""
import re

import signer

KEYS = signer.keys()

FROM = b"From: Joe SixPack <joe@example.com>\r\n"
HEADER = (
    FROM + b"To: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n"
)
BODY = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

# When messages arrive, unless a case says otherwise.
NOW = 1_700_000_000

# The results of RFC 8601 section 2.7.1: syntax errors are neutral, what can never be checked is permerror, what the
# receiver does not want is policy, and what was checked and does not hold fails.
CLASSES = {
    "fail": ["SignatureMismatch", "BodyMismatch"],
    "temperror": ["KeyUnavailable"],
    "neutral": ["Malformed(List)", "Malformed(Duplicate)", "Malformed(Value(", "Unsupported"],
    "policy": [
        "TooManySignatures",
        "TooManySignedFields",
        "FieldTooLong",
        "Expired",
        "SignedInFuture",
        "BodyLength",
        "FieldNotSigned(",
        "UnsignedDuplicate(",
        "UnsignedBody(",
        "KeyTooLong",
        "LongKey(",
    ],
    "permerror": [
        "Malformed(Missing(",
        "Version",
        "HistoricAlgorithm",
        "UnknownAlgorithm",
        "UnknownCanonicalization",
        "UnknownQuery",
        "FromNotSigned",
        "IdentityOutsideDomain",
        "ExpiresBeforeSigned",
        "KeyName",
        "NoKey",
        "SeveralKeys",
        "Key(",
        "KeyHash",
        "KeyService",
        "KeyType",
        "StrictIdentity",
        "ShortKey(",
        "BodyTooShort",
    ],
}


def octets(text):
    return text if isinstance(text, bytes) else text.encode()


def value(tag):
    return f'Malformed(Value("{tag}"))'


def missing(tag):
    return f'Malformed(Missing("{tag}"))'


def class_of(reason):
    if reason in ("pass", "none", "unreadable"):
        return reason
    for name, reasons in CLASSES.items():
        if any(reason == known or (known.endswith("(") and reason.startswith(known)) for known in reasons):
            return name
    raise ValueError(reason)


def escape(text):
    """Printable US-ASCII as it is, without white space at the end, which editors drop."""
    special = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x5C: "\\\\"}
    escaped = "".join(
        special.get(octet) or (chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}") for octet in octets(text)
    )
    return re.sub(r" \Z", r"\\x20", escaped)


class Suite:
    def __init__(self):
        self.records, self.out, self.ids = [], [], set()

    def txt(self, name, *strings):
        """A TXT record, by its strings."""
        quoted = " ".join('"' + escape(string).replace('"', "\\x22") + '"' for string in strings)
        self.records.append(f"txt {name} {quoted}")

    def answer(self, name, what):
        """`nodata` or `servfail`. Names that are not mentioned do not exist."""
        self.records.append(f"{what} {name}")

    def add(self, id, clause, expect, message, now=None, config=None):
        """`expect` is the reason, or `pass`, of each signature from the top; `unreadable` when there is no header."""
        if not re.fullmatch(r"[a-z0-9-]{1,63}", id) or id in self.ids:
            raise ValueError(id)
        self.ids.add(id)
        lines = [f"case {id}", f"clause {clause}"]
        lines += [f"now {now}"] if now is not None else []
        lines += [f"config {config}"] if config else []
        for reason in [expect] if isinstance(expect, str) else expect:
            found = class_of(reason)
            lines.append(f"expect {found}" + (f" {reason}" if reason != found else ""))
        for line in re.findall(rb"(?s).*?\r\n|.+\Z", message):
            whole = line.endswith(b"\r\n")
            lines.append(("|" if whole else "+") + escape(line[:-2] if whole else line))
        self.out.append("\n".join(lines))

    def text(self):
        head = "# Written by generate.py: see README.md.\n"
        return head + "\n".join(self.records) + "\n\n" + "\n\n".join(self.out) + "\n"


def template(tags, end=b""):
    """The value of a signature field from (name, value) pairs, folded before the long ones."""
    parts = []
    for name, text in tags:
        lead = b"\r\n\t" if name in ("h", "bh", "b") else b" "
        parts.append(lead + octets(name) + b"=" + octets(text))
    return b";".join(parts) + end


def tags(**changes):
    """The usual tags; a change replaces a value or, if None, removes the tag. New ones stand before `h`."""
    usual = {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": "example.com",
        "s": "rsa",
        "h": "from:to:subject:date",
        "bh": "{bh}",
        "b": "{b}",
    }
    new = {name: text for name, text in changes.items() if name not in usual}
    pairs = []
    for name, text in usual.items():
        if name == "h":
            pairs += new.items()
        pairs.append((name, changes.get(name, text)))
    return [(name, text) for name, text in pairs if text is not None]


def signed(header=HEADER, body=BODY, key="rsa1024", text=None, end=b"", after=lambda message: message, **changes):
    """A message with a signature that holds, whatever else is wrong with it; then altered by `after`.

    `changes` are tags, or arguments of signer.sign: c and h mean both, and a `h_signed` what is signed instead.
    """
    own = ("name", "length", "signer", "place", "folded", "edit_body_hash", "edit_signature")
    arguments = {name: changes.pop(name) for name in own if name in changes}
    c = octets(changes.get("c", "relaxed/relaxed") or "simple/simple").decode()
    pair = tuple((c.split("/") + ["simple"])[:2])
    pair = tuple(changes.pop("c_signed", pair))
    h = octets(changes.get("h", "from:to:subject:date") or "")
    h = octets(changes.pop("h_signed", h))
    if KEYS[key].kind == "ed25519":
        changes = {"a": "ed25519-sha256", "s": key} | changes
    if text is None:
        text = template(tags(**changes), end)
    signed = signer.sign(
        header, body, KEYS[key], octets(text), c=pair, h=[name.strip() for name in h.split(b":")], **arguments
    )
    return after(signed + b"\r\n" + body)


def rsa_record(key, tags="v=DKIM1; k=rsa; ", bare=False):
    key = KEYS[key]
    return tags + "p=" + signer.b64(key.bare() if bare else key.public()).decode()


def ed_record(key="ed", tags="v=DKIM1; k=ed25519; "):
    return tags + "p=" + signer.b64(KEYS[key].public()).decode()


def swap(old, new, count=1):
    """A change in transit, which must happen."""

    def change(message):
        if octets(old) not in message:
            raise ValueError(old)
        return message.replace(octets(old), octets(new), count)

    return change
