"""The values of fields that CPython's own tests of its header parsers give them, and what those parsers read, one a line.

    cpython_values.py
"""

import datetime
import email._header_value_parser as parser
import email.headerregistry
import json
import sys
import unittest

registry = email.headerregistry.HeaderRegistry()
HEADERS = {
    email.headerregistry.AddressHeader: "To",
    email.headerregistry.DateHeader: "Date",
    email.headerregistry.ContentTypeHeader: "Content-Type",
    email.headerregistry.ContentDispositionHeader: "Content-Disposition",
    email.headerregistry.UnstructuredHeader: "Subject",
}
# What reads a whole value of each field, or a part of it that may stand alone.
PARSERS = {
    "To": "address_list address mailbox_list mailbox group name_addr addr_spec",
    "Subject": "unstructured",
}
found, inside = set(), 0


def note(name, value):
    if name and isinstance(value, str) and inside == 0:
        found.add((name, value))


def watched(function, name_of):
    def watch(*arguments, **named):
        global inside
        note(name_of(*arguments), arguments[-1])
        inside += 1
        try:
            return function(*arguments, **named)
        finally:
            inside -= 1

    return watch


def name_of_header(_, name, value):
    return next((ours for kind, ours in HEADERS.items() if issubclass(registry[name], kind)), None)


call = email.headerregistry.HeaderRegistry.__call__
email.headerregistry.HeaderRegistry.__call__ = watched(call, name_of_header)
originals = {}
for name, functions in PARSERS.items():
    for function in functions.split():
        function = f"get_{function}"
        originals[function] = getattr(parser, function)
        setattr(parser, function, watched(originals[function], lambda *_, name=name: name))

modules = ["test.test_email.test_headerregistry", "test.test_email.test__header_value_parser"]
suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0, buffer=True).run(suite)
if not result.wasSuccessful():
    sys.exit(1)
email.headerregistry.HeaderRegistry.__call__ = call
for function, original in originals.items():
    setattr(parser, function, original)


def text(value):
    """Octets that are no text, as a reader shows them."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def mailbox(address):
    spec = f"{address.username}@{address.domain}" if address.domain else address.username
    return {"name": text(address.display_name) or None, "address": text(spec) or None}


def member(group):
    mailboxes = [mailbox(address) for address in group.addresses]
    if group.display_name is None:
        return {"mailbox": mailboxes[0]}
    return {"group": {"name": text(group.display_name), "mailboxes": mailboxes}}


def with_parameters(header, kind, subtype):
    attributes = [[text(name).lower(), text(value)] for name, value in header.params.items()]
    return {"type": kind, "subtype": subtype, "attributes": attributes or None}


def read(header):
    match HEADERS[next(kind for kind in HEADERS if isinstance(header, kind))]:
        case "To":
            return [member(group) for group in header.groups] or None
        case "Date":
            date = header.datetime
            if date is None:
                return None
            # Without an offset the zone is not known, and the time is that of UTC.
            date = date if date.tzinfo else date.replace(tzinfo=datetime.timezone.utc)
            return [int(date.timestamp()), date.utcoffset() // datetime.timedelta(minutes=1)]
        case "Content-Type":
            return with_parameters(header, header.maintype, header.subtype)
        case "Content-Disposition":
            return with_parameters(header, header.content_disposition or "", None)
        case "Subject":
            return text(str(header)) or None


for name, value in sorted(found):
    octets = value.encode("utf-8", "surrogateescape")
    print(json.dumps({"name": name, "value": list(octets), "expected": read(registry(name, value))}))
