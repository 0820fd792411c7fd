"""Names as text -> DER, as certificates hold them, and -> RFC 4514, as records and logs have them.

`policy.bounds` has judged every value before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from scep_server import ber, oids
from scep_server.ber import tags
from scep_server.messages import AltName, AltNameKind, Attribute

_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")  # X.680 §41.4
# RFC 5280 Appendix A.1; everything else is DirectoryString, which RFC 5280 §4.1.2.4 wants as UTF8String.
_PRINTABLE_ATTRIBUTES: Final = frozenset({oids.COUNTRY, oids.SERIAL_NUMBER})
_IA5_ATTRIBUTES: Final = frozenset({oids.EMAIL_ADDRESS, oids.DOMAIN_COMPONENT})
# RFC 5280 §4.2.1.6: GeneralName is a CHOICE of implicitly tagged IA5Strings for these.
_IA5_NAMES: Final[Mapping[AltNameKind, int]] = {
    AltNameKind.RFC822: tags.CONTEXT | 1,
    AltNameKind.DNS: tags.CONTEXT | 2,
    AltNameKind.URI: tags.CONTEXT | 6,
}
# RFC 4514 §3; other types are written as their OID.
_SHORT_TYPES: Final[Mapping[str, str]] = {
    oids.COMMON_NAME: "CN",
    oids.LOCALITY: "L",
    oids.STATE_OR_PROVINCE: "ST",
    oids.ORGANIZATION: "O",
    oids.ORGANIZATIONAL_UNIT: "OU",
    oids.COUNTRY: "C",
    oids.STREET_ADDRESS: "STREET",
    oids.DOMAIN_COMPONENT: "DC",
    oids.USER_ID: "UID",
}
_SPECIAL: Final = re.compile(r'["+,;<>\\]')
_UPN: Final = ber.object_identifier(oids.USER_PRINCIPAL_NAME)


def subject(attributes: Iterable[Attribute]) -> bytes:
    """DER Name with one attribute in each RDN, in the order given (RFC 5280 §4.1.2.4)."""
    return ber.sequence(*[ber.tlv(tags.SET, _attribute(attribute)) for attribute in attributes])


def rfc4514(attributes: Sequence[Attribute]) -> str:
    """The text of `subject(attributes)`, last attribute first (RFC 4514 §2.1)."""
    return ",".join([_typed(attribute) for attribute in reversed(attributes)])


def general_names(alt_names: Iterable[AltName]) -> bytes:
    """DER GeneralNames, in the order given.

    Raises:
        ValueError: for kind OTHER, which nothing grants.
    """
    return ber.sequence(*map(_general_name, alt_names))


def _typed(attribute: Attribute) -> str:
    kind = _SHORT_TYPES.get(attribute.oid, attribute.oid)
    value = _SPECIAL.sub(r"\\\g<0>", attribute.value).replace("\0", r"\00")
    if value.startswith("#") or (value.startswith(" ") and len(value) > 1):
        value = f"\\{value}"
    if value.endswith(" "):
        value = f"{value[:-1]}\\ "
    return f"{kind}={value}"


def _attribute(attribute: Attribute) -> bytes:
    return ber.sequence(ber.object_identifier(attribute.oid), _string(attribute.oid, attribute.value))


def _string(oid: str, value: str) -> bytes:
    # Serial numbers of devices hold "_" and worse: they become UTF8String, which every client reads.
    if oid in _PRINTABLE_ATTRIBUTES and _PRINTABLE.fullmatch(value):
        return ber.printable_string(value)
    if oid in _IA5_ATTRIBUTES:
        return ber.tlv(tags.IA5_STRING, value.encode("ascii"))
    return ber.utf8_string(value)


def _general_name(name: AltName) -> bytes:
    tag = _IA5_NAMES.get(name.kind)
    if tag is not None:
        return ber.tlv(tag, name.value.encode("ascii"))
    if name.kind is AltNameKind.UPN:
        return ber.implicit(0, _UPN + ber.implicit(0, ber.utf8_string(name.value)))
    msg = f"a name of unknown kind is never granted: {name.value}"
    raise ValueError(msg)
