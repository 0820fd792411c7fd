"""The over-the-air flow, played by a device that has a factory certificate and reads only what it is sent."""

from __future__ import annotations

import plistlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7Options,
    PKCS7SignatureBuilder,
    pkcs7_decrypt_der,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from support.certificates import Made, make_certificate
from support.northwind import staff_plan, students_plan

from onboard.cms import read_signed, verify
from onboard.compose.ota import compose_final, compose_identity, compose_invitation
from onboard.devices.apple.profile import read_profile
from onboard.errors import PayloadError
from onboard.lint import lint
from onboard.payloads.apple.ota import identity_profile, invitation, read_attributes
from onboard.pki import PublicCertificate
from onboard.secret import Secret
from onboard.signing import Signer

NOW = datetime(2027, 1, 1, tzinfo=UTC)
TOKEN = Secret("a-token-of-one-invitation-only")
CA = make_certificate("Staff CA", ca=True, rsa_bits=2048)
FACTORY = make_certificate("Factory", rsa_bits=2048)
ENROLLED = make_certificate("ada@northwind.example", issuer=CA, rsa_bits=2048)
MADE = make_certificate("Profiles", issuer=CA, rsa_bits=2048)
SIGNER = Signer(certificate=MADE.certificate, key=MADE.key, chain=(CA.certificate,))
PLAN = replace(staff_plan(), issuing=PublicCertificate(name="staff", der=CA.der), issuers=())
ATTRIBUTES = {"UDID": "00008110-0012", "SERIAL": "C02XK0AAJGH5", "PRODUCT": "iPhone15,2", "VERSION": "21F90"}
URL = "https://start.northwind.example/ota/1"


def spelling(_name: str) -> str:
    return "ada@northwind.example"


def inside(content: bytes) -> dict:
    signed = read_signed(content)
    verify(signed)
    return plistlib.loads(signed.content)


def answer(by: Made, **changes: object) -> bytes:
    """What a device posts: its attributes, signed."""
    content = plistlib.dumps({**ATTRIBUTES, **changes})
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(by.certificate, by.key, SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary])


def read(content: bytes, **more: object):
    return read_attributes(content, TOKEN, [CA.certificate], NOW, **more)


def test_a_device_goes_through_all_three_phases():
    """From the invitation alone to a profile that only this device can read, and that it can install."""
    service = inside(compose_invitation(PLAN, URL, TOKEN, SIGNER).artifact.content)
    asked = service["PayloadContent"]
    assert service["PayloadType"] == "Profile Service"
    assert {"UDID", "SERIAL"} <= set(asked["DeviceAttributes"])

    first = read(answer(FACTORY, CHALLENGE=asked["Challenge"]))
    assert (first.udid, first.serial, first.is_enrolled) == ("00008110-0012", "C02XK0AAJGH5", False)
    identity = compose_identity(PLAN, spelling, SIGNER).artifact
    settings_ = read_profile(identity.content)
    assert settings_.networks == ()
    assert settings_.enrolment.url == "https://scep.northwind.example/scep/staff"

    later = read(answer(ENROLLED), first=first)
    assert later.is_enrolled
    another = replace(PLAN, scep=replace(PLAN.scep, challenge=Secret("ANOTHERCHALLENGEOFTHISDEVICE")))
    final = compose_final(another, spelling, later.signer, SIGNER).artifact
    sealed = inside(final.content)
    assert sealed["IsEncrypted"] is True
    assert "PayloadContent" not in sealed
    assert b"ANOTHERCHALLENGE" not in final.content

    opened = pkcs7_decrypt_der(sealed["EncryptedPayloadContent"], ENROLLED.certificate, ENROLLED.key, [])
    payloads = plistlib.loads(opened)
    plain = {k: v for k, v in sealed.items() if k not in {"IsEncrypted", "EncryptedPayloadContent"}}
    installed = read_profile(plistlib.dumps({**plain, "PayloadContent": payloads}))
    assert installed.networks[0].ssid == b"Northwind"
    assert installed.enrolment.request.challenge == Secret("ANOTHERCHALLENGEOFTHISDEVICE")


def test_the_final_profile_keeps_the_key_that_opens_it():
    """The identity profile has an identifier of its own, so nothing replaces it in between."""
    identity = plistlib.loads(identity_profile(PLAN, spelling).content)
    final = inside(compose_final(PLAN, spelling, ENROLLED.certificate, SIGNER).artifact.content)
    assert identity["PayloadIdentifier"] != final["PayloadIdentifier"]
    assert final["PayloadIdentifier"] == PLAN.identifier("apple")


def test_no_challenge_without_a_token():
    """Attributes with another token, or none, are refused before anything is minted."""
    for changes in ({"CHALLENGE": "guessed"}, {}):
        with pytest.raises(PayloadError, match="no open invitation"):
            read(answer(FACTORY, **changes))


def test_an_identity_profile_needs_a_minted_challenge():
    """A place to fill in is not a challenge."""
    with pytest.raises(PayloadError, match="mint a challenge"):
        identity_profile(students_plan(), spelling)


def test_a_certificate_of_the_group_cannot_answer_for_another_device():
    """Phase 3 is for the device that was invited: the same UDID and serial number, said in phase 2."""
    first = read(answer(FACTORY, CHALLENGE=TOKEN.reveal()))
    for other in ({"UDID": "00008110-9999"}, {"SERIAL": "OTHER"}):
        with pytest.raises(PayloadError, match="another device"):
            read(answer(ENROLLED, **other), first=first)
    with pytest.raises(PayloadError, match="another device"):
        read(answer(ENROLLED))


def test_changed_answers_are_refused():
    """One byte of the attributes changed after signing."""
    good = answer(FACTORY, CHALLENGE=TOKEN.reveal())
    with pytest.raises(PayloadError, match="changed after signing"):
        read(good.replace(b"C02XK0AAJGH5", b"C02XK0AAJGH6"))


@pytest.mark.parametrize("when", [datetime(2025, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)])
def test_certificates_of_another_time_are_refused(when):
    """The signer's certificate must be valid now."""
    with pytest.raises(PayloadError, match="not valid now"):
        read_attributes(answer(FACTORY, CHALLENGE=TOKEN.reveal()), TOKEN, [CA.certificate], when)


@pytest.mark.parametrize("changes", [{"UDID": 7}, {"SERIAL": "x" * 300}, {"CHALLENGE": b"x"}])
def test_odd_attributes_are_refused(changes):
    """Attributes are short texts."""
    with pytest.raises(PayloadError, match="no text of at most"):
        read(answer(FACTORY, **changes))


@settings(max_examples=200)
@given(st.binary(max_size=300), st.integers(0, 2000))
def test_noise_is_refused(noise, place):
    """Whatever is posted, the answer is an error with a reason, never a crash."""
    good = answer(FACTORY, CHALLENGE=TOKEN.reveal())
    for content in (noise, good[:place] + noise + good[place + len(noise) :]):
        try:
            read(content)
        except PayloadError:
            continue


def test_the_answer_is_bounded():
    """A device's answer is small."""
    with pytest.raises(PayloadError, match="at most"):
        read(b"0" * 100_000)


def test_a_device_with_an_ec_certificate_is_refused():
    """Nothing but RSA opens an encrypted profile."""
    ec = make_certificate("EC", issuer=CA)
    with pytest.raises(PayloadError, match="RSA"):
        compose_final(PLAN, spelling, ec.certificate, SIGNER)


def test_invitations_go_by_https_only():
    """The token and the attributes must not be read on the way."""
    with pytest.raises(PayloadError, match="https"):
        invitation(PLAN, "http://start.northwind.example", TOKEN)


def test_lint_knows_invitations():
    """A Profile Service is judged by its own keys."""
    good = invitation(PLAN, URL, TOKEN).content
    assert [f for f in lint("x", good) if f.severity.value == "error"] == []
    tree = plistlib.loads(good)
    del tree["PayloadContent"]["URL"]
    assert "apple-E04" in {f.rule for f in lint("x", plistlib.dumps(tree))}
