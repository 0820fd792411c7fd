"""What a device shows, looked up: every text of the product can be reached by what people would type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.doctor.signs import troubles
from onboard.payloads.windows.troubles import TROUBLES


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1206", "1206"),
        ("ERROR_BAD_PROFILE", "1206"),
        ("0x800704B6", "1206"),
        ("0x87D1FDE8", "0x87D1FDE8"),
        ("87d1fde8", "0x87D1FDE8"),
        ("-2016281112", "0x87D1FDE8"),
        ("2278686184", "0x87D1FDE8"),
        ("remediation failed", "0x87D1FDE8"),
        ("16", "SCEP 16"),
        ("SCEP status 16", "SCEP 16"),
        ("scep 32", "SCEP 32"),
        ("Status 32", "SCEP 32"),
        ("TPM", "TPM"),
        ("RSA-PSS", "TPM"),
        ("TPM RSA-PSS", "TPM"),
        ("TLS 1.3", "TLS 1.3"),
        ("TLS 1.3 NPS", "TLS 1.3"),
        ("SyncML 500", "SyncML 500"),
        ("39", "Kdcsvc 39"),
    ],
)
def test_what_people_type_finds_the_trouble(text, name):
    """Numbers in any form that a console shows, and words in any case."""
    assert troubles(text)[0].name == name


def test_every_trouble_is_found_by_its_name_and_its_sign():
    """Nothing of the table is out of reach."""
    for trouble in TROUBLES:
        assert troubles(trouble.name)[0] == trouble
        assert trouble in troubles(trouble.sign)
    assert len({trouble.name for trouble in TROUBLES}) == len(TROUBLES)


def test_a_word_of_several_finds_all():
    """NPS has two ways to fail."""
    assert {trouble.name for trouble in troubles("nps")} == {"TLS 1.3", "Kdcsvc 39"}


@pytest.mark.parametrize("text", ["", "  ", "120", "1207", "banana", "0x", "-", "87d1fde9"])
def test_what_is_not_known_finds_nothing(text):
    """No guess: a part of a number is another number."""
    assert troubles(text) == ()


@given(st.text())
def test_any_text_may_be_asked(text):
    """A look-up answers or not, and never fails."""
    assert all(trouble in TROUBLES for trouble in troubles(text))
