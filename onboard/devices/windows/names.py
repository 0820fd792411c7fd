"""Windows text forms: X.500 names as CertStrToName reads them, alternative names of the SCEP CSP."""

from __future__ import annotations

from onboard.devices.errors import DeviceError
from onboard.devices.scep.csr import NameAttribute, RequestedName

KEYS = {
    "CN": "2.5.4.3",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "E": "1.2.840.113549.1.9.1",
    "EMAIL": "1.2.840.113549.1.9.1",
    "C": "2.5.4.6",
    "S": "2.5.4.8",
    "ST": "2.5.4.8",
    "STREET": "2.5.4.9",
    "T": "2.5.4.12",
    "G": "2.5.4.42",
    "I": "2.5.4.43",
    "SN": "2.5.4.4",
    "DC": "0.9.2342.19200300.100.1.25",
    "SERIALNUMBER": "2.5.4.5",
}
ALT_NAME_KINDS = {"2": "rfc822", "3": "dns", "7": "uri", "11": "upn"}  # CertEnroll's AlternativeNameType


def parse_subject(text: str, place: str) -> tuple[tuple[NameAttribute, ...], ...]:
    """`CN="Lovelace, Ada",O=Northwind` as RDNs of one attribute each, in the order written.

    Raises:
        DeviceError: a key that Windows does not know, a quotation mark without its twin, an empty value.
    """
    rdns = []
    for piece in _split(text, place):
        key, equals, value = piece.partition("=")
        key = key.strip().upper()
        oid = key.removeprefix("OID.") if key.startswith("OID.") else KEYS.get(key)
        if not equals or oid is None:
            raise DeviceError(place, f"{key!r} is no attribute that Windows knows in an X.500 name")
        value = _unquote(value.strip(), place)
        if not value:
            raise DeviceError(place, f"{key} has no value")
        rdns.append((NameAttribute(oid, value),))
    return tuple(rdns)


def parse_alt_names(text: str, place: str) -> tuple[RequestedName, ...]:
    """`2+ada@northwind.example;11+ada@northwind.example`, the CSP's SubjectAlternativeNames.

    Raises:
        DeviceError: a pair without '+', or a type that is none of 2, 3, 7 and 11.
    """
    names = []
    for pair in filter(None, text.split(";")):
        number, plus, value = pair.partition("+")
        if not plus or number not in ALT_NAME_KINDS or not value:
            raise DeviceError(place, f"{pair!r} is not type+value with a type of 2, 3, 7 or 11")
        names.append(RequestedName(ALT_NAME_KINDS[number], value))
    return tuple(names)


def _split(text: str, place: str) -> list[str]:
    """At commas, semicolons and plus signs outside of quotation marks (CERT_NAME_STR_ defaults)."""
    pieces, quoted = [""], False
    for character in text:
        if character == '"':
            quoted = not quoted
        if character in ",;+" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += character
    if quoted:
        raise DeviceError(place, "a quotation mark has no twin")
    return pieces


def _unquote(value: str, place: str) -> str:
    if not value.startswith('"'):
        if '"' in value:
            raise DeviceError(place, "a quotation mark stands inside a value that is not quoted")
        return value
    if len(value) < 2 or not value.endswith('"'):
        raise DeviceError(place, "text follows the closing quotation mark")
    return value[1:-1].replace('""', '"')
