"""Composed mail as others read it: what the example compose_samples expects, against Python's email and against the
lines of other readers. Prints each difference, and fails if there is one.

    composed.py FOLDER LINES...
"""

import base64
import collections
import email
import email.policy
import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])


def by_name(lines):
    return {line["file"]: line for line in map(json.loads, lines)}


def python(path):
    octets = path.read_bytes()
    message = email.message_from_bytes(octets, policy=email.policy.default)
    # Fields in UTF-8 it reads from text alone.
    header = email.message_from_string(octets.decode("utf-8", "surrogateescape"), policy=email.policy.default)
    parts = list(message.walk())
    leaves = [part for part in parts if not part.is_multipart()]
    faults = [defect for part in parts for defect in part.defects]
    faults += [defect for value in header.values() for defect in value.defects]
    people = lambda name: [{"name": it.display_name, "address": it.addr_spec} for it in header[name].addresses]
    return {
        "file": path.name,
        "subject": header["subject"],
        "from": people("from"),
        "to": people("to"),
        "date": int(header["date"].datetime.timestamp()),
        "message_id": header["message-id"],
        "types": [part.get_content_type() for part in parts],
        "leaves": [
            {
                "type": part.get_content_type(),
                "name": part.get_filename(),
                "hex": (part.get_payload(decode=True) or b"").hex(),
            }
            for part in leaves
        ],
        "defects": [repr(fault) for fault in faults],
    }


def normal(line):
    """What all of them can say, said in one way."""
    # Some say no name where it is empty, put quotes around a local part, or brackets around an identifier.
    person = lambda it: (it["name"] or "", it["address"].replace('"', ""))
    listed = lambda it: it if isinstance(it, list) else [it]
    name = lambda it: base64.b64decode(it["name_base64"]).decode() if it.get("name_base64") else it.get("name")
    return {
        "subject": line["subject"],
        "from": [person(it) for it in listed(line["from"])],
        "to": [person(it) for it in line["to"]],
        "date": line["date"],
        "message_id": line["message_id"].strip("<>"),
        "types": line["types"],
        "leaves": [(it["type"], name(it), it["hex"]) for it in line["leaves"]],
        "defects": line.get("defects", []),
    }


def known(reader, key, line, wanted, found):
    """What a reader is known to do to mail that is in order, where that explains all of a difference."""
    octets = (folder / line["file"]).read_bytes()
    field = re.search(rb"(?mi)^" + key.encode() + rb":((?:.*\r\n[ \t])*.*)\r\n", octets)
    value = field.group(1).decode("utf-8") if field else ""
    people = key in ("from", "to")
    if reader == "Python" and people:
        # It puts a space between the encoded words of a phrase, which belong together (RFC 2047, 6.2).
        joined = re.sub(r"\?=\r\n =\?utf-8\?", "?==?utf-8?", value)
        solid = lambda list: [(name.replace(" ", ""), at) for name, at in list]
        return joined != value and solid(found) == solid(wanted)
    return False


expected = by_name((folder / "expected.jsonl").open())
readers = {"Python": {name: python(folder / name) for name in expected}}
readers |= {pathlib.Path(lines).stem: by_name(open(lines)) for lines in sys.argv[2:]}
faults, forgiven = 0, collections.Counter()
for reader, lines in readers.items():
    for name, line in expected.items():
        wanted, found = normal(line), normal(lines[name])
        for key in wanted:
            if wanted[key] == found[key]:
                continue
            if known(reader, key, line, wanted[key], found[key]):
                forgiven[reader] += 1
            else:
                faults += 1
                print(f"composed: {name}, {key}: {reader} reads {found[key]!r:.300}, not {wanted[key]!r:.300}")
counts = ", ".join(f"{reader} ({forgiven[reader]} faults of its own)" for reader in readers)
print(f"composed: {len(expected)} messages, read by {counts}: {faults} differences")
sys.exit(faults > 0)
