"""Seals and opens packets with scapy: one JSON object a line in, one line out (`ok HEX` or `refused WHY`)."""

import json
import os
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scapy.config import conf
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import AH, AUTH_ALGOS, ESP, AuthAlgo, IPSecIntegrityError
from scapy.layers.ipsec import SecurityAssociation, zero_mutable_fields

conf.logLevel = 50


class Gmac(AuthAlgo):
    """AES-GMAC in AH (RFC 4543 section 4), which scapy has in ESP only: IV and tag where the ICV is."""

    def __init__(self):
        super().__init__("AES-GMAC", mac=None, digestmod=None, icv_size=24)

    def covered(self, pkt, esn_en, esn, sending):
        return bytes(zero_mutable_fields(pkt.copy(), sending)) + (struct.pack("!L", esn) if esn_en else b"")

    def sign(self, pkt, key, esn_en=False, esn=0):
        iv = os.urandom(8)
        text = self.covered(pkt, esn_en, esn, True)
        pkt[AH].icv = iv + AESGCM(key[:-4]).encrypt(key[-4:] + iv, b"", text)
        return pkt

    def verify(self, pkt, key, esn_en=False, esn=0):
        field = pkt[AH].icv
        pkt[AH].icv, pkt[AH].padding = field[:24], field[24:]
        text = self.covered(pkt, esn_en, esn, False)
        try:
            AESGCM(key[:-4]).decrypt(key[-4:] + field[:8], field[8:24], text)
        except InvalidTag as error:
            raise IPSecIntegrityError from error


AUTH_ALGOS["AES-GMAC"] = Gmac()


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
    return SecurityAssociation(AH if case["ah"] else ESP, **arguments)


for line in sys.stdin:
    case = json.loads(line)
    try:
        given = packet(bytes.fromhex(case["packet"]))
        sa = association(case)
        made = sa.encrypt(given) if case["seal"] else sa.decrypt(given)
        print("ok", bytes(made).hex(), flush=True)
    except Exception as error:  # whatever scapy raises is its verdict
        print("refused", type(error).__name__, str(error).replace("\n", " "), flush=True)
