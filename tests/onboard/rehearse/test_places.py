"""The line of org.yaml to look at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import CAMPUS, CAMPUS_RADIUS, NORTHWIND, STAFF

from onboard.errors import Place
from onboard.rehearse.places import located
from onboard.rehearse.result import Result, Step


def at(line: int, where: str) -> Place:
    return Place(path="org.yaml", line=line, column=3, where=where)


RADIUS = replace(CAMPUS_RADIUS, place=at(31, "radius.campus"))
GROUP = replace(
    STAFF,
    place=at(50, "groups.staff"),
    authority=replace(STAFF.authority, place=at(16, "authorities.staff")),
    challenge=replace(STAFF.challenge, place=at(58, "groups.staff.challenge")),
    profile=replace(STAFF.profile, place=at(80, "profiles.user-eap-tls")),
    networks=(replace(CAMPUS, radius=RADIUS),),
)
ORG = replace(NORTHWIND, groups=(GROUP,), scep=replace(NORTHWIND.scep, place=at(90, "scep")))


@pytest.mark.parametrize(
    ("step", "where"),
    [
        (Step.READ, "groups.staff"),
        (Step.REACH, "scep"),
        (Step.TRUST, "authorities.staff"),
        (Step.ENROL, "groups.staff.challenge"),
        (Step.OFFER, "profiles.user-eap-tls"),
        (Step.JOIN, "radius.campus"),
        (Step.VLAN, "groups.staff"),
    ],
)
def test_each_step_has_its_line(step, where):
    """What decides about a step is where to look."""
    result = Result(group="staff", platform="apple", network="campus", failed=step)
    assert located(ORG, result).where.endswith(f":3: {where}")


def test_success_and_strangers_have_no_line():
    """Nothing to look at where nothing failed."""
    assert located(ORG, Result(group="staff", platform="apple", network="campus", ok=True)).where == ""
    assert located(ORG, Result(group="x", platform="apple", network="campus", failed=Step.READ)).where == ""
