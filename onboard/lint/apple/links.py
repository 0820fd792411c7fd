"""Rules E05 to E07: identifiers, and the UUIDs by which payloads of one profile name each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry, items, text
from onboard.lint.apple.facts import facts
from onboard.lint.apple.payload_types import CERTIFICATES, IDENTITIES, NETWORKS
from onboard.lint.apple.shape import eap

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def links(document: Document) -> Iterator[Finding]:
    """E05 for the profile and each payload; E06 and E07 for each network."""
    yield from _uuids(document)
    yield from _identifiers(document)
    by_uuid = {entry.text("PayloadUUID"): entry for entry in document.payloads}
    for entry in document.of_kind(*NETWORKS):
        yield from _identity(document, entry, by_uuid)
        yield from _anchors(document, entry, by_uuid)


def _uuids(document: Document) -> Iterator[Finding]:
    places = [("PayloadUUID", text(document.top, "PayloadUUID"))]
    places += [(entry.at("PayloadUUID"), entry.text("PayloadUUID")) for entry in document.payloads]
    seen = Counter(value.upper() for _, value in places if value)
    for where, value in places:
        if not value:
            continue
        if not _UUID.fullmatch(value):
            yield document.error(
                where, "E05", "this is not a UUID", "e.g. 41633136-2362-5E58-ACE3-801B57561522"
            )
        elif seen[value.upper()] > 1:
            yield document.error(where, "E05", f"{seen[value.upper()]} payloads have this UUID")
        elif value != value.upper():
            yield document.warning(where, "E05", "write UUIDs in upper case: references are compared as text")


def _identifiers(document: Document) -> Iterator[Finding]:
    own = text(document.top, "PayloadIdentifier")
    seen = Counter([own, *(entry.text("PayloadIdentifier") for entry in document.payloads)])
    if own and not _IDENTIFIER.fullmatch(own):
        yield document.warning(
            "PayloadIdentifier", "E05", "this is not a reverse-DNS name", "e.g. edu.example.onboard.staff"
        )
    for entry in document.payloads:
        value, where = entry.text("PayloadIdentifier"), entry.at("PayloadIdentifier")
        if value and seen[value] > 1:
            yield document.error(where, "E05", f"{value!r} is used {seen[value]} times in this profile")
        elif value and own and not value.startswith(own + "."):
            yield document.warning(where, "E05", f"it does not begin with the profile's own, {own}.")


def _identity(document: Document, entry: Entry, by_uuid: Mapping[str, Entry]) -> Iterator[Finding]:
    reference = entry.text("PayloadCertificateUUID")
    if not reference:
        return
    where = entry.at("PayloadCertificateUUID")
    target = by_uuid.get(reference)
    if target is None:
        yield document.error(
            where, "E06", "no payload of this profile has this UUID", _candidates(document, IDENTITIES)
        )
    elif target.kind not in IDENTITIES:
        yield document.error(
            where,
            "E06",
            f"this is the UUID of a {target.kind or 'nameless'} payload, which is no identity",
            _candidates(document, IDENTITIES),
        )


def _anchors(document: Document, entry: Entry, by_uuid: Mapping[str, Entry]) -> Iterator[Finding]:
    for index, reference in enumerate(items(eap(entry), "PayloadCertificateAnchorUUID")):
        if not isinstance(reference, str):
            continue
        where = entry.at("EAPClientConfiguration", f"PayloadCertificateAnchorUUID[{index}]")
        target = by_uuid.get(reference)
        if target is None or target.kind not in CERTIFICATES:
            yield document.error(
                where,
                "E07",
                "no certificate payload of this profile has this UUID",
                _candidates(document, CERTIFICATES),
            )
            continue
        der = target.keys.get("PayloadContent")
        known = facts(der) if isinstance(der, bytes) else None
        if known is not None and not known.is_ca:
            yield document.error(
                where,
                "E07",
                f"{known.name} is no CA; a pinned server certificate locks devices out when it is renewed",
                "name the root that the RADIUS server's chain ends in",
            )


def _candidates(document: Document, kinds: tuple[str, ...]) -> str:
    found = [entry.text("PayloadUUID") for entry in document.of_kind(*kinds)]
    return f"this profile has: {', '.join(found)}" if found else f"add a payload of type {' or '.join(kinds)}"
