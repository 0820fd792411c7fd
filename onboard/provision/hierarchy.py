"""Organization -> what must exist: authorities, and the leaves of the infrastructure. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from onboard.model import Authority, Group, Organization, Radius, Security
from scep_server.authority import Shape, Urls

ROOT_CRL_VALID_FOR = timedelta(days=365)  # an authority that is offline signs its next CRL before then
RA_VALID_FOR = timedelta(days=730)
OCSP_VALID_FOR = timedelta(days=365)  # of the root's too: it is made anew when the root signs its CRL
RADIUS_VALID_FOR = timedelta(days=820)  # Apple refuses TLS servers beyond 825 days (HT210176)
SIGNER_VALID_FOR = timedelta(days=730)
RENEW_WITHIN = timedelta(days=90)  # before the end of a leaf, where its issuer's key is at hand


class Kind(enum.StrEnum):
    """What a certificate is for; a leaf's kind is the name of its folder in the state."""

    AUTHORITY = "authority"
    RA = "ra"
    OCSP = "ocsp"
    RADIUS = "radius"
    SIGNING = "signing"
    AUDIT = "audit"
    CRL = "crl"
    HTTPS = "https"  # the file of serve's --tls-cert; not ours to make
    TRUST = "trust"  # other people's authorities, which the org definition names by file


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An infrastructure certificate with a key of its own.

    Attributes:
        kind: and so the folder.
        name: in the folder.
        common_name: of its subject; empty: the organization alone.
        key: algorithm, as `scep_server.keys.generate` spells it.
        issuer: authority that signs it.
        shape: usages.
        dns_names: subject alternative names.
        valid_for: life.
    """

    kind: Kind
    name: str
    common_name: str
    key: str
    issuer: str
    shape: Shape
    dns_names: tuple[str, ...] = ()
    valid_for: timedelta


def leaves(organization: Organization) -> tuple[Leaf, ...]:
    """Every leaf: OCSP signers, RAs, RADIUS servers, the signer of profiles."""
    return tuple(_leaves(organization))


def path_length(organization: Organization, authority: Authority) -> int:
    """How many authorities may stand between this one and a leaf; a root leaves room for one to come."""
    below = [a for a in organization.authorities if a.issuer == authority.name]
    height = max((path_length(organization, child) + 1 for child in below), default=0)
    return max(height, 1) if authority.is_root else height


def is_offline(organization: Organization, authority: Authority) -> bool:
    """Whether no group enrols with it, nor did before a rollover that goes on: its key can be sealed away."""
    enrolling = {accepted.name for group in organization.groups for accepted in group.authorities}
    return authority.name not in enrolling


def deciphers(organization: Organization, authority: Authority) -> bool:
    """Whether devices of a group seal their requests to its own key, because they know no RA."""
    groups = organization.groups
    return any(group.single_certificate and group.authority.name == authority.name for group in groups)


def has_crl_file(organization: Organization, authority: Authority) -> bool:
    """Whether its CRL is signed by hand and lies in `pki/`."""
    return authority.is_ours and is_offline(organization, authority)


def crl_valid_for(organization: Organization, authority: Authority) -> timedelta:
    """From one CRL of an authority to the next."""
    usual = ROOT_CRL_VALID_FOR if is_offline(organization, authority) else organization.pki.crl_valid_for
    return authority.crl_valid_for or usual


def urls(organization: Organization, authority: str) -> Urls:
    """What certificates issued by an authority carry."""
    pki = organization.pki
    ocsp = pki.ocsp_url(authority) if pki.ocsp else ""
    return Urls(crl=pki.crl_url(authority), ocsp=ocsp, issuer=pki.issuer_url(authority))


def _leaves(organization: Organization) -> Iterator[Leaf]:
    own = [authority for authority in organization.authorities if authority.is_ours]
    for authority in own if organization.pki.ocsp else ():
        yield Leaf(
            kind=Kind.OCSP,
            name=authority.name,
            common_name=f"{authority.name} OCSP",
            # who reads the CA's signature reads this
            key="rsa-2048" if authority.key is not None and authority.key.is_rsa else "ec-p256",
            issuer=authority.name,
            shape=Shape.OCSP_SIGNER,
            valid_for=OCSP_VALID_FOR,
        )
    for group in organization.groups:
        for authority in group.authorities:
            yield _registration_authority(group, authority)
    for radius in organization.radius:
        issuer = radius_issuer(organization, radius)
        if issuer:
            yield _radius(organization, radius, issuer)
    yield Leaf(
        kind=Kind.SIGNING,
        name="profiles",
        common_name=organization.name,  # what a device shows as the signer
        key="rsa-2048",
        issuer=_signing_issuer(organization),
        shape=Shape.PROFILE_SIGNER,
        valid_for=SIGNER_VALID_FOR,
    )
    yield Leaf(
        kind=Kind.AUDIT,
        name="checkpoints",
        common_name="Audit checkpoints",
        key="ec-p256",
        issuer=_signing_issuer(organization),
        shape=Shape.AUDIT_SIGNER,
        valid_for=SIGNER_VALID_FOR,
    )


def _registration_authority(group: Group, authority: Authority) -> Leaf:
    """In a rollover each authority has an RA at the endpoint: whom a device seals to says whom it asks."""
    return Leaf(
        kind=Kind.RA,
        name=group.name,
        common_name=f"{group.name} SCEP RA",
        key="rsa-2048",  # Apple envelopes to nothing but RSA; each request costs two operations with it
        issuer=authority.name,
        shape=Shape.REGISTRATION_AUTHORITY,
        valid_for=RA_VALID_FOR,
    )


def radius_issuer(organization: Organization, radius: Radius) -> str:
    """The authority that signs the certificate of a RADIUS server; empty where another PKI does."""
    if not radius.issue:
        return ""
    names = (anchor.authority for anchor in radius.trust if anchor.authority)
    return next((name for name in names if organization.authority(name).is_ours), "")


def _radius(organization: Organization, radius: Radius, issuer: str) -> Leaf:
    suite_b = any(
        network.security is Security.WPA3_ENTERPRISE_192 and radius in network.servers
        for network in organization.networks
    )
    first = radius.server_names[0]
    return Leaf(
        kind=Kind.RADIUS,
        name=radius.name,
        common_name=first if len(first) <= 64 else "",  # X.520 upper bound; clients read the SAN
        key="rsa-3072" if suite_b else "rsa-2048",  # 192-bit mode takes RSA from 3072 bits on
        issuer=issuer,
        shape=Shape.RADIUS_SERVER,
        dns_names=radius.server_names,
        valid_for=RADIUS_VALID_FOR,
    )


def _signing_issuer(organization: Organization) -> str:
    """The first authority whose key stays online, so that the signer can be renewed without the root."""
    issuing = {group.authority.name for group in organization.groups}
    own = [authority.name for authority in organization.authorities if authority.is_ours]
    return next((name for name in own if name in issuing), own[0])
