"""Which certificate a device offers, and what it calls itself."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.scep_certificates import KEYS, certificate
from support.scep_responder import Responder

from onboard.devices.identity import CertificatePattern, EapIdentity, IdentitySource, IssuerHashes
from onboard.devices.scep import der
from onboard.devices.scep.csr import UPN

PKI = Responder()
CHAIN = (PKI.ca, PKI.root)
NAMES = x509.SubjectAlternativeName(
    [
        x509.RFC822Name("ada@example.org"),
        x509.OtherName(x509.ObjectIdentifier(UPN), der.utf8("ada@corp.example.org")),
    ]
)
LEAF = certificate("Ada", KEYS[1].public_key(), "Issuing", PKI.ca_key, alt_names=NAMES, client=True)
BARE = certificate("Ada", KEYS[1].public_key(), "Issuing", PKI.ca_key)


def sha1(of) -> bytes:
    return hashlib.sha1(of.public_bytes(Encoding.DER)).digest()


def test_windows_filter_takes_any_certificate_of_the_chain():
    """Root or issuing CA may be listed; a stranger in the store does not count."""
    for listed in CHAIN:
        assert IssuerHashes((sha1(listed),)).refusal(LEAF, CHAIN) == ""
    stranger = Responder().root
    assert "CAHashList" in IssuerHashes((sha1(stranger),)).refusal(LEAF, (*CHAIN, stranger))


def test_windows_filter_demands_every_usage():
    """EKU lists are ANDed."""
    wanted = IssuerHashes((), ("1.3.6.1.5.5.7.3.2",))
    assert wanted.refusal(LEAF, CHAIN) == ""
    assert "1.3.6.1.5.5.7.3.2" in wanted.refusal(BARE, CHAIN)


def test_chrome_pattern_compares_the_immediate_issuer():
    """IssuerCARef is the issuing CA, never the root."""
    assert CertificatePattern(issuers=(PKI.ca,)).refusal(LEAF, CHAIN) == ""
    assert "IssuerCARef" in CertificatePattern(issuers=(PKI.root,)).refusal(LEAF, CHAIN)


def test_chrome_pattern_compares_names():
    """Issuer and subject parts are compared as whole strings."""
    assert CertificatePattern(issuer=(("2.5.4.3", "Issuing"),)).refusal(LEAF, ()) == ""
    assert "Subject" in CertificatePattern(subject=(("2.5.4.3", "ada"),)).refusal(LEAF, ())


@pytest.mark.parametrize(
    ("identity", "certificate_", "expected"),
    [
        (EapIdentity(IdentitySource.APPLE), LEAF, "ada@corp.example.org"),
        (EapIdentity(IdentitySource.APPLE), BARE, "Ada"),
        (EapIdentity(IdentitySource.APPLE, "anonymous"), LEAF, "anonymous"),
        (EapIdentity(IdentitySource.WINDOWS), LEAF, "ada@corp.example.org"),
        (EapIdentity(IdentitySource.WINDOWS), BARE, "Ada"),
        (EapIdentity(IdentitySource.TEMPLATE, "${CERT_SAN_EMAIL}"), LEAF, "ada@example.org"),
        (EapIdentity(IdentitySource.TEMPLATE, "${CERT_SAN_UPN}"), LEAF, "ada@corp.example.org"),
        (EapIdentity(IdentitySource.TEMPLATE, "x-${CERT_SUBJECT_COMMON_NAME}"), BARE, "x-Ada"),
        (EapIdentity(IdentitySource.TEMPLATE, "${CERT_SAN_EMAIL}"), BARE, ""),
        (EapIdentity(IdentitySource.TEMPLATE, "${LOGIN_ID}"), LEAF, "${LOGIN_ID}"),
    ],
)
def test_eap_identity(identity, certificate_, expected):
    """Each platform's order of names, and ONC's expansions."""
    assert identity.of(certificate_) == expected
