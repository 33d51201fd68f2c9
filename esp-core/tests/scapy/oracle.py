"""Seals and opens packets with scapy: one JSON object a line in, one line out (`ok HEX` or `refused WHY`)."""

import json
import sys

from scapy.config import conf
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP, SecurityAssociation

conf.logLevel = 50


def packet(octets):
    return (IP if octets[0] >> 4 == 4 else IPv6)(octets)


def association(case):
    arguments = {
        "spi": case["spi"],
        "seq_num": case["sequence"] & 0xFFFFFFFF,
        "crypt_algo": case["crypt"],
        "crypt_key": bytes.fromhex(case["crypt_key"]),
        "auth_algo": case["auth"],
        "auth_key": bytes.fromhex(case["auth_key"]),
    }
    if case["icv"]:
        arguments["crypt_icv_size"] = case["icv"]
    if case["extended"]:
        arguments |= {"esn_en": True, "esn": case["sequence"] >> 32}
    if case["outer"] == 4:
        arguments["tunnel_header"] = IP(src="192.0.2.1", dst="192.0.2.2")
    if case["outer"] == 6:
        arguments["tunnel_header"] = IPv6(src="2001:db8::1", dst="2001:db8::2")
    if case["udp"]:
        arguments["nat_t_header"] = UDP(sport=4500, dport=4500)
    return SecurityAssociation(ESP, **arguments)


for line in sys.stdin:
    case = json.loads(line)
    try:
        given = packet(bytes.fromhex(case["packet"]))
        sa = association(case)
        made = sa.encrypt(given) if case["seal"] else sa.decrypt(given)
        print("ok", bytes(made).hex(), flush=True)
    except Exception as error:  # whatever scapy raises is its verdict
        print("refused", type(error).__name__, str(error).replace("\n", " "), flush=True)
