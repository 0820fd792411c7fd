"""Judges `.eap-config` files (EAP metadata) by what clients need; the order of elements is the schema's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError

from cryptography import x509
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from onboard.errors import Finding
from onboard.lint.report import Report

_ROOT = "EAPIdentityProviderList"
_ORDER = ("ValidUntil", "AuthenticationMethods", "CredentialApplicability", "ProviderInfo", "VendorSpecific")


def recognises(content: bytes) -> bool:
    """Whether its root element is named in the first lines."""
    return f"<{_ROOT}".encode() in content[:2000]


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What a client would refuse, or believe too easily."""
    report = Report(path, "eap-config")
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        report.error("01", "", f"this is not well-formed XML without a DTD: {error}")
        return report.findings
    if root.tag != _ROOT:
        report.error("02", root.tag, f"the root element is not {_ROOT}")
        return report.findings
    providers = root.findall("EAPIdentityProvider")
    if not providers:
        report.error("03", _ROOT, "no EAPIdentityProvider")
    for position, provider in enumerate(providers):
        _provider(report, f"{_ROOT}/EAPIdentityProvider[{position}]", provider)
    return report.findings


def _provider(report: Report, where: str, provider: Element) -> None:
    for name in ("ID", "namespace"):
        if not provider.get(name):
            report.error("04", f"{where}/@{name}", "missing or empty")
    tags = [child.tag for child in provider]
    if not _in_order(tags):
        report.error("05", where, f"elements unknown, repeated or out of order: {', '.join(map(str, tags))}")
    methods = provider.findall("AuthenticationMethods/AuthenticationMethod")
    if not methods:
        report.error("06", f"{where}/AuthenticationMethods", "no authentication method")
    for position, method in enumerate(methods):
        _method(report, f"{where}/AuthenticationMethod[{position}]", method)
    networks = provider.find("CredentialApplicability")
    if networks is None or len(networks) == 0:
        report.error("07", f"{where}/CredentialApplicability", "no network: the profile applies to nothing")
        return
    for position, wifi in enumerate(networks.findall("IEEE80211")):
        _wifi(report, f"{where}/CredentialApplicability/IEEE80211[{position}]", wifi)


def _in_order(tags: Iterable[str]) -> bool:
    positions = [_ORDER.index(tag) if tag in _ORDER else -1 for tag in tags]
    return -1 not in positions and positions == sorted(set(positions)) and {1, 2} <= set(positions)


def _method(report: Report, where: str, method: Element) -> None:
    if not (method.findtext("EAPMethod/Type") or "").strip().isdigit():
        report.error("08", f"{where}/EAPMethod/Type", "not an EAP method number")
    server = method.find("ServerSideCredential")
    anchors = [] if server is None else server.findall("CA")
    if not anchors:
        report.error("09", f"{where}/ServerSideCredential", "no CA: any server would be believed")
    for position, anchor in enumerate(anchors):
        _anchor(report, f"{where}/ServerSideCredential/CA[{position}]", anchor)
    names = [] if server is None else [(name.text or "").strip() for name in server.findall("ServerID")]
    if not names or not all(names):
        report.error("10", f"{where}/ServerSideCredential", "no ServerID: any server of that CA is believed")
    for name in names:
        if "*" in name:
            report.error("11", f"{where}/ServerSideCredential/ServerID", f"{name}: clients know no wildcards")
    if method.find("ClientSideCredential/Password") is not None:
        report.error("12", f"{where}/ClientSideCredential/Password", "a password in a file for everybody")


def _anchor(report: Report, where: str, anchor: Element) -> None:
    if (anchor.get("format"), anchor.get("encoding")) != ("X.509", "base64"):
        report.error("13", where, "format and encoding must be X.509 and base64")
    try:
        x509.load_der_x509_certificate(base64.b64decode("".join((anchor.text or "").split()), validate=True))
    except (binascii.Error, ValueError):
        report.error("14", where, "this is not a certificate")


def _wifi(report: Report, where: str, wifi: Element) -> None:
    ssid = wifi.findtext("SSID")
    if ssid is None and wifi.find("ConsortiumOID") is None:
        report.error("15", where, "neither SSID nor ConsortiumOID")
    if ssid is not None and not 1 <= len(ssid.encode()) <= 32:
        report.error("16", f"{where}/SSID", "an SSID is 1 to 32 bytes")
    if wifi.findtext("MinRSNProto") == "TKIP":
        report.warning("17", f"{where}/MinRSNProto", "TKIP is broken; ask for CCMP")
