"""An Android device takes the ONC subset of the Android Management API, or an `.eap-config`.

Neither format can enrol: the policy names a key alias that an agent fills, the file leaves the client part
empty. What is read here is the network and whom it trusts.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from cryptography import x509

from onboard.devices import onc
from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import DeviceSettings, Medium, NetworkSettings
from onboard.devices.xml_reader import Node, parse

_SECURITY = frozenset({"WPA-EAP", "WPA3-Enterprise_192"})
_UNSUPPORTED = ("ClientCertPattern", "SaveCredentials", "UseSystemCAs")  # not of the API's subset


def read_amapi(content: bytes) -> DeviceSettings:
    """A policy fragment with `openNetworkConfiguration`.

    Raises:
        DeviceError: ONC_WIFI_INVALID_ENTERPRISE_CONFIG and its kin, by field.
    """
    document = onc.load(content).child("openNetworkConfiguration")
    certificates = onc.read_certificates(document)
    return DeviceSettings(
        platform="android",
        enrolment=None,
        networks=tuple(_network(entry, certificates) for entry in onc.read_guids(document)),
        certificates=tuple(certificates.values()),
    )


def _network(entry: Fields, certificates: onc.Certificates) -> NetworkSettings:
    medium, wifi = onc.medium(entry)
    if medium is not Medium.WIFI:
        raise DeviceError(entry.place("Type"), "is not WiFi, the only type that the API takes")
    if wifi.text("Security") not in _SECURITY:
        raise DeviceError(wifi.place("Security"), "is no 802.1X security of the API")
    eap = onc.eap_tls(wifi)
    for key in _UNSUPPORTED:
        if eap.has(key):
            raise DeviceError(eap.place(key), "is not part of the API's ONC")
    if not eap.texts("DomainSuffixMatch", []):
        raise DeviceError(eap.place("DomainSuffixMatch"), "is empty; the platform refuses the network")
    if eap.text("ClientCertType") != "KeyPairAlias" or not eap.text("ClientCertKeyPairAlias"):
        raise DeviceError(eap.place("ClientCertKeyPairAlias"), "names no key that an agent could install")
    return NetworkSettings(
        name=entry.text("Name"),
        medium=medium,
        ssid=onc.ssid(wifi),
        anchors=onc.anchors(eap, certificates),
        server_names=onc.server_names(eap),
        identity=EnrolledIdentity(),
        eap_identity=EapIdentity(IdentitySource.TEMPLATE, eap.text("Identity", "")),
        tls_maximum="1.3",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trust:
    anchors: tuple[x509.Certificate, ...] = field(repr=False)
    names: tuple[str, ...]


def read_eap_config(content: bytes) -> DeviceSettings:
    """An `.eap-config` (draft-winter-opsawg-eap-metadata), as geteduroam reads it; raises DeviceError."""
    root = parse(content, "EAPIdentityProviderList", "")
    networks: list[NetworkSettings] = []
    for provider in root.children("", "EAPIdentityProvider"):
        method = provider.child("", "AuthenticationMethods").child("", "AuthenticationMethod")
        method.child("", "EAPMethod").one_of("", "Type", "13")
        trust = _trust(method.child("", "ServerSideCredential"))
        applicability = provider.child("", "CredentialApplicability")
        wifi = [
            node.element.text or "" for w in applicability.children("", "IEEE80211") for node in _ssids(w)
        ]
        networks += [_joined(ssid.encode(), Medium.WIFI, ssid, trust) for ssid in wifi]
        wired = applicability.children("", "IEEE8023")
        networks += [_joined(b"", Medium.ETHERNET, w.text("", "NetworkID"), trust) for w in wired]
    certificates = dict.fromkeys(anchor for network in networks for anchor in network.anchors)
    return DeviceSettings(
        platform="android", enrolment=None, networks=tuple(networks), certificates=tuple(certificates)
    )


def _ssids(wifi: Node) -> tuple[Node, ...]:
    return tuple(wifi.children("", "SSID"))


def _trust(server: Node) -> _Trust:
    anchors = []
    for node in server.children("", "CA"):
        if (node.element.get("format"), node.element.get("encoding")) != ("X.509", "base64"):
            raise DeviceError(node.path, "is not format X.509, encoding base64")
        try:
            anchors.append(parse_certificate(base64.b64decode(node.value, validate=True)))
        except (ValueError, binascii.Error) as error:
            raise DeviceError(node.path, "is not a certificate") from error
    names = tuple(node.value for node in server.children("", "ServerID"))
    if not anchors or not names:
        raise DeviceError(server.path, "needs CA and ServerID; without them any server would be accepted")
    return _Trust(anchors=tuple(anchors), names=names)


def _joined(ssid: bytes, medium: Medium, name: str, trust: _Trust) -> NetworkSettings:
    if medium is Medium.WIFI and not 1 <= len(ssid) <= 32:
        raise DeviceError("CredentialApplicability/IEEE80211/SSID", "is not 1 to 32 bytes of UTF-8")
    return NetworkSettings(
        name=name,
        medium=medium,
        ssid=ssid,
        anchors=trust.anchors,
        server_names=ServerNames(NameRule.SUFFIX, trust.names),
        identity=EnrolledIdentity(),
        eap_identity=EapIdentity(IdentitySource.APPLE),  # the certificate names its holder
        tls_maximum="1.3",
    )
