"""When Chromebooks renew: as the profile says, and never so early that they renew without end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.northwind import staff_plan

from onboard.payloads.chromeos.renewal import renewal

DAYS = st.integers(1, 3650).map(lambda number: timedelta(days=number))


def test_as_the_profile_says():
    """A window of some weeks is taken as it is."""
    assert renewal(staff_plan()) == timedelta(days=30)


@given(valid_for=DAYS, renew_within=DAYS)
def test_never_without_end(valid_for, renew_within):
    """A new certificate is never old enough to be renewed, even where the server takes renewals always."""
    plan = staff_plan()
    profile = replace(plan.profile, valid_for=valid_for, renew_within=min(renew_within, valid_for))
    found = renewal(replace(plan, profile=profile))
    assert timedelta(0) < found <= valid_for / 2
