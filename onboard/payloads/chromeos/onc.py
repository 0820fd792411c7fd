"""GroupPlan -> Open Network Configuration, the network file of ChromeOS (Chromium's `onc_spec.md`).

The file is valid as device policy, as user policy and as a manual import alike: it has neither `Recommended`
nor a `GlobalNetworkConfiguration`. ONC's own placeholders (`${CERT_...}`) are filled in on the device and
are a world apart from our `${variables}`, none of which occurs here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping

from onboard.artifact import Artifact
from onboard.model import NetworkType, Platform
from onboard.payloads.chromeos.placement import ANYWHERE, Placement, check, global_configuration
from onboard.payloads.eap import IdentitySource, all_exact, domain_suffixes, identity
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan

MEDIA_TYPE = "application/x-onc"

# onc_spec.md, "String Substitutions": filled in once a client certificate matched, at both policy levels.
_EXPANSIONS = {
    IdentitySource.EMAIL: "${CERT_SAN_EMAIL}",
    IdentitySource.UPN: "${CERT_SAN_UPN}",
    IdentitySource.COMMON_NAME: "${CERT_SUBJECT_COMMON_NAME}",
}


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One ONC file, `GROUP/chromeos/GROUP.onc`, UTF-8 JSON."""
    del spelling  # the device reads the identity from its certificate; no variable of ours is left to spell
    content = json.dumps(document(plan), indent=2, ensure_ascii=False) + "\n"
    return (
        Artifact(
            path=f"{plan.group}/chromeos/{plan.group}.onc",
            group=plan.group,
            platform=Platform.CHROMEOS,
            kind="onc",
            media_type=MEDIA_TYPE,
            content=content.encode(),
            secret=False,
        ),
    )


def document(plan: GroupPlan, placement: Placement = ANYWHERE) -> dict[str, object]:
    """The ONC as JSON values.

    Raises:
        PayloadError: the placement does not fit the group.
    """
    check(plan, placement)
    return {
        "Type": "UnencryptedConfiguration",
        **global_configuration(placement),
        "NetworkConfigurations": [_network(plan, network, placement) for network in networks(plan)],
        "Certificates": [
            {
                "GUID": certificate_guid(plan, certificate),
                "Type": "Authority",
                # Bare base64 without white space; line breaks would need the armour of PEM.
                "X509": base64.b64encode(certificate.der).decode(),
            }
            for certificate in plan.anchors
        ],
    }


def networks(plan: GroupPlan) -> tuple[NetworkPlan, ...]:
    """The plan's networks that ChromeOS can hold: every Wi-Fi, and the wired one that is preferred.

    ChromeOS keeps one 802.1X Ethernet configuration, the last of a file, so the others are left out.
    """
    wired = [network for network in plan.networks if network.type is NetworkType.ETHERNET][:1]
    return tuple(n for n in plan.networks if n.type is NetworkType.WIFI or n in wired)


def certificate_guid(plan: GroupPlan, certificate: PublicCertificate) -> str:
    """By fingerprint: during a rollover the old and the new CA stand side by side."""
    return str(plan.uuid("chromeos", "certificate", certificate.sha256.hex()))


def network_guid(plan: GroupPlan, network: NetworkPlan) -> str:
    """By place: a changed network updates the one that the device has."""
    return str(plan.uuid("chromeos", "network", network.name))


def network_name(plan: GroupPlan, network: NetworkPlan) -> str:
    """What the network is called in the settings."""
    return str(network.ssid) if network.ssid else f"{plan.organization_name} ({network.name})"


def eap_identity(plan: GroupPlan) -> str:
    """The EAP identity as an ONC expansion of the certificate that matched."""
    own = identity(plan)
    return _EXPANSIONS.get(own.source) or plan.group


def subject_pattern(plan: GroupPlan) -> dict[str, str]:
    """The fixed organizational unit of the group's certificates, which tells groups of one CA apart.

    Empty where the profile has none: a pattern that the certificate does not meet leaves the device silent.
    """
    fixed = [
        str(part.value)
        for part in plan.scep.subject
        if part.type.key == "organizational_unit" and not part.value.variables
    ]
    return {"OrganizationalUnit": fixed[0]} if fixed else {}


def _network(plan: GroupPlan, network: NetworkPlan, placement: Placement) -> dict[str, object]:
    entry: dict[str, object] = {
        "GUID": network_guid(plan, network),
        "Name": network_name(plan, network),
    }
    if network.ssid is None:
        ethernet = {"Authentication": "8021X", "EAP": _eap(plan, network, placement)}
        return {**entry, "Type": "Ethernet", "Ethernet": ethernet}
    wifi = {
        "SSID": network.ssid.text,
        "Security": "WPA-EAP",  # ONC has no value of its own for WPA3
        "HiddenSSID": network.hidden,
        "AutoConnect": True,  # absent means false
        "EAP": _eap(plan, network, placement),
    }
    return {**entry, "Type": "WiFi", "WiFi": wifi}


def _eap(plan: GroupPlan, network: NetworkPlan, placement: Placement) -> dict[str, object]:
    return {
        "Outer": "EAP-TLS",
        "Identity": eap_identity(plan),
        "SaveCredentials": True,  # the specification allows a stored Identity only with it
        "UseSystemCAs": False,  # absent means true: any public CA could vouch for the server
        "ServerCARefs": [certificate_guid(plan, anchor) for anchor in network.anchors],
        **_server_names(network),
        **_client_certificate(plan, placement),
    }


def _server_names(network: NetworkPlan) -> Mapping[str, object]:
    suffixes = {"DomainSuffixMatch": list(domain_suffixes(network.server_names))}
    if not all_exact(network.server_names):
        return suffixes  # both lists must match, and the exact one cannot say `*.`
    exact = [{"Type": "DNS", "Value": name} for name in network.server_names]
    return {"SubjectAlternativeNameMatch": exact, **suffixes}


def _client_certificate(plan: GroupPlan, placement: Placement) -> Mapping[str, object]:
    if placement.provisioning_profile_id:
        return {
            "ClientCertType": "ProvisioningProfileId",
            "ClientCertProvisioningProfileId": placement.provisioning_profile_id,
        }
    # The immediate issuer is compared, which is why the issuing CA is among the certificates.
    pattern: dict[str, object] = {"IssuerCARef": [certificate_guid(plan, signer) for signer in plan.signers]}
    if subject := subject_pattern(plan):
        pattern["Subject"] = subject
    return {"ClientCertType": "Pattern", "ClientCertPattern": pattern}
