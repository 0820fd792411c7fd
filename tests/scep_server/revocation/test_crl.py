"""CRLs, read back by another library."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import pytest
from cryptography import x509
from support.issuance import NOW, authority

from scep_server.revocation import build_crl


class Why(Enum):
    """Some reasons of RFC 5280 §5.3.1."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    SUPERSEDED = 4


@dataclass(frozen=True)
class Entry:
    """A revoked certificate."""

    serial: int
    at: datetime
    reason: Why


def crl(*entries: Entry, algorithm: str = "ec-p256", number: int = 7) -> x509.CertificateRevocationList:
    """A CRL of the test authority."""
    der = build_crl(
        authority(algorithm),
        entries,
        number=number,
        this_update=NOW,
        next_update=NOW + timedelta(days=3),
    )
    return x509.load_der_x509_crl(der)


@pytest.mark.parametrize("algorithm", ["ec-p256", "ec-p384", "rsa-2048"])
def test_a_crl_says_what_was_revoked_and_by_whom(algorithm):
    """Serials, times, reasons, number, key and validity survive; the signature is the authority's."""
    serials = (1, 0x80, 0x7FEEDDCCBBAA99887766554433221100)
    made = crl(
        Entry(serials[0], NOW, Why.UNSPECIFIED),
        Entry(serials[1], NOW - timedelta(days=400), Why.KEY_COMPROMISE),
        Entry(serials[2], datetime(2050, 1, 1, tzinfo=UTC), Why.SUPERSEDED),
        algorithm=algorithm,
    )
    issuer = authority(algorithm).certificate
    assert made.is_signature_valid(issuer.public_key())
    assert made.issuer == issuer.subject
    assert (made.last_update_utc, made.next_update_utc) == (NOW, NOW + timedelta(days=3))
    assert tuple(entry.serial_number for entry in made) == serials
    assert made[2].revocation_date_utc.year == 2050
    assert not made[0].extensions
    reason = made[1].extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    identifier = made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert identifier.key_identifier == own.digest


def test_an_empty_crl_has_no_list():
    """RFC 5280 §5.1.2.6: the list is absent when nothing is revoked."""
    assert len(crl()) == 0


def test_a_large_number_is_encoded():
    """CRL numbers may have 20 octets."""
    big = 2**159 - 1
    assert crl(number=big).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == big


def test_a_hundred_thousand_entries_take_less_than_a_second():
    """A big organization's CRL is rebuilt in the background, not for minutes."""
    entries = [
        Entry(serial * 0x1F2E3D4C5B6A79880011223344, NOW - timedelta(seconds=serial), Why.KEY_COMPROMISE)
        for serial in range(1, 100_001)
    ]
    start = time.process_time()
    der = build_crl(authority(), entries, number=1, this_update=NOW, next_update=NOW + timedelta(days=3))
    assert time.process_time() - start < 1.0
    assert len(x509.load_der_x509_crl(der)) == 100_000
