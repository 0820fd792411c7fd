"""What must fail does fail, and a RADIUS server that is too kind is found out."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.changes import plist
from support.northwind import NORTHWIND, STAFF_CHALLENGE
from support.seeded_faults import EAP
from support.world import make_world

from onboard.model import Platform
from onboard.radius.policy import Opening
from onboard.rehearse import faketime, radius_server, servers
from onboard.rehearse.company import Company
from onboard.rehearse.from_site import fetch_crls, labels
from onboard.rehearse.negative import Negative, Scenes
from onboard.rehearse.organization import artifacts, rehearse_organization
from onboard.rehearse.play import rehearse
from onboard.rehearse.radius_server import LocalRadius, running_radius
from onboard.rehearse.stage import Member, Outcome, Stage
from onboard.rehearse.values import Fillings
from scep_server.sqlite_store import SqliteStore
from scep_server.store import RevocationReason

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not radius_server.is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Company:
    site = make_world(tmp_path_factory.mktemp("northwind")).site
    return Company(site=site, challenges={"staff": STAFF_CHALLENGE}, negative=True, progress=lambda row: None)


@pytest.fixture(scope="module")
def scenes(company, tmp_path_factory) -> Scenes:
    """The genuine server with the devices that it let in; nothing can be revoked yet."""
    folder: Path = tmp_path_factory.mktemp("scenes")
    members: list[Member] = []
    given = artifacts(company, NORTHWIND.groups, ())
    with (
        closing(SqliteStore(folder / "store")) as store,
        servers.day(company, folder / "store", folder, timedelta(0)) as today,
    ):
        stage = Stage(
            client=today.client,
            values=Fillings(site=company.site, store=store).on(today.now),
            now=today.now,
            authenticator=today.authenticator,
            label=labels(NORTHWIND),
            joined=members.append,
        )
        rehearse(given, stage)

        def revoke(serial: int):
            store.revoke(serial, RevocationReason.KEY_COMPROMISE, datetime.now(UTC))
            return fetch_crls(today.entries["campus"].policy, today.client)

        yield Scenes(
            entry=today.entries["campus"],
            members=members,
            site=company.site,
            revoke=revoke,
            folder=folder / "negative",
        )


def test_everything_that_must_fail_is_refused(company):
    """Each scene is there and is refused; devices judge servers on every platform."""
    rows = rehearse_organization(company, artifacts(company, NORTHWIND.groups, ()))
    negative = [row for row in rows if row.negative]
    assert all(row.ok and row.authenticated is False and row.reason for row in negative), negative
    assert {row.negative for row in negative} == {scene.value for scene in Negative}
    assert {r.platform for r in negative if r.negative == Negative.WRONG_NAME} == {
        "apple",
        "windows",
        "chromeos",
        "linux",
    }
    told = {row.negative: row.reason for row in negative}
    assert "revoked" in told[Negative.REVOKED]
    assert "expired" in told[Negative.EXPIRED]
    assert "device refused the RADIUS server" in told[Negative.WRONG_NAME]


@pytest.mark.skipif(faketime.library() is None, reason="libfaketime is not installed")
def test_another_day_beside_changes_nothing(company):
    """CRLs of a day after the certificates' end leave theirs out; those of today must not follow."""
    both = replace(company, ahead=timedelta(days=400))
    rows = rehearse_organization(both, artifacts(both, NORTHWIND.groups, (Platform.LINUX,)))
    negative = [row for row in rows if row.negative]
    assert negative
    assert all(row.ok for row in negative), negative


def test_a_profile_without_server_names_is_found_out(company):
    """Such an Apple device works, and lets any server of the root have its certificate: only this tells."""
    change = plist(*EAP, "TLSTrustedServerNames", value=[])
    given = [
        replace(g, content=change(g.content)) if g.kind == "mobileconfig" else g
        for g in artifacts(company, NORTHWIND.groups[:1], (Platform.APPLE,))
    ]
    rows = rehearse_organization(company, given)
    assert all(row.ok for row in rows if not row.negative)
    (row,) = [row for row in rows if row.negative == Negative.WRONG_NAME]
    assert (row.ok, row.reason) == (False, "was let in")


def test_a_stale_crl_is_found_out(scenes, tmp_path):
    """A server that never hears of the revocation lets the device in, and the row fails."""
    old = scenes.entry.crls
    deaf = replace(scenes, revoke=lambda serial: old, folder=tmp_path)
    (row,) = [row for row in deaf.play() if row.negative == Negative.REVOKED]
    assert (row.ok, row.authenticated, row.reason) == (False, True, "was let in")


def test_a_policy_that_is_too_wide_is_found_out(scenes, tmp_path):
    """A server that takes everybody everywhere fails the scene of the foreign network."""
    entry = scenes.entry
    wide = replace(
        entry.policy,
        rules=tuple(
            replace(rule, openings=(*rule.openings, Opening(ssid="", vlan=1))) for rule in entry.policy.rules
        ),
    )
    with running_radius(wide, entry.certificate, entry.crls, tmp_path / "wide") as server:
        kind = replace(scenes, entry=replace(entry, server=server), revoke=None, folder=tmp_path)
        rows = {row.negative: row for row in kind.play()}
    assert not rows[Negative.FOREIGN_NETWORK].ok
    assert rows[Negative.EXPIRED].ok


class Silent(LocalRadius):
    def __init__(self) -> None:
        pass

    def authenticate(self, group, network, identity, chain, site="") -> Outcome:
        return Outcome(accepted=False, reason="the RADIUS server did not answer")


def test_silence_is_no_refusal(scenes, tmp_path):
    """A server that is down proves nothing."""
    entry = replace(scenes.entry, server=Silent())
    rows = list(replace(scenes, entry=entry, revoke=None, folder=tmp_path).play())
    assert not any(row.ok for row in rows if row.negative in (Negative.EXPIRED, Negative.UNKNOWN_CA))
