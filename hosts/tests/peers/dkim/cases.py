"""Runs the cases of testkit/dkim through another program, and compares what it says with differences.txt.

`cases.py NAME COMMAND...` runs `COMMAND... verify ZONE MAIL...`. Cases with a time of their own are left out: programs take
theirs from the clock. A difference that is not listed is an error, and so is a listed one that is none.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
CASES = HERE.parents[3] / "testkit/dkim/cases.txt"


def unescape(text):
    short = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
    octets = lambda found: short.get(found[1][0]) or bytes([int(found[1][1:], 16)])
    return b"".join(octets(found) if found[1] else found[0].encode() for found in re.finditer(r"\\(x..|.)|[^\\]+", text))


def zone(lines, path):
    with open(path, "w") as out:
        for line in lines:
            word, name, *rest = line.split(" ", 2)
            if word == "#":
                continue
            text = b"".join(map(unescape, re.findall(r'"(.*?)"', rest[0]))) if rest else b"!" + word.encode()
            out.write(name + " " + "".join(chr(o) if 32 <= o < 127 and o != 92 else f"\\x{o:02x}" for o in text) + "\n")


def cases(texts):
    """(name, clause, class expected of all signatures, message)."""
    for text in texts:
        words, message = {}, b""
        for line in text.splitlines():
            if line[0] in "|+":
                message += unescape(line[1:]) + (b"\r\n" if line[0] == "|" else b"")
            else:
                word, _, rest = line.partition(" ")
                words.setdefault(word, []).append(rest)
        if "now" not in words:
            verdict = "pass" if all(expected == "pass" for expected in words["expect"]) else "fail"
            yield words["case"][0], words["clause"][0], verdict, message


def listed(name):
    """Lines of `PROGRAM VERDICT CASE...`, between lines that say why."""
    found = {}
    for line in (HERE / "differences.txt").read_text().splitlines():
        program, _, rest = line.partition(" ")
        if program == name:
            verdict, *ids = rest.split()
            for id in ids:
                if id in found:
                    sys.exit(f"differences.txt: {name} {id} twice")
                found[id] = verdict
    return found


def main(name, *command):
    records, *texts = CASES.read_text().rstrip("\n").split("\n\n")
    known, found, said = listed(name), {}, {}
    every = list(cases(texts))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        zone(records.splitlines(), path / "zone")
        mails = []
        for id, _, _, message in every:
            mails.append(path / f"{id}.eml")
            mails[-1].write_bytes(message)
        done = subprocess.run([*command, "verify", path / "zone", *mails], stdout=subprocess.PIPE, timeout=120)
    if done.returncode:
        sys.exit(f"{name}: ended with {done.returncode}")
    lines = done.stdout.decode(errors="replace").splitlines()
    if len(lines) != len(every):
        sys.exit(f"{name}: {len(lines)} lines for {len(every)} cases")
    for (id, clause, expected, _), line in zip(every, lines):
        verdict = line.split()[0]
        if (verdict == "pass") != (expected == "pass"):
            found[id], said[id] = verdict, f"{clause}: {line[:150]}"
    wrong = 0
    for id in [id for id, *_ in every]:
        if found.get(id) != known.get(id):
            wrong += 1
            print(f"{name} {found.get(id, 'agrees')} {id}, listed as {known.get(id)} ({said.get(id, '')})")
    for id in sorted(known.keys() - {id for id, *_ in every}):
        wrong += 1
        print(f"{name} {id}: listed in differences.txt, and there is no such case")
    print(f"{name}: {len(every)} cases, {len(found)} differences, {wrong} of them not as listed")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
