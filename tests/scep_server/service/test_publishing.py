"""CRLs follow revocations at once, are shared by processes, and are renewed in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.scep_desk import Desk
from support.scep_records import STATIC, an_issuance
from support.scep_site import site

from scep_server.memory_store import MemoryStore
from scep_server.service.publishing import Publisher
from scep_server.store import RevocationReason, StoreUnavailableError


class Clock:
    def __init__(self) -> None:
        self.now = Desk().now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store():
    return MemoryStore()


def publisher(store, clock):
    return Publisher({a.name: a for a in site().published()}, store, clock)


def parsed(found):
    return x509.load_der_x509_crl(found.der)


def number(found):
    return parsed(found).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def issue(store, clock, *serials):
    store.record([an_issuance(n, voucher=STATIC) for n in serials], clock.now)


def test_a_crl_is_made_once_and_shared(store, clock):
    """Two processes serve the same bytes until something changes."""
    one, other = publisher(store, clock), publisher(store, clock)
    first = one.published_crl("staff-ca")
    assert other.published_crl("staff-ca") == first == one.published_crl("staff-ca")
    assert number(first) == 1
    assert parsed(first).is_signature_valid(site().authority.certificate.public_key())


def test_a_revocation_of_any_process_shows_at_once(store, clock):
    """The next answer of every process has it, under the next number."""
    one, other = publisher(store, clock), publisher(store, clock)
    issue(store, clock, 1, 2)
    assert len(parsed(one.published_crl("staff-ca"))) == 0
    store.revoke(2, RevocationReason.KEY_COMPROMISE, clock.now)
    for process in (other, one):
        found = process.published_crl("staff-ca")
        assert [entry.serial_number for entry in parsed(found)] == [2]
        assert number(found) == 2


def test_a_crl_is_renewed_when_half_its_time_is_over(store, clock):
    """Relying parties never meet an expired one while the server runs."""
    here = publisher(store, clock)
    first = here.published_crl("staff-ca")
    clock.now = first.next_update - timedelta(days=1, hours=12, seconds=1)
    assert here.published_crl("staff-ca") == first
    clock.now += timedelta(seconds=1)
    second = here.published_crl("staff-ca")
    assert number(second) == 2
    assert second.next_update > first.next_update


def test_this_update_is_never_in_the_future(store, clock):
    """Clocks of relying parties may be some minutes slow."""
    found = publisher(store, clock).published_crl("staff-ca")
    assert found.this_update <= clock.now - timedelta(minutes=5)
    assert parsed(found).last_update_utc == found.this_update


def test_an_authority_without_its_key_serves_a_file(store, clock, tmp_path):
    """PEM or DER as somebody put it there, read anew each time; nothing where there is none."""
    made = publisher(store, clock).published_crl("staff-ca")
    (_, root) = site().published()
    path = tmp_path / "root.crl"
    offline = Publisher({"root": replace(root, crl_file=path)}, store, clock)
    assert offline.published_crl("root") is None
    path.write_bytes(parsed(made).public_bytes(Encoding.PEM))
    assert offline.published_crl("root") == made
    path.write_bytes(made.der)
    assert offline.published_crl("root").der == made.der
    path.write_bytes(b"half a file")
    assert offline.published_crl("root") is None


def test_unknown_authorities_have_nothing(store, clock):
    """No CRL, no certificate, no OCSP."""
    here = publisher(store, clock)
    assert here.published_crl("nobody") is here.certificate("nobody") is here.ocsp("nobody", b"") is None
    assert here.ocsp("root", b"") is None


def test_what_expired_leaves_the_crl_after_one_more(store, clock):
    """RFC 5280 §3.3: an entry stands in one CRL from after the certificate's end, and then no more."""
    ends = clock.now + timedelta(days=10)
    store.record([an_issuance(1, voucher=STATIC, not_after=ends), an_issuance(2, voucher=STATIC)], clock.now)
    for serial in (1, 2):
        store.revoke(serial, RevocationReason.KEY_COMPROMISE, clock.now)
    here, listed = publisher(store, clock), []
    for _ in range(20):
        crl = parsed(here.published_crl("staff-ca"))
        listed.append((crl.last_update_utc > ends, sorted(entry.serial_number for entry in crl)))
        clock.now += timedelta(days=2)
    assert all(1 in serials for is_after, serials in listed if not is_after)
    after = [serials for is_after, serials in listed if is_after]
    assert after[0] == [1, 2]
    assert all(serials == [2] for serials in after[1:])
    assert len(after) > 2


def test_a_revocation_does_not_bring_the_one_more_forward(store, clock):
    """CRLs made in a hurry before the end do not count; the first from after it still has the entry."""
    ends = clock.now + timedelta(hours=1)
    store.record([an_issuance(n, voucher=STATIC, not_after=ends) for n in (1, 2, 3)], clock.now)
    here = publisher(store, clock)
    for serial in (1, 2, 3):
        store.revoke(serial, RevocationReason.UNSPECIFIED, clock.now)
        assert len(parsed(here.published_crl("staff-ca"))) == serial
    clock.now += timedelta(days=3)
    assert len(parsed(here.published_crl("staff-ca"))) == 3


class FullStore(MemoryStore):
    """A store whose disk is full from some moment on."""

    full = False

    def save_crl(self, issuer, crl):
        if self.full:
            raise StoreUnavailableError("the disk is full", remedy="make room")
        return super().save_crl(issuer, crl)


def test_a_full_disk_serves_the_last_crl_while_it_is_valid(clock):
    """Relying parties go on with the CRL that is there; when it has run out they are told to come again."""
    store = FullStore()
    published = publisher(store, clock)
    name = next(a.name for a in site().published() if a.signer is not None)
    first = published.crl(name)
    store.full = True
    clock.now += timedelta(days=2)
    assert published.crl(name) == first
    clock.now += timedelta(days=30)
    with pytest.raises(StoreUnavailableError) as caught:
        published.crl(name)
    assert "disk" in caught.value.remedy


def test_a_clock_that_was_wrong_takes_nobody_off_the_crl(store, clock):
    """When it is set back, the CRL of the future goes, and what was revoked and is in force stays revoked."""
    here, right = publisher(store, clock), clock.now
    issue(store, clock, 1, 2)
    store.revoke(1, RevocationReason.KEY_COMPROMISE, clock.now)
    here.published_crl("staff-ca")
    clock.now = right + timedelta(days=3650)
    here.published_crl("staff-ca")
    clock.now = right + timedelta(hours=1)
    found = here.published_crl("staff-ca")
    assert found.this_update < clock.now < found.next_update
    assert [entry.serial_number for entry in parsed(found)] == [1]
    store.revoke(2, RevocationReason.KEY_COMPROMISE, clock.now)
    assert [entry.serial_number for entry in parsed(here.published_crl("staff-ca"))] == [1, 2]
