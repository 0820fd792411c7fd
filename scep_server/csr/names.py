"""X.501 names and general names (RFC 5280 §4.1.2.4, §4.2.1.6) as text."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from scep_server import ber, oids
from scep_server.ber import tags
from scep_server.messages import AltName, AltNameKind, Attribute

# Teletex is read as Latin-1, which is what its senders mean; BMPString as UTF-16, as Windows sends it.
_ENCODINGS: Final = MappingProxyType(
    {
        tags.UTF8_STRING: "utf-8",
        tags.PRINTABLE_STRING: "ascii",
        tags.NUMERIC_STRING: "ascii",
        tags.IA5_STRING: "ascii",
        tags.VISIBLE_STRING: "ascii",
        tags.TELETEX_STRING: "latin-1",
        tags.BMP_STRING: "utf-16-be",
        tags.UNIVERSAL_STRING: "utf-32-be",
    }
)
_TEXT_NAMES: Final = MappingProxyType({1: AltNameKind.RFC822, 2: AltNameKind.DNS, 6: AltNameKind.URI})
_SHOWN_OCTETS: Final = 48


def text(reader: ber.Reader) -> str:
    """The next element as text: DirectoryString and its relatives.

    Raises:
        BerError: it is no string, or not in its own character set.
    """
    tag = reader.tag & ~tags.CONSTRUCTED
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        raise ber.BerError(f"tag 0x{reader.tag & 0xFF:02x} is no character string")
    try:
        return reader.octets(tag).decode(encoding)
    except UnicodeDecodeError as error:
        raise ber.BerError(f"a string is not {encoding}") from error


def name(reader: ber.Reader) -> tuple[Attribute, ...]:
    """The next element, a Name, as its attributes in order; which of them share an RDN is forgotten."""
    attributes: list[Attribute] = []
    rdns = reader.enter()
    while rdns.more:
        rdn = rdns.enter(tags.SET)
        while rdn.more:
            pair = rdn.enter()
            attributes.append(Attribute(oid=pair.oid(), value=text(pair)))
            pair.finish()
    return tuple(attributes)


def general_names(outer: ber.Reader) -> list[AltName]:
    """The GeneralNames inside a subjectAltName extension."""
    names = outer.enter()
    outer.finish()
    found: list[AltName] = []
    while names.more:
        found.append(_general_name(names))
    return found


def _general_name(reader: ber.Reader) -> AltName:
    number = reader.tag & 0x1F
    kind = _TEXT_NAMES.get(number)
    if kind is not None:
        try:
            return AltName(kind, reader.octets(tags.CONTEXT | number).decode("ascii"))
        except UnicodeDecodeError as error:
            raise ber.BerError("an alternative name is not ASCII") from error
    if reader.tag == tags.CONTEXT_CONSTRUCTED:
        return _other_name(reader)
    return AltName(AltNameKind.OTHER, f"[{number}] {reader.raw()[:_SHOWN_OCTETS].hex()}")


def _other_name(reader: ber.Reader) -> AltName:
    other = reader.enter(tags.CONTEXT_CONSTRUCTED)
    oid = other.oid()
    value = other.enter(tags.CONTEXT_CONSTRUCTED)
    if oid == oids.USER_PRINCIPAL_NAME:
        return AltName(AltNameKind.UPN, text(value))
    return AltName(AltNameKind.OTHER, f"{oid} {value.raw()[:_SHOWN_OCTETS].hex()}")
