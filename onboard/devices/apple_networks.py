"""An Apple device reads its 802.1X payloads: Wi-Fi and Ethernet, one EAPClientConfiguration each.

Source: apple/device-management (com.apple.wifi.managed) and Apple's supplicant (eap8021x).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import EAP_TLS, Medium, NetworkSettings

_ENCRYPTION = frozenset({"WEP", "WPA", "WPA2", "WPA3", "Any", "None"})
_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


def read_network(
    payload: Fields, certificates: Mapping[str, x509.Certificate], identities: Collection[str]
) -> NetworkSettings:
    """One network payload.

    Args:
        payload: the payload's dictionary.
        certificates: certificate payloads of this profile by PayloadUUID.
        identities: PayloadUUIDs of its SCEP payloads.

    Raises:
        DeviceError: a link leads nowhere, a value is none the device takes, or trust is left open.
    """
    wired = payload.text("PayloadType") != "com.apple.wifi.managed"
    ssid = "" if wired else _ssid(payload)
    eap = payload.child("EAPClientConfiguration")
    if EAP_TLS not in eap.items("AcceptEAPTypes"):
        raise DeviceError(eap.place("AcceptEAPTypes"), "does not hold 13 (EAP-TLS)")
    _demand_identity(payload, identities)
    minimum, maximum = _version(eap, "TLSMinimumVersion", "1.0"), _version(eap, "TLSMaximumVersion", "1.2")
    return NetworkSettings(
        name=ssid or payload.text("PayloadDisplayName", "Ethernet"),
        medium=Medium.ETHERNET if wired else Medium.WIFI,
        ssid=ssid.encode(),
        anchors=_anchors(eap, certificates),
        server_names=ServerNames(NameRule.APPLE, eap.texts("TLSTrustedServerNames", [])),
        identity=EnrolledIdentity(),
        eap_identity=EapIdentity(IdentitySource.APPLE, eap.text("UserName", "")),
        tls_minimum=min(minimum, maximum),
        tls_maximum=maximum,
    )


def _ssid(payload: Fields) -> str:
    ssid = payload.text("SSID_STR")
    if not 1 <= len(ssid.encode()) <= 32:
        raise DeviceError(payload.place("SSID_STR"), "is not 1 to 32 bytes of UTF-8")
    encryption = payload.text("EncryptionType", "Any")
    if encryption not in _ENCRYPTION:
        raise DeviceError(
            payload.place("EncryptionType"), f"{encryption!r} is no value that the device knows"
        )
    if encryption in {"None", "WEP"}:
        raise DeviceError(payload.place("EncryptionType"), f"{encryption} has no 802.1X")
    return ssid


def _demand_identity(payload: Fields, identities: Collection[str]) -> None:
    """The identity is named beside EAPClientConfiguration; inside it the device does not look."""
    place = payload.place("PayloadCertificateUUID")
    if not payload.has("PayloadCertificateUUID"):
        raise DeviceError(place, "is missing: the device has no certificate to offer")
    if payload.text("PayloadCertificateUUID").upper() not in {uuid.upper() for uuid in identities}:
        raise DeviceError(place, "names no SCEP payload of this profile")


def _anchors(eap: Fields, certificates: Mapping[str, x509.Certificate]) -> tuple[x509.Certificate, ...]:
    known = {uuid.upper(): certificate for uuid, certificate in certificates.items()}
    place = eap.place("PayloadCertificateAnchorUUID")
    anchors = []
    for uuid in eap.texts("PayloadCertificateAnchorUUID", []):
        if uuid.upper() not in known:
            raise DeviceError(place, f"{uuid} names no certificate payload of this profile")
        anchors.append(known[uuid.upper()])
    if not anchors:
        raise DeviceError(place, "is empty: the user would be asked to trust whatever server answers")
    return tuple(anchors)


def _version(eap: Fields, key: str, default: str) -> str:
    """Text only: a real number is not read, unknown text falls back to the default."""
    value = eap.values.get(key)
    return value if isinstance(value, str) and value in _VERSIONS else default
