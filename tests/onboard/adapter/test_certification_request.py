"""The PKCS #10 that devices sign: readable by others, and exactly what the policy wants."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from support.chromebooks import device_key
from support.issuance import DEVICE, USER
from support.northwind import NORTHWIND

from onboard.adapter.certification_request import assemble, to_be_signed
from onboard.provision import issuance_policy
from scep_server import csr
from scep_server.errors import RequestRejectedError
from scep_server.policy import Grant, authorize

SPKI = device_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ADA = {"user.email": "ada@northwind.example", "user.upn": "ada@corp.northwind.example"}


def signed(info: bytes) -> bytes:
    return assemble(info, device_key().sign(info, padding.PKCS1v15(), hashes.SHA256()))


def test_others_read_it() -> None:
    """The request is one to cryptography's reader, with a valid signature and the names in their order."""
    request = x509.load_der_x509_csr(signed(to_be_signed(USER, ADA, SPKI)))
    assert request.is_signature_valid
    shown = [attribute.rfc4514_string() for attribute in request.subject]
    assert shown == ["CN=ada@northwind.example", "OU=staff", "O=Northwind University"]
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["ada@northwind.example"]


def test_without_alternative_names() -> None:
    """A profile without them gives a request without attributes, which is legal (RFC 2986 §4.1)."""
    request = x509.load_der_x509_csr(signed(to_be_signed(DEVICE, {"device.id": "abc-1"}, SPKI)))
    assert request.is_signature_valid
    assert not list(request.extensions)


def test_unknown_alternative_names_are_left_out() -> None:
    """A name whose variable Google does not know is not asked for."""
    request = csr.read(signed(to_be_signed(USER, {"user.email": "ada@northwind.example"}, SPKI)))
    assert [name.kind.value for name in request.alt_names] == ["rfc822"]


def test_unknown_subjects_are_refused() -> None:
    """A subject that cannot be filled in is a refusal that names the variable."""
    with pytest.raises(RequestRejectedError, match=r"\$\{device.id\}: Google gives none"):
        to_be_signed(DEVICE, {"user.email": "ada@northwind.example"}, SPKI)


@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True))
def test_the_policy_takes_what_it_wanted(value) -> None:
    """What is made from a policy and values is approved by that policy, bound, with the same key."""
    policy = issuance_policy(NORTHWIND, NORTHWIND.group("students"))
    request = csr.read(signed(to_be_signed(policy, {"device.id": value}, SPKI)))
    grant = Grant(challenge_id="google-1", bound={"device.id": value}, asserted=False)
    approval = authorize(request, policy, grant)
    assert approval.identity.value == "bound"
    assert approval.spki == SPKI
    assert dict(approval.values) == {"device.id": value}
