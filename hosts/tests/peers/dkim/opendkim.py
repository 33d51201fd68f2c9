"""OpenDKIM behind the command of dkimpy.py, which says what it prints and writes.

It verifies in its test mode, and signs as the milter that it is: this speaks the protocol of an MTA to it.
"""
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

PROGRAM = "/usr/sbin/opendkim"


def run(conf, mails):
    """What it says of each, and of the one at which it ended early that it did."""
    said = {}
    while mails:
        done = subprocess.run([PROGRAM, "-x", conf, "-v", "-t", ",".join(mails)], capture_output=True, timeout=60)
        lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        before = len(said)
        for line in lines:
            _, mail, text = (line.split(": ", 2) + ["", ""])[:3]
            if mail in mails and "mlfi_" not in text:
                said[mail] = ("pass " if re.search(r"^verification .* succeeded$", text) else "fail ") + text
        silent = [mail for mail in mails if mail not in said]
        if done.returncode == 0 or len(said) == before:
            # Of some messages it says nothing.
            said.update((mail, "fail in silence") for mail in (silent if done.returncode == 0 else silent[:1]))
        mails = [mail for mail in mails if mail not in said]
    return said


def verify(path, *mails):
    with tempfile.TemporaryDirectory() as folder:
        keys, conf = os.path.join(folder, "keys"), os.path.join(folder, "conf")
        with open(keys, "wb") as out:
            for line in open(path, encoding="ascii"):
                octets = re.sub(rb"\\x(..)", lambda found: bytes([int(found[1], 16)]), line.rstrip("\n").encode())
                # Its file has a record on a line.
                if b"\n" not in octets and b"!" not in octets:
                    out.write(octets + b"\n")
        with open(conf, "w") as out:
            out.write(f"Mode v\nTestPublicKeys {keys}\nSyslog no\nMinimumKeyBits 1024\n")
        # Its argument has to hold the names of all.
        for at in range(0, len(mails), 200):
            said = run(conf, list(mails[at : at + 200]))
            for mail in mails[at : at + 200]:
                print(said[mail])


class Milter:
    """The side of the MTA, in version 2 of the protocol; replies are read where they come."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def send(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def octets(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def reply(self):
        data = self.octets(struct.unpack(">I", self.octets(4))[0])
        return data[:1], data[1:]

    def ask(self, command, data=b""):
        self.send(command, data)
        return self.reply()


def signature(milter, message):
    """The field that OpenDKIM inserts."""
    header, _, body = message.partition(b"\r\n\r\n")
    milter.ask(b"O", struct.pack(">III", 2, 0x3F, 0))
    milter.ask(b"C", b"localhost\0" + b"4" + struct.pack(">H", 25) + b"127.0.0.1\0")
    milter.ask(b"H", b"localhost\0")
    milter.ask(b"M", b"<joe@example.org>\0")
    milter.ask(b"R", b"<suzie@example.net>\0")
    for field in re.split(rb"\r\n(?![ \t])", header):
        name, _, value = field.partition(b":")
        # As sendmail gives it: lines within end with LF, and one space behind the colon is not part of it.
        milter.ask(b"L", name + b"\0" + value.removeprefix(b" ").replace(b"\r\n", b"\n") + b"\0")
    milter.ask(b"N")
    for at in range(0, len(body), 65535):
        milter.ask(b"B", body[at : at + 65535])
    milter.send(b"E")
    found = None
    while True:
        command, data = milter.reply()
        if command == b"i":
            name, value = data[4:].split(b"\0")[:2]
            found = name + b": " + value.replace(b"\n", b"\r\n") + b"\r\n"
        elif command in (b"h", b"m", b"p"):
            pass
        else:
            return found if command in (b"a", b"c") else None


def sign(selector, domain, key, algorithm, header, body, *mails):
    with tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "conf")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        with open(conf, "w") as out:
            out.write(
                f"Mode s\nSyslog no\nSocket inet:{port}@127.0.0.1\nPidFile {folder}/pid\nDomain {domain}\nSelector {selector}\n"
                f"KeyFile {key}\nSignatureAlgorithm {algorithm}\nCanonicalization {header}/{body}\nRequireSafeKeys no\n"
            )
        child = subprocess.Popen([PROGRAM, "-f", "-x", conf])
        try:
            for attempt in range(100):
                try:
                    Milter(port).send(b"Q")
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            for mail in mails:
                message = open(mail, "rb").read()
                milter = Milter(port)
                field = signature(milter, message)
                milter.send(b"Q")
                milter.socket.close()
                if field is None:
                    sys.exit(f"{mail}: not signed")
                with open(mail + ".signed", "wb") as out:
                    out.write(field + message)
        finally:
            # Asked to end, it would first sleep for seconds; nothing of it is kept.
            child.kill()
            child.wait(timeout=10)


{"verify": verify, "sign": sign}[sys.argv[1]](*sys.argv[2:])
