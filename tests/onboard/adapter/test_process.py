"""Processes as Google describes them: what identity comes of them, and that nothing odd breaks reading."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chromebooks import Chromebook, device_key
from support.discovery import provisioning

from onboard.adapter.errors import UnreadableError
from onboard.adapter.process import read
from onboard.variables import VARIABLES, Holder, matches_form

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "name",
    "chromeOsDevice",
    "chromeOsUserSession",
    "genericCaConnection",
    "genericProfile",
    "scepProfile",
    "subjectPublicKeyInfo",
    "signData",
    "signature",
    "failureMessage",
)


def chromebook(**more) -> Chromebook:
    return Chromebook(id="p", group="staff", key=device_key(), **more)


def test_a_device() -> None:
    """A device is known by serial number and directory id."""
    found = read(chromebook(serial="5CD1", directory_id="abc-1").document())
    assert found.holder is Holder.DEVICE
    assert dict(found.values) == {"device.serial": "5CD1", "device.id": "abc-1"}
    assert (found.organization, found.group) == ("edu.northwind", "staff")


def test_a_person_on_a_managed_device() -> None:
    """A person's session brings the address and, when the device is ours, what it is."""
    found = read(chromebook(email="ada@northwind.example", serial="5CD1", directory_id="abc-1").document())
    assert found.holder is Holder.USER
    assert set(found.values) == {"user.email", "device.serial", "device.id"}


def test_a_person_on_a_foreign_device() -> None:
    """Without an affiliated device there is the address alone."""
    found = read(chromebook(email="ada@northwind.example").document())
    assert dict(found.values) == {"user.email": "ada@northwind.example"}


def test_values_are_variables_of_ours() -> None:
    """Each value that is read from a process is a variable of the one table, in its form."""
    found = read(chromebook(email="ada@northwind.example", serial="5CD1", directory_id="abc-1").document())
    for name, value in found.values.items():
        assert name in VARIABLES
        assert matches_form(name, value)


def test_both_alphabets_of_base64() -> None:
    """Octets are read in the standard and in the URL-safe alphabet, padded or not."""
    octets = bytes(range(250, 256)) * 3 + b"\x00"
    for text in (base64.b64encode(octets), base64.urlsafe_b64encode(octets)):
        for written in (text.decode(), text.decode().rstrip("=")):
            assert read({"name": "n", "signData": written}).sign_data == octets


def test_the_stand_in_is_as_documented() -> None:
    """What the tests call a process is one by the discovery document."""
    discovery = provisioning()
    if discovery is None:
        pytest.skip("ONBOARD_SCHEMAS does not say where the official schemas are")
    for made in (chromebook(serial="5CD1"), chromebook(email="a@b.example", scep=True, sign_data=b"x")):
        discovery.check("GoogleChromeManagementVersionsV1CertificateProvisioningProcess", made.document())


@given(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_json(document) -> None:
    """Whatever the answer, it is a process or unreadable; nothing else is raised."""
    try:
        found = read(document)
    except UnreadableError:
        return
    assert found.resource
