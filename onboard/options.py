"""What an org may ask beyond the common case: an EAP method, the kind of RADIUS server, Windows' own options.

Everybody's clients do EAP-TLS. The other methods are Windows' own and take nothing away from EAP-TLS: other
platforms go on with it on the same network.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

WINDOWS_10_2004 = 19041  # the first build with TEAP
WINDOWS_11 = 22000  # the first build with WPA3-Enterprise in profiles


class EapMethod(enum.StrEnum):
    """How Windows authenticates on a network."""

    TLS = "eap-tls"
    PEAP_TLS = "peap-tls"  # EAP-TLS inside PEAP: the certificate travels encrypted
    TEAP = "teap"  # RFC 7170: the computer's and the person's certificate in one conversation


class RadiusType(enum.StrEnum):
    """Which product answers; what it cannot do is judged by it."""

    FREERADIUS = "freeradius"
    NPS = "nps"  # Microsoft Network Policy Server: maps certificates to accounts of Active Directory
    ISE = "ise"
    CLEARPASS = "clearpass"
    OTHER = "other"


class KeyProtection(enum.StrEnum):
    """Where Windows keeps the private key."""

    SOFTWARE = "software"
    TPM = "tpm"  # no TPM, no certificate
    TPM_IF_PRESENT = "tpm-if-present"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsOptions:
    """The options of `windows` under a group's platforms."""

    minimum: int | None = None  # build number of the oldest computer, such as 19045; None: unknown
    key_protection: KeyProtection = KeyProtection.SOFTWARE

    @property
    def lacks_wpa3(self) -> bool:
        """Whether there are computers that would refuse a WPA3-Enterprise profile."""
        return self.minimum is not None and self.minimum < WINDOWS_11
