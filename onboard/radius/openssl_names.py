"""Distinguished names as OpenSSL and FreeRADIUS spell them: a line of text, the hash of a trust folder."""

from __future__ import annotations

import hashlib
import re

from cryptography import x509

# X509_NAME_oneline uses OpenSSL's short names; others are printed as dotted OIDs.
_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}


def one_line(name: x509.Name) -> str:
    r"""`/CN=…/O=…` in the order of the certificate, octets outside of ASCII as `\xC3` (X509_NAME_oneline)."""
    return "".join(attribute_line(a.oid.dotted_string, str(a.value)) for rdn in name.rdns for a in rdn)


def attribute_line(oid: str, value: str) -> str:
    """One attribute of `one_line`."""
    return f"/{_SHORT.get(oid, oid)}={escaped(value)}"


def escaped(value: str) -> str:
    """A value as `one_line` shows it."""
    return "".join(chr(o) if 0x20 <= o <= 0x7E else f"\\x{o:02X}" for o in value.encode())


def name_hash(name: x509.Name) -> str:
    """The eight hexadecimal digits by which OpenSSL finds a CA or a CRL in a folder (X509_NAME_hash_ex)."""
    canonical = b"".join(_canonical_rdn(rdn) for rdn in name.rdns)
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _canonical_rdn(rdn: x509.RelativeDistinguishedName) -> bytes:
    """x509_name_canon: every string as UTF8String, lower case in ASCII, runs of blanks as one."""
    members = [
        _tlv(0x30, _oid(attribute.oid) + _tlv(0x0C, _canonical_text(str(attribute.value))))
        for attribute in rdn
    ]
    return _tlv(0x31, b"".join(sorted(members)))


def _canonical_text(value: str) -> bytes:
    folded = re.sub(r"[ \t\n\v\f\r]+", " ", value.strip(" \t\n\v\f\r"))
    return "".join(c.lower() if c.isascii() else c for c in folded).encode()


def _oid(oid: x509.ObjectIdentifier) -> bytes:
    """The encoding that `cryptography` gives it inside a name."""
    first = x509.Name([x509.NameAttribute(oid, "AA", _validate=False)]).public_bytes()
    start = first.index(0x06)
    return first[start : start + 2 + first[start + 1]]


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content
