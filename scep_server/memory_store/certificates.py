"""Issued certificates, in dictionaries, and what a new one is held against; its caller has the lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from scep_server.store import REPEAT_FOR, CertificateRecord, Issuance, Revocation, RevocationReason, Vouch


class Certificates:
    """Every certificate of a store, by serial and by request."""

    def __init__(self) -> None:
        self._by_serial: dict[int, CertificateRecord] = {}
        self._serials: dict[bytes, list[int]] = {}

    def __contains__(self, serial: int) -> bool:
        return serial in self._by_serial

    def __iter__(self) -> Iterator[CertificateRecord]:
        """Oldest first."""
        return iter(tuple(self._by_serial.values()))

    def get(self, serial: int) -> CertificateRecord | None:
        """The certificate with this serial."""
        return self._by_serial.get(serial)

    def insert(self, record: CertificateRecord) -> None:
        """Keep a new certificate."""
        self._by_serial[record.serial] = record
        self._serials.setdefault(record.request, []).append(record.serial)

    def revoke(self, serial: int, reason: RevocationReason, now: datetime) -> CertificateRecord | None:
        """Mark a certificate as revoked and give it as it was; None: there is none, or it is revoked."""
        found = self._by_serial.get(serial)
        if found is None or found.revoked is not None:
            return None
        self._by_serial[serial] = replace(found, revoked=now, reason=reason)
        return found

    def supersede(self, serial: int, at: datetime) -> None:
        """Note when a certificate shall be revoked as superseded."""
        self._by_serial[serial] = replace(self._by_serial[serial], supersede=at)

    def answered(self, request: bytes, now: datetime) -> CertificateRecord | None:
        """See `ReadingStore.answered`."""
        for serial in reversed(self._serials.get(request, ())):
            record = self._by_serial[serial]
            if record.is_valid(now) and record.issued > now - REPEAT_FOR:
                return record
        return None

    def revocations(self, issuer: str, since: datetime | None) -> tuple[Revocation, ...]:
        """See `ReadingStore.revocations`."""
        return tuple(
            Revocation(serial=record.serial, at=record.revoked, reason=record.reason)
            for record in sorted(self, key=lambda record: record.serial)
            if record.issuer == issuer and (since is None or record.not_after >= since)
            if record.revoked is not None and record.reason is not None
        )

    def is_crowded(self, issuance: Issuance, now: datetime) -> bool:
        """Whether its bearer has as many live certificates as `max_active` allows, without what it renews."""
        if issuance.max_active is None:
            return False
        record, renewed = issuance.certificate, issuance.voucher.serial
        live = [r for r in self if r.not_after > now and r.revoked is None]
        replaced = {r.renews for r in live} | {renewed}
        bearers = {replace(record, group=group, subject=name).bearer for group, name in issuance.bearers}
        same = (r for r in live if r.bearer in bearers)
        return sum(r.serial not in replaced for r in same) >= issuance.max_active

    def is_exhausted(self, challenge: str, uses: int | None) -> bool:
        """Whether a static challenge gave as many certificates as it may, renewals not counted."""
        if uses is None:
            return False
        return sum(r.challenge == challenge and r.renews is None for r in self) >= uses

    def has_rival(self, issuance: Issuance, now: datetime) -> bool:
        """Whether another live certificate has the same identity under another key."""
        record, voucher = issuance.certificate, issuance.voucher
        others = [r for r in self if r.spki != record.spki and r.not_after > now and r.revoked is None]
        if voucher.kind is Vouch.STATIC:
            return any(r.bearer == record.bearer for r in others)
        return voucher.kind is Vouch.RENEWAL and any(r.renews == voucher.serial for r in others)

    def is_compromised(self, spki: bytes) -> bool:
        """Whether a certificate of this key was revoked because somebody else has the key."""
        return any(r.spki == spki and r.reason is RevocationReason.KEY_COMPROMISE for r in self)
