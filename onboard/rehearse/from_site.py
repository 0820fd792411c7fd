"""What a rehearsal of an organization takes from its own PKI: RADIUS certificate, CRLs, names and VLANs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from onboard.devices.passpoint import Offer
from onboard.devices.settings import Medium, NetworkSettings
from onboard.errors import PkiError
from onboard.model import Network, NetworkType, Organization, Radius
from onboard.provision import Kind, Site, crls
from onboard.provision.leaves import inventory, read
from onboard.radius import Policy, ServerCertificate
from onboard.rehearse.stage import Heard, Vlans
from onboard.serve import Parts, configure
from scep_server.keys import KeyStoreError
from scep_server.service.publishing import Publisher


def server_certificate(site: Site, radius: Radius) -> ServerCertificate | None:
    """The newest RADIUS certificate that `ca init` made, with its key and issuers; None where it made none.

    Raises:
        PkiError: the pair is there and cannot be read.
        StateError: the state folder cannot be used.
    """
    pairs = inventory(site.state).get((Kind.RADIUS, radius.name), ())
    pair = next((pair for pair in pairs if pair.is_whole), None)
    if pair is None:
        return None
    try:
        key = site.state.keys(Kind.RADIUS.value).load(pair.stem)
    except KeyStoreError as error:
        raise PkiError(str(error), hint=error.hint) from error
    certificate = read(site.state, Kind.RADIUS, pair)
    return ServerCertificate(
        chain=(certificate, *_intermediates(site, certificate)),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _intermediates(site: Site, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
    """The issuers up to the root, which devices hold themselves."""
    known = [found for a in site.organization.authorities if (found := site.certificate(a.name)) is not None]
    chain: list[x509.Certificate] = []
    current = certificate
    while True:
        issuer = next((c for c in known if c.subject == current.issuer), None)
        if issuer is None or issuer.subject == issuer.issuer:
            return tuple(chain)
        chain.append(issuer)
        current = issuer


def fetch_crls(policy: Policy, client: httpx.Client) -> Mapping[str, x509.CertificateRevocationList]:
    """The CRL of every trusted authority, from where the certificates say it is.

    Raises:
        PkiError: one cannot be fetched or read; RADIUS would let nobody in.
    """
    return {name: _fetch(name, url, client) for name, url in policy.crl_urls.items()}


def _fetch(name: str, url: str, client: httpx.Client) -> x509.CertificateRevocationList:
    try:
        response = client.get(url)
        response.raise_for_status()
        return x509.load_der_x509_crl(response.content)
    except (httpx.HTTPError, ValueError) as error:
        msg = f"the CRL of {name!r} at {url} cannot be had: {error}"
        raise PkiError(msg, hint="'onboard serve' publishes it") from error


def current_crls(site: Site, policy: Policy) -> Mapping[str, x509.CertificateRevocationList]:
    """The CRLs of the trusted authorities as the server publishes them now, by authority name.

    Without the issuing keys only those of offline authorities, beside their certificates in `pki/`.

    Raises:
        StateError: the state folder cannot be used.
    """
    try:
        config = configure(site, {}, parts=Parts(scep=False))
    except PkiError:
        return {c.name: crl for c in policy.trusted if (crl := crls.read(site, c.name)) is not None}
    with closing(config.open_store()) as store:
        published = {authority.name: authority for authority in config.authorities or ()}
        publisher = Publisher(published, store, lambda: site.now)
        found = {c.name: publisher.crl(c.name) for c in policy.trusted}
    return {name: x509.load_der_x509_crl(der) for name, der in found.items() if der is not None}


def labels(organization: Organization) -> Callable[[str, NetworkSettings], str]:
    """For `Stage.label`: a network by its key in org.yaml, found by SSID, or as a wired one of the group."""
    wifi = {n.ssid.octets: n.name for n in organization.networks if n.ssid is not None}
    wired = {
        group.name: tuple(n for n in group.networks if n.type is NetworkType.ETHERNET)
        for group in organization.groups
    }

    def label(group: str, network: NetworkSettings) -> str:
        if network.medium is Medium.ETHERNET:
            return _wire(wired.get(group, ()), network) or network.name
        return wifi.get(network.ssid, "") or network.name

    return label


def _wire(wires: Sequence[Network], network: NetworkSettings) -> str:
    """A wire has no name of its own, so of several it is the first whose servers the device believes."""
    believed = {name.lower() for name in network.server_names.names}
    fitting = [n for n in wires if any(believed.intersection(s.server_names) for s in n.servers)]
    return next((n.name for n in (*fitting, *wires)), "")


PARTNER_SSID = b"Passpoint partner"  # what another organization may call its network


def air(organization: Organization) -> Sequence[Heard]:
    """For `Stage.air`: each Passpoint network as the org's own access points have it, and a partner's."""
    heard = []
    for network in organization.networks:
        passpoint, ssid = network.passpoint, network.ssid
        if passpoint is None or ssid is None:
            continue
        heard.append(Heard(offer=Offer(ssid=ssid.octets, domains=(passpoint.domain,)), label=network.name))
        if passpoint.roaming_consortiums:
            partner = Offer(
                ssid=PARTNER_SSID, domains=("partner.invalid",), consortiums=passpoint.roaming_consortiums
            )
            heard.append(Heard(offer=partner, label=network.name, partner=True))
    return tuple(heard)


def vlans(organization: Organization) -> Vlans:
    """For `Stage.vlans`: what the org assigns."""
    groups = {group.name: group for group in organization.groups}
    return lambda group, network, site: groups[group].vlan_on(network, site)


def sites(organization: Organization) -> Callable[[str, str], Sequence[str]]:
    """For `Stage.sites`: where the group has another VLAN on the network than elsewhere."""
    nearer = {group.name: [key.partition("@") for key in group.vlans] for group in organization.groups}
    return lambda group, label: [site for network, _, site in nearer[group] if network == label and site]
