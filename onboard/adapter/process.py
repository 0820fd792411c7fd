"""A certificate provisioning process as Google describes it, read into a value.

Source: the discovery document of chromemanagement v1, `CertificateProvisioningProcess`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from onboard.adapter.errors import UnreadableError
from onboard.dialects.google import ADAPTER_FIELDS
from onboard.variables import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One request of one device.

    Attributes:
        resource: its name, `customers/C/certificateProvisioningProcesses/P`.
        organization: what the CA connection refers to in the console.
        group: what the profile refers to there; of a SCEP profile its template name.
        holder: whether the certificate is for a person's session or the device; None: Google says neither.
        values: variable -> value, as far as Google knows them. This is the identity.
        spki: DER SubjectPublicKeyInfo of the key that the device made.
        sign_data: what the device was asked to sign before; empty: it was not.
        signature: the device's answer; empty: there is none yet.
        is_issued: a certificate was uploaded.
        failure: why the process has failed; empty: it has not.
    """

    resource: str
    organization: str
    group: str
    holder: Holder | None
    values: Mapping[str, str]
    spki: bytes = field(repr=False)
    sign_data: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    is_issued: bool = False
    failure: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.is_issued or bool(self.failure)


def read(document: object) -> Process:
    """What the API answered to `get`.

    Raises:
        UnreadableError: it is no process.
    """
    fields = _mapping(document)
    name = _text(fields, "name")
    if not name:
        raise UnreadableError("Google's answer is no certificate provisioning process: it has no name")
    device, session = _mapping(fields.get("chromeOsDevice")), _mapping(fields.get("chromeOsUserSession"))
    holder = Holder.USER if session else Holder.DEVICE if device else None
    return Process(
        resource=name,
        organization=_connection(fields),
        group=_profile(fields),
        holder=holder,
        values=_values(session, device or _mapping(session.get("chromeOsDevice"))),
        spki=_octets(fields, "subjectPublicKeyInfo"),
        sign_data=_octets(fields, "signData"),
        signature=_octets(fields, "signature"),
        is_issued=bool(fields.get("issuedCertificate")),
        failure=_text(fields, "failureMessage"),
    )


def _connection(fields: Mapping[str, object]) -> str:
    generic, scep = _mapping(fields.get("genericCaConnection")), _mapping(fields.get("scepCaConnection"))
    return _text(generic or scep, "caConnectionAdapterConfigReference")


def _profile(fields: Mapping[str, object]) -> str:
    generic = _text(_mapping(fields.get("genericProfile")), "profileAdapterConfigReference")
    return generic or _text(_mapping(fields.get("scepProfile")), "certificateTemplateName")


def _values(session: Mapping[str, object], device: Mapping[str, object]) -> Mapping[str, str]:
    """Google's facts by the names of our variables; it knows neither host names nor foreign sign-in names."""
    found = {
        variable: _text(session if variable.startswith("user.") else device, key)
        for variable, key in ADAPTER_FIELDS.items()
    }
    return {name: value for name, value in found.items() if value}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _octets(fields: Mapping[str, object], name: str) -> bytes:
    text = _text(fields, name)
    try:
        # JSON of Google's APIs has base64 in either alphabet, with or without padding.
        return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(f"{name} in Google's answer is not base64") from error
