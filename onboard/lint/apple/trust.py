"""Rules E23 and E25: certificates and PKCS#12 files that a profile carries; E23 also by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry
from onboard.lint.apple.facts import CertificateFacts, facts
from onboard.lint.apple.payload_types import CERTIFICATES, PKCS12, ROOT

_SOON = timedelta(days=90)


def trust(document: Document) -> Iterator[Finding]:
    """E23 for each certificate payload, E25 for each PKCS#12."""
    seen: dict[bytes, str] = {}
    for entry in document.of_kind(*CERTIFICATES):
        content = entry.keys.get("PayloadContent")
        if not isinstance(content, bytes):
            continue  # E02
        where = entry.at("PayloadContent")
        known = facts(content)
        if known is None:
            yield document.error(where, "E23", "this is not one certificate in DER or PEM")
            continue
        yield from _certificate(document, entry, known)
        if known.sha256 in seen:
            yield document.error(
                where, "E23", f"{known.name} stands here twice, first in {seen[known.sha256]}"
            )
        seen.setdefault(known.sha256, entry.where)
    for entry in document.of_kind(PKCS12):
        yield from _pkcs12(document, entry)


def trust_at(document: Document, now: datetime) -> Iterator[Finding]:
    """E23 by the clock: certificates that have ended or soon will."""
    for entry in document.of_kind(*CERTIFICATES):
        content = entry.keys.get("PayloadContent")
        known = facts(content) if isinstance(content, bytes) else None
        if known is None:
            continue
        where = entry.at("PayloadContent")
        if known.not_after <= now:
            yield document.error(where, "E23", f"{known.name} expired on {known.not_after:%Y-%m-%d}")
        elif known.not_after - now < _SOON:
            yield document.warning(where, "E23", f"{known.name} expires on {known.not_after:%Y-%m-%d}")
        if known.not_before > now:
            yield document.error(
                where, "E23", f"{known.name} is not valid before {known.not_before:%Y-%m-%d}"
            )


def _certificate(document: Document, entry: Entry, known: CertificateFacts) -> Iterator[Finding]:
    where = entry.at("PayloadContent")
    if entry.kind == ROOT and not known.is_self_signed:
        yield document.error(
            entry.at("PayloadType"),
            "E23",
            f"{known.name} is not self-signed, so it is no root",
            "write com.apple.security.pkcs1",
        )
    elif entry.kind != ROOT and known.is_self_signed and known.is_ca:
        yield document.warning(
            entry.at("PayloadType"), "E23", f"{known.name} is a root", "write com.apple.security.root"
        )
    if known.weakness:
        yield document.error(where, "E23", f"{known.name}: {known.weakness}")


def _pkcs12(document: Document, entry: Entry) -> Iterator[Finding]:
    content = entry.keys.get("PayloadContent")
    if isinstance(content, bytes) and not content.startswith(b"\x30"):
        yield document.error(entry.at("PayloadContent"), "E25", "this is no PKCS#12 file in DER")
    if not entry.text("Password"):
        yield document.warning(entry.where, "E25", "without Password people are asked for it at install")
