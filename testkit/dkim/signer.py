"""DKIM signatures from the text of RFC 6376 and 8463, for test cases: simple, slow, and able to break every rule.

Nothing here is shared with the crate that is tested, nor with another program. RSA is RFC 8017 section 8.2 on Python's
integers; Ed25519 is RFC 8032 section 5.1. Keys are in keys.txt and worth nothing: they are for tests only.
"""
import base64
import hashlib
import pathlib
import re

# --- Keys -------------------------------------------------------------------------------------------------------------

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_INFO_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")
SHA512_INFO = bytes.fromhex("3051300d060960864801650304020305000440")
SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")


def der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def der_integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


class Rsa:
    kind = "rsa"

    def __init__(self, e, p, q):
        self.n, self.e, self.p, self.q = p * q, e, p, q
        self.d = pow(e, -1, (p - 1) * (q - 1))
        self.size = (self.n.bit_length() + 7) // 8

    def bare(self):
        """RSAPublicKey."""
        return der(0x30, der_integer(self.n) + der_integer(self.e))

    def public(self):
        """SubjectPublicKeyInfo."""
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        return der(0x30, algorithm + der(3, b"\0" + self.bare()))

    def encoded(self, data, info=SHA256_INFO, hash=hashlib.sha256):
        tail = b"\0" + info + hash(data).digest()
        return b"\0\1" + b"\xff" * (self.size - 2 - len(tail)) + tail

    def raw(self, encoded):
        """The private operation, by the primes: four times as fast (RFC 8017 section 5.1.2)."""
        number = int.from_bytes(encoded, "big")
        at_p, at_q = pow(number, self.d % (self.p - 1), self.p), pow(number, self.d % (self.q - 1), self.q)
        return (at_q + self.q * ((at_p - at_q) * pow(self.q, -1, self.p) % self.p)).to_bytes(self.size, "big")

    def sign(self, data):
        return self.raw(self.encoded(data))


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202


def add(a, b):
    """Adds points in extended coordinates (RFC 8032 section 5.1.4)."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * CURVE_D % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def compress(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


class Ed25519:
    kind = "ed25519"

    def __init__(self, seed):
        expanded = hashlib.sha512(seed).digest()
        scalar = int.from_bytes(expanded[:32], "little")
        self.scalar = scalar & ((1 << 254) - 8) | 1 << 254
        self.prefix = expanded[32:]
        self.point = compress(multiply(self.scalar, BASE))

    def public(self):
        """The 32 octets, as RFC 8463 section 4 publishes them."""
        return self.point

    def info(self):
        """SubjectPublicKeyInfo, which DKIM does not publish."""
        return bytes.fromhex("302a300506032b6570032100") + self.point

    def pure(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        commitment = compress(multiply(r, BASE))
        k = int.from_bytes(hashlib.sha512(commitment + self.point + message).digest(), "little") % ORDER
        return commitment + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")

    def sign(self, data):
        """PureEdDSA over the hash (RFC 8463 section 3)."""
        return self.pure(hashlib.sha256(data).digest())


def keys():
    """Lines of `rsa NAME EXPONENT PRIME PRIME` and `ed25519 NAME SEED`, numbers in hexadecimal."""
    found = {}
    for line in pathlib.Path(__file__).with_name("keys.txt").read_text().splitlines():
        kind, name, *numbers = line.split()
        if kind == "rsa":
            found[name] = Rsa(*(int(number, 16) for number in numbers))
        elif kind == "ed25519":
            found[name] = Ed25519(bytes.fromhex(numbers[0]))
    return found


def b64(octets):
    return base64.b64encode(octets)


# --- Canonicalisation (RFC 6376 section 3.4) --------------------------------------------------------------------------


def header_simple(field):
    return field


def header_relaxed(field):
    name, value = field.split(b":", 1)
    value = value.replace(b"\r\n", b"")
    value = re.sub(rb"[ \t]+", b" ", value).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value + b"\r\n"


def body_simple(body):
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return body if body not in (b"", b"\r\n") else b"\r\n"


def body_relaxed(body):
    lines = body.split(b"\r\n")
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and lines[-1] == b"":
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


HEADER = {"simple": header_simple, "relaxed": header_relaxed}
BODY = {"simple": body_simple, "relaxed": body_relaxed}


# --- Messages ---------------------------------------------------------------------------------------------------------


def fields(header):
    """The fields of a header, each with the CRLF that ends it. Only CRLF ends a line."""
    found = []
    for line in re.findall(rb"(?s).*?\r\n|.+\Z", header):
        if found and line[:1] in (b" ", b"\t"):
            found[-1] += line
        else:
            found.append(line if line.endswith(b"\r\n") else line + b"\r\n")
    return found


def name_of(field):
    return field.split(b":", 1)[0].rstrip(b" \t").lower()


def select(header, names, own=None):
    """Instances from the bottom up, nothing for what is absent (sections 3.5 and 5.4.2); `own` is not among them."""
    left = [field for index, field in enumerate(header) if index != own]
    chosen = []
    for name in names:
        for index in reversed(range(len(left))):
            if name_of(left[index]) == name.strip(b" \t\r\n").lower():
                chosen.append(left.pop(index))
                break
    return chosen


def without_signature(field):
    """The field with the value of `b=`, white space around it included, deleted, and without its CRLF (section 3.7)."""
    name, value = field.removesuffix(b"\r\n").split(b":", 1)
    specs = value.split(b";")
    for index, spec in enumerate(specs):
        tag, equals, _ = spec.partition(b"=")
        if equals and tag.strip(b" \t\r\n") == b"b":
            specs[index] = tag + equals
            break
    return name + b":" + b";".join(specs)


def fold(text, width=72, by=b"\r\n\t"):
    return by.join(text[at : at + width] for at in range(0, len(text), width))


def sign(
    header,
    body,
    key,
    template,
    *,
    name=b"DKIM-Signature",
    c=("relaxed", "relaxed"),
    h=(b"from", b"to", b"subject", b"date"),
    length=None,
    signer=None,
    place=0,
    folded=fold,
    edit_body_hash=lambda octets: octets,
    edit_signature=lambda octets: octets,
):
    """Signs, and returns the header with the signature before its field number `place`.

    In `template`, the value of the field, `{bh}` and `{b}` stand for what is computed. What it says otherwise is not
    looked at: `c`, `h` and `length` say what is done.
    """
    octets = BODY[c[1]](body)
    digest = hashlib.sha256(octets if length is None else octets[:length]).digest()
    value = template.replace(b"{bh}", edit_body_hash(b64(digest)))
    all_fields = fields(header)
    draft = name + b":" + value.replace(b"{b}", b"") + b"\r\n"
    all_fields.insert(place, draft)
    canonical = HEADER[c[0]]
    data = b"".join(canonical(field) for field in select(all_fields, h, place))
    data += canonical(without_signature(draft) + b"\r\n").removesuffix(b"\r\n")
    signature = edit_signature(b64((signer or key.sign)(data)))
    all_fields[place] = name + b":" + value.replace(b"{b}", folded(signature)) + b"\r\n"
    return b"".join(all_fields)
