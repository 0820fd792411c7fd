"""Where in org.yaml to look when a device failed: the line that decides about the step that did not work."""

from __future__ import annotations

from dataclasses import replace

from onboard.errors import Place
from onboard.model import Group, Organization
from onboard.rehearse.result import Result, Step


def located(organization: Organization, result: Result) -> Result:
    """The result with `where` filled in as `PATH:LINE:COLUMN: place`; unchanged where nothing failed."""
    group = next((g for g in organization.groups if g.name == result.group), None)
    if result.failed is None or group is None:
        return result
    place = _place(organization, group, result.failed, result)
    return replace(result, where=str(place)) if place.path else result


def _place(organization: Organization, group: Group, step: Step, result: Result) -> Place:
    match step:
        case Step.REACH:
            return organization.scep.place
        case Step.TRUST:
            return group.authority.place
        case Step.ENROL:
            return group.challenge.place
        case Step.OFFER | Step.RENEW:
            profile = next((p for p in group.profiles if p.holder is result.holder), group.profile)
            own = profile.place.path == group.place.path  # else it is the product's profile
            return profile.place if own else group.place
        case Step.JOIN:
            return next((n.radius.place for n in group.networks if n.name == result.network_key), group.place)
        case Step.READ | Step.VLAN:
            return group.place
