"""A group whose requests wait for a person: approved on a throw-away server, told on the org's own."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from support.changes import Change, plist, text
from support.northwind import NORTHWIND, STAFF, STAFF_CHALLENGE
from support.world import World, make_world

from onboard.devices.apple.profile import read_profile
from onboard.devices.errors import FailInfo, ScepFailureError, ScepPendingError
from onboard.devices.fill_in import fill_in
from onboard.devices.scep.client import ScepClient
from onboard.devices.scep.request_shape import FAMILIES
from onboard.errors import OnboardError
from onboard.model import ChallengeType, Platform
from onboard.rehearse.approving import approver, onlooker
from onboard.rehearse.organization import Company, artifacts, rehearse_organization
from onboard.rehearse.play import rehearse
from onboard.rehearse.result import Step
from scep_server.sqlite_store import SqliteStore

WAITING = replace(
    NORTHWIND,
    groups=(
        replace(
            STAFF,
            platforms=(Platform.APPLE, Platform.WINDOWS, Platform.LINUX),
            challenge=replace(STAFF.challenge, type=ChallengeType.APPROVAL, valid_for=timedelta(days=7)),
        ),
    ),
)


@pytest.fixture(autouse=True)
def _without_radius(monkeypatch):
    """Approval is about enrolment; nobody needs FreeRADIUS."""
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("waiting"), WAITING)


def play(world: World, *changes: tuple[str, Change], ahead: timedelta = timedelta(0)):
    company = Company(
        site=world.site, challenges={"staff": STAFF_CHALLENGE}, ahead=ahead, progress=lambda row: None
    )
    given = artifacts(company, WAITING.groups, ())
    for kind, change in changes:
        given = [replace(g, content=change(g.content)) if g.kind == kind else g for g in given]
    return {row.platform: row for row in rehearse_organization(company, given)}


def test_every_device_is_approved_and_comes_back(world):
    """Each polls in its own way after somebody's approval, and the row says how long it would have."""
    rows = play(world)
    assert all(row.ok and row.enrolled for row in rows.values()), rows
    assert all("'onboard cert approve'" in row.reason for row in rows.values())
    assert {platform: row.reason.partition("asks ")[2] for platform, row in rows.items()} == {
        "apple": "60 times, 1 min apart",
        "windows": "30 times, 60 min apart",
        "linux": "until it is stopped",
    }


def test_a_push_waits_for_approval_again(world):
    """An Apple device enrols anew; the others renew by the old certificate, which needs nobody."""
    rows = play(world, ahead=timedelta(days=341))
    assert all(row.ok for row in rows.values()), rows
    assert rows["apple"].renewal == "renewed by MDM push, approved again"
    assert rows["linux"].renewal == "renewed by certmonger"


def test_a_payload_that_never_asks_again_is_found_out(world):
    """Retries of 0 means that PENDING is the end for the device."""
    rows = play(
        world,
        ("mobileconfig", plist("security.scep", "PayloadContent", "Retries", value=0)),
        ("syncml", text(r"Install/RetryCount.*?Data>(30)<", "31")),
    )
    assert (rows["apple"].ok, rows["apple"].failed) == (False, Step.ENROL)
    assert "takes for a failure" in rows["apple"].reason
    assert "RetryCount" in rows["windows"].reason
    assert rows["linux"].ok


def test_at_the_orgs_own_server_the_row_says_who_decides(world):
    """Nobody approves there; the request is named as `cert pending` names it."""
    with world.stage() as stage, closing(SqliteStore(world.site.state.store)) as store:
        looking = replace(stage, decide=onlooker(store, stage.now))
        apple = [g for g in world.artifacts if g.platform == "apple"]
        rows = rehearse(apple, looking)
        (waiting,) = store.pending(stage.now, "staff")
    assert all(not row.ok and row.failed is Step.ENROL for row in rows)
    assert all(f"'onboard cert approve {waiting.id}'" in row.reason for row in rows)


def test_nothing_that_waits_cannot_be_approved(world):
    """A transaction that the queue does not know is an error, not an approval."""
    with closing(SqliteStore(world.site.state.store)) as store:
        decide = approver(WAITING, store, world.site.now)
        with pytest.raises(OnboardError, match="nothing waits"):
            decide("staff", "somebody else's")


@pytest.mark.parametrize("shape", FAMILIES, ids=lambda s: s.name)
def test_every_family_polls(world, shape):
    """CertPoll: PENDING before the decision, the certificate after it, badCertId for another transaction."""
    given = next(g for g in world.artifacts if g.kind == "mobileconfig")
    values = {"user.email": f"{shape.name[:5].strip()}@northwind.example"}
    values["user.upn"] = values["user.email"]
    enrolment = read_profile(fill_in(given.content, given.kind, values)).enrolment
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with world.stage() as stage, closing(SqliteStore(world.site.state.store)) as store:
        device = ScepClient(url=enrolment.url, client=stage.client, shape=shape, now=stage.now)
        endpoint = device.discover(enrolment.pin)
        request = device.prepare(endpoint, enrolment.request, key)
        with pytest.raises(ScepPendingError):
            device.send(endpoint, request)
        with pytest.raises(ScepPendingError):
            device.poll(endpoint, enrolment.request, request)
        with pytest.raises(ScepFailureError) as refused:
            device.poll(endpoint, enrolment.request, replace(request, transaction_id="another"))
        approver(WAITING, store, stage.now)("staff", request.transaction_id)
        identity = device.poll(endpoint, enrolment.request, request)
    assert refused.value.fail_info is FailInfo.BAD_CERT_ID
    assert identity.certificate.public_key() == key.public_key()
