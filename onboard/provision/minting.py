"""One-time challenges: which values they bind, and their minting. Pure; clock and entropy are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from onboard.errors import VariableError
from onboard.model import EnrollmentProfile, Group
from onboard.provision.state import Entropy
from onboard.secret import Secret
from onboard.variables import KNOWN_WHEN_MADE, VARIABLES, matches_form
from scep_server import challenges
from scep_server.challenges import Challenge
from scep_server.policy.matching import fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A challenge in clear, for whoever asked, and the record that the store keeps."""

    challenge: Secret = field(repr=False)
    record: Challenge


def values_for(
    profile: EnrollmentProfile, name: str | None, assigned: Mapping[str, str], device_id: str
) -> Mapping[str, str]:
    """What a minted challenge binds, and a personal payload says.

    Args:
        profile: of the group.
        name: of `--for`: with an '@' it is user.email and, unless assigned, user.upn; otherwise user.name.
            None: only what was assigned.
        assigned: of `--set`.
        device_id: becomes device.id where the profile has it and nobody assigned one.

    Raises:
        VariableError: a value has not its variable's form, or is not among the profile's `values`; every such
            variable is named.
    """
    minted = {"device.id": device_id} if name is not None and "device.id" in profile.variables else {}
    values = {**_said(name), **minted, **assigned}
    wrong = [variable for variable, value in values.items() if not _fits(profile, variable, value)]
    if wrong:
        wanted = ", ".join(f"{v}={profile.values.get(v) or VARIABLES[v].example}" for v in wrong)
        message = f"profile {profile.name} cannot take the value of {', '.join(wrong)}"
        raise VariableError(message, wrong, hint=f"it has to be like {wanted}")
    return values


def profile_for(group: Group, name: str | None, assigned: Mapping[str, str]) -> EnrollmentProfile:
    """The profile of a group that a challenge is minted for: the first whose subject the values fill in.

    Without values the challenge binds the group only, and the profile says nothing. `device.id` is minted
    where it is not assigned, so a profile that needs nothing but that comes after those that are filled in.

    Args:
        group: with one profile or two.
        name: of `--for`.
        assigned: of `--set`.
    """
    given = {*_said(name), *assigned, *KNOWN_WHEN_MADE}
    for known in (given,) if name is None else (given, given | {"device.id"}):
        for profile in group.profiles:
            if all(v in known for attribute in profile.subject for v in attribute.value.variables):
                return profile
    return group.profile


def mint(
    group: Group,
    values: Mapping[str, str],
    *,
    valid_for: timedelta | None,
    now: datetime,
    entropy: Entropy,
    pepper: bytes,
) -> Minted:
    """A challenge for one enrolment in a group.

    Args:
        group: whose endpoints will take it.
        values: bound to it; empty binds the group only.
        valid_for: its life; the group's own when None.
        now: aware UTC.
        entropy: gives random octets.
        pepper: of the state folder.
    """
    challenge = challenges.mint(entropy(challenges.ENTROPY_BYTES))
    record = Challenge(
        id=challenges.identifier(entropy(challenges.IDENTIFIER_BYTES)),
        group=group.name,
        digest=challenges.digest(challenge, pepper),
        bound=dict(values),
        minted=now,
        expires=now + (valid_for or group.challenge.valid_for),
    )
    return Minted(challenge=Secret(challenge.reveal()), record=record)


def _said(name: str | None) -> Mapping[str, str]:
    """What the name of `--for` says."""
    if name is None:
        return {}
    return {"user.email": name, "user.upn": name} if "@" in name else {"user.name": name}


def _fits(profile: EnrollmentProfile, variable: str, value: str) -> bool:
    return matches_form(variable, value) and fits(profile.values.get(variable, "*"), value)
