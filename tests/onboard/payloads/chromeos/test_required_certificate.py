"""The policy value that makes a Chromebook enrol: what Chromium's code needs of it, by the holder's level."""

from __future__ import annotations

import pytest
from support.northwind import staff_plan, students_plan

from onboard.payloads.chromeos.onc import document
from onboard.payloads.chromeos.placement import Placement
from onboard.payloads.chromeos.required_certificate import required_certificate


@pytest.mark.parametrize(
    ("plan", "name", "protocol"),
    [
        (staff_plan(), "RequiredClientCertificateForUser", None),
        (students_plan(), "RequiredClientCertificateForDevice", 2),
    ],
)
def test_level_and_protocol(plan, name, protocol):
    """The holder decides the policy; only the one for devices tells the protocol."""
    ((found, (profile,)),) = required_certificate(plan, profile_id="p", policy_version="v").items()
    assert found == name
    assert profile.get("protocol_version") == protocol
    assert profile["renewal_period_seconds"] == 30 * 86400
    assert profile["enable_remote_attestation_check"] is True


def test_static_protocol_for_the_connector():
    """The older connector speaks protocol 1."""
    (profiles,) = required_certificate(
        students_plan(), profile_id="p", policy_version="v", dynamic=False
    ).values()
    assert profiles[0]["protocol_version"] == 1


def test_onc_names_the_same_profile():
    """The id in the policy is the one by which an ONC finds the certificate."""
    (profiles,) = required_certificate(students_plan(), profile_id="p-1", policy_version="v").values()
    onc = document(students_plan(), Placement(provisioning_profile_id="p-1"))
    eap = onc["NetworkConfigurations"][0]["WiFi"]["EAP"]
    assert eap["ClientCertProvisioningProfileId"] == profiles[0]["cert_profile_id"]
