"""Organization -> who is let in where: rules by issuing authority, subject and network. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onboard.errors import OnboardError, PkiError
from onboard.model import Authority, Group, Network, NetworkType, Organization, Radius
from onboard.names import EXTENDED_KEY_USAGES
from onboard.pki import PublicCertificate
from onboard.radius.openssl_names import attribute_line, escaped, one_line
from onboard.radius.quoting import literal
from onboard.variables import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One group: which certificates are its members', where they may go, what they get."""

    group: str
    issuer: str  # TLS-Client-Cert-Issuer
    subject: str  # regular expression over the whole TLS-Client-Cert-Subject; empty: the issuer tells
    ssids: tuple[str, ...]
    wired: bool
    vlan: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that the configuration is made of."""

    organization: str
    radius: Radius
    client_auth: str  # the extended key usage that is demanded, dotted OID
    rules: tuple[Rule, ...]
    trusted: tuple[PublicCertificate, ...]  # issuing authorities and their issuers, each once
    crl_urls: Mapping[str, str]  # by authority name

    @property
    def ssids(self) -> tuple[str, ...]:
        """Every SSID that this server decides about."""
        return tuple(dict.fromkeys(ssid for rule in self.rules for ssid in rule.ssids))


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
            _rule(organization, group, name, authority, radius, certificates)
            for group in members
            for authority in group.authorities
            for name in group.names
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
    )


def _networks(group: Group, radius: Radius) -> tuple[Network, ...]:
    return tuple(network for network in group.networks if network.radius.name == radius.name)


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


def _rule(
    organization: Organization,
    group: Group,
    name: str,
    authority: Authority,
    radius: Radius,
    certificates: Mapping[str, PublicCertificate],
) -> Rule:
    networks = _networks(group, radius)
    issuer = _certificate(certificates, authority.name)
    shared = [other for other in organization.groups if authority.name in {a.name for a in other.authorities}]
    return Rule(
        group=group.name,
        issuer=one_line(issuer.parsed.subject),
        subject=_subject_pattern(organization, group, name) if len(shared) > 1 else "",
        ssids=tuple(network.ssid.text for network in networks if network.ssid is not None),
        wired=any(network.type is NetworkType.ETHERNET for network in networks),
        vlan=group.vlan,
    )


def _certificate(certificates: Mapping[str, PublicCertificate], name: str) -> PublicCertificate:
    try:
        return certificates[name]
    except KeyError:
        msg = f"the certificate of authority {name!r} is not there yet (pki/{name}.pem)"
        raise PkiError(msg, hint="run 'onboard ca init' first") from None


def _subject_pattern(organization: Organization, group: Group, name: str) -> str:
    """The profile's subject, anchored at both ends, with `[^/]*` for each variable.

    The fixed parts tell the groups of one authority apart. A variable may hold a slash (an address can), and
    must not match one here: `a/OU=staff` as a name would make anybody staff.
    """
    known = {"organization.name": organization.name, "group.name": name}
    parts = (_attribute_pattern(a.type.oid, a.value.bind(known)) for a in group.profile.subject)
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
