"""A bundle of Graph objects for Intune in words: what each object makes devices do, and to whom they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from cryptography import x509

from onboard.errors import PayloadError
from onboard.explain import apple
from onboard.explain.section import Section
from onboard.explain.windows_network import networks
from onboard.lint.graph_bundle import Bundle, GraphObject, UnreadableBundleError, read_bundle, recognises

__all__ = ["explain", "recognises"]

# The type of an object begins with whose it is; the longer names come first.
_SYSTEMS: Mapping[str, str] = {
    "windows": "Windows",
    "ios": "iPhones and iPads",
    "macOS": "Macs",
    "androidDeviceOwner": "Android devices of the company",
    "androidWorkProfile": "work profiles on Android",
}
_SECURITY: Mapping[str, str] = {"wpa2Enterprise": "WPA2-Enterprise", "wpaEnterprise": "WPA-Enterprise"}
_ALT_NAMES: Mapping[str, str] = {
    "emailAddress": "e-mail address",
    "domainNameService": "DNS name",
    "universalResourceIdentifier": "URI",
    "userPrincipalName": "user principal name",
}
_SERVER_ROOTS = ("rootCertificatesForServerValidation", "rootCertificateForServerValidation")


def explain(path: str, content: bytes) -> tuple[Section, ...]:
    """The bundle in sections, one for each system, then to whom it goes and what it lacks.

    Raises:
        PayloadError: the file cannot be read.
    """
    try:
        bundle = read_bundle(path, content)
    except UnreadableBundleError as error:
        raise PayloadError(f"{path}: {error}") from error
    sections = [
        Section(title=f"What Intune does with {system}", sentences=tuple(_system(tuple(objects))))
        for system, objects in groupby(bundle.objects, key=_system_of)
    ]
    return (*sections, *_rest(bundle))


def _rest(bundle: Bundle) -> Iterator[Section]:
    if bundle.objects:
        yield Section(title="To whom it goes", sentences=tuple(_assignment(bundle)))
    if bundle.notes:
        yield Section(title="What it cannot do", sentences=bundle.notes)


def _system_of(entry: GraphObject) -> str:
    return next((name for prefix, name in _SYSTEMS.items() if entry.type.startswith(prefix)), "devices")


def _system(objects: tuple[GraphObject, ...]) -> Iterator[str]:
    roots = {entry.key: _name(entry) for entry in objects}
    for entry in objects:
        if entry.type.endswith("TrustedRootCertificate"):
            yield f"It installs {_name(entry)}{_store(entry)}."
        elif entry.type.endswith("CertificateProfile"):
            yield from _certificate(entry)
        elif entry.type.endswith(("EnterpriseWiFiConfiguration", "WiredNetworkConfiguration")):
            yield from _network(entry, roots)
        elif entry.text("payload"):
            yield from _profile(entry)
        else:
            for profile in entry.profiles:
                yield from networks(profile)


def _name(entry: GraphObject) -> str:
    der = entry.octets("trustedRootCertificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return "a certificate that cannot be read"
    return f"{certificate.subject.rfc4514_string()} (until {certificate.not_valid_after_utc:%Y-%m-%d})"


def _store(entry: GraphObject) -> str:
    store = entry.text("destinationStore")
    if not store:
        return ""
    return " as a root" if store.endswith("Root") else " as an intermediate CA"


def _certificate(entry: GraphObject) -> Iterator[str]:
    bits = entry.text("keySize").removeprefix("size")
    whose = "the computer or device" if entry.text("certificateStore") == "machine" else "its user"
    yield f"The device makes an RSA key of {bits} bits."
    urls = " or ".join(entry.texts("scepServerUrls")) or "nobody"
    yield f"It asks {urls} (SCEP) for a certificate of {whose}."
    yield f"The certificate is for {entry.text('subjectNameFormatString')}."
    names = entry.body.get("customSubjectAlternativeNames")
    for name in names if isinstance(names, list) else []:
        if isinstance(name, dict):
            kind = _ALT_NAMES.get(str(name.get("sanType")), "name")
            yield f"It also carries the {kind} {name.get('name')}."
    yield "Intune makes a challenge for each request; the server has to ask Intune whether it is good."


def _network(entry: GraphObject, roots: Mapping[str, str]) -> Iterator[str]:
    if entry.type.endswith("WiredNetworkConfiguration"):
        yield f"The device authenticates on the wire ({entry.text('networkInterface')})."
    else:
        security = entry.text("wiFiSecurityType")
        hidden = (
            ", asking for it everywhere it goes" if entry.body.get("connectWhenNetworkNameIsHidden") else ""
        )
        shown = _SECURITY.get(security, security)
        yield f"The device joins the Wi-Fi network “{entry.text('ssid')}” with {shown}{hidden}."
    named = [roots.get(key, key) for name in _SERVER_ROOTS for key in entry.targets(name)]
    under = " or ".join(named) or "anybody"
    servers = " or ".join(entry.texts("trustedServerCertificateNames")) or "anything"
    yield f"It talks only to a RADIUS server called {servers} whose certificate comes from {under}."


def _profile(entry: GraphObject) -> Iterator[str]:
    """A custom profile of Apple, in its own words."""
    yield f"It sends the profile {entry.text('payloadFileName')}:"
    for section in apple.explain(entry.path, entry.octets("payload")):
        yield from section.sentences


def _assignment(bundle: Bundle) -> Iterator[str]:
    if not bundle.include:
        yield "It is assigned to nobody yet."
        return
    but = f", but not to {', '.join(bundle.exclude)}" if bundle.exclude else ""
    yield f"All of it goes to {', '.join(bundle.include)}{but}."
