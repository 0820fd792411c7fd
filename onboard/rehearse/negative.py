"""What must fail: certificates and servers that are not what they should be, and who turns them away.

Every scene begins with a device that got onto the network, so that a refusal is about the one thing changed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509

from onboard.devices.radius.eapol import NO_ANSWER
from onboard.devices.scep.client import Identity
from onboard.errors import OnboardError
from onboard.provision import Site
from onboard.radius import Policy, ServerCertificate
from onboard.rehearse import forgeries
from onboard.rehearse.radius_server import LocalRadius, running_radius
from onboard.rehearse.result import Result, Step
from onboard.rehearse.stage import Member
from scep_server.authority import IssuingAuthority

Crls = Mapping[str, x509.CertificateRevocationList]
Revoke = Callable[[int], Crls]
"""Puts the certificate with a serial on the CRL of its issuer; gives the CRLs of every trusted authority."""


class Negative(enum.StrEnum):
    """What is wrong in a scene."""

    REVOKED = "revoked certificate"
    EXPIRED = "expired certificate"
    UNKNOWN_CA = "certificate of an unknown CA"
    FOREIGN_NETWORK = "a network of other groups"
    WRONG_NAME = "server certificate with a wrong name"
    UNKNOWN_SERVER = "server certificate of an unknown CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A RADIUS entry of the org that plays here."""

    policy: Policy
    certificate: ServerCertificate
    crls: Crls
    server: LocalRadius


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenes:
    """Everything that the scenes of one RADIUS entry are made of.

    Attributes:
        entry: the genuine server.
        members: devices that it let in, each with the network.
        site: whose keys sign the forgeries.
        revoke: None where that would be for real.
        folder: a private folder.
    """

    entry: Entry
    members: Sequence[Member]
    site: Site
    revoke: Revoke | None
    folder: Path = field(repr=False)

    def play(self) -> Iterator[Result]:
        """A row for each scene; `ok` where somebody refused as it should be."""
        if not self.members:
            return
        first = self.members[0]
        yield from self._on_devices(first)
        yield from self._on_networks()
        yield from self._on_servers()
        if self.revoke is not None:  # last: from here on its certificate is worth nothing
            yield self._revoked(first, self.revoke)

    def _on_devices(self, member: Member) -> Iterator[Result]:
        issuer, serial, now = self._issuer(member), self.site.serial, self.site.now
        if issuer is not None:
            identity = forgeries.run_out(member.identity, issuer, serial(), now)
            yield _try(Negative.EXPIRED, member, self.entry.server, identity)
            stranger = forgeries.of_a_look_alike(member.identity, issuer.certificate, serial(), now)
            yield _try(Negative.UNKNOWN_CA, member, self.entry.server, stranger)

    def _on_networks(self) -> Iterator[Result]:
        """For each group the first network, if there is one, that only others may use."""
        for group in dict.fromkeys(member.group for member in self.members):
            own = {network.name for network in self.site.organization.group(group).networks}
            insider = next(m for m in self.members if m.group == group)
            other = next((m for m in self.members if m.label not in own), None)
            if other is not None:
                outside = replace(insider, network=other.network, label=other.label)
                yield _try(Negative.FOREIGN_NETWORK, outside, self.entry.server, insider.identity)

    def _on_servers(self) -> Iterator[Result]:
        """Each platform refuses by its own artifact, so each is asked."""
        issuer, serial, now = self._issuer(self.members[0]), self.site.serial, self.site.now
        genuine = self.entry.certificate
        stranger = forgeries.server_of_a_stranger(genuine, serial(), now)
        servers = {Negative.UNKNOWN_SERVER: stranger}
        if issuer is not None and self._is_trusted(issuer):
            servers[Negative.WRONG_NAME] = forgeries.server_of_another_name(issuer, serial(), now)
        platforms: dict[str, Member] = {}
        for member in self.members:
            platforms.setdefault(member.platform, member)
        for negative, forged in servers.items():
            folder = self.folder / negative.name.lower()
            with running_radius(self.entry.policy, forged, self.entry.crls, folder) as server:
                for member in platforms.values():
                    yield _try(negative, member, server, member.identity)

    def _revoked(self, member: Member, revoke: Revoke) -> Result:
        crls = revoke(member.identity.certificate.serial_number)
        with running_radius(
            self.entry.policy, self.entry.certificate, crls, self.folder / "revoked"
        ) as server:
            return _try(Negative.REVOKED, member, server, member.identity)

    def _issuer(self, member: Member) -> IssuingAuthority | None:
        authority = self.site.organization.group(member.group).authority
        return self.site.issuing(authority.name)

    def _is_trusted(self, issuer: IssuingAuthority) -> bool:
        """Whether devices trust this PKI for RADIUS; if not, its certificates are strangers anyway."""
        names = {anchor.name for anchor in self.entry.policy.radius.trust}
        authority = self.site.organization.authority(issuer.name)
        return any(a.name in names for a in self.site.organization.chain(authority))


def _try(negative: Negative, member: Member, server: LocalRadius, identity: Identity) -> Result:
    row = Result(
        group=member.group,
        platform=member.platform,
        network=member.label,
        read=True,
        enrolled=True,
        negative=negative.value,
    )
    chain = (*identity.others, *(c for c in member.chain if c not in identity.others))
    try:
        outcome = server.authenticate(member.group, member.network, identity, chain)
    except OnboardError as error:
        return replace(row, reason=f"not played: {error}", failed=Step.JOIN)
    if outcome is None:
        return replace(row, reason="not played", failed=Step.JOIN)
    if outcome.accepted:
        return replace(row, authenticated=True, vlan=outcome.vlan, reason="was let in", failed=Step.JOIN)
    refused = outcome.reason != NO_ANSWER
    failed = None if refused else Step.JOIN
    return replace(row, authenticated=False, ok=refused, reason=outcome.reason, failed=failed)
