"""The ACME profile: a key in hardware, vouched for, beside the SCEP profile that every device can use."""

from __future__ import annotations

import plistlib
from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan, students_plan

from onboard.apple_options import AcmeServer, AppleOptions, AppleSystem
from onboard.compose import compose
from onboard.lint import lint
from onboard.model import KeyKind, Platform, Security
from onboard.payloads.apple import build
from onboard.plan import GroupPlan

SERVER = AcmeServer(directory="https://acme.northwind.example/directory")


def with_acme(plan: GroupPlan, server: AcmeServer = SERVER) -> GroupPlan:
    return replace(plan, apple=replace(plan.apple, acme=server))


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_two_profiles_of_one_identifier(plan):
    """A device has one or the other; the SCEP one is the same as without ACME."""
    scep, acme = build(with_acme(plan), neutral)
    assert scep == build(plan, neutral)[0]
    assert (acme.kind, acme.secret) == ("mobileconfig-acme", False)
    first, second = plistlib.loads(scep.content), plistlib.loads(acme.content)
    assert first["PayloadIdentifier"] == second["PayloadIdentifier"]
    assert first["PayloadUUID"] != second["PayloadUUID"]
    assert lint(acme.path, acme.content) == ()


def test_what_the_device_is_asked_for():
    """Hardware, attestation, an EC key and the extended key usage of the profile."""
    tree = plistlib.loads(build(with_acme(staff_plan()), neutral)[1].content)
    (acme,) = (p for p in tree["PayloadContent"] if p["PayloadType"] == "com.apple.security.acme")
    assert (acme["KeyType"], acme["KeySize"], acme["HardwareBound"], acme["Attest"]) == (
        "ECSECPrimeRandom",
        384,
        True,
        True,
    )
    assert acme["ClientIdentifier"] == "${device.serial}"
    assert acme["ExtendedKeyUsage"] == ["1.3.6.1.5.5.7.3.2"]
    assert acme["Subject"][0] == [["CN", "${user.email}"]]
    for network in tree["PayloadContent"]:
        if "EAPClientConfiguration" in network:
            assert network["PayloadCertificateUUID"] == acme["PayloadUUID"]
    assert not any(p["PayloadType"] == "com.apple.security.scep" for p in tree["PayloadContent"])


def test_keys_of_macs_are_left_out_elsewhere():
    """KeyIsExtractable exists on Macs only, and lint knows."""
    plan = with_acme(replace(staff_plan(), apple=AppleOptions(systems={AppleSystem.IOS: (17,)})))
    made = compose(plan, neutral, platforms=[Platform.APPLE])
    assert [checked.artifact.kind for checked in made] == ["mobileconfig", "mobileconfig-acme"]
    assert b"KeyIsExtractable" not in made[1].artifact.content


def test_192_bit_mode_refuses_short_keys_of_either_kind():
    """P-256 from hardware is too short for it, as RSA-2048 is."""
    plan = staff_plan()
    network = replace(plan.networks[0], security=Security.WPA3_ENTERPRISE_192)
    strong = replace(
        plan,
        networks=(network,),
        issuing=plan.root,
        issuers=(),
        also_accepted=(),
        profile=replace(plan.profile, key=KeyKind.RSA_4096),
        scep=replace(plan.scep, key_bits=4096),
    )
    assert len(build(with_acme(strong), neutral)) == 2
    with pytest.raises(Exception, match="keys of 256 bits for ACME"):
        build(with_acme(strong, replace(SERVER, key_bits=256)), neutral)
