"""The PKCS #10 that a device signs: what the group's policy wants, filled in with what Google says.

The device shows by its signature that it holds the key; it has no say in the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from onboard.dialects.google import adapter_refusal
from scep_server import ber, oids
from scep_server.authority import names
from scep_server.ber import tags
from scep_server.errors import RequestRejectedError
from scep_server.messages import AltName, Attribute, FailInfo
from scep_server.policy import IssuancePolicy

_VERSION: Final = ber.integer(0)
_ALGORITHM: Final = ber.sequence(ber.object_identifier(oids.SHA256_WITH_RSA), ber.null())


def to_be_signed(policy: IssuancePolicy, values: Mapping[str, str], spki: bytes) -> bytes:
    """DER CertificationRequestInfo (RFC 2986 §4.1); the same arguments give the same bytes.

    An alternative name whose variable has no value is left out, as a device may leave it out.

    Raises:
        RequestRejectedError: the subject needs a variable that has no value.
    """
    absent = [v for _, pattern in policy.subject for v in pattern.variables if v not in values]
    if absent:
        raise _refusal(policy, absent)
    subject = [Attribute(oid, pattern.fill(values)) for oid, pattern in policy.subject]
    alt_names = [
        AltName(rule.kind, rule.pattern.fill(values))
        for rule in policy.alt_names
        if all(variable in values for variable in rule.pattern.variables)
    ]
    return ber.sequence(_VERSION, names.subject(subject), spki, ber.implicit(0, _attributes(alt_names)))


def assemble(info: bytes, signature: bytes) -> bytes:
    """DER CertificationRequest from what `to_be_signed` gave and an RSA signature over it."""
    return ber.sequence(info, _ALGORITHM, ber.tlv(tags.BIT_STRING, b"\x00" + signature))


def _attributes(alt_names: list[AltName]) -> bytes:
    if not alt_names:
        return b""
    extension = ber.sequence(
        ber.object_identifier(oids.SUBJECT_ALT_NAME), ber.octet_string(names.general_names(alt_names))
    )
    request = ber.object_identifier(oids.EXTENSION_REQUEST)
    return ber.sequence(request, ber.set_of(ber.sequence(extension)))


def _refusal(policy: IssuancePolicy, absent: list[str]) -> RequestRejectedError:
    why = "; ".join(f"${{{name}}}: {adapter_refusal(name)}" for name in dict.fromkeys(absent))
    return RequestRejectedError(
        FailInfo.BAD_REQUEST,
        f"the subject of the profile {policy.name!r} needs what has no value here: {why}",
        remedy="give the group a profile of user.email, device.serial or device.id",
        public="the certificate's subject needs a name that Google does not know",
    )
