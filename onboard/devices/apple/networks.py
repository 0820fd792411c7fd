"""An Apple device reads its 802.1X payloads: Wi-Fi and Ethernet, one EAPClientConfiguration each.

Source: apple/device-management (com.apple.wifi.managed) and Apple's supplicant (eap8021x).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.passpoint import Provider
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import EAP_TLS, Medium, NetworkSettings

_ENCRYPTION = frozenset({"WEP", "WPA", "WPA2", "WPA3", "Any", "None"})
_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CONSORTIUM = re.compile(r"[0-9A-Fa-f]{6}|[0-9A-Fa-f]{10}")  # three or five octets


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
    ssid, provider = ("", None) if wired else _found_by(payload)
    eap = payload.child("EAPClientConfiguration")
    if EAP_TLS not in eap.items("AcceptEAPTypes"):
        raise DeviceError(eap.place("AcceptEAPTypes"), "does not hold 13 (EAP-TLS)")
    _demand_identity(payload, identities)
    minimum, maximum = _version(eap, "TLSMinimumVersion", "1.0"), _version(eap, "TLSMaximumVersion", "1.2")
    return NetworkSettings(
        name=ssid or (provider.domain if provider else payload.text("PayloadDisplayName", "Ethernet")),
        medium=Medium.ETHERNET if wired else Medium.WIFI,
        ssid=ssid.encode(),
        anchors=_anchors(eap, certificates),
        server_names=ServerNames(NameRule.APPLE, eap.texts("TLSTrustedServerNames", [])),
        identity=EnrolledIdentity(),
        eap_identity=EapIdentity(IdentitySource.APPLE, _said(eap, min(minimum, maximum))),
        provider=provider,
        tls_minimum=min(minimum, maximum),
        tls_maximum=maximum,
    )


def _said(eap: Fields, minimum: str) -> str:
    """What the payload has the device say of itself; with TLS 1.3 alone that is OuterIdentity (eap8021x)."""
    if minimum != "1.3":
        return eap.text("UserName", "")
    outer = eap.text("OuterIdentity", "")
    if not outer:
        raise DeviceError(eap.place("OuterIdentity"), "is missing: with TLS 1.3 alone the device gives up")
    return outer


def _found_by(payload: Fields) -> tuple[str, Provider | None]:
    """The SSID, the Passpoint provider, or both; SSID_STR may be absent where DomainName is there."""
    encryption = payload.text("EncryptionType", "Any")
    if encryption not in _ENCRYPTION:
        raise DeviceError(
            payload.place("EncryptionType"), f"{encryption!r} is no value that the device knows"
        )
    if encryption in {"None", "WEP"}:
        raise DeviceError(payload.place("EncryptionType"), f"{encryption} has no 802.1X")
    if not payload.has("DomainName"):
        if payload.flag("IsHotspot", default=False):
            raise DeviceError(payload.place("DomainName"), "is missing where IsHotspot is true")
        return _ssid(payload), None
    return (_ssid(payload) if payload.has("SSID_STR") else ""), _provider(payload)


def _ssid(payload: Fields) -> str:
    ssid = payload.text("SSID_STR")
    if not 1 <= len(ssid.encode()) <= 32:
        raise DeviceError(payload.place("SSID_STR"), "is not 1 to 32 bytes of UTF-8")
    return ssid


def _provider(payload: Fields) -> Provider:
    domain = payload.text("DomainName")
    if not _DOMAIN.fullmatch(domain):
        raise DeviceError(payload.place("DomainName"), f"{domain!r} is no domain name")
    if not payload.flag("IsHotspot", default=False):
        raise DeviceError(payload.place("IsHotspot"), "is not true, so DomainName leads to no network")
    payload.text("DisplayedOperatorName", "")
    consortiums = payload.texts("RoamingConsortiumOIs", [])
    for at, consortium in enumerate(consortiums):
        if not _CONSORTIUM.fullmatch(consortium):
            place = f"{payload.place('RoamingConsortiumOIs')}[{at}]"
            raise DeviceError(place, f"{consortium!r} is not 6 or 10 hexadecimal digits")
    return Provider(
        domain=domain.lower(),
        consortiums=tuple(consortium.upper() for consortium in consortiums),
        realms=tuple(realm.lower() for realm in payload.texts("NAIRealmNames", [])),
        roams=payload.flag("ServiceProviderRoamingEnabled", default=False),
    )


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
