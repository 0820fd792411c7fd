"""An Apple configuration profile in words: who made it, whom it trusts, how it enrols, what it joins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from onboard.cms import CmsError, SignedFile, verify
from onboard.errors import PayloadError
from onboard.explain.section import Section
from onboard.lint.apple import open_document, recognises
from onboard.lint.apple.document import Document, Entry, UnreadableError, items, mapping, text
from onboard.lint.apple.facts import facts
from onboard.lint.apple.payload_types import ACME, CERTIFICATES, IDENTITIES, NETWORKS, PKCS12, SCEP, WIFI
from onboard.lint.apple.shape import eap, scope, subject_pairs
from onboard.lint.apple.tokens import unexpanded

__all__ = ["explain", "recognises"]

_TARGETS: Mapping[object, str] = {
    1: "an iPhone or iPad",
    2: "an Apple Watch",
    3: "a HomePod",
    4: "an Apple TV",
    5: "a Mac",
    6: "an Apple Vision",
}
_EAP: Mapping[object, str] = {
    13: "EAP-TLS (a certificate)",
    17: "LEAP",
    18: "EAP-SIM",
    21: "TTLS (a password)",
    23: "EAP-AKA",
    25: "PEAP (a password)",
    43: "EAP-FAST",
}
_ENCRYPTION: Mapping[str, str] = {
    "WPA": "WPA or WPA2",
    "WPA2": "WPA2 or WPA3",
    "WPA3": "WPA3 only",
    "WEP": "WEP",
    "None": "no encryption",
}


def explain(path: str, content: bytes) -> tuple[Section, ...]:
    """The profile in sections, in the order in which a device acts; empty ones are left out.

    Raises:
        PayloadError: the file cannot be read.
    """
    try:
        document = open_document(path, content)
    except (CmsError, UnreadableError) as error:
        raise PayloadError(f"{path}: {error}") from error
    told = (
        ("The profile", _profile(document)),
        ("Whom the device will trust", _trust(document)),
        ("The device's own certificate", _identities(document)),
        ("Networks", _networks(document)),
        ("Also inside", _others(document)),
        ("Afterwards", _afterwards(document)),
    )
    sections = (Section(title=title, sentences=tuple(sentences)) for title, sentences in told)
    return tuple(section for section in sections if section.sentences)


def _profile(document: Document) -> Iterator[str]:
    top = document.top
    name, owner = text(top, "PayloadDisplayName") or "(no name)", text(top, "PayloadOrganization")
    yield f"It is called “{name}”{f' and comes from {owner}' if owner else ''}."
    if described := text(top, "PayloadDescription"):
        yield f"It says of itself: {described}"
    yield f"It replaces an installed profile with the identifier {text(top, 'PayloadIdentifier')}."
    yield _signed(document.signed)
    if scope(document) == "System":
        yield "On a Mac it is for the whole computer and needs an administrator, unless an MDM installs it."
    else:
        yield "On a Mac it is for the person who installs it and works after they have logged in."
    if (target := top.get("TargetDeviceType")) in _TARGETS:
        yield f"It is meant for {_TARGETS[target]}."
    if "ConsentText" in top:
        yield "People are shown a text that they must agree to before it installs."
    if top.get("IsEncrypted") is True:
        yield "What it does is encrypted to one device and cannot be told."


def _signed(signed: SignedFile | None) -> str:
    if signed is None:
        return "It is not signed: a device shows it as unsigned, unless an MDM installs it."
    signer = signed.signatures[0].signer
    name = signer.subject.rfc4514_string() if signer else "somebody whose certificate is not inside"
    try:
        verify(signed)
    except CmsError as error:
        return f"It is signed by {name}, but {error}."
    return (
        f"It is signed by {name}; it shows as verified where the device knows the root of that certificate."
    )


def _trust(document: Document) -> Iterator[str]:
    for entry in document.of_kind(*CERTIFICATES):
        content = entry.keys.get("PayloadContent")
        known = facts(content) if isinstance(content, bytes) else None
        if known is None:
            yield f"{entry.where} should be a certificate and cannot be read."
            continue
        kind = "root" if known.is_self_signed else "intermediate CA" if known.is_ca else "certificate"
        yield f"It installs the {kind} {known.name} (until {known.not_after:%Y-%m-%d})."


def _identities(document: Document) -> Iterator[str]:
    for entry in document.of_kind(SCEP):
        yield from _scep(mapping(entry.keys, "PayloadContent"))
    for entry in document.of_kind(ACME):
        hardware = "in its secure hardware" if entry.keys.get("HardwareBound") is True else "in software"
        yield (
            f"The device makes a key {hardware} and asks {entry.text('DirectoryURL')} (ACME)"
            f" for a certificate for {_subject(entry.keys)}."
        )
    for entry in document.of_kind(PKCS12):
        yield f"A finished key and certificate come inside, in a PKCS#12 file ({entry.where})."


def _scep(content: Mapping[str, object]) -> Iterator[str]:
    size = content.get("Keysize", 1024)
    yield f"The device makes an RSA key of {size} bits."
    yield f"It asks {text(content, 'URL')} (SCEP) for a certificate."
    yield f"The certificate is for {_subject(content)}."
    for kind, value in mapping(content, "SubjectAltName").items():
        names = value if isinstance(value, list) else [value]
        yield f"It also carries the name {kind} {', '.join(map(str, names))}."
    yield _challenge(text(content, "Challenge"))
    if "CAFingerprint" in content:
        yield "The device accepts the CA only if its certificate has the digest written here."
    else:
        yield "The device believes whatever CA answers there."
    if content.get("KeyIsExtractable", True) is not False:
        yield "On a Mac the private key can be copied out."


def _challenge(challenge: str) -> str:
    if not challenge:
        return "It sends no challenge."
    if variables := unexpanded(challenge):
        return f"Its challenge is filled in by somebody else: {', '.join(variables)}."
    return "It proves itself with a challenge that stands in the profile; whoever reads the file has it."


def _subject(keys: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in subject_pairs(keys)) or "an empty name"


def _networks(document: Document) -> Iterator[str]:
    for entry in document.of_kind(*NETWORKS):
        yield _joins(entry)
        if "EAPClientConfiguration" in entry.keys:
            yield from _authenticates(document, entry)
        if entry.keys.get("CaptiveBypass") is True:
            yield "An iPhone or iPad never shows a portal page on it."
        if "System" in items(entry.keys, "SetupModes"):
            yield "A Mac joins it before anyone logs in."
        if (proxy := entry.text("ProxyType")) not in {"", "None"}:
            where = entry.text("ProxyPACURL") or entry.text("ProxyServer") or "whatever the network announces"
            yield f"Traffic goes through a proxy ({proxy}): {where}."


def _joins(entry: Entry) -> str:
    if entry.kind != WIFI:
        return f"The device authenticates on the wire ({entry.text('Interface') or entry.kind})."
    name = entry.text("SSID_STR") or entry.text("DomainName")
    encryption = _ENCRYPTION.get(entry.text("EncryptionType"), "any encryption, even WEP")
    how = "joins" if entry.keys.get("AutoJoin", True) is True else "may be told to join"
    hidden = ", asking for it everywhere it goes" if entry.keys.get("HIDDEN_NETWORK") is True else ""
    return f"The device {how} the Wi-Fi network “{name}” with {encryption}{hidden}."


def _authenticates(document: Document, entry: Entry) -> Iterator[str]:
    configuration = eap(entry)
    methods = [_EAP.get(method, str(method)) for method in items(configuration, "AcceptEAPTypes")]
    yield f"It authenticates by {' or '.join(methods) or 'nothing'}{_with_identity(document, entry)}."
    names = [str(name) for name in items(configuration, "TLSTrustedServerNames")]
    anchors = list(_anchor_names(document, configuration))
    if not names and not anchors:
        yield "People are asked whether to trust whatever server answers."
        return
    yield (
        f"It talks only to a RADIUS server called {' or '.join(names) or 'anything'}, with a certificate from"
        f" {' or '.join(anchors) or 'any CA that the device trusts'}; nobody is asked."
    )


def _with_identity(document: Document, entry: Entry) -> str:
    identities = document.of_kind(*IDENTITIES)
    named = entry.text("PayloadCertificateUUID")
    found = [identity for identity in identities if identity.text("PayloadUUID") == named]
    if not found:
        return ""
    return (
        " with its own certificate" if len(identities) == 1 else f" with the certificate of {found[0].where}"
    )


def _anchor_names(document: Document, configuration: Mapping[str, object]) -> Iterator[str]:
    by_uuid = {entry.text("PayloadUUID"): entry for entry in document.of_kind(*CERTIFICATES)}
    for reference in items(configuration, "PayloadCertificateAnchorUUID"):
        entry = by_uuid.get(str(reference))
        content = entry.keys.get("PayloadContent") if entry else None
        known = facts(content) if isinstance(content, bytes) else None
        yield known.name if known else "a certificate that is not in this profile"


def _others(document: Document) -> Iterator[str]:
    told = {*CERTIFICATES, *IDENTITIES, *NETWORKS}
    for entry in document.payloads:
        if entry.kind not in told:
            yield f"{entry.where} is a {entry.kind or 'nameless'} payload, which onboard does not explain."


def _afterwards(document: Document) -> Iterator[str]:
    top = document.top
    if document.of_kind(SCEP):
        yield (
            "The certificate does not renew itself: the MDM must install the profile again before it ends, or"
            " its owner must fetch a new one. Each installation by an MDM fetches a new certificate."
        )
    yield "Removing the profile removes its certificates and networks with it."
    if isinstance(date := top.get("RemovalDate"), dt.datetime):
        yield f"It removes itself on {date:%Y-%m-%d}."
    if isinstance(seconds := top.get("DurationUntilRemoval"), int | float):
        yield f"It removes itself {seconds / 86400:g} days after it was installed."
    if top.get("PayloadRemovalDisallowed") is True:
        yield "On supervised devices people cannot remove it."
