"""What relying parties get: CRLs that follow every revocation, OCSP answers, issuer certificates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from scep_server.authority import IssuingAuthority
from scep_server.revocation import CertificateStatus, Responder, Standing, answer, build_crl
from scep_server.service.directory import PublishedCrl
from scep_server.store import Store, StoredCrl, StoreUnavailableError

_BACKDATE = timedelta(minutes=10)  # a relying party whose clock is slow must not find it in the future


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAuthority:
    """An authority whose certificate, CRL and OCSP answers are served.

    Attributes:
        name: as in the URLs `/ca/NAME.cer`, `/crl/NAME.crl`, `/ocsp/NAME`.
        certificate: its own.
        signer: signs CRLs made from the store; None: `crl_file` is served.
        crl_valid_for: from one CRL to its nextUpdate; the next one is made when half of it is over.
        crl_file: DER or PEM CRL of an authority whose key is elsewhere.
        responder: answers OCSP; None: no OCSP.
        infrastructure: serials that it issued outside the store (RA, OCSP, RADIUS); good for OCSP.
    """

    name: str
    certificate: x509.Certificate
    signer: IssuingAuthority | None = None
    crl_valid_for: timedelta = timedelta(days=3)
    crl_file: Path | None = None
    responder: Responder | None = None
    infrastructure: frozenset[int] = field(default=frozenset(), repr=False)


class Publisher:
    """A `Directory` over a store. Any thread may ask.

    Args:
        authorities: what is published.
        store: knows revocations, and keeps the CRL that all processes serve.
        clock: now, aware UTC.
    """

    def __init__(
        self, authorities: Mapping[str, PublishedAuthority], store: Store, clock: Callable[[], datetime]
    ) -> None:
        self._authorities = authorities
        self._store = store
        self._clock = clock
        self._building = threading.Lock()
        self._newest: dict[str, StoredCrl] = {}
        self._shown: dict[str, PublishedCrl] = {}

    def publish(self, authorities: Mapping[str, PublishedAuthority]) -> None:
        """Publish these from now on; an answer that is on its way is finished with what it began with."""
        self._authorities = authorities

    def certificate(self, authority: str) -> bytes | None:
        """See `Directory.certificate`."""
        known = self._authorities.get(authority)
        return None if known is None else known.certificate.public_bytes(Encoding.DER)

    def _published(self, authority: str, stored: StoredCrl) -> PublishedCrl:
        """What was made of this very CRL before, because its tag is a hash over all of it."""
        held = self._shown.get(authority)
        if held is None or held.der is not stored.der:
            held = PublishedCrl.of(stored.der, this_update=stored.this_update, next_update=stored.next_update)
            self._shown[authority] = held
        return held

    def crl(self, authority: str) -> bytes | None:
        """See `CrlSource.crl`."""
        published = self.published_crl(authority)
        return None if published is None else published.der

    def published_crl(self, authority: str) -> PublishedCrl | None:
        """See `Directory.published_crl`."""
        known = self._authorities.get(authority)
        if known is None:
            return None
        if known.signer is None:
            return None if known.crl_file is None else _read_crl(known.crl_file)
        try:
            stored = self._current(known) or self._rebuilt(known, known.signer)
        except StoreUnavailableError:
            stored = self._last_resort(known)
        return self._published(authority, stored)

    def ocsp(self, authority: str, request: bytes) -> bytes | None:
        """See `Directory.ocsp`."""
        known = self._authorities.get(authority)
        if known is None or known.responder is None:
            return None
        return answer(request, known.responder, lambda serial: self._status(known, serial), now=self._clock())

    def _status(self, authority: PublishedAuthority, serial: int) -> CertificateStatus:
        if serial in authority.infrastructure:
            return CertificateStatus(standing=Standing.GOOD)
        record = self._store.certificate(serial)
        if record is None or record.issuer != authority.name:
            return CertificateStatus(standing=Standing.UNKNOWN)
        if record.revoked is None:
            return CertificateStatus(standing=Standing.GOOD)
        reason = 0 if record.reason is None else record.reason.value
        return CertificateStatus(standing=Standing.REVOKED, revoked_at=record.revoked, reason=reason)

    def _current(self, authority: PublishedAuthority) -> StoredCrl | None:
        """The newest CRL while it says all that is known and is not old; two look-ups at most."""
        revision = self._store.revision(authority.name)
        held = self._newest.get(authority.name)
        if held is not None and self._is_current(held, revision, authority.crl_valid_for):
            return held  # without reading megabytes for each relying party
        stored = self._store.crl(authority.name)
        if stored is None or not self._is_current(stored, revision, authority.crl_valid_for):
            return None
        self._newest[authority.name] = stored
        return stored

    def _is_current(self, crl: StoredCrl, revision: int, valid_for: timedelta) -> bool:
        """Whether it need not be made anew; one of the future is of a clock that went wrong."""
        now = self._clock()
        return crl.revision >= revision and crl.this_update <= now < crl.next_update - valid_for / 2

    def _last_resort(self, authority: PublishedAuthority) -> StoredCrl:
        """The newest CRL while it is valid, when the next one cannot be kept (disk full).

        Raises:
            StoreUnavailableError: there is none, or it has run out.
        """
        stored = self._store.crl(authority.name)
        if stored is None or self._clock() >= stored.next_update:
            reason = f"the CRL of {authority.name!r} cannot be made: the store cannot keep it"
            raise StoreUnavailableError(reason, remedy="make room on the disk of the state folder")
        return stored

    def _rebuilt(self, authority: PublishedAuthority, signer: IssuingAuthority) -> StoredCrl:
        with self._building:
            current = self._current(authority)
            while current is None:
                built = self._build(authority, signer)
                # Another process may have been faster, with a revision that is as new or not.
                if self._store.save_crl(authority.name, built):
                    self._newest[authority.name] = built
                    return built
                current = self._current(authority)
            return current

    def _build(self, authority: PublishedAuthority, signer: IssuingAuthority) -> StoredCrl:
        """The next CRL.

        An expired certificate has to stand in one CRL from after its end (RFC 5280 §3.3): the CRL before this
        one was it if it is younger than that end. What has not ended stands in each, whatever the clock said
        when the one before was made.
        """
        before = self._store.crl(authority.name)
        revision = self._store.revision(authority.name)  # first: what is revoked meanwhile makes it stale
        now = self._clock().replace(microsecond=0)
        number = 1 if before is None else before.number + 1
        begins, ends = now - _BACKDATE, now + authority.crl_valid_for
        der = build_crl(
            signer,
            self._store.revocations(authority.name, None if before is None else min(before.this_update, now)),
            number=number,
            this_update=begins,
            next_update=ends,
        )
        return StoredCrl(number=number, revision=revision, this_update=begins, next_update=ends, der=der)


def _read_crl(path: Path) -> PublishedCrl | None:
    """A CRL from a file, as somebody put it there; None where there is none that can be read."""
    try:
        content = path.read_bytes()
        is_pem = content.lstrip().startswith(b"-----BEGIN")
        crl = x509.load_pem_x509_crl(content) if is_pem else x509.load_der_x509_crl(content)
    except (OSError, ValueError):
        return None
    return PublishedCrl.of(
        crl.public_bytes(Encoding.DER),
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc or crl.last_update_utc,
    )
