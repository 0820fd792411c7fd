"""What `onboard doctor` may enrol with: challenges and a name that were given, or a group of an org."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from onboard.cli.certificates.challenge import mint_one, record
from onboard.cli.session import Session
from onboard.cli.usage import UsageError
from onboard.secret import Secret

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.devices.scep.ca_certificates import Fingerprint
    from onboard.doctor import Tickets


def tickets_of_wish(
    given: Sequence[Secret], subject: str | None, alternative_names: Sequence[str]
) -> Tickets | None:
    """Tickets for a name that somebody wishes; None: nothing is given, so nothing is enrolled.

    Raises:
        UsageError: a challenge without a name, or a name without one.
    """
    from onboard.doctor.tickets import Challenges, Wish, WishTickets

    if bool(given) != (subject is not None) or (alternative_names and not given):
        msg = "to enrol, doctor needs a challenge and a subject"
        raise UsageError(msg, hint="give --challenge and --subject, or --group with the org that has it")
    if subject is None:
        return None
    wish = Wish.parse(subject, alternative_names)
    return WishTickets(wish=wish, challenges=Challenges(given), run=_run())


def tickets_of_group(
    session: Session, name: str, values: Mapping[str, str], given: Sequence[Secret]
) -> tuple[Tickets, Fingerprint]:
    """Tickets for a device of a group, and the fingerprint of the authority that it enrols with.

    Where no challenge is given and the group shares none, one is minted for each enrolment.

    Raises:
        OnboardError: there is no group of that name.
    """
    from onboard.devices.scep.ca_certificates import Fingerprint
    from onboard.doctor.tickets import Challenges, GroupTickets
    from onboard.pki import read_certificates

    (group,) = session.groups([name])
    challenges, static = Challenges(given), session.static_challenge(group)

    def challenge(bound: Mapping[str, str]) -> Secret:
        known = challenges.next() or static
        if known is not None:
            return known
        minted = mint_one(session, group, bound)
        record(session, [minted])
        return minted.challenge

    certificates = read_certificates(session.organization, session.folder)
    pin = Fingerprint(certificates[group.authority.name].sha256)
    organization = session.organization
    tickets = GroupTickets(
        organization=organization, group=group, values=values, challenge=challenge, run=_run()
    )
    return tickets, pin


def _run() -> str:
    """What tells the names of one run from those of another."""
    return secrets.token_hex(3)
