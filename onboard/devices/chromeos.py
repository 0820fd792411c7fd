"""A Chromebook takes ONC; Google's connector takes the SCEP sheet that an administrator typed in.

The device makes the key and never sees a challenge; the connector is the SCEP client.
"""

from __future__ import annotations

import re

import yaml

from onboard.devices import onc
from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentityRule, IdentitySource
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.devices.scep.request_shape import CHROME_CONNECTOR
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, Medium, NetworkSettings
from onboard.secret import Secret

_SUBJECT = {
    "Common name": "2.5.4.3",
    "Company name": "2.5.4.10",
    "Organization unit": "2.5.4.11",
    "Locality": "2.5.4.7",
    "State": "2.5.4.8",
    "Country / region": "2.5.4.6",
}
_ALT_NAMES = {
    "RFC 822 name": "rfc822",
    "DNS name": "dns",
    "Uniform resource identifier": "uri",
    "User principal name": "upn",
}
_USAGES = {"Key encipherment": "key_encipherment", "Signing": "digital_signature"}
_EXTENDED = {"Client authentication": "1.3.6.1.5.5.7.3.2", "Email protection": "1.3.6.1.5.5.7.3.4"}


def read_chromebook(onc_file: bytes, sheet: bytes | None = None) -> DeviceSettings:
    """What a managed Chromebook does with its networks, and the connector with the sheet.

    Args:
        onc_file: the ONC, unencrypted.
        sheet: the `chrome-scep-profile` sheet; None where certificates come another way.

    Raises:
        DeviceError: an entry that the device would drop, or a sheet that cannot be typed in.
    """
    document = onc.load(onc_file)
    if document.text("Type", "UnencryptedConfiguration") != "UnencryptedConfiguration":
        raise DeviceError("Type", "is not UnencryptedConfiguration; policy never uses encryption")
    certificates = onc.read_certificates(document)
    networks = tuple(_network(entry, certificates) for entry in onc.read_guids(document))
    if sum(network.medium is Medium.ETHERNET for network in networks) > 1:
        raise DeviceError("NetworkConfigurations", "one 802.1X Ethernet is kept, the last; here are several")
    return DeviceSettings(
        platform="chromeos",
        enrolment=None if sheet is None else read_sheet(sheet),
        networks=networks,
        certificates=tuple(certificates.values()),
    )


def read_sheet(sheet: bytes) -> EnrolmentSettings:
    """The fields of Google's "Secure SCEP" form; raises DeviceError."""
    try:
        values = yaml.BaseLoader(sheet).get_single_data()
    except yaml.YAMLError as error:
        raise DeviceError("sheet", "is not YAML") from error
    form = Fields.of(values, "sheet").child("form")
    url, bits = form.text("SCEP server URL"), form.text("Key size (bits)")
    if not re.match(r"https?://[^/\s]+", url):
        raise DeviceError(form.place("SCEP server URL"), "is not an absolute http or https URL")
    if bits not in {"2048", "3072", "4096"}:
        raise DeviceError(form.place("Key size (bits)"), f"{bits} is none of 2048, 3072 and 4096")
    if form.text("Challenge type") != "Static":
        raise DeviceError(form.place("Challenge type"), "is not Static, the only one that works without NDES")
    return EnrolmentSettings(
        url=url,
        request=_request(form),
        key_bits=int(bits),
        shape=CHROME_CONNECTOR,
        pin=None,  # the form has no field for a fingerprint
        patience=None,  # it answers the device within one request
    )


def _request(form: Fields) -> CertificateRequest:
    subject = tuple(
        (NameAttribute(oid, form.text(label)),) for label, oid in _SUBJECT.items() if form.has(label)
    )
    if not subject:
        raise DeviceError(form.path, "has no subject")
    return CertificateRequest(
        subject=subject,
        alt_names=_alt_names(form),
        challenge=Secret(form.text("Challenge")),
        key_usage=tuple(_known(form, "Key usage", _USAGES)),
        extended_key_usage=tuple(_known(form, "Extended key usage", _EXTENDED)),
    )


def _alt_names(form: Fields) -> tuple[RequestedName, ...]:
    if form.values.get("Subject alternative name", "None") == "None":
        return ()
    names = form.children("Subject alternative name")
    return tuple(
        RequestedName(_lookup(name, name.text("type"), _ALT_NAMES), name.text("value")) for name in names
    )


def _known(form: Fields, key: str, table: dict[str, str]) -> list[str]:
    return [_lookup(form, label, table) for label in form.texts(key, [])]


def _lookup(place: Fields, label: str, table: dict[str, str]) -> str:
    if label not in table:
        raise DeviceError(place.path, f"the form has no choice {label!r}")
    return table[label]


def _network(entry: Fields, certificates: onc.Certificates) -> NetworkSettings:
    medium, inner = onc.medium(entry)
    if medium is Medium.WIFI and inner.text("Security") != "WPA-EAP":
        raise DeviceError(inner.place("Security"), "is not WPA-EAP, ONC's word for every 802.1X Wi-Fi")
    eap = onc.eap_tls(inner)
    if eap.flag("UseSystemCAs", default=True):
        raise DeviceError(eap.place("UseSystemCAs"), "is not false: any public CA could vouch for the server")
    return NetworkSettings(
        name=entry.text("Name"),
        medium=medium,
        ssid=onc.ssid(inner) if medium is Medium.WIFI else b"",
        anchors=onc.anchors(eap, certificates),
        server_names=onc.server_names(eap),
        identity=_identity(eap, certificates),
        eap_identity=EapIdentity(IdentitySource.TEMPLATE, eap.text("Identity", "")),
        tls_maximum=eap.text("TLSVersionMax", "1.3"),
    )


def _identity(eap: Fields, certificates: onc.Certificates) -> IdentityRule:
    match eap.text("ClientCertType"):
        case "Pattern":
            return onc.pattern(eap, certificates)
        case "ProvisioningProfileId":
            eap.text("ClientCertProvisioningProfileId")
            return EnrolledIdentity()
        case kind:
            raise DeviceError(
                eap.place("ClientCertType"), f"{kind!r} does not lead to the enrolled certificate"
            )
