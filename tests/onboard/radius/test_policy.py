"""Who is let in where, as values."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.northwind import CAMPUS_RADIUS, NORTHWIND, STAFF, STAFF_CA, STUDENTS, certificates

from onboard.errors import OnboardError, PkiError
from onboard.radius import make_policy


def test_each_group_by_its_own_authority():
    """Where every group has its own authority, the issuer decides alone."""
    policy = make_policy(NORTHWIND, CAMPUS_RADIUS, certificates())
    staff, students = policy.rules
    assert (staff.ssids, staff.wired, staff.vlan, staff.subject) == (("Northwind",), True, 20, "")
    assert (students.ssids, students.wired, students.vlan) == (("Northwind",), False, 30)
    assert staff.issuer != students.issuer
    assert [c.name for c in policy.trusted] == ["staff", "root", "students"]
    assert policy.crl_urls["root"] == "http://pki.northwind.example/crl/root.crl"


def test_groups_that_share_an_authority_are_told_apart_by_subject():
    """The whole subject is matched; a variable never reaches over a slash."""
    shared = replace(NORTHWIND, groups=(STAFF, replace(STUDENTS, authority=STAFF_CA)))
    staff, students = make_policy(shared, CAMPUS_RADIUS, certificates()).rules
    mine = "/CN=ada@northwind.example/OU=staff/O=Northwind University"
    assert re.search(staff.subject, mine)
    assert not re.search(students.subject, mine)
    for forged in (
        "/CN=x/OU=staff/O=Northwind University/OU=students/O=Northwind University",
        "/CN=x/OU=students/O=Northwind University",
        mine + "/CN=y",
        "/O=x" + mine,
    ):
        assert not re.search(staff.subject, forged)


def test_groups_that_nothing_tells_apart_are_refused():
    """Two groups with the same issuer and the same fixed subject would share VLANs at random."""
    profile = replace(STUDENTS.profile, subject=STUDENTS.profile.subject[:1])
    twins = tuple(replace(STUDENTS, name=name, profile=profile) for name in ("a", "b"))
    with pytest.raises(OnboardError, match="apart"):
        make_policy(replace(NORTHWIND, groups=twins), CAMPUS_RADIUS, certificates())


def test_groups_of_another_radius_are_strangers():
    """A server decides about the groups of its own networks only."""
    elsewhere = replace(CAMPUS_RADIUS, name="elsewhere")
    assert make_policy(NORTHWIND, elsewhere, certificates()).rules == ()


def test_absent_authority_names_the_cure():
    """Before `ca init` there is nothing to trust."""
    with pytest.raises(PkiError) as caught:
        make_policy(NORTHWIND, CAMPUS_RADIUS, {})
    assert "onboard ca init" in caught.value.hint
