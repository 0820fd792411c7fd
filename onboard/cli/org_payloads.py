"""What an org definition generates, in memory: the sides of `onboard diff` that are org definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli.session import open_session
from onboard.model import Challenge, ChallengeType, Group, Organization

if TYPE_CHECKING:
    from onboard.changes import Change, Comparison


def payloads_of(org: Path, *, secrets: bool) -> Mapping[str, bytes]:
    """The neutral payloads of every group, by path.

    Args:
        org: the org definition; its `pki/` is beside it.
        secrets: whether static challenges are resolved. Without them their place is kept, so that two
            definitions can be compared where no secret is.

    Raises:
        OnboardError: the definition has mistakes, or a certificate or secret that it needs is not there.
    """
    from onboard.compose import compose
    from onboard.compose.spelling import neutral
    from onboard.pki import read_certificates
    from onboard.plan import make_plan

    session = open_session(org)
    certificates = read_certificates(session.organization, session.folder)
    found: dict[str, bytes] = {}
    for group in session.organization.groups:
        challenge = session.static_challenge(group) if secrets else None
        plan = make_plan(session.organization, group, certificates, challenge)
        for checked in compose(plan, neutral):
            found[checked.artifact.path] = checked.artifact.content
    return found


def settings_changes(old: Path, new: Path) -> Mapping[str, Comparison]:
    """What changes beside the payloads: the challenges, whose secrets are not read."""
    from onboard.changes import Comparison

    before, after = (_groups(open_session(path).organization) for path in (old, new))
    found = {
        f"{name} (challenge)": Comparison(
            changes=tuple(_challenge(before[name].challenge, after[name].challenge))
        )
        for name in before.keys() & after.keys()
    }
    return {name: found[name] for name in sorted(found) if found[name].changes}


def _groups(organization: Organization) -> Mapping[str, Group]:
    return {group.name: group for group in organization.groups}


def _challenge(old: Challenge, new: Challenge) -> Iterator[Change]:
    from onboard.changes import Change, Effect

    if old.type is not new.type:
        yield Change(
            where="challenge.type",
            what=f"{old.type} becomes {new.type}: payloads of before no longer enrol",
            effects=(Effect.REINSTALL,),
        )
    elif old.type is not ChallengeType.ONE_TIME and old.secret != new.secret:
        kept = [former.until for former in new.also_accept if former.secret == old.secret]
        end = f"enrol until {kept[0]} only" if kept else "no longer enrol"
        yield Change(
            where="challenge.secret",
            what=f"it comes from elsewhere; if it is another secret, payloads of before {end}",
            effects=(Effect.REINSTALL,),
        )
