"""Organization -> who is let in where: rules by issuing authority, subject and network. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onboard.errors import OnboardError, PkiError
from onboard.model import Authority, EnrollmentProfile, Group, Network, Organization, Radius
from onboard.names import EXTENDED_KEY_USAGES
from onboard.options import EapMethod
from onboard.pki import PublicCertificate
from onboard.radius.openssl_names import attribute_line, escaped, one_line
from onboard.radius.quoting import literal
from onboard.variables import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One network that a group may use, and the VLAN there."""

    ssid: str  # empty: the wire, or a partner's
    vlan: int | None  # None: as the access point or switch has it
    by_site: tuple[tuple[str, int], ...] = ()  # where another VLAN is nearer
    partners: bool = False  # Passpoint: any SSID that is not one of the org's

    @property
    def place(self) -> str:
        """For people."""
        return "partners (Passpoint)" if self.partners else self.ssid or "the wire"

    @property
    def assignments(self) -> tuple[tuple[str, int], ...]:
        """(site, VLAN), the one for all other sites last, with an empty name."""
        return self.by_site if self.vlan is None else (*self.by_site, ("", self.vlan))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One group: which certificates are its members', where they may go, what they get."""

    group: str
    authority: str  # name of the issuer in the org
    issuer: str  # TLS-Client-Cert-Issuer
    subject: str  # regular expression over the whole TLS-Client-Cert-Subject; empty: the issuer tells
    openings: tuple[Opening, ...]
    reply: tuple[tuple[str, str], ...] = ()  # further attributes

    @property
    def ssids(self) -> tuple[str, ...]:
        """Its Wi-Fi networks."""
        return tuple(opening.ssid for opening in self.openings if opening.ssid)

    @property
    def wired(self) -> bool:
        """Whether it may use the wire."""
        return any(not opening.ssid and not opening.partners for opening in self.openings)

    @property
    def roams(self) -> bool:
        """Whether it may use the networks of Passpoint partners."""
        return any(opening.partners for opening in self.openings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that the configuration is made of."""

    organization: str
    radius: Radius
    client_auth: str  # the extended key usage that is demanded, dotted OID
    rules: tuple[Rule, ...]
    trusted: tuple[PublicCertificate, ...]  # issuing authorities and their issuers, each once
    crl_urls: Mapping[str, str]  # by authority name
    tunnels: bool = False  # PEAP with EAP-TLS inside is served as well
    known_ssids: tuple[str, ...] = ()  # of the whole org: none of them is a partner's

    @property
    def ssids(self) -> tuple[str, ...]:
        """Every SSID that this server decides about."""
        return tuple(dict.fromkeys(ssid for rule in self.rules for ssid in rule.ssids))

    @property
    def roams(self) -> bool:
        """Whether some group may use the networks of Passpoint partners."""
        return any(rule.roams for rule in self.rules)


def make_policy(
    organization: Organization, radius: Radius, certificates: Mapping[str, PublicCertificate]
) -> Policy:
    """The policy of one RADIUS server (or cluster) of the organization.

    Args:
        organization: the whole definition.
        radius: one of its RADIUS entries; groups whose networks name another one are strangers to it.
        certificates: public certificates by authority name.

    Raises:
        PkiError: the certificate of an authority is not there yet.
        OnboardError: two groups of one authority get the same certificates.
    """
    members = [group for group in organization.groups if _networks(group, radius)]
    accepted = [authority for group in members for authority in group.authorities]
    authorities = {a.name: a for authority in accepted for a in organization.chain(authority)}
    rules = tuple(
        dict.fromkeys(  # a former name makes no difference where the issuer alone tells groups apart
            _rule(organization, group, _Kind(name, profile), authority, radius, certificates)
            for group in members
            for authority in group.authorities
            for name in group.names
            for profile in group.profiles
        )
    )
    _demand_distinct(rules)
    return Policy(
        organization=organization.name,
        radius=radius,
        client_auth=EXTENDED_KEY_USAGES["client-auth"],
        rules=rules,
        trusted=tuple(_certificate(certificates, name) for name in authorities),
        crl_urls=_crl_urls(organization, tuple(authorities.values()), certificates),
        tunnels=any(n.eap is EapMethod.PEAP_TLS for group in members for n in _networks(group, radius)),
        known_ssids=_known_ssids(organization),
    )


def _known_ssids(organization: Organization) -> tuple[str, ...]:
    """Every SSID of the org, those of other RADIUS entries and the onboarding network among them."""
    start = organization.onboarding
    ssids = [network.ssid for network in organization.networks] + ([start.ssid] if start else [])
    return tuple(dict.fromkeys(ssid.text for ssid in ssids if ssid is not None))


def _networks(group: Group, radius: Radius) -> tuple[Network, ...]:
    return tuple(network for network in group.networks if radius.name in {r.name for r in network.servers})


def _openings(group: Group, radius: Radius) -> tuple[Opening, ...]:
    """One for each network; a wire looks like any other to RADIUS, so two of them must agree.

    Raises:
        OnboardError: they do not.
    """
    networks = _networks(group, radius)
    openings = dict.fromkeys(_opening(group, network, radius) for network in networks)
    if any(network.passpoint and network.passpoint.roaming_consortiums for network in networks):
        openings[Opening(ssid="", vlan=None, partners=True)] = None  # whose VLANs are not ours to say
    if sum(not opening.ssid and not opening.partners for opening in openings) > 1:
        msg = f"{group.place}: the wired networks of {group.name} have different VLANs"
        raise OnboardError(msg, hint="a switch does not say which wire it is; give them one VLAN, or sites")
    return tuple(openings)


def _opening(group: Group, network: Network, radius: Radius) -> Opening:
    vlan = group.vlan_on(network.name)
    at = ((client.name, group.vlan_on(network.name, client.name)) for client in radius.clients)
    return Opening(
        ssid="" if network.ssid is None else network.ssid.text,
        vlan=vlan,
        by_site=tuple((site, other) for site, other in at if other is not None and other != vlan),
    )


def _crl_urls(
    organization: Organization,
    authorities: tuple[Authority, ...],
    certificates: Mapping[str, PublicCertificate],
) -> Mapping[str, str]:
    """Where the CRL of each authority is; of somebody else's, where the certificates that it issued say.

    Raises:
        OnboardError: those say nothing that can be fetched, and without its CRL nobody would be let in.
    """
    urls = {a.name: organization.pki.crl_url(a.name) for a in authorities if a.is_ours}
    for foreign in (a for a in authorities if not a.is_ours):
        below = (_certificate(certificates, a.name) for a in authorities if a.issuer == foreign.name)
        found = [url for certificate in below for url in certificate.crl_urls if url.startswith("http://")]
        if not found:
            msg = f"{foreign.place}: no certificate that {foreign.name!r} issued here names its CRL by http"
            raise OnboardError(msg, hint="ask its owner for certificates with a CRL distribution point")
        urls[foreign.name] = found[0]
    return urls


@dataclass(frozen=True, slots=True)
class _Kind:
    """Certificates that a group has or had: by one of its keys, and one of its profiles."""

    group: str
    profile: EnrollmentProfile


def _rule(
    organization: Organization,
    group: Group,
    kind: _Kind,
    authority: Authority,
    radius: Radius,
    certificates: Mapping[str, PublicCertificate],
) -> Rule:
    issuer = _certificate(certificates, authority.name)
    shared = [other for other in organization.groups if authority.name in {a.name for a in other.authorities}]
    return Rule(
        group=group.name,
        authority=authority.name,
        issuer=one_line(issuer.parsed.subject),
        subject=_subject_pattern(organization, kind) if len(shared) > 1 else "",
        openings=_openings(group, radius),
        reply=tuple(group.reply.items()),
    )


def _certificate(certificates: Mapping[str, PublicCertificate], name: str) -> PublicCertificate:
    try:
        return certificates[name]
    except KeyError:
        msg = f"the certificate of authority {name!r} is not there yet (pki/{name}.pem)"
        raise PkiError(msg, hint="run 'onboard ca init' first") from None


def _subject_pattern(organization: Organization, kind: _Kind) -> str:
    """The profile's subject, anchored at both ends, with `[^/]*` for each variable.

    The fixed parts tell the groups of one authority apart. A variable may hold a slash (an address can), and
    must not match one here: `a/OU=staff` as a name would make anybody staff.
    """
    known = {"organization.name": organization.name, "group.name": kind.group}
    parts = (_attribute_pattern(a.type.oid, a.value.bind(known)) for a in kind.profile.subject)
    return "^" + "".join(parts) + "$"


def _attribute_pattern(oid: str, value: Template) -> str:
    head, *_ = attribute_line(oid, "x").partition("=")
    parts = (literal(escaped(p)) if isinstance(p, str) else "[^/]*" for p in value.parts)
    return literal(head) + "=" + "".join(parts)


def _demand_distinct(rules: tuple[Rule, ...]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for rule in rules:
        other = seen.setdefault((rule.issuer, rule.subject), rule.group)
        if other != rule.group:
            msg = f"nothing in their certificates tells the groups {other} and {rule.group} apart"
            raise OnboardError(msg, hint="put ${group.name} into the subject of their profile")
