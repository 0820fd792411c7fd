"""Certificates of the infrastructure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.issuance import NOW, URLS, YEAR, authority

from scep_server.authority import (
    IssuingAuthority,
    Shape,
    certificate_authority,
    infrastructure,
    signing_request,
)
from scep_server.keys import generate

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])


def made(shape: Shape, algorithm: str = "rsa-2048", **more: object) -> x509.Certificate:
    """A leaf of a shape."""
    key = generate(algorithm)
    return infrastructure(
        authority(), shape, NAME, key.public_key(), valid_for=YEAR, serial=9, now=NOW, **more
    )


def value(certificate, kind):
    """An extension's value."""
    return certificate.extensions.get_extension_for_class(kind).value


@pytest.mark.parametrize("shape", list(Shape))
def test_no_leaf_passes_for_a_device(shape):
    """Each names its usages, and neither clientAuth nor anyExtendedKeyUsage is among them."""
    leaf = made(shape)
    usages = {usage.dotted_string for usage in value(leaf, x509.ExtendedKeyUsage)}
    assert usages == set(shape.value)
    assert not usages & {
        ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string,
    }
    assert not value(leaf, x509.BasicConstraints).ca
    leaf.verify_directly_issued_by(authority().certificate)


def test_an_ra_signs_and_deciphers():
    """Apple's selection wants digitalSignature and keyEncipherment in one certificate that is no CA."""
    usage = value(made(Shape.REGISTRATION_AUTHORITY), x509.KeyUsage)
    assert usage.digital_signature
    assert usage.key_encipherment
    assert not usage.key_cert_sign


def test_an_issuing_ca_does_neither():
    """If it did, Apple would envelope to it: the RA holds the only keyEncipherment."""
    usage = value(authority().certificate, x509.KeyUsage)
    assert usage.key_cert_sign
    assert usage.crl_sign
    assert not usage.digital_signature
    assert not usage.key_encipherment


def test_the_delegate_of_ocsp_need_not_be_checked_itself():
    """Id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1) ends the circle; nobody else has it."""
    assert value(made(Shape.OCSP_SIGNER, "ec-p256"), x509.OCSPNoCheck)
    with pytest.raises(x509.ExtensionNotFound):
        value(made(Shape.RADIUS_SERVER), x509.OCSPNoCheck)


def test_an_ec_key_enciphers_nothing():
    """KeyEncipherment on an EC key is refused by strict verifiers (RFC 5480 §3)."""
    assert not value(made(Shape.RADIUS_SERVER, "ec-p256"), x509.KeyUsage).key_encipherment
    assert value(made(Shape.RADIUS_SERVER), x509.KeyUsage).key_encipherment


def test_a_radius_server_has_its_names():
    """Clients compare the subject alternative names with the payload's list."""
    leaf = made(Shape.RADIUS_SERVER, dns_names=("radius.example", "*.radius.example"))
    names = value(leaf, x509.SubjectAlternativeName).get_values_for_type(x509.DNSName)
    assert names == ["radius.example", "*.radius.example"]


def test_every_leaf_says_where_to_ask():
    """CRL, OCSP and issuer certificate of the authority that made it."""
    leaf = made(Shape.RADIUS_SERVER)
    (point,) = value(leaf, x509.CRLDistributionPoints)
    assert point.full_name[0].value == URLS.crl
    access = [entry.access_location.value for entry in value(leaf, x509.AuthorityInformationAccess)]
    assert access == [URLS.ocsp, URLS.issuer]


def test_path_lengths_are_kept():
    """A CA cannot make one that its own path length has no room for."""
    issuer, key = authority(), generate("ec-p256")
    with pytest.raises(ValueError, match="path length 0"):
        certificate_authority(
            issuer, NAME, key.public_key(), path_length=0, valid_for=YEAR, serial=1, now=NOW
        )


def test_an_issuer_without_a_key_identifier_is_identified_by_its_key():
    """Other people's CAs may lack the extension."""
    key = generate("ec-p256")
    bare = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    issuer = IssuingAuthority(name="bare", certificate=bare, key=key)
    leaf = infrastructure(
        issuer, Shape.OCSP_SIGNER, NAME, key.public_key(), valid_for=2 * YEAR, serial=2, now=NOW
    )
    expected = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    assert value(leaf, x509.AuthorityKeyIdentifier) == expected
    assert leaf.not_valid_after_utc == NOW + YEAR
    with pytest.raises(x509.ExtensionNotFound):
        value(leaf, x509.CRLDistributionPoints)


@pytest.mark.parametrize("algorithm", ["ec-p256", "rsa-2048"])
def test_a_request_asks_for_what_a_ca_needs(algorithm):
    """Somebody else's CA reads from it that a CA is wanted, and how deep."""
    request = signing_request(NAME, generate(algorithm), path_length=0)
    assert request.is_signature_valid
    assert request.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert request.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_leaves_are_backdated_inside_their_issuer():
    """An hour for slow clocks, but never before the CA itself."""
    key = generate("ec-p256")
    later = infrastructure(
        authority(), Shape.OCSP_SIGNER, NAME, key.public_key(), valid_for=YEAR, serial=1, now=NOW + YEAR
    )
    assert later.not_valid_before_utc == NOW + YEAR - timedelta(hours=1)
    assert isinstance(later.public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(made(Shape.REGISTRATION_AUTHORITY).public_key(), rsa.RSAPublicKey)
