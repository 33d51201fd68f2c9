#!/usr/bin/env python3
"""Writes cases.txt; with --check, tells whether it is what would be written."""
import pathlib
import sys

# What runs for two seconds leaves nothing beside the sources.
sys.dont_write_bytecode = True

import canonical
import records
import selection
import suite
import syntax

cases = suite.Suite()
for part in (records, canonical, selection, syntax):
    part.add(cases)
text = cases.text()
path = pathlib.Path(__file__).with_name("cases.txt")
if sys.argv[1:] == ["--check"]:
    if path.read_text() != text:
        sys.exit(f"{path} is not what generate.py writes")
else:
    path.write_text(text)
print(f"dkim: {len(cases.ids)} cases, {len(text)} octets")
