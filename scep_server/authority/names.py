"""Names as text -> names as `cryptography` writes them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.name import _ASN1Type  # the only way to choose a string type
from cryptography.x509.oid import NameOID, ObjectIdentifier

from scep_server import oids
from scep_server.ber import utf8_string
from scep_server.messages import AltName, AltNameKind, Attribute

_UPN = ObjectIdentifier(oids.USER_PRINCIPAL_NAME)
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")  # X.680 §41.4


def subject_name(attributes: Iterable[Attribute]) -> x509.Name:
    """A subject with one attribute in each RDN, in the order given."""
    return x509.Name([_attribute(_oid(attribute.oid), attribute.value) for attribute in attributes])


def general_names(alt_names: Iterable[AltName]) -> list[x509.GeneralName]:
    """Subject alternative names, in the order given (ValueError for kind OTHER, which nothing grants)."""
    return [_general_name(name) for name in alt_names]


def _attribute(oid: ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    # X.520 says PrintableString; serial numbers of devices hold "_" and worse, and clients read UTF8String.
    if oid == NameOID.SERIAL_NUMBER and not _PRINTABLE.fullmatch(value):
        return x509.NameAttribute(oid, value, _ASN1Type.UTF8String)
    return x509.NameAttribute(oid, value)


def _general_name(name: AltName) -> x509.GeneralName:
    match name.kind:
        case AltNameKind.RFC822:
            return x509.RFC822Name(name.value)
        case AltNameKind.DNS:
            return x509.DNSName(name.value)
        case AltNameKind.URI:
            return x509.UniformResourceIdentifier(name.value)
        case AltNameKind.UPN:
            return x509.OtherName(_UPN, utf8_string(name.value))
        case AltNameKind.OTHER:
            msg = f"a name of unknown kind is never granted: {name.value}"
            raise ValueError(msg)


@functools.lru_cache(maxsize=64)
def _oid(dotted: str) -> ObjectIdentifier:
    return ObjectIdentifier(dotted)
