"""What a tenant's own policy may say beyond the neutral file, and what would cut a device off."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from support.northwind import staff_plan, students_plan
from support.strategies import plans

from onboard.errors import PayloadError, Severity
from onboard.lint.onc import Mode, likely_mode, validate
from onboard.model import Ssid
from onboard.payloads.chromeos.onc import document
from onboard.payloads.chromeos.placement import Level, Placement
from onboard.variables import Holder

START = Ssid("Northwind-Start")
DEVICE = Placement(level=Level.DEVICE_POLICY, provisioning_profile_id="profile-7", blocked=(START,))


def test_device_policy_blocks_the_onboarding_network():
    """The SSID is blocked by its bytes in upper case, and the file is a device policy by its content."""
    found = document(students_plan(), DEVICE)
    assert found["GlobalNetworkConfiguration"] == {"BlockedHexSSIDs": [b"Northwind-Start".hex().upper()]}
    assert likely_mode(json.loads(json.dumps(found))) is Mode.DEVICE_POLICY


def test_certificate_by_provisioning_profile():
    """With Google's profile id no name is compared any more."""
    eap = document(students_plan(), DEVICE)["NetworkConfigurations"][0]["WiFi"]["EAP"]
    assert eap["ClientCertType"] == "ProvisioningProfileId"
    assert eap["ClientCertProvisioningProfileId"] == "profile-7"
    assert "ClientCertPattern" not in eap


@pytest.mark.parametrize(
    ("plan", "placement", "message"),
    [
        (staff_plan(), Placement(level=Level.DEVICE_POLICY), "never see a person's certificate"),
        (staff_plan(), Placement(level=Level.USER_POLICY, blocked=(START,)), "only a device policy"),
        (students_plan(), Placement(blocked=(START,)), "only a device policy"),
        (
            students_plan(),
            Placement(level=Level.DEVICE_POLICY, blocked=(Ssid("Northwind"),)),
            "cannot be blocked",
        ),
    ],
)
def test_what_does_not_fit(plan, placement, message):
    """A level that the certificate or the setting does not fit is an error, not a file that does nothing."""
    with pytest.raises(PayloadError, match=message):
        document(plan, placement)


@settings(max_examples=25)
@given(plans())
def test_every_legal_placement_is_good_onc(plan):
    """Device and user policies of any plan pass in their own mode."""
    level, mode = (
        (Level.DEVICE_POLICY, Mode.DEVICE_POLICY)
        if plan.holder is Holder.DEVICE
        else (Level.USER_POLICY, Mode.USER_POLICY)
    )
    placement = Placement(
        level=level,
        provisioning_profile_id="p",
        blocked=(Ssid("Onboarding network, blocked here"),) if mode is Mode.DEVICE_POLICY else (),
    )
    content = json.dumps(document(plan, placement)).encode()
    assert [f for f in validate("x", content, mode) if f.severity is Severity.ERROR] == []
