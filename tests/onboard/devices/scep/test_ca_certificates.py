"""Choosing CA and RA among the certificates of GetCACert, as each family does."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from support.scep_certificates import KEYS, certificate, degenerate
from support.scep_responder import Responder

from onboard.devices.errors import CaUntrustedError, RaSelectionError, ScepTransportError
from onboard.devices.scep.ca_certificates import Fingerprint, choose_ra, parse_ca_certificates
from onboard.devices.scep.request_shape import RaRule

ONE, SEVERAL = "application/x-x509-ca-cert", "application/x-x509-ca-ra-cert"
BOTH = ("digital_signature", "key_encipherment")


@pytest.fixture
def server() -> Responder:
    return Responder()


def ra(server: Responder, *usage: str, key: int = 1):
    return certificate("RA", KEYS[key].public_key(), "Issuing", server.ca_key, usage=usage, serial=50 + key)


def digest(of, algorithm: str) -> Fingerprint:
    return Fingerprint(hashlib.new(algorithm, of.public_bytes(Encoding.DER)).digest())


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("which", ["root", "ca", "ra"])
def test_pin_is_recognised_by_its_length(server, algorithm, which):
    """The length of a fingerprint says its digest; root, issuing CA and RA may be pinned."""
    chosen = choose_ra(
        [server.ra, server.ca, server.root], RaRule.APPLE, digest(getattr(server, which), algorithm)
    )
    assert chosen.recipient == server.ra
    assert chosen.ca == getattr(server, which)


def test_pin_of_another_ca_is_refused(server):
    """A CA that is not pinned is not trusted, whatever else is right."""
    with pytest.raises(CaUntrustedError):
        choose_ra([server.ra, server.ca, server.root], RaRule.APPLE, digest(Responder().root, "sha256"))


def test_pin_of_no_digests_length_is_refused(server):
    """30 bytes are no digest."""
    with pytest.raises(CaUntrustedError, match="30 bytes"):
        choose_ra([server.ra, server.ca], RaRule.APPLE, Fingerprint(b"x" * 30))


def test_forged_ra_is_not_chosen(server):
    """A certificate that only names the CA as issuer does not chain to it."""
    forged = certificate(
        "RA", KEYS[1].public_key(), "Issuing", ec.generate_private_key(ec.SECP256R1()), usage=BOTH
    )
    chosen = choose_ra(
        [forged, server.ra, server.ca, server.root], RaRule.APPLE, digest(server.root, "sha256")
    )
    assert chosen.recipient == server.ra


def test_root_may_come_from_the_artifact(server):
    """Windows pins a root that its store holds, though the server does not send it."""
    with pytest.raises(CaUntrustedError):
        choose_ra([server.ra, server.ca], RaRule.KEY_USAGE, digest(server.root, "sha1"))
    chosen = choose_ra([server.ra, server.ca], RaRule.KEY_USAGE, digest(server.root, "sha1"), [server.root])
    assert (chosen.recipient, chosen.ca) == (server.ra, server.root)


def test_apple_prefers_a_pair(server):
    """A sign and an encrypt certificate come before one with both."""
    sign, encrypt = ra(server, "digital_signature", key=1), ra(server, "key_encipherment", key=2)
    chosen = choose_ra([server.ra, sign, encrypt, server.ca], RaRule.APPLE, None)
    assert (chosen.signer, chosen.recipient) == (sign, encrypt)


def test_apple_takes_the_first_with_both(server):
    """In array order, so an issuing CA with both usages ahead of the RA would be taken."""
    other = ra(server, *BOTH)
    assert choose_ra([other, server.ra, server.ca], RaRule.APPLE, None).recipient == other


@pytest.mark.parametrize("rule", [RaRule.APPLE, RaRule.KEY_USAGE])
def test_ra_without_key_usage_is_not_chosen(server, rule):
    """Without the extension a certificate is neither for signing nor for encryption."""
    with pytest.raises(RaSelectionError):
        choose_ra([ra(server), server.ca, server.root], rule, None)


def test_ra_with_an_ec_key_is_refused(server):
    """No mainstream client encrypts to EC."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    bad = certificate("RA", public, "Issuing", server.ca_key, usage=BOTH)
    with pytest.raises(RaSelectionError, match="RSA"):
        choose_ra([bad, server.ca, server.root], RaRule.APPLE, None)


def test_order_of_the_bytes_is_kept(server):
    """The order of a degenerate SignedData is the order of its bytes: Apple depends on it."""
    several = [server.root, server.ra, server.ca]
    assert parse_ca_certificates(degenerate(several), SEVERAL) == tuple(several)
    assert parse_ca_certificates(server.ra.public_bytes(Encoding.DER), ONE) == (server.ra,)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", SEVERAL), (b"MIIB", ONE), (b"0\x00", SEVERAL), (b"x", "text/html"), (b"", "")],
)
def test_other_answers_are_refused(body, content_type):
    """HTML, nothing, or DER under the wrong media type is a transport error."""
    with pytest.raises(ScepTransportError, match="GetCACert"):
        parse_ca_certificates(body, content_type)


def test_certificates_under_the_wrong_type_are_refused(server):
    """One certificate announced as several breaks every client."""
    with pytest.raises(ScepTransportError):
        parse_ca_certificates(server.ra.public_bytes(Encoding.DER), SEVERAL)
