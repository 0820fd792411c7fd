"""Public keys of strangers: sound ones load, impossible and costly ones are refused."""

from __future__ import annotations

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.scep_requests import HASHES, ec_key, rsa_key, tlv

from scep_server import publickeys
from scep_server.algorithms import DigestAlgorithm
from scep_server.publickeys import PublicKeyError


def spki_of(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def rsa_spki(n, e):
    algorithm = tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.1.1").dump() + core.Null().dump())
    return tlv(0x30, algorithm + tlv(3, b"\x00" + tlv(0x30, core.Integer(n).dump() + core.Integer(e).dump())))


@pytest.mark.parametrize("digest", [DigestAlgorithm.SHA1, DigestAlgorithm.SHA256, DigestAlgorithm.SHA512])
def test_signatures_of_both_kinds_of_key(digest):
    """RSASSA-PKCS1-v1_5 and ECDSA verify; another content, digest or key does not."""
    signed = {
        rsa_key("device"): rsa_key("device").sign(b"content", padding.PKCS1v15(), HASHES[digest.value]),
        ec_key("device"): ec_key("device").sign(b"content", ec.ECDSA(HASHES[digest.value])),
    }
    for key, signature in signed.items():
        public = publickeys.load(spki_of(key))
        assert public.verifies(signature, b"content", digest)
        assert not public.verifies(signature, b"contents", digest)
        assert not public.verifies(signature, b"content", DigestAlgorithm.SHA384)
        assert not public.verifies(b"", b"content", digest)
    assert publickeys.load(spki_of(ec_key("device"))).rsa is None


N = (1 << 2047) + 9


@pytest.mark.parametrize(
    ("n", "e"),
    [(N, 0), (N, 1), (N, 4), (N, -3), (-N, 65537), (0, 3), (N, (1 << 33) + 1), ((1 << 8200) + 1, 65537)],
    ids=["e=0", "e=1", "e even", "e<0", "n<0", "n=0", "e long", "n long"],
)
def test_impossible_and_costly_keys_are_refused(n, e):
    """The numbers are a stranger's: none may raise anything else, or cost more than a verification."""
    with pytest.raises(PublicKeyError):
        publickeys.load(rsa_spki(n, e))


@pytest.mark.parametrize(
    "spki",
    [b"", b"\x30\x00", spki_of(ed25519.Ed25519PrivateKey.generate()), rsa_spki(N, 3)[:-1]],
    ids=["empty", "nothing in it", "Ed25519", "cut off"],  # the same in every process that runs tests
)
def test_other_and_broken_keys_are_refused(spki):
    """Neither RSA nor EC, or cut off."""
    with pytest.raises(PublicKeyError):
        publickeys.load(spki)
