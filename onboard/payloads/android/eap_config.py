"""GroupPlan -> `.eap-config`, the EAP metadata of draft-winter-opsawg-eap-metadata that geteduroam reads.

The format has no element for SCEP: the client part stays empty, and the description says so. What it does
carry is the network and whom to trust, which is what people get wrong by hand.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from xml.etree import ElementTree as ET

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.eap import domain_suffixes
from onboard.plan import GroupPlan, NetworkPlan

EAP_TLS = 13  # IANA EAP method type


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One file for each group, `GROUP/android/GROUP.eap-config`, UTF-8 XML; none without Wi-Fi."""
    del spelling  # nothing in it depends on a person or a device
    if not _by_trust(plan):
        return ()
    root = ET.Element("EAPIdentityProviderList")
    for trust in _by_trust(plan):
        root.append(_provider(plan, trust))
    ET.indent(root)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    return (
        Artifact(
            path=f"{plan.group}/android/{plan.group}.eap-config",
            group=plan.group,
            platform=Platform.ANDROID,
            kind="eap-config",
            media_type="application/eap-config",
            content=content,
            secret=False,
        ),
    )


def _by_trust(plan: GroupPlan) -> tuple[tuple[NetworkPlan, ...], ...]:
    """Networks that demand the same of the server stand together: one provider has one set of demands.

    The schema has wired networks (IEEE8023), but no Android client reads them, and `check` says so.
    """
    groups: dict[tuple[object, ...], list[NetworkPlan]] = {}
    for network in plan.networks:
        if network.ssid is None:
            continue
        demands = (network.server_names, tuple(anchor.sha256 for anchor in network.anchors))
        groups.setdefault(demands, []).append(network)
    return tuple(tuple(networks) for networks in groups.values())


def _provider(plan: GroupPlan, networks: tuple[NetworkPlan, ...]) -> ET.Element:
    # Clients know the realm namespace alone; the id tells profiles apart and is never looked up.
    place = plan.identifier("eap-config", networks[0].name)
    provider = ET.Element(
        "EAPIdentityProvider",
        {"ID": place, "namespace": "urn:RFC4282:realm", "version": "1", "lang": "en"},
    )
    methods = ET.SubElement(provider, "AuthenticationMethods")
    method = ET.SubElement(methods, "AuthenticationMethod")
    ET.SubElement(ET.SubElement(method, "EAPMethod"), "Type").text = str(EAP_TLS)
    _server(ET.SubElement(method, "ServerSideCredential"), networks[0])
    ET.SubElement(method, "ClientSideCredential")
    _applicability(ET.SubElement(provider, "CredentialApplicability"), networks)
    _provider_info(ET.SubElement(provider, "ProviderInfo"), plan)
    return provider


def _server(parent: ET.Element, network: NetworkPlan) -> None:
    for anchor in network.anchors:
        element = ET.SubElement(parent, "CA", {"format": "X.509", "encoding": "base64"})
        element.text = base64.b64encode(anchor.der).decode()
    for name in domain_suffixes(network.server_names):  # clients compare them as suffixes
        ET.SubElement(parent, "ServerID").text = name


def _applicability(parent: ET.Element, networks: tuple[NetworkPlan, ...]) -> None:
    for network in networks:
        wifi = ET.SubElement(parent, "IEEE80211")
        ET.SubElement(wifi, "SSID").text = str(network.ssid)
        ET.SubElement(wifi, "MinRSNProto").text = "CCMP"


def _provider_info(parent: ET.Element, plan: GroupPlan) -> None:
    ET.SubElement(parent, "DisplayName").text = f"{plan.organization_name} ({plan.title})"
    ET.SubElement(parent, "Description").text = (
        "Network and server trust only. This format cannot carry SCEP enrolment: the client certificate "
        f"comes from {plan.organization_name} by another way and is chosen when the network is joined."
    )
    if plan.support.email or plan.support.url:
        helpdesk = ET.SubElement(parent, "Helpdesk")
        if plan.support.email:
            ET.SubElement(helpdesk, "EmailAddress").text = plan.support.email
        if plan.support.url:
            ET.SubElement(helpdesk, "WebAddress").text = plan.support.url
