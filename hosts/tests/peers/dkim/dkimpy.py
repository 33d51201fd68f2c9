"""dkimpy behind a small command.

`dkimpy.py verify ZONE MAIL...` prints, for each mail, `pass` if all its signatures pass, else `fail` and why.
`dkimpy.py sign SELECTOR DOMAIN KEY ALGORITHM HEADER BODY MAIL...` puts the mail, with its signature, beside it: MAIL.signed.
ZONE holds a name and its record on each line, with octets that are not printable as `\\xHH`. Of several records dkimpy is
given the first. `!nodata` and `!servfail` are answers without one.
"""
import re
import sys

import dkim
import dkim.dnsplug


def zone(path):
    records = {}
    for line in open(path, encoding="ascii"):
        name, _, record = line.rstrip("\n").partition(" ")
        octets = re.sub(rb"\\x(..)", lambda found: bytes([int(found[1], 16)]), record.encode())
        records.setdefault(name.rstrip("."), octets)

    def lookup(name, **_):
        record = records.get(name.decode().rstrip(".").lower())
        if record == b"!servfail":
            raise dkim.DnsTimeoutError("no answer")
        return None if record == b"!nodata" else record

    return lookup


def verify(path, *mails):
    answers = zone(path)
    for mail in mails:
        message = open(mail, "rb").read()
        try:
            names = [name.lower() for name, _ in dkim.rfc822_parse(message)[0]]
            count = names.count(b"dkim-signature")
            good = count > 0 and all(dkim.DKIM(message).verify(idx=i, dnsfunc=answers) for i in range(count))
            print("pass" if good else "fail")
        except dkim.DKIMException as error:
            print("fail", type(error).__name__, " ".join(str(error).split()))
        except Exception as error:
            # What is no exception of its own is still no pass; the word tells that it was not meant.
            print("raises", type(error).__name__, " ".join(str(error).split()))


def sign(selector, domain, key, algorithm, header, body, *mails):
    secret = open(key, "rb").read().strip()
    for mail in mails:
        message = open(mail, "rb").read()
        field = dkim.sign(
            message,
            selector.encode(),
            domain.encode(),
            secret,
            canonicalize=(header.encode(), body.encode()),
            signature_algorithm=algorithm.encode(),
        )
        with open(mail + ".signed", "wb") as out:
            out.write(field + message)


if __name__ == "__main__":
    {"verify": verify, "sign": sign}[sys.argv[1]](*sys.argv[2:])
