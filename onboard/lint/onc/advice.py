"""Our own rules, `lint-01` to `lint-16`: what ChromeOS accepts and nobody should send."""

from __future__ import annotations

import re
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1

from onboard.lint.onc.certificates import read
from onboard.lint.onc.judge import Judge, Mode, Object, child, children, strings, text
from onboard.lint.onc.references import eap_objects

_USER_ONLY = re.compile(r"\$\{LOGIN_(?:ID|EMAIL)\}")
_DEVICE_ONLY = re.compile(r"\$\{DEVICE_(?:SERIAL_NUMBER|ASSET_ID)\}")
_PERSONAL = re.compile(r"\$\{CERT_SAN_(?:EMAIL|UPN)\}")
_ENCRYPTED_NAMES = ("SubjectAlternativeNameMatch", "DomainSuffixMatch", "SubjectMatch")


def check(judge: Judge, document: Object) -> None:
    """Every rule of ours that needs no clock."""
    issuers = {text(entry, "GUID"): read(entry) for _, entry in children(document, "Certificates")}
    for where, eap in eap_objects(document):
        _server(judge, where, eap)
        _client(judge, where, eap, issuers)
        _placeholders(judge, where, eap)
        _secrets(judge, where, eap)
    for where, network in children(document, "NetworkConfigurations"):
        wifi = child(network, "WiFi")
        if wifi is not None and "AutoConnect" not in wifi:
            judge.say("lint-16", f"{where}.WiFi.AutoConnect", "missing means false: nothing joins by itself")
        if wifi is not None and text(wifi, "Passphrase"):
            judge.say("lint-12", f"{where}.WiFi.Passphrase", "readable by everyone who gets the file")
    for where, entry in children(document, "Certificates"):
        _certificate(judge, where, entry)
    _lock_out(judge, document)


def check_dates(judge: Judge, document: Object, now: datetime) -> None:
    """`lint-09` as far as the clock decides it."""
    for where, entry in children(document, "Certificates"):
        certificate = read(entry)
        if certificate is not None and certificate.not_valid_after_utc < now:
            judge.say("lint-09", f"{where}.X509", f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}")


def _server(judge: Judge, where: str, eap: Object) -> None:
    if not any(eap.get(name) for name in _ENCRYPTED_NAMES):
        judge.say(
            "lint-01",
            where,
            "no server name: any server of the CA is believed",
            "set SubjectAlternativeNameMatch and DomainSuffixMatch",
        )
    elif text(eap, "SubjectMatch"):
        judge.say("lint-03", f"{where}.SubjectMatch", "a part of the name is enough to pass")
    if eap.get("UseSystemCAs") is not False and (eap.get("ServerCARefs") or eap.get("ServerCARef")):
        judge.say("lint-02", f"{where}.UseSystemCAs", "not false: every public CA may vouch for the server")
    if text(eap, "ServerCARef"):
        judge.say("lint-04", f"{where}.ServerCARef", "deprecated", "use ServerCARefs")
    if text(eap, "TLSVersionMax") in {"1.0", "1.1"}:
        judge.say("lint-11", f"{where}.TLSVersionMax", "forbids TLS 1.2")


def _client(judge: Judge, where: str, eap: Object, issuers: dict[str, x509.Certificate | None]) -> None:
    kind = text(eap, "ClientCertType")
    if eap.get("Outer") == "EAP-TLS" and kind in {"", "None"}:
        judge.say("lint-15", f"{where}.ClientCertType", "EAP-TLS without a client certificate never succeeds")
    if judge.mode is not Mode.IMPORT and kind in {"Ref", "PKCS11Id"}:
        judge.say("lint-07", f"{where}.ClientCertType", f"{kind} names a certificate that one device has")
    if judge.mode is Mode.DEVICE_POLICY and _PERSONAL.search(text(eap, "Identity")):
        judge.say("lint-05", f"{where}.Identity", "device networks see device-wide certificates only")
    named = [issuers.get(guid) for guid in strings(child(eap, "ClientCertPattern") or {}, "IssuerCARef")]
    if named and all(issuer is not None and issuer.issuer == issuer.subject for issuer in named):
        judge.say(
            "lint-08",
            f"{where}.ClientCertPattern.IssuerCARef",
            "names a root only: certificates of an intermediate CA do not match",
        )


def _placeholders(judge: Judge, where: str, eap: Object) -> None:
    for name in ("Identity", "AnonymousIdentity"):
        value = text(eap, name)
        if judge.mode is Mode.DEVICE_POLICY and _USER_ONLY.search(value):
            judge.say("lint-06", f"{where}.{name}", "${LOGIN_...} is filled in by user policy only")
        if judge.mode is not Mode.DEVICE_POLICY and _DEVICE_ONLY.search(value):
            judge.say("lint-06", f"{where}.{name}", "${DEVICE_...} is filled in by device policy only")


def _secrets(judge: Judge, where: str, eap: Object) -> None:
    password = text(eap, "Password")
    if password and password != "${PASSWORD}":  # noqa: S105 -- ONC's placeholder for the login password
        judge.say("lint-12", f"{where}.Password", "readable by everyone who gets the file")


def _certificate(judge: Judge, where: str, entry: Object) -> None:
    if text(entry, "PKCS12"):
        judge.say("lint-10", f"{where}.PKCS12", "a private key in the clear")
    certificate = read(entry)
    if entry.get("Type") != "Authority" or certificate is None:
        return
    if not _is_ca(certificate):
        judge.say("lint-09", f"{where}.X509", "not a CA certificate")
    if isinstance(certificate.signature_hash_algorithm, SHA1):
        judge.say("lint-09", f"{where}.X509", "signed with SHA-1")
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        judge.say("lint-09", f"{where}.X509", f"an RSA key of {key.key_size} bits")


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _lock_out(judge: Judge, document: Object) -> None:
    settings = child(document, "GlobalNetworkConfiguration") or {}
    if settings.get("AllowOnlyPolicyNetworksToConnect") is not True:
        return
    media = [child(network, "WiFi") or {} for _, network in children(document, "NetworkConfigurations")]
    if not any(wifi.get("Security") in {"None", "WPA-PSK"} for wifi in media):
        judge.say(
            "lint-14",
            "GlobalNetworkConfiguration.AllowOnlyPolicyNetworksToConnect",
            "every network needs a certificate, so a device without one can never fetch it",
            "add the onboarding network, or use AllowOnlyPolicyNetworksToConnectIfAvailable",
        )
