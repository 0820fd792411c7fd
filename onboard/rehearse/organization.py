"""Rehearses a whole organization: its artifacts, a throw-away server with its keys, FreeRADIUS where it is.

Devices are real clients, so real certificates are issued. Their keys end with the rehearsal, and so do the
records of a throw-away server; with a live server the records stay, as for any device.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from onboard.compose import compose
from onboard.compose.spelling import neutral
from onboard.model import ChallengeType, Group, Organization, Platform
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.radius import Policy
from onboard.rehearse.approving import approver, onlooker
from onboard.rehearse.company import Company
from onboard.rehearse.from_site import air, fetch_crls, labels, sites, vlans
from onboard.rehearse.given import Given
from onboard.rehearse.negative import Crls, Scenes
from onboard.rehearse.places import located
from onboard.rehearse.play import rehearse
from onboard.rehearse.result import Result
from onboard.rehearse.servers import Day, day
from onboard.rehearse.stage import Member, Stage
from onboard.rehearse.values import Fillings
from scep_server.sqlite_store import SqliteStore
from scep_server.store import RevocationReason

__all__ = ["Company", "artifacts", "rehearse_organization"]


def artifacts(company: Company, groups: Sequence[Group], platforms: Sequence[Platform]) -> tuple[Given, ...]:
    """What `generate` would write; raises as `compose` does."""
    certificates = read_certificates(company.organization, company.site.folder)
    return tuple(
        Given.of(checked.artifact)
        for group in groups
        if not platforms or set(platforms) & set(group.platforms)
        for checked in compose(
            make_plan(company.organization, group, certificates, company.challenges.get(group.name)),
            neutral,
            platforms=platforms,
        )
    )


def rehearse_organization(company: Company, given: Sequence[Given]) -> tuple[Result, ...]:
    """Play every device of the artifacts, today and, where the company asks, on a later day; rows in order.

    Raises:
        PkiError: a key or certificate that the server needs is not here.
        StateError: the state folder cannot be used.
        EapolError: FreeRADIUS is installed and did not start.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onboard-rehearsal-")))
        path = company.site.state.store if company.live else company.store or scratch / "store.sqlite3"
        store = stack.enter_context(closing(SqliteStore(path)))
        fillings = Fillings(site=company.site, store=store, given=company.values)
        today = stack.enter_context(day(company, path, scratch / "today", ahead=timedelta(0)))
        stage = _stage(company, fillings, today)
        if company.ahead:
            then = stack.enter_context(day(company, path, scratch / "later", ahead=company.ahead))
            stage = replace(stage, later=_stage(company, fillings, then))
        members: list[Member] = []
        played = rehearse(given, replace(stage, joined=members.append))
        rows = [_remarked(company.organization, result) for result in played]
        if company.negative:
            rows += _negatives(company, store, today, members, scratch)
        return tuple(rows)


def _stage(company: Company, fillings: Fillings, today: Day) -> Stage:
    return Stage(
        client=today.client,
        values=fillings.on(today.now),
        now=today.now,
        authenticator=today.authenticator,
        vlans=vlans(company.organization),
        sites=sites(company.organization),
        label=labels(company.organization),
        air=air(company.organization),
        closed=today.closed,
        decide=onlooker(fillings.store, today.now)
        if company.live
        else approver(company.organization, fillings.store, today.now),
        progress=company.progress,
    )


def _negatives(
    company: Company, store: SqliteStore, today: Day, members: Sequence[Member], scratch: Path
) -> Iterator[Result]:
    """What must fail, at each RADIUS entry with the devices that it let in."""
    radius = {n.name: {r.name for r in n.servers} for n in company.organization.networks}
    for name, entry in today.entries.items():

        def revoke(serial: int, policy: Policy = entry.policy) -> Crls:
            store.revoke(serial, RevocationReason.KEY_COMPROMISE, today.now)
            return fetch_crls(policy, today.client)

        scenes = Scenes(
            entry=entry,
            members=[member for member in members if name in radius.get(member.label, ())],
            site=company.site,
            revoke=None if company.live else revoke,
            folder=scratch / "negative" / name,
        )
        for result in scenes.play():
            company.progress(result)
            yield located(company.organization, result)


def _remarked(organization: Organization, result: Result) -> Result:
    """With the line to look at; and what one device alone cannot show."""
    result = located(organization, result)
    one_time = organization.group(result.group).challenge.type is ChallengeType.ONE_TIME
    if result.ok and result.platform == Platform.CHROMEOS and one_time:
        # Google's form has one field for a challenge, and every Chromebook of the org unit comes with it.
        return replace(result, reason="the first Chromebook only: the connector cannot mint challenges")
    return result
