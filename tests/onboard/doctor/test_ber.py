"""BER of foreign servers becomes definite, without touching what is definite already."""

from __future__ import annotations

import contextlib
import os

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from support.scep_certificates import NOW, certificate

from onboard.devices.scep import der, envelope
from onboard.devices.scep.request_shape import BerQuirk, Cipher, KeyTransport
from onboard.doctor import ber
from onboard.doctor.envelope import open_envelope

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CERTIFICATE = certificate("Device", KEY.public_key(), "Device", KEY)
DEFINITE = st.recursive(
    st.binary(max_size=40).map(lambda content: der.tlv(0x04, content)),
    lambda inner: st.lists(inner, max_size=4).map(lambda values: der.tlv(0x30, *values)),
    max_leaves=12,
)


def indefinite(encoded: bytes) -> bytes:
    """The same value with indefinite lengths wherever that is possible."""
    if encoded[0] != 0x30:
        return encoded
    return der.indefinite(0x30, *(indefinite(child) for child in ber._children(ber._content(encoded))))


@given(DEFINITE)
def test_indefinite_lengths_become_definite(encoded):
    """Whatever was written with indefinite lengths reads as if it had not been."""
    assert ber.definite(indefinite(encoded)) == ber.definite(encoded) == encoded


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5))
def test_cut_octet_strings_are_joined(pieces):
    """A constructed OCTET STRING is the concatenation of its pieces."""
    cut = der.tlv(0x24, *(der.octets(piece) for piece in pieces))
    assert ber.definite(cut) == der.octets(b"".join(pieces))


@given(st.binary(max_size=200))
def test_noise_is_a_value_error_at_worst(noise):
    """Anything may come from a server; nothing but ValueError comes out."""
    with contextlib.suppress(ValueError):
        ber.definite(noise)


def test_depth_is_bounded():
    """A tower of SEQUENCEs is refused instead of eating the stack."""
    tower = der.octets(b"x")
    for _ in range(100):
        tower = der.tlv(0x30, tower)
    with pytest.raises(ValueError, match="deep"):
        ber.definite(tower)


@pytest.mark.parametrize("quirk", list(BerQuirk))
@pytest.mark.parametrize("transport", list(KeyTransport))
@pytest.mark.parametrize("cipher", list(Cipher))
def test_every_envelope_opens(quirk, transport, cipher):
    """Whatever the cipher, key transport and encoding: it opens, and says what they are."""
    inner = der.sequence(
        der.oid("1.2.840.113549.1.7.2"),
        der.tlv(0xA0, _degenerate()),
    )
    sealed = envelope.seal(
        inner, CERTIFICATE, cipher=cipher, transport=transport, quirk=quirk, random=os.urandom
    )
    opened = open_envelope(sealed, KEY)
    assert opened.cipher == cipher.value
    assert opened.transport.startswith("RSAES" if transport is KeyTransport.OAEP_SHA1 else "RSA PKCS")
    assert opened.constructed is (quirk is not BerQuirk.NONE)
    assert opened.certificates == (CERTIFICATE,)
    assert opened.certificates[0].not_valid_before_utc < NOW


def test_an_envelope_for_somebody_else_stays_closed():
    """Implicit rejection of PKCS#1 v1.5 gives noise; that is no content key."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    sealed = envelope.seal(
        b"x",
        CERTIFICATE,
        cipher=Cipher.AES_128,
        transport=KeyTransport.PKCS1_V15,
        quirk=BerQuirk.NONE,
        random=os.urandom,
    )
    with pytest.raises(ValueError, match=r"not for the key|padding"):
        open_envelope(sealed, other)


def _degenerate() -> bytes:
    body = CERTIFICATE.public_bytes(Encoding.DER)
    return der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.tlv(0xA0, body),
        der.set_of(),
    )
