"""A certificate is read wholly or refused."""

from __future__ import annotations

import warnings

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import certificates

from onboard.devices.certificate import parse_certificate

ROOT = certificates()["root"].parsed
DER = ROOT.public_bytes(Encoding.DER)


def test_both_forms_are_read():
    """DER, and PEM with anything white before it."""
    assert parse_certificate(DER) == ROOT
    assert parse_certificate(b"\n" + ROOT.public_bytes(Encoding.PEM)) == ROOT


def test_a_negative_serial_number_is_refused():
    """RFC 5280 forbids it; it is refused before the library warns of it."""
    at = DER.index(b"\x02\x10") + 2  # the INTEGER of 16 octets
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="not positive"):
            parse_certificate(DER[:at] + b"\xff" + DER[at + 1 :])


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_any_damage_is_read_or_refused(at, octet):
    """No octet makes it anything but a certificate or a ValueError."""
    try:
        parse_certificate(DER[:at] + bytes([octet]) + DER[at + 1 :])
    except ValueError:
        return


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN", b"-----BEGIN CERTIFICATE-----\nx", b"\x30\x00", b"\x05\x00"]
)
def test_what_is_none_is_refused(content):
    """Nothing, half an armour, something else."""
    with pytest.raises(ValueError):
        parse_certificate(content)
