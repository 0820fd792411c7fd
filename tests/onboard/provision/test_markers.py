"""An MDM's renewal marker is granted where the org says that the group goes to that MDM, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.issuance import CN, OU, O, csr
from support.northwind import DEVICE_EAP_TLS, NORTHWIND, STAFF

from onboard.dialects import DIALECTS
from onboard.model import MdmTarget
from onboard.provision import issuance_policy
from scep_server.errors import RequestRejectedError
from scep_server.policy import Grant, authorize

STATIC = Grant(challenge_id="static", asserted=True)
GROUP = replace(STAFF, profile=DEVICE_EAP_TLS)
DEVICE = ((CN, "9f8b6a1e"), (OU, "staff"), (O, "Northwind University"))
MARKERS = {
    "fleet": (OU, "fleet-a9f8b6a1e-3c52-4f0e-9d52-0c7a4d3a1b11"),
    "jamf-pro": (CN, "edu.northwind.onboard.staff.apple"),
    "kandji": (CN, "9F8B6A1E-3C52-4F0E-9D52-0C7A4D3A1B11"),
}


def policy(*types: str, groups: tuple[str, ...] = ("staff",)):
    targets = tuple(MdmTarget(name=kind, type=kind, groups=groups) for kind in types)
    return issuance_policy(replace(NORTHWIND, mdm=targets), GROUP)


def asks(*extra: tuple[str, str]):
    return csr(subject=(*DEVICE, *extra))


@pytest.mark.parametrize("kind", MARKERS)
def test_a_marker_of_the_groups_mdm_is_granted(kind):
    """The certificate carries it, because the MDM looks for it there."""
    approval = authorize(asks(MARKERS[kind]), policy(kind), STATIC)
    granted = [(attribute.oid, attribute.value) for attribute in approval.subject]
    assert granted == [*DEVICE, MARKERS[kind]]


@pytest.mark.parametrize("kind", MARKERS)
def test_nobody_has_to_ask_for_it(kind):
    """Payloads of other ways have no marker."""
    approval = authorize(asks(), policy(kind), STATIC)
    assert [(attribute.oid, attribute.value) for attribute in approval.subject] == list(DEVICE)


@pytest.mark.parametrize("kind", MARKERS)
def test_without_the_mdm_it_is_refused(kind):
    """An attribute that nothing explains is refused, for groups that go elsewhere or nowhere."""
    for nobodys in (policy(), policy(kind, groups=("students",)), policy("zentral")):
        with pytest.raises(RequestRejectedError):
            authorize(asks(MARKERS[kind]), nobodys, STATIC)


@pytest.mark.parametrize(
    "extra",
    [
        ((OU, "admins"),),
        ((OU, "fleet-x"),),
        (MARKERS["fleet"], (OU, "fleet-b9f8b6a1e-3c52-4f0e-9d52-0c7a4d3a1b11")),
        ((CN, "fleet-a9f8b6a1e-3c52-4f0e-9d52-0c7a4d3a1b11"),),
    ],
)
def test_only_one_marker_of_the_right_form(extra):
    """Neither another organizational unit, nor a second marker, nor one in another attribute."""
    with pytest.raises(RequestRejectedError):
        authorize(asks(*extra), policy("fleet"), STATIC)


def test_the_groups_own_unit_cannot_be_replaced_by_the_marker():
    """A fixed part stays a must."""
    subject = tuple(pair for pair in DEVICE if pair[0] != OU)
    with pytest.raises(RequestRejectedError):
        authorize(csr(subject=(*subject, MARKERS["fleet"])), policy("fleet"), STATIC)


def test_a_bound_identity_stays_confirmed():
    """The marker identifies nobody, so it takes nothing away from what the challenge confirms."""
    grant = Grant(challenge_id="x", bound={"device.id": "9f8b6a1e"}, asserted=False)
    assert authorize(asks(MARKERS["fleet"]), policy("fleet"), grant).identity.value == "bound"


def test_every_marker_of_the_dialects_is_played_here():
    """A new dialect with a marker needs a line above."""
    assert set(MARKERS) == {name for name, dialect in DIALECTS.items() if dialect.renewal.marker}
