"""A configuration profile as a file: signed, changed on the way, damaged."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from hypothesis import given
from hypothesis import strategies as st
from support.filled import files
from support.scep_certificates import KEYS, certificate

from onboard.devices.apple.profile import read_profile
from onboard.devices.errors import DeviceError

PROFILE = files("apple")["mobileconfig"][0]


def signed(content: bytes) -> bytes:
    signer = certificate("Signer", KEYS[2].public_key(), "Signer", KEYS[2])
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(signer, KEYS[2], hashes.SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.NoCapabilities])


def test_signed_profile_reads_as_the_plain_one():
    """CMS around the profile changes nothing of what is read."""
    assert read_profile(signed(PROFILE)) == read_profile(PROFILE)


def test_signed_profile_that_was_changed_is_refused():
    """One changed byte under the signature and the device refuses."""
    changed = signed(PROFILE).replace(b"Northwind</string>", b"Northwand</string>")
    with pytest.raises(DeviceError, match="changed after it was signed"):
        read_profile(changed)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    """Whatever the file holds, the device never does more than refuse it."""
    with pytest.raises(DeviceError):
        read_profile(content)


@given(st.integers(min_value=0, max_value=len(PROFILE) - 1), st.integers(min_value=0, max_value=255))
def test_any_damaged_byte_is_read_or_refused(at, octet):
    """A profile with a damaged byte is read or refused, never a crash."""
    damaged = bytearray(PROFILE)
    damaged[at] = octet
    try:
        read_profile(bytes(damaged))
    except DeviceError as error:
        assert error.field  # noqa: PT017  an intact byte is fine too
