"""Rules E08 to E10, E12 and E13: how an 802.1X network authenticates, and whom it trusts.

Behaviour from Apple's published supplicant (eap8021x) and trust code (SecPolicyLeafCallbacks.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry, items, text
from onboard.lint.apple.payload_types import NETWORKS
from onboard.lint.apple.shape import eap
from onboard.lint.apple.tokens import is_final

_TLS, _SIM, _TTLS, _AKA, _PEAP, _FAST = 13, 18, 21, 23, 25, 43
_PASSWORD_METHODS = {17, _TTLS, _PEAP, _FAST}
_METHODS_OF_KEY: Mapping[str, set[int]] = {
    "UserPassword": _PASSWORD_METHODS,
    "OneTimeUserPassword": _PASSWORD_METHODS,
    "SystemModeCredentialsSource": _PASSWORD_METHODS,
    "SystemModeUseOpenDirectoryCredentials": _PASSWORD_METHODS,
    "TTLSInnerAuthentication": {_TTLS},
    "EAPFASTUsePAC": {_FAST},
    "EAPFASTProvisionPAC": {_FAST},
    "EAPFASTProvisionPACAnonymously": {_FAST},
    "EAPSIMNumberOfRANDs": {_SIM, _AKA},
}
_OBSOLETE: Mapping[str, str] = {
    "TLSAllowTrustExceptions": "gone since iOS 8; trust always fails closed with anchors and names",
    "TLSTrustedCertificates": "a leftover of old Macs; name the anchors in PayloadCertificateAnchorUUID",
}
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


def eap_rules(document: Document) -> Iterator[Finding]:
    """E08 to E10, E12, E13 for each network with an EAPClientConfiguration."""
    for entry in document.of_kind(*NETWORKS):
        if "EAPClientConfiguration" in entry.keys:
            yield from _method(document, entry)
            yield from _trust(document, entry)
            yield from _versions(document, entry)
            yield from _unused(document, entry)
        elif entry.text("PayloadCertificateUUID"):
            yield document.error(
                entry.where, "E08", "an identity without EAPClientConfiguration: the network is not 802.1X"
            )


def _method(document: Document, entry: Entry) -> Iterator[Finding]:
    methods, where = _methods(entry), entry.at("EAPClientConfiguration", "AcceptEAPTypes")
    identity = entry.text("PayloadCertificateUUID")
    if "AcceptEAPTypes" in eap(entry) and not methods:
        yield document.error(where, "E08", "no EAP method is accepted", "for EAP-TLS: 13")
    if _TLS in methods and not identity:
        yield document.error(
            entry.where,
            "E08",
            "EAP-TLS without an identity",
            "add PayloadCertificateUUID beside EAPClientConfiguration (not inside)",
        )
    if identity and methods and _TLS not in methods:
        yield document.error(where, "E08", "an identity is named, but EAP-TLS (13) is not accepted")
    if "Password" in entry.keys:
        yield document.error(entry.at("Password"), "E08", "a pre-shared key beside EAP", "remove it")


def _trust(document: Document, entry: Entry) -> Iterator[Finding]:
    where = entry.at("EAPClientConfiguration")
    names = items(eap(entry), "TLSTrustedServerNames")
    if not items(eap(entry), "PayloadCertificateAnchorUUID"):
        yield document.error(
            where,
            "E09",
            "no trust anchor: people would be asked whether to trust whatever access point answers",
            "name the RADIUS server's root in PayloadCertificateAnchorUUID",
        )
    if not names:
        yield document.error(
            where,
            "E09",
            "no server name: any certificate of the anchor's CA would pass as the RADIUS server",
            "list the RADIUS servers' DNS names in TLSTrustedServerNames",
        )
    for index, name in enumerate(names):
        if isinstance(name, str) and (wrong := _wrong_with_name(name)):
            yield document.error(
                f"{where}.TLSTrustedServerNames[{index}]", "E10", wrong, "e.g. radius.example.org"
            )


def _wrong_with_name(name: str) -> str:
    if not is_final(name):
        return ""
    first, *rest = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in ([*rest] if first == "*" else [first, *rest])):
        if "*" in name:
            return f"{name!r} never matches: '*' stands for the whole leftmost label and nowhere else"
        return f"{name!r} is no DNS name"
    if first == "*" and len(rest) < 2:
        return f"{name!r} never matches: a wildcard needs at least three labels"
    return ""


def _versions(document: Document, entry: Entry) -> Iterator[Finding]:
    if _TLS not in _methods(entry):
        return
    where, configuration = entry.at("EAPClientConfiguration"), eap(entry)
    low = text(configuration, "TLSMinimumVersion") or "1.0"
    high = text(configuration, "TLSMaximumVersion") or "1.2"
    if low not in _VERSIONS or high not in _VERSIONS:
        return  # E03
    if low < "1.2":
        finding = document.error if "TLSMinimumVersion" in configuration else document.warning
        yield finding(where, "E12", f"TLS {low} is accepted", "write TLSMinimumVersion 1.2")
    if "TLSMaximumVersion" not in configuration:
        yield document.warning(where, "E12", "TLSMaximumVersion is not written", "write 1.2")
    if low > high:
        yield document.error(where, "E12", f"TLSMinimumVersion {low} is above TLSMaximumVersion {high}")
    if high == "1.3":
        yield document.warning(
            f"{where}.TLSMaximumVersion",
            "E12",
            "with TLS 1.3 the join fails unless the RADIUS server staples OCSP",
            "write 1.2 unless stapling is confirmed",
        )
    if low == "1.3" and not text(configuration, "OuterIdentity"):
        yield document.error(
            where, "E12", "TLSMinimumVersion 1.3 needs OuterIdentity: without it, silent failure"
        )


def _unused(document: Document, entry: Entry) -> Iterator[Finding]:
    methods, configuration = _methods(entry), eap(entry)
    for key, why in _OBSOLETE.items():
        if key in configuration:
            yield document.error(entry.at("EAPClientConfiguration", key), "E13", why, "remove it")
    for key, users in _METHODS_OF_KEY.items():
        if key in configuration and methods and not methods & users:
            yield document.error(
                entry.at("EAPClientConfiguration", key),
                "E13",
                "no accepted EAP method reads this key",
                "remove it",
            )
    if isinstance(policy := entry.keys.get("QoSMarkingPolicy"), dict) and (
        "QoSMarkingWhitelistedAppIdentifiers" in policy
    ):
        yield document.error(
            entry.at("QoSMarkingPolicy", "QoSMarkingWhitelistedAppIdentifiers"),
            "E13",
            "this key is deprecated since iOS 14.5 and macOS 14",
            "use QoSMarkingAllowListAppIdentifiers",
        )


def _methods(entry: Entry) -> set[int]:
    return {method for method in items(eap(entry), "AcceptEAPTypes") if type(method) is int}
