"""Messages as Python's email reads them, one JSON object a line: the name of the file; for each leaf in order its
media type, the SHA-256 of its decoded octets, and how many those are; the kinds of defects that Python names.

    python.py FOLDER > LINES
"""

import email
import email.policy
import hashlib
import json
import pathlib
import quopri
import re
import sys

# RFC 2045, section 6.7 (3): white space at the end of an encoded line must be deleted. Python keeps it.
TRAILING_SPACE = re.compile(rb"[ \t]+(?=\r?\n|\Z)")


def decoded(part):
    encoding = part.get("Content-Transfer-Encoding", "").strip().lower()
    if encoding == "quoted-printable":
        # What stands in the message: get_payload() has replaced octets above 127.
        octets = part._payload.encode("ascii", "surrogateescape")
        return quopri.decodestring(TRAILING_SPACE.sub(b"", octets))
    return part.get_payload(decode=True) or b""


def kind(defect):
    # Python stops at the first fault of base64, and names that one.
    return re.sub("^InvalidBase64.*", "InvalidBase64", type(defect).__name__)


def reading(message):
    leaves, defects = [], set()
    for part in message.walk():
        if not part.is_multipart():
            octets = decoded(part)
            leaves.append([part.get_content_type(), hashlib.sha256(octets).hexdigest(), len(octets)])
        # After decoding, which finds some of them.
        defects.update(kind(defect) for defect in part.defects)
    defects.discard("MultipartInvariantViolationDefect")  # Follows from others.
    return {"leaves": leaves, "defects": sorted(defects)}


folder = pathlib.Path(sys.argv[1])
for path in sorted(path for path in folder.rglob("*") if path.is_file()):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    print(json.dumps({"name": str(path.relative_to(folder))} | reading(message)))
