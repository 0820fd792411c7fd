"""One-time challenges: which values they bind, and their minting. Pure; clock and entropy are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from onboard.errors import VariableError
from onboard.model import EnrollmentProfile, Group
from onboard.provision.state import Entropy
from onboard.secret import Secret
from onboard.variables import VARIABLES, matches_form
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
    values: dict[str, str] = {}
    if name is not None:
        if "@" in name:
            values |= {"user.email": name, "user.upn": name}
        else:
            values["user.name"] = name
        if "device.id" in profile.variables:
            values["device.id"] = device_id
    values |= assigned
    wrong = [variable for variable, value in values.items() if not _fits(profile, variable, value)]
    if wrong:
        wanted = ", ".join(f"{v}={profile.values.get(v) or VARIABLES[v].example}" for v in wrong)
        message = f"profile {profile.name} cannot take the value of {', '.join(wrong)}"
        raise VariableError(message, wrong, hint=f"it has to be like {wanted}")
    return values


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


def _fits(profile: EnrollmentProfile, variable: str, value: str) -> bool:
    return matches_form(variable, value) and fits(profile.values.get(variable, "*"), value)
