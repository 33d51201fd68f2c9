"""The messages that CPython's own tests of its email package parse, one file each: what they say lives in code.

    cpython.py FOLDER
"""

import email.feedparser
import hashlib
import pathlib
import sys
import unittest

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
feed, close = email.feedparser.FeedParser.feed, email.feedparser.FeedParser.close


def fed(self, data):
    self.__dict__.setdefault("seen", []).append(data)
    return feed(self, data)


def closed(self):
    text = "".join(self.__dict__.pop("seen", []))
    try:
        octets = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        octets = text.encode("utf-8", "surrogateescape")
    # The tests made to be slow would be slow here too.
    if len(octets) < 20_000:
        (folder / f"{hashlib.sha256(octets).hexdigest()[:12]}.eml").write_bytes(octets)
    return close(self)


email.feedparser.FeedParser.feed, email.feedparser.FeedParser.close = fed, closed
suite = unittest.defaultTestLoader.loadTestsFromName("test.test_email")
result = unittest.TextTestRunner(verbosity=0, buffer=True).run(suite)
sys.exit(not result.wasSuccessful())
