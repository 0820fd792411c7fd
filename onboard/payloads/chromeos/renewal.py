"""When a Chromebook asks for the next certificate."""

from __future__ import annotations

from datetime import timedelta

from onboard.plan import GroupPlan


def renewal(plan: GroupPlan) -> timedelta:
    """How long before the end: the profile's `renew_within`, but never more than half of the life.

    A profile whose `renew_within` is the whole life takes renewals at any time; a device that was told so
    would ask for the next certificate as soon as it has one.
    """
    return min(plan.profile.renew_within, plan.profile.valid_for / 2)
