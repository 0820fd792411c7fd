"""The subject attributes and alternative names that an EnrollmentProfile may use, with OIDs and spellings."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """An X.520 attribute: our key, its OID and the short name of RFC 4514 (or the customary one)."""

    key: str
    oid: str
    short: str
    limit: int  # upper bound in characters, X.520 Annex C / RFC 5280 Appendix A


_ATTRIBUTES = (
    AttributeType(key="common_name", oid="2.5.4.3", short="CN", limit=64),
    AttributeType(key="organizational_unit", oid="2.5.4.11", short="OU", limit=64),
    AttributeType(key="organization", oid="2.5.4.10", short="O", limit=64),
    AttributeType(key="locality", oid="2.5.4.7", short="L", limit=128),
    AttributeType(key="state", oid="2.5.4.8", short="ST", limit=128),
    AttributeType(key="country", oid="2.5.4.6", short="C", limit=2),
    AttributeType(key="serial_number", oid="2.5.4.5", short="SERIALNUMBER", limit=64),
    AttributeType(key="email_address", oid="1.2.840.113549.1.9.1", short="E", limit=255),
    AttributeType(key="user_id", oid="0.9.2342.19200300.100.1.1", short="UID", limit=256),
    AttributeType(key="domain_component", oid="0.9.2342.19200300.100.1.25", short="DC", limit=63),
)

ATTRIBUTES: Mapping[str, AttributeType] = {attribute.key: attribute for attribute in _ATTRIBUTES}


class AltNameKind(enum.StrEnum):
    """The GeneralName forms of RFC 5280 §4.2.1.6 that payloads can ask for."""

    RFC822 = "rfc822"
    DNS = "dns"
    URI = "uri"
    UPN = "upn"  # otherName 1.3.6.1.4.1.311.20.2.3, UTF8String


EXTENDED_KEY_USAGES: Mapping[str, str] = {
    "client-auth": "1.3.6.1.5.5.7.3.2",
    "email-protection": "1.3.6.1.5.5.7.3.4",
    "smartcard-logon": "1.3.6.1.4.1.311.20.2.2",
}
"""What a device certificate may be used for. serverAuth, codeSigning and OCSPSigning are absent on purpose:
a device must never be able to pass as a server, a RADIUS server or a responder."""
