"""Judges the network part of an Android Management API policy by that API's own dialect of ONC."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from cryptography import x509

from onboard.errors import Finding
from onboard.lint.jsonfile import Json, JsonError, looks_like, parse
from onboard.lint.report import Report

_TOP = "openNetworkConfiguration"
_NETWORK = frozenset({"GUID", "Name", "Type", "WiFi", "ProxySettings"})
WIFI = frozenset(
    {
        "SSID",
        "HexSSID",
        "Security",
        "HiddenSSID",
        "AutoConnect",
        "Passphrase",
        "EAP",
        "MACAddressRandomizationMode",
    }
)
EAP = frozenset(
    {
        "Outer",
        "Inner",
        "Identity",
        "AnonymousIdentity",
        "Password",
        "ServerCARef",
        "ServerCARefs",
        "DomainSuffixMatch",
        "ClientCertType",
        "ClientCertRef",
        "ClientCertKeyPairAlias",
    }
)
SECURITY = frozenset({"None", "WEP-PSK", "WPA-PSK", "WPA-EAP", "WEP-8021X", "WPA3-Enterprise_192"})
_ENTERPRISE = frozenset({"WPA-EAP", "WEP-8021X", "WPA3-Enterprise_192"})
OUTER = frozenset({"EAP-TLS", "PEAP", "EAP-TTLS", "EAP-SIM", "EAP-AKA"})
COMPANIONS = {"Ref": "ClientCertRef", "KeyPairAlias": "ClientCertKeyPairAlias"}


def recognises(content: bytes) -> bool:
    """Whether it is a policy with networks."""
    return looks_like(content, _TOP)


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What the API would refuse, or a device could not use."""
    report = Report(path, "amapi")
    try:
        document = parse(content)
    except JsonError as error:
        report.error("01", "", f"this is not JSON: {error}")
        return report.findings
    onc = document.get(_TOP) if isinstance(document, dict) else None
    if not isinstance(onc, dict):
        report.error("02", _TOP, "an object, not a string, is expected")
        return report.findings
    if onc.get("Type", "UnencryptedConfiguration") != "UnencryptedConfiguration":
        report.error("03", f"{_TOP}.Type", "encrypted networks are not possible")
    guids = _certificates(report, _objects(report, f"{_TOP}.Certificates", onc.get("Certificates", [])))
    networks = _objects(report, f"{_TOP}.NetworkConfigurations", onc.get("NetworkConfigurations", []))
    _repeated(report, [network.get("GUID") for _, network in networks])
    for where, network in networks:
        _network(report, where, network, guids)
    return report.findings


def _objects(report: Report, where: str, listed: Json) -> list[tuple[str, Mapping[str, Json]]]:
    if not isinstance(listed, list):
        report.error("04", where, "not a list")
        return []
    found: list[tuple[str, Mapping[str, Json]]] = []
    for position, entry in enumerate(listed):
        if isinstance(entry, dict):
            found.append((f"{where}[{position}]", entry))
        else:
            report.error("04", f"{where}[{position}]", "not an object")
    return found


def _repeated(report: Report, guids: list[Json]) -> None:
    for guid in {str(guid) for guid in guids if guids.count(guid) > 1}:
        report.error("05", f"{_TOP}.NetworkConfigurations", f"GUID {guid} is used more than once")


def _certificates(report: Report, entries: list[tuple[str, Mapping[str, Json]]]) -> frozenset[str]:
    guids = set()
    for where, entry in entries:
        for name in ("Remove", "TrustBits"):
            if name in entry:
                report.error("06", f"{where}.{name}", "not supported")
        if entry.get("Type") in {"Authority", "Server"} and not _is_certificate(entry.get("X509")):
            report.error("07", f"{where}.X509", "not a certificate in PEM or base64")
        guid = entry.get("GUID")
        if not isinstance(guid, str) or not guid or guid in guids:
            report.error("05", f"{where}.GUID", "missing, empty or used before")
        else:
            guids.add(guid)
    return frozenset(guids)


def _network(report: Report, where: str, network: Mapping[str, Json], guids: frozenset[str]) -> None:
    _unknown(report, where, network, _NETWORK)
    for name in ("GUID", "Name", "Type"):
        if not isinstance(network.get(name), str) or not network[name]:
            report.error("08", f"{where}.{name}", "mandatory")
    if network.get("Type") != "WiFi":
        report.error("09", f"{where}.Type", "the API configures Wi-Fi only")
    wifi = network.get("WiFi")
    if not isinstance(wifi, dict):
        report.error("08", f"{where}.WiFi", "mandatory")
        return
    where = f"{where}.WiFi"
    _unknown(report, where, wifi, WIFI)
    if not wifi.get("SSID") and not wifi.get("HexSSID"):
        report.error("10", f"{where}.SSID", "neither SSID nor HexSSID")
    if wifi.get("Security") not in SECURITY:
        report.error("11", f"{where}.Security", "not a value of the API")
    if wifi.get("AutoConnect") is not True:
        report.warning("12", f"{where}.AutoConnect", "not used until the person picks it once")
    if wifi.get("Security") in _ENTERPRISE:
        _eap(report, f"{where}.EAP", wifi.get("EAP"), guids)


def _eap(report: Report, where: str, eap: Json, guids: frozenset[str]) -> None:
    if not isinstance(eap, dict):
        report.error("13", where, "mandatory for an enterprise network")
        return
    _unknown(report, where, eap, EAP)
    if eap.get("Outer") not in OUTER:
        report.error("14", f"{where}.Outer", "not a value of the API")
    if not eap.get("DomainSuffixMatch"):
        report.error("15", f"{where}.DomainSuffixMatch", "empty: Android refuses the network")
    references = eap.get("ServerCARefs") or ([eap["ServerCARef"]] if eap.get("ServerCARef") else [])
    if not isinstance(references, list) or not references:
        report.error("16", f"{where}.ServerCARefs", "no root CA: ONC_WIFI_INVALID_ENTERPRISE_CONFIG")
    elif not all(isinstance(reference, str) and reference in guids for reference in references):
        report.error("17", f"{where}.ServerCARefs", "names a certificate that the file does not have")
    _client(report, where, eap)


def _client(report: Report, where: str, eap: Mapping[str, Json]) -> None:
    kind = eap.get("ClientCertType")
    if eap.get("Outer") != "EAP-TLS" and kind is None:
        return
    if not isinstance(kind, str) or kind not in COMPANIONS:
        report.error("18", f"{where}.ClientCertType", f"not one of {', '.join(COMPANIONS)}")
    elif not eap.get(COMPANIONS[kind]):
        report.error("19", f"{where}.{COMPANIONS[kind]}", f"mandatory with ClientCertType {kind}")


def _unknown(report: Report, where: str, found: Iterable[str], known: frozenset[str]) -> None:
    for name in found:
        if name not in known:
            report.error("20", f"{where}.{name}", "not supported by the Android Management API")


def _is_certificate(text: Json) -> bool:
    if not isinstance(text, str):
        return False
    try:
        if "-----BEGIN" in text:
            x509.load_pem_x509_certificate(text.encode())
        else:
            x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
    return True
