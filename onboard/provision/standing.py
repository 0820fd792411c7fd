"""Everything of an organization that expires, is missing or grows stale, in one list, soonest first. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, time, timedelta

from onboard import catalogue
from onboard.model import Organization
from onboard.provision.report import Outcome, Row
from onboard.secret import SecretReference
from scep_server.store import GroupEnding

CATALOGUE_LASTS = timedelta(days=365)  # services move their hosts; a year old, a whitelist has holes


class State(enum.StrEnum):
    """How it stands with something."""

    OK = "ok"
    SEALED = "sealed"  # its key was taken away, as it should be
    MISSING = "missing"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One thing.

    Attributes:
        kind: of a row, or secret, catalogue or certificates.
        name: of the authority, group, radius, file, tag or secret.
        state: how it stands at the moment of asking.
        ends: when it must be replaced, aware UTC; None: it never ends, or is missing.
        remark: what it is, and what to do where there is something to do.
    """

    kind: str
    name: str
    state: State
    ends: datetime | None = None
    remark: str = ""

    def fails(self, now: datetime, within: timedelta) -> bool:
        """Whether it is missing, has ended, or ends within that time."""
        if self.state in (State.MISSING, State.EXPIRED):
            return True
        return self.ends is not None and self.ends <= now + within


def standings(
    organization: Organization,
    rows: Iterable[Row],
    unset: Mapping[str, str],
    endings: Iterable[GroupEnding],
    now: datetime,
) -> tuple[Standing, ...]:
    """All of it, soonest first; what is missing comes before that.

    Args:
        organization: whose.
        rows: of `inspect`.
        unset: secrets that cannot be had: as the org names them, and why.
        endings: of the certificates issued.
        now: aware UTC.
    """
    found = [_of_row(row, now) for row in rows]
    found += [
        Standing(kind="secret", name=name, state=State.MISSING, remark=why) for name, why in unset.items()
    ]
    found += _catalogue(organization, now)
    found += [_of_group(ending) for ending in endings]
    return tuple(sorted(found, key=lambda standing: _urgency(standing, now)))


def secret_references(value: object) -> Iterator[SecretReference]:
    """Every reference to a secret below a value of the model, in the order of the model's fields."""
    if isinstance(value, SecretReference):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from secret_references(getattr(value, one.name))
    elif isinstance(value, Mapping):
        yield from secret_references(tuple(value.values()))
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from secret_references(item)


def _of_row(row: Row, now: datetime) -> Standing:
    state = State.SEALED if row.outcome is Outcome.SEALED else State.OK
    if row.not_after is None:
        state = State.MISSING
    elif now >= row.not_after:
        state = State.EXPIRED
    remark = row.remark or row.subject
    return Standing(kind=row.kind.value, name=row.name, state=state, ends=row.not_after, remark=remark)


def _catalogue(organization: Organization, now: datetime) -> Iterator[Standing]:
    services = organization.onboarding.services if organization.onboarding else ()
    for tag in catalogue.closure(services):
        checked = min((row.checked for row in tag.rows), default=None)
        if checked is not None:
            ends = datetime.combine(checked, time(), UTC) + CATALOGUE_LASTS
            yield Standing(
                kind="catalogue",
                name=tag.name,
                state=State.EXPIRED if now >= ends else State.OK,
                ends=ends,
                remark=f"whitelist facts checked on {checked}; a newer onboard brings newer ones",
            )


def _of_group(ending: GroupEnding) -> Standing:
    number = f"{ending.count} certificates are" if ending.count > 1 else "1 certificate is"
    return Standing(
        kind="certificates",
        name=ending.group,
        state=State.OK,
        ends=ending.first,
        remark=f"{number} in use and not renewed; this is when the first one ends",
    )


def _urgency(standing: Standing, now: datetime) -> tuple[bool, datetime, str, str]:
    return standing.ends is not None, standing.ends or now, standing.kind, standing.name
