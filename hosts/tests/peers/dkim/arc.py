"""The ARC of dkimpy behind a small command.

`arc.py verify ZONE MAIL...` prints, for each mail, what its chain is, and why.
`arc.py seal SELECTOR DOMAIN KEY STATUS MAIL...` puts the mail, with a set more, beside it: MAIL.sealed.
ZONE holds a name and its record on each line.
"""
import sys

import dkim
from dkimpy import zone


def verify(path, *mails):
    for mail in mails:
        status, _, reason = dkim.arc_verify(open(mail, "rb").read(), dnsfunc=zone(path))
        print((status or b"terminated").decode(), reason)


def seal(selector, domain, key, status, *mails):
    for mail in mails:
        # It takes the status from the results of its own host.
        found = f"Authentication-Results: {domain}; arc={status}\r\n".encode()
        message = found + open(mail, "rb").read()
        fields = dkim.arc_sign(
            message, selector.encode(), domain.encode(), open(key, "rb").read().strip(), domain.encode()
        )
        with open(mail + ".sealed", "wb") as out:
            out.write(b"".join(fields) + message)


{"verify": verify, "seal": seal}[sys.argv[1]](*sys.argv[2:])
