"""Plays the devices: reads artifacts, enrols, offers the certificate on each network, tells what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from onboard.devices.errors import CaUntrustedError
from onboard.errors import OnboardError
from onboard.rehearse import later, steps
from onboard.rehearse.given import Given
from onboard.rehearse.result import Result, Step
from onboard.rehearse.seats import seats
from onboard.rehearse.stage import Member, Stage


def rehearse(artifacts: Sequence[Given], stage: Stage) -> tuple[Result, ...]:
    """Play one device for each group and platform among the artifacts.

    Args:
        artifacts: what devices and administrators would receive, unchanged.
        stage: network, values and clock.

    Returns:
        A row for each group, platform, holder and network, in the artifacts' order.
    """
    results = []
    for group, platform in dict.fromkeys((given.group, given.platform) for given in artifacts):
        own = [given for given in artifacts if (given.group, given.platform) == (group, platform)]
        for seat in seats(own):
            row = Result(group=group, platform=platform, network="", holder=seat.holder)
            for result in _play(row, seat.artifacts, stage):
                stage.progress(result)
                results.append(result)
    return tuple(results)


def _play(row: Result, artifacts: Sequence[Given], stage: Stage) -> Iterator[Result]:
    try:
        settings = steps.read(row, artifacts, stage)
    except OnboardError as error:
        yield replace(row, reason=steps.told(error), failed=Step.READ)
        return
    spots = [spot for network in settings.networks for spot in steps.spots(row, network, stage)]
    rows = tuple(row.on(spot.name) for spot in spots)
    if settings.enrolment is None:
        # Android's formats cannot enrol; an agent does, and puts the key under the alias that was read.
        yield from (replace(r, ok=True, reason="read only: this format holds no enrolment") for r in rows)
        return
    try:
        got = steps.enrol(row, settings.enrolment, settings, stage)
    except OnboardError as error:
        pin = False if isinstance(error, CaUntrustedError) else None
        yield from (
            replace(r, pinned=pin, reason=steps.told(error), failed=steps.step_of(error)) for r in rows
        )
        return
    identity = got.identity
    chain = (*settings.certificates, *identity.others)
    lived = None if stage.later is None else later.live_on(row, artifacts, settings, identity, stage.later)
    renewal = later.forecast(settings.renewal, identity.certificate)
    for r, spot in zip(rows, spots, strict=True):
        enrolled = replace(r, pinned=got.pinned, enrolled=True, renewal=renewal)
        today = _noted(steps.join(enrolled, spot, identity, chain, stage), got.remark)
        if today.authenticated and not spot.partner:
            stage.joined(Member.of(r, spot, identity, chain))
        if lived is None or stage.later is None:
            yield today
        else:
            yield later.go_on(today, spot, lived, (*chain, *lived.identity.others), stage.later)
        for site in stage.sites(r.group, spot.label) if stage.authenticator and not spot.partner else ():
            there = replace(spot, name=f"{spot.name}@{site}", site=site)
            yield steps.join(enrolled.on(there.name), there, identity, chain, stage)


def _noted(row: Result, remark: str) -> Result:
    return replace(row, reason="; ".join(filter(None, (row.reason, remark)))) if row.ok else row
