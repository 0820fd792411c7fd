"""Rules E14 to E21: the identity a device makes or is given (SCEP, ACME)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry, mapping, text
from onboard.lint.apple.facts import facts
from onboard.lint.apple.payload_types import ACME, CERTIFICATES, SCEP
from onboard.lint.apple.shape import subject_pairs
from onboard.lint.apple.tokens import is_final
from onboard.names import ATTRIBUTES

_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")
_SHORT_NAMES = ("C", "ST", "L", "O", "OU", "CN", "EMAIL")
_LIMITS: Mapping[str, int] = {
    **{attribute.oid: attribute.limit for attribute in ATTRIBUTES.values()},
    **{
        attribute.short: attribute.limit
        for attribute in ATTRIBUTES.values()
        if attribute.short in _SHORT_NAMES
    },
}
_OIDS: Mapping[str, str] = {attribute.short: attribute.oid for attribute in ATTRIBUTES.values()}
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
# MDM, variables that no other has, and what it renews by
_MARKERS = (
    ("Fleet", re.compile(r"\$\{?FLEET_VAR_"), "FLEET_VAR_CERTIFICATE_RENEWAL_ID"),
    (
        "Jamf Pro",
        re.compile(r"\$(?:COMPUTERNAME|SERIALNUMBER|JSSID|PROFILEJSSID|MANAGEMENTID)\b"),
        "$PROFILE_IDENTIFIER",
    ),
)
_SHORTEST_CHALLENGE = 16
_FEWEST_CHARACTERS = 6  # different ones


def identity(document: Document) -> Iterator[Finding]:
    """E14 to E20 for SCEP payloads, E15 to E18 and E21 for ACME payloads."""
    for entry in document.of_kind(SCEP):
        content = mapping(entry.keys, "PayloadContent")
        if content:
            where = entry.at("PayloadContent")
            yield from _scep(document, where, content)
            yield from _key_protection(document, where, content)
            yield from _names(document, where, content)
            yield from _fingerprint(document, where, content)
            yield from _challenge(document, where, content)
    for entry in document.of_kind(ACME):
        yield from _acme(document, entry)
        if _may_leave(document, entry):
            yield from _key_protection(document, entry.where, entry.keys)
        yield from _names(document, entry.where, entry.keys)


def _scep(document: Document, where: str, content: Mapping[str, object]) -> Iterator[Finding]:
    url = text(content, "URL")
    if "URL" in content and not _is_url(url, "http", "https"):
        yield document.error(f"{where}.URL", "E14", "this is no absolute http or https URL")
    size = content.get("Keysize")
    if size not in (2048, 4096):
        asked = f"{size} bits" if "Keysize" in content else "no Keysize means 1024 bits"
        yield document.error(
            f"{where}.Keysize", "E14", f"the key is too weak: {asked}", "write Keysize 2048 or 4096"
        )
    if "Key Type" in content and content["Key Type"] != "RSA":
        yield document.error(f"{where}.Key Type", "E14", "SCEP on Apple knows RSA only", "write RSA")
    usage = content.get("Key Usage")
    if "Key Usage" not in content:
        yield document.warning(
            where, "E14", "Key Usage is not written; the default asks for nothing", "write 5"
        )
    elif usage not in (1, 5):
        yield document.error(
            f"{where}.Key Usage", "E14", f"a key of usage {usage!r} cannot sign", "write 5, or 1"
        )


def _may_leave(document: Document, entry: Entry) -> bool:
    """Whether a Mac would make the key, and in software: nothing gets out of secure hardware."""
    target = document.top.get("TargetDeviceType", 0)
    return target in (0, 5) and (
        "KeyIsExtractable" in entry.keys or entry.keys.get("HardwareBound") is not True
    )


def _key_protection(document: Document, where: str, content: Mapping[str, object]) -> Iterator[Finding]:
    if content.get("KeyIsExtractable", True) is not False:
        yield document.error(
            f"{where}.KeyIsExtractable",
            "E15",
            "anyone on the Mac could copy the private key out (the default is true)",
            "write <false/>",
        )
    if content.get("AllowAllAppsAccess") is True:
        yield document.warning(
            f"{where}.AllowAllAppsAccess", "E15", "every application may use the private key"
        )


def _names(document: Document, where: str, content: Mapping[str, object]) -> Iterator[Finding]:
    yield from _subject_shape(document, where, content)
    pairs = list(subject_pairs(content))
    if sum(name in {"CN", "2.5.4.3"} for name, _ in pairs) > 2:
        yield document.warning(
            f"{where}.Subject", "E17", "devices choose badly among more than two common names"
        )
    yield from _marker(document, where, pairs)
    for name, value in pairs:
        yield from _attribute(document, f"{where}.Subject", name, value)
    yield from _alt_names(document, f"{where}.SubjectAltName", mapping(content, "SubjectAltName"))


def _marker(document: Document, where: str, pairs: list[tuple[str, str]]) -> Iterator[Finding]:
    """E17 for Fleet and Jamf Pro, told by variables that only they have."""
    texts = [value for _, value in pairs]
    for title, own, marker in _MARKERS:
        if any(own.search(text) for text in texts) and not any(marker in text for text in texts):
            yield document.error(
                f"{where}.Subject",
                "E17",
                f"{title} does not find the certificates that it must renew without {marker} in the Subject",
                f"add it in {'an OU' if title == 'Fleet' else 'a second CN'}",
            )


def _subject_shape(document: Document, where: str, content: Mapping[str, object]) -> Iterator[Finding]:
    subject = content.get("Subject")
    if "Subject" not in content:
        yield document.error(where, "E16", "there is no Subject", "e.g. [[[CN, ada@example.org]]]")
        return
    if not isinstance(subject, list):
        return  # E02
    good = sum(1 for _ in subject_pairs(content))
    pairs = [pair for level in subject for pair in (level if isinstance(level, list) else [None])]
    if not subject or len(pairs) != good:
        yield document.error(
            f"{where}.Subject",
            "E16",
            "a Subject is an array of arrays of [attribute, value] pairs",
            "e.g. [[[O, Example]], [[CN, ada@example.org]]]",
        )


def _attribute(document: Document, where: str, name: str, value: str) -> Iterator[Finding]:
    if name not in _SHORT_NAMES and not _OID.fullmatch(name):
        cure = _OIDS.get(name.upper(), "")
        if name.upper() in _SHORT_NAMES:
            cure = name.upper()
        yield document.error(
            where,
            "E16",
            f"devices do not know the attribute {name!r} and read it as a broken OID",
            f"write {cure}" if cure else f"one of {', '.join(_SHORT_NAMES)}, or a dotted OID",
        )
    if not value:
        yield document.error(where, "E16", f"{name} is empty")
    elif is_final(value) and len(value) > (limit := _LIMITS.get(name, 32768)):
        yield document.error(where, "E16", f"{name} takes {limit} characters; this has {len(value)}")


def _alt_names(document: Document, where: str, names: Mapping[str, object]) -> Iterator[Finding]:
    for key, form in (("rfc822Name", _MAIL), ("dNSName", _HOST), ("uniformResourceIdentifier", None)):
        found = names.get(key)
        for value in found if isinstance(found, list) else [found]:
            if not isinstance(value, str) or not is_final(value):
                continue
            if not value.isascii():
                yield document.error(
                    f"{where}.{key}", "E18", "this must be ASCII", "use punycode for other letters"
                )
            elif form is not None and not form.fullmatch(value):
                yield document.error(f"{where}.{key}", "E18", f"{value!r} has the wrong form for {key}")
            elif form is None and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:.", value):
                yield document.error(f"{where}.{key}", "E18", f"{value!r} is no absolute URI")
    if names.get("ntPrincipalName") == "":
        yield document.error(f"{where}.ntPrincipalName", "E18", "this is empty")


def _fingerprint(document: Document, where: str, content: Mapping[str, object]) -> Iterator[Finding]:
    place, digest = f"{where}.CAFingerprint", content.get("CAFingerprint")
    if "CAFingerprint" not in content:
        finding = document.error if text(content, "URL").startswith("http:") else document.warning
        yield finding(
            where,
            "E19",
            "without CAFingerprint the device believes whatever CA answers",
            "pin the SHA-256 of the root certificate that GetCACert returns",
        )
        return
    if not isinstance(digest, bytes):
        return  # E02
    if len(digest) not in {20, 32}:
        yield document.error(
            place,
            "E19",
            f"a digest has 32 bytes (SHA-256) or 20 (SHA-1); this has {len(digest)}",
            "raw bytes, no hex",
        )
        return
    carried = [
        facts(der)
        for e in document.of_kind(*CERTIFICATES)
        if isinstance(der := e.keys.get("PayloadContent"), bytes)
    ]
    matching = [known for known in carried if known is not None and digest in {known.sha1, known.sha256}]
    if any(not known.is_ca for known in matching):
        yield document.error(
            place, "E19", "this is the digest of a certificate that is no CA", "pin the root"
        )
    elif not matching:
        yield document.warning(place, "E19", "no certificate of this profile has this digest", "pin the root")


def _challenge(document: Document, where: str, content: Mapping[str, object]) -> Iterator[Finding]:
    challenge, place = text(content, "Challenge"), f"{where}.Challenge"
    if not challenge:
        yield document.error(where, "E20", "there is no Challenge: anyone, or no one, could enrol")
    elif is_final(challenge) and len(challenge) < _SHORTEST_CHALLENGE:
        yield document.error(place, "E20", "the Challenge can be guessed", "use 16 random characters or more")
    elif is_final(challenge) and len(set(challenge)) < _FEWEST_CHARACTERS:
        yield document.warning(place, "E20", "the Challenge does not look random", "use random characters")


def _acme(document: Document, entry: Entry) -> Iterator[Finding]:
    keys = entry.keys
    url, kind, size = entry.text("DirectoryURL"), keys.get("KeyType"), keys.get("KeySize")
    hardware = keys.get("HardwareBound")
    if "DirectoryURL" in keys and not _is_url(url, "https"):
        yield document.error(entry.at("DirectoryURL"), "E21", "this is no absolute https URL")
    if keys.get("Attest") is True and hardware is not True:
        yield document.error(entry.at("Attest"), "E21", "Attest needs HardwareBound true")
    if kind == "RSA":
        if hardware is True:
            yield document.error(
                entry.at("KeyType"), "E21", "a hardware-bound key is EC", "write ECSECPrimeRandom"
            )
        if not isinstance(size, int) or not 2048 <= size <= 4096 or size % 8:
            yield document.error(
                entry.at("KeySize"), "E21", "an RSA key has 2048 to 4096 bits, in steps of 8"
            )
    elif kind == "ECSECPrimeRandom" and size not in ((256, 384) if hardware is True else (256, 384, 521)):
        yield document.error(
            entry.at("KeySize"), "E21", f"there is no such EC key: {size!r}", "write 256 or 384"
        )


def _is_url(url: str, *schemes: str) -> bool:
    if not is_final(url):
        return not any(c.isspace() for c in url)
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and not any(c.isspace() for c in url)
    except ValueError:
        return False
