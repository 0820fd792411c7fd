"""A group with a person's and a computer's certificate: both are enrolled, and both get in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.northwind import NORTHWIND, STAFF, STAFF_CHALLENGE
from support.world import World, make_world

from onboard.devices.errors import DeviceError
from onboard.devices.windows.computer import read_windows
from onboard.model import Challenge, ChallengeType, Platform
from onboard.orgfile import loads
from onboard.rehearse import Given
from onboard.rehearse.organization import Company, artifacts, rehearse_organization
from onboard.rehearse.places import located
from onboard.rehearse.result import Result, Step
from onboard.rehearse.seats import seats
from onboard.variables import Holder

MACHINE = NORTHWIND.group("students").profile
BOTH = replace(
    NORTHWIND,
    groups=(
        replace(
            STAFF,
            second_profile=MACHINE,
            platforms=(Platform.APPLE, Platform.WINDOWS, Platform.CHROMEOS),
            challenge=Challenge(type=ChallengeType.ONE_TIME),
        ),
    ),
)


@pytest.fixture(autouse=True)
def _without_radius(monkeypatch):
    """This is about enrolment; nobody needs FreeRADIUS."""
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("both"), BOTH)


def company(world: World, **more) -> Company:
    return Company(site=world.site, challenges={}, progress=lambda row: None, **more)


def test_each_holder_enrols_and_renews_for_itself(world):
    """Windows and ChromeOS have a row for each certificate, an iPhone has one; every challenge is its own."""
    play = company(world)
    rows = rehearse_organization(play, artifacts(play, BOTH.groups, ()))
    assert all(row.ok and row.enrolled for row in rows), rows
    found = [(row.platform, row.network, row.holder) for row in rows if row.network_key == "campus"]
    assert found == [
        ("apple", "campus", None),
        ("windows", "campus (user)", Holder.USER),
        ("windows", "campus (device)", Holder.DEVICE),
        ("chromeos", "campus (user)", Holder.USER),
        ("chromeos", "campus (device)", Holder.DEVICE),
    ]
    assert [row.to_json()["holder"] for row in rows if row.network == "campus (device)"] == [
        "device",
        "device",
    ]


def test_a_static_challenge_serves_both(world):
    """One secret of the group in every file."""
    challenge = replace(STAFF.challenge, type=ChallengeType.STATIC)
    organization = replace(BOTH, groups=(replace(BOTH.groups[0], challenge=challenge),))
    play = Company(
        site=replace(world.site, organization=organization),
        challenges={"staff": STAFF_CHALLENGE},
        progress=lambda row: None,
    )
    rows = rehearse_organization(play, artifacts(play, organization.groups, ()))
    assert len(rows) > 5
    assert all(row.ok and row.enrolled for row in rows), rows


def test_a_computer_takes_both_enrolments_and_a_person_the_own_one(world):
    """The scope of the node says whose it is; without a word of whose, two are one too many."""
    (syncml,) = [g.content for g in artifacts(company(world), BOTH.groups, ()) if g.kind == "syncml"]
    syncml = syncml.replace(b"${challenge}", b"ABC").replace(b"${device.id}", b"9f8b")
    asked = {h: read_windows(syncml, holder=h).enrolment for h in Holder}
    assert asked[Holder.USER] != asked[Holder.DEVICE]
    with pytest.raises(DeviceError, match="enrol twice"):
        read_windows(syncml)
    alone = syncml.replace(b"./User/", b"./Device/")
    with pytest.raises(DeviceError, match=r"nothing enrols in the scope \./User/"):
        read_windows(alone, holder=Holder.USER)


def test_a_network_before_one_of_two_enrolments_fails(world):
    """A profile that lands before its certificate is refused, whoever's the certificate is."""
    (syncml,) = [g.content for g in artifacts(company(world), BOTH.groups, ()) if g.kind == "syncml"]
    head, exec_, tail = syncml.rpartition(b"Install/Enroll")
    broken = head.replace(b"<Exec>", b"<Get>").replace(b"</Exec>", b"</Get>") + exec_ + tail
    with pytest.raises(DeviceError):
        read_windows(broken, holder=Holder.USER)


def test_files_of_the_second_take_the_place_of_the_firsts():
    """What is there once for both is given to each."""
    kinds = ("syncml", "script", "script-device", "wlan-profile")
    given = [Given(path=k, group="g", platform="windows", kind=k, content=k.encode()) for k in kinds]
    first, second = seats(given)
    assert (first.holder, [g.path for g in first.artifacts]) == (
        Holder.USER,
        ["syncml", "script", "wlan-profile"],
    )
    assert (second.holder, {g.kind: g.path for g in second.artifacts}) == (
        Holder.DEVICE,
        {"script": "script-device", "syncml": "syncml", "wlan-profile": "wlan-profile"},
    )


def test_one_kind_is_one_seat():
    """A group with one profile is played as ever."""
    given = [Given(path=k, group="g", platform="windows", kind=k, content=b"") for k in ("syncml", "script")]
    (only,) = seats(given)
    assert (only.holder, only.artifacts) == (None, tuple(given))


def test_what_is_not_offered_leads_to_the_profile_of_its_holder():
    """Each certificate has a line of its own in org.yaml."""
    text = (Path(__file__).parents[2] / "orgs" / "acme.yaml").read_text()
    machine = (
        "  machine:\n    holder: device\n    subject: {common_name: '${device.id}'}\n    valid_for: 365d\n"
    )
    text = text.replace("groups:\n", machine + "groups:\n").replace(
        "profile: person", "profile: [person, machine]"
    )
    organization = loads(text)
    row = Result(group="staff", platform="windows", network="corp (device)", failed=Step.OFFER)
    assert "profiles.machine" in located(organization, replace(row, holder=Holder.DEVICE)).where
    assert "profiles.person" in located(organization, replace(row, holder=Holder.USER)).where
