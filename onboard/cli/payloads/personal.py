"""`onboard generate --for NAME`: everything filled in, a minted challenge for each, signed where possible."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli.certificates.challenge import mint_one, record
from onboard.cli.keys import site_of
from onboard.cli.payloads.selection import Selection
from onboard.cli.session import Session, parse_values
from onboard.cli.terminal import console
from onboard.model import Group, Platform

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.compose import CheckedArtifact
    from onboard.pki import PublicCertificate
    from onboard.plan import GroupPlan
    from onboard.provision.minting import Minted
    from onboard.signing import Signer
    from onboard.variables import Holder

_RENEW = "'onboard ca init' makes a new one; devices show an unsigned profile as not signed"


class _Workshop:
    """Makes one person's artifacts and remembers the challenges that were minted for them."""

    def __init__(self, session: Session, key_passphrase: str | None) -> None:
        from onboard.pki import read_certificates

        self._session = session
        self._certificates: Mapping[str, PublicCertificate] = read_certificates(
            session.organization, session.folder
        )
        self._signer = _signer(session, key_passphrase)
        self.minted: list[Minted] = []

    @property
    def signs(self) -> bool:
        """Whether there is a certificate to sign with."""
        return self._signer is not None

    def make(
        self, group: Group, platform: Platform, name: str, assigned: Mapping[str, str]
    ) -> list[CheckedArtifact]:
        """The artifacts of one device; each enrolment in them has a challenge of its own."""
        from onboard.plan import make_plan
        from onboard.provision.minting import values_for

        plan = make_plan(self._session.organization, group, self._certificates, None).on(platform)
        device = str(uuid.uuid4())
        values = {own.holder: values_for(own.profile, name, assigned, device) for own in plan.certificates}
        made: list[CheckedArtifact] = []
        fresh = self._compose(plan, group, platform, values)
        for position in range(len(fresh.artifacts)):
            one = fresh.artifacts[position]
            if fresh.is_spent(one):
                fresh = self._compose(plan, group, platform, values)
                one = fresh.artifacts[position]
            self.minted += fresh.spend(one)
            made.append(one)
        return made

    def _compose(
        self, plan: GroupPlan, group: Group, platform: Platform, values: Mapping[Holder, Mapping[str, str]]
    ) -> _Batch:
        from onboard.compose import compose
        from onboard.compose.spelling import for_whom, personal

        own = {profile.holder: profile.variables for profile in group.profiles}
        minted = {
            holder: mint_one(
                self._session,
                group,
                # Of two, each binds what its certificate names, so that it is good for no other, also where
                # the platform has one of them alone.
                {n: v for n, v in bound.items() if n in own[holder]} if group.second_profile else bound,
            )
            for holder, bound in values.items()
        }
        together = {name: value for bound in values.values() for name, value in bound.items()}
        challenges = {holder: one.challenge for holder, one in minted.items()}
        filled = for_whom(plan.with_challenges(challenges), together)
        artifacts = compose(filled, personal(filled, together), platforms=[platform], signer=self._signer)
        return _Batch(artifacts, list(minted.values()))


@dataclass(slots=True)
class _Batch:
    """Artifacts that were made with the same challenges; each challenge may leave in one of them."""

    artifacts: Sequence[CheckedArtifact]
    minted: list[Minted]
    gone: list[Minted] = field(default_factory=list)

    def is_spent(self, checked: CheckedArtifact) -> bool:
        """Whether an artifact holds a challenge that another has taken along."""
        return any(self._holds(checked, one) for one in self.gone)

    def spend(self, checked: CheckedArtifact) -> list[Minted]:
        """What an artifact takes along."""
        taken = [one for one in self.minted if self._holds(checked, one)]
        self.gone += taken
        return taken

    @staticmethod
    def _holds(checked: CheckedArtifact, one: Minted) -> bool:
        # A minted challenge is letters and digits, which no format escapes; a signature leaves them readable.
        return one.challenge.reveal().encode() in checked.artifact.content


def generate_personal(
    session: Session,
    out: Path,
    selection: Selection,
    holder: str,
    assigned: Sequence[str] | None,
    key_passphrase: str | None,
) -> str:
    """Write the personal payloads of one person or device; the sentence that says what was done."""
    from onboard.output import write

    workshop = _Workshop(session, key_passphrase)
    artifacts: list[CheckedArtifact] = []
    for group in selection.groups:
        for platform in group.platforms:
            if selection.holds(group.name, platform):
                artifacts += workshop.make(group, platform, holder, parse_values(assigned))
    record(session, workshop.minted)
    write(out, session.organization.identifier, artifacts)
    if session.organization.signing is None and workshop.signs:
        _say_not_verified(artifacts)
    made = f"{console.count(len(artifacts), 'payload')} for {holder} in {out}"
    if not workshop.minted:
        return made
    soonest = min(one.record.expires for one in workshop.minted)
    return f"{made}; each challenge works once, until {soonest:%Y-%m-%d %H:%M}Z"


def _say_not_verified(artifacts: Sequence[CheckedArtifact]) -> None:
    if any(checked.artifact.kind == "mobileconfig" for checked in artifacts):
        console.note(
            "Apple devices call these profiles not verified, because they do not know our root yet; a"
            " certificate of a public CA under `signing:` shows as verified"
        )


def _signer(session: Session, key_passphrase: str | None) -> Signer | None:
    from onboard.provision.hierarchy import leaves
    from onboard.provision.serving import Loader
    from onboard.signing import Signer

    if session.organization.signing is not None:
        from onboard.signing import read_signer

        files = session.organization.signing
        return read_signer(session.folder / files.certificate, session.folder / files.key)
    site = site_of(session, key_passphrase)
    pair = Loader.of(site).profile_signer()
    if pair is None:
        console.warn("there is no valid certificate to sign with, so nothing is signed", hint=_RENEW)
        return None
    issuer = next(leaf.issuer for leaf in leaves(site.organization) if leaf.kind.value == "signing")
    chain = site.organization.chain(site.organization.authority(issuer))
    certificates = (site.certificate(authority.name) for authority in chain)
    return Signer(
        certificate=pair.certificate, key=pair.key, chain=tuple(c for c in certificates if c is not None)
    )
