"""Test suites of SPF as one JSON file: openspf's, which pyspf carries in YAML, and mail-auth's, in a form of its own.

    convert.py PYSPF_TEST_FOLDER MAIL_AUTH_SPF_FOLDER OUT.json

A scenario has a zone ({name: [[type, value], ...]}, TXT as lists of strings of octets in Latin-1) and cases.
"""

import ipaddress
import json
import pathlib
import sys

import yaml


def rows(records):
    """The records of a name; those of the type SPF are TXT where there are none."""
    own = [("TIMEOUT", None) if r == "TIMEOUT" else next(iter(r.items())) for r in records]
    texts = [value for kind, value in own if kind == "TXT" and value != "NONE"]
    if not any(kind == "TXT" for kind, _ in own):
        texts = [value for kind, value in own if kind == "SPF"]
    for value in texts:
        yield ["TXT", [value] if isinstance(value, str) else list(value)]
    for kind, value in own:
        if kind in ("TXT", "SPF"):
            continue
        if kind == "MX":
            value = f"{value[0]} {value[1]}"
        yield [kind, value]


def openspf(path):
    for number, document in enumerate(yaml.safe_load_all(path.read_text(encoding="utf-8"))):
        if not document or "tests" not in document:
            continue
        zone = {str(name).rstrip(".").lower(): list(rows(records)) for name, records in document.get("zonedata", {}).items()}
        cases = []
        for name, test in document["tests"].items():
            results = test["result"]
            cases.append({
                "id": name,
                "helo": test.get("helo") or "",
                "ip": str(test["host"]),
                "mail_from": test.get("mailfrom") or "",
                "results": results if isinstance(results, list) else [results],
                "explanation": test.get("explanation"),
                "both": False,
            })
        yield {"name": f"{path.stem} {number}: {document.get('description')}", "zone": zone, "cases": cases}


def pointer(address):
    return ipaddress.ip_address(address).reverse_pointer


def mail_auth(path):
    for number, document in enumerate(path.read_text(encoding="utf-8").split("---\n")):
        zone, cases, count, title, helo, sender, ip = {}, [], 0, "", "", "", "127.0.0.1"

        def scenario():
            return {"name": f"mail-auth {path.stem} {number}: {title}", "zone": dict(zone), "cases": cases}

        # A line replaces what the name had of the type, for the cases below it.
        def put(name, kind, values):
            name = name.lower().rstrip(".")
            rest = [row for row in zone.get(name, []) if row[0] != kind]
            zone[name] = rest + [[kind, value] for value in values]

        for line in document.splitlines():
            line = line.strip().removeprefix("-").strip()
            key, _, value = line.partition(":")
            value = value.strip()
            name, _, record = value.partition(" ")
            items = [item.strip() for item in record.split(",")]
            if key in ("spf", "exp", "a", "aaaa", "ptr", "mx") and cases:
                yield scenario()
                cases = []
            if key == "name":
                title = value
            elif key in ("spf", "exp"):
                put(name, "TXT", [[record]])
            elif key in ("a", "aaaa"):
                put(name, key.upper(), items)
            elif key == "ptr":
                put(pointer(name), "PTR", items)
            elif key == "mx":
                hosts = [f"mx{place}.{name}.hosts.invalid" for place in range(len(items))]
                put(name, "MX", [f"{place + 1} {host}" for place, host in enumerate(hosts)])
                for host, item in zip(hosts, items):
                    put(host, "AAAA" if ":" in item else "A", [item])
            elif key == "domain":
                helo = value
            elif key == "sender":
                sender = value
            elif key == "ip":
                ip = value
            elif key == "expect":
                count += 1
                result, _, explanation = value.partition(" ")
                cases.append({
                    "id": str(count),
                    "helo": helo,
                    "ip": ip,
                    "mail_from": sender,
                    "results": [result],
                    "explanation": explanation or None,
                    "both": True,
                })
        if cases:
            yield scenario()


pyspf, other, out = map(pathlib.Path, sys.argv[1:])
scenarios = [s for name in ("rfc7208-tests", "rfc4408-tests") for s in openspf(pyspf / f"{name}.yml")]
scenarios += [s for path in sorted(other.glob("*.yml")) for s in mail_auth(path)]
out.write_text(json.dumps(scenarios, indent=1))
