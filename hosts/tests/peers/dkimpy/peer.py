"""dkimpy behind a small command.

`peer.py verify ZONE MAIL...` prints, for each mail, `pass` if all its signatures pass, else `fail` and why.
`peer.py sign SELECTOR DOMAIN KEY ALGORITHM HEADER BODY MAIL...` puts the mail, with its signature, beside it: MAIL.signed.
ZONE holds a name and its record on each line.
"""
import sys

import dkim


def zone(path):
    records = {}
    for line in open(path, encoding="ascii"):
        name, _, record = line.strip().partition(" ")
        records[name.rstrip(".")] = record.encode()
    return lambda name, **_: records.get(name.decode().rstrip("."))


def verify(path, *mails):
    for mail in mails:
        message = open(mail, "rb").read()
        names = [name.lower() for name, _ in dkim.rfc822_parse(message)[0]]
        count = names.count(b"dkim-signature")
        try:
            good = count > 0 and all(dkim.DKIM(message).verify(idx=i, dnsfunc=zone(path)) for i in range(count))
            print("pass" if good else "fail")
        except dkim.DKIMException as error:
            print("fail", error)


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


{"verify": verify, "sign": sign}[sys.argv[1]](*sys.argv[2:])
