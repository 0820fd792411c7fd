"""Organization -> GroupPlan: looks up certificates, fills in what is known, puts what is asked together."""

from __future__ import annotations

from collections.abc import Mapping

from onboard.errors import PkiError
from onboard.model import ChallengeType, EnrollmentProfile, Group, Network, Organization, Platform
from onboard.options import EapMethod
from onboard.pki import PublicCertificate
from onboard.plan.group_plan import GroupPlan
from onboard.plan.parts import AltNamePart, CertificatePlan, NetworkPlan, ScepPlan, SubjectPart
from onboard.secret import Secret
from onboard.variables import Holder


def make_plan(
    organization: Organization,
    group: Group,
    certificates: Mapping[str, PublicCertificate],
    challenge: Secret | None,
) -> GroupPlan:
    """The plan of one group.

    Args:
        organization: the whole definition.
        group: one of its groups.
        certificates: public certificates by authority name or "file:PATH".
        challenge: the resolved static challenge or a minted one; None keeps `${challenge}` in its place.

    Raises:
        PkiError: a certificate that the group needs is not there.
    """
    chains = [
        tuple(_certificate(certificates, authority.name) for authority in organization.chain(accepted))
        for accepted in group.authorities
    ]
    issuing, *issuers = chains[0]
    return GroupPlan(
        organization_name=organization.name,
        organization_identifier=organization.identifier,
        support=organization.support,
        group=group.name,
        title=group.title or group.name,
        first_name=group.formerly[0] if group.formerly else "",
        platforms=group.platforms,
        profile=group.profile,
        second=_second(organization, group, challenge),
        issuing=issuing,
        issuers=tuple(issuers),
        also_accepted=tuple(chains[1:]),
        networks=tuple(_network(network, organization, certificates) for network in group.networks),
        windows=group.windows,
        apple=group.apple,
        access_for=group.access_for,
        onboarding_ssid=organization.onboarding.ssid if organization.onboarding else None,
        scep=_scep(organization, group, group.profile, challenge),
    )


def _second(organization: Organization, group: Group, challenge: Secret | None) -> CertificatePlan | None:
    profile = group.second_profile
    if profile is None:
        return None
    return CertificatePlan(profile=profile, scep=_scep(organization, group, profile, challenge))


def _scep(
    organization: Organization, group: Group, profile: EnrollmentProfile, challenge: Secret | None
) -> ScepPlan:
    known = {"organization.name": organization.name, "group.name": group.name}
    return ScepPlan(
        url=organization.scep.endpoint(group.name),
        challenge=challenge,
        subject=tuple(SubjectPart(type=a.type, value=a.value.bind(known)) for a in profile.subject),
        subject_alt_names=tuple(
            AltNamePart(kind=n.kind, value=n.value.bind(known)) for n in profile.subject_alt_names
        ),
        key_bits=profile.key.bits,
        waits=group.challenge.type is ChallengeType.APPROVAL,
    )


def _network(
    network: Network, organization: Organization, certificates: Mapping[str, PublicCertificate]
) -> NetworkPlan:
    return NetworkPlan(
        name=network.name,
        type=network.type,
        ssid=network.ssid,
        security=network.security,
        server_names=tuple(dict.fromkeys(name for server in network.servers for name in server.server_names)),
        anchors=tuple(_certificate(certificates, name) for name in _anchors(network)),
        radius=network.radius.type,
        eap=network.eap,
        fips=network.fips,
        mac_randomization=network.mac_randomization,
        hidden=network.hidden,
        outer_identity=network.outer_identity,
        passpoint=network.passpoint,
        platforms=network.platforms,
        tls=network.radius.tls,
        apple=network.apple,
        chained=_chained(network, organization, certificates) if network.eap is EapMethod.TEAP else {},
    )


def _anchors(network: Network) -> tuple[str, ...]:
    """Of all its RADIUS servers: a device cannot say which name goes with which root."""
    return tuple(dict.fromkeys(anchor.name for server in network.servers for anchor in server.trust))


def _chained(
    network: Network, organization: Organization, certificates: Mapping[str, PublicCertificate]
) -> Mapping[Holder, tuple[PublicCertificate, ...]]:
    """A computer and its user are in two groups, so the network's profile knows the issuers of all."""
    issuers: dict[Holder, dict[str, PublicCertificate]] = {Holder.DEVICE: {}, Holder.USER: {}}
    for group in organization.groups:
        if Platform.WINDOWS in group.platforms and network.name in {
            n.name for n in group.networks if n.is_for(Platform.WINDOWS)
        }:
            for authority in group.authorities:
                certificate = _certificate(certificates, authority.name)
                for profile in group.profiles:
                    issuers[profile.holder][authority.name] = certificate
    return {holder: tuple(found.values()) for holder, found in issuers.items()}


def _certificate(certificates: Mapping[str, PublicCertificate], name: str) -> PublicCertificate:
    try:
        return certificates[name]
    except KeyError:
        msg = f"the certificate of authority {name!r} is not there yet (pki/{name}.pem)"
        raise PkiError(msg, hint="run 'onboard ca init' first") from None
