"""GroupPlan -> ordered Chrome Policy API requests, with a report of what that API cannot hold.

Shapes follow the discovery document of `chromepolicy` v1 and the `chrome.networks` policy schemas. Values
that only the tenant knows stand in single braces: `{customer}`, `{orgunit}`, and `{STEP.networkId}` for the
answer of an earlier step. They are never our `${variables}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.chromeos import onc
from onboard.payloads.eap import all_exact, domain_suffixes
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

_SCOPE = "https://www.googleapis.com/auth/chrome.management.policy"
_TARGET = "orgunits/{orgunit}"
_NETWORKS = "v1/customers/{customer}/policies/networks"


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One request list, `GROUP/chromeos/GROUP.policy.json`."""
    del spelling  # the identity is an ONC expansion, filled in on the device
    content = json.dumps(document(plan), indent=2, ensure_ascii=False) + "\n"
    return (
        Artifact(
            path=f"{plan.group}/chromeos/{plan.group}.policy.json",
            group=plan.group,
            platform=Platform.CHROMEOS,
            kind="chrome-policy",
            media_type="application/json",
            content=content.encode(),
            secret=False,
        ),
    )


def document(plan: GroupPlan) -> dict[str, object]:
    """Requests to define, in order; requests to remove, in order; and the losses."""
    certificates = {_certificate_step(anchor): anchor for anchor in plan.anchors}
    networks = onc.networks(plan)
    return {
        "api": "chromepolicy.v1",
        "scope": _SCOPE,
        "level": plan.holder.value,
        "placeholders": {
            "customer": "my_customer, or the customer id that begins with C",
            "orgunit": "the id of the org unit that gets the networks; groups are not possible targets",
            "STEP.networkId": "the networkId that the step of that id answered",
        },
        "define": [
            *(_define_certificate(step, anchor) for step, anchor in certificates.items()),
            *(_define_network(plan, network) for network in networks),
        ],
        # Networks first: a certificate that a network still names cannot be removed.
        "remove": [
            *(_remove(_network_step(network), "removeNetwork") for network in reversed(networks)),
            *(_remove(step, "removeCertificate") for step in reversed(certificates)),
        ],
        "losses": list(losses(plan)),
    }


def losses(plan: GroupPlan) -> Iterator[dict[str, str]]:
    """What the ONC says and the API has no field for, each with its effect."""
    kept = onc.networks(plan)
    for network in plan.networks:
        if network not in kept:
            yield {
                "network": network.name,
                "field": "Ethernet",
                "effect": "left out: ChromeOS keeps one wired 802.1X network, the first of the group",
            }
            continue
        if len(network.anchors) > 1:
            others = ", ".join(anchor.common_name for anchor in network.anchors[1:])
            yield {
                "network": network.name,
                "field": "ServerCARefs",
                "effect": f"the API holds one server CA; servers under these are refused: {others}",
            }
        if all_exact(network.server_names):
            yield {
                "network": network.name,
                "field": "SubjectAlternativeNameMatch",
                "effect": "only DomainSuffixMatch is left: servers whose names end in these are accepted too",
            }
        yield {
            "network": network.name,
            "field": "ClientCertPattern.IssuerCARef",
            "effect": "the client certificate is chosen by the issuer's common name, not by its certificate",
        }


def _certificate_step(certificate: PublicCertificate) -> str:
    return f"certificate-{certificate.sha256.hex()[:16]}"


def _network_step(network: NetworkPlan) -> str:
    return f"network-{network.name}"


def _define_certificate(step: str, certificate: PublicCertificate) -> dict[str, object]:
    return {
        "id": step,
        "method": "POST",
        "path": f"{_NETWORKS}:defineCertificate",
        "body": {
            "targetResource": _TARGET,
            "ceritificateName": certificate.common_name,  # spelled so in the API
            "certificate": certificate.pem,
            "settings": [_switch("certificates", "Devices", on=True)],
        },
    }


def _define_network(plan: GroupPlan, network: NetworkPlan) -> dict[str, object]:
    medium = "ethernet" if network.ssid is None else "wifi"
    details = _ethernet(plan, network) if network.ssid is None else _wifi(plan, network)
    return {
        "id": _network_step(network),
        "method": "POST",
        "path": f"{_NETWORKS}:defineNetwork",
        "body": {
            "targetResource": _TARGET,
            "name": onc.network_name(plan, network),
            "settings": [
                {"policySchema": f"chrome.networks.{medium}.Details", "value": {"details": details}},
                # A device-level network finds device-wide certificates only, never a person's.
                _switch(medium, "Users", on=plan.holder is Holder.USER),
                _switch(medium, "Devices", on=plan.holder is Holder.DEVICE),
            ],
        },
    }


def _remove(step: str, method: str) -> dict[str, object]:
    return {
        "id": f"remove-{step}",
        "method": "POST",
        "path": f"{_NETWORKS}:{method}",
        "body": {"targetResource": _TARGET, "networkId": f"{{{step}.networkId}}"},
    }


def _switch(medium: str, who: str, *, on: bool) -> dict[str, object]:
    return {
        "policySchema": f"chrome.networks.{medium}.AllowForChrome{who}",
        "value": {f"allowForChrome{who}": on},
    }


def _wifi(plan: GroupPlan, network: NetworkPlan) -> dict[str, object]:
    return {
        "name": onc.network_name(plan, network),
        "ssid": str(network.ssid),
        "hiddenSsid": network.hidden,
        "automaticallyConnect": True,
        "security": "WPA-EAP",
        "eap": _eap(plan, network),
    }


def _ethernet(plan: GroupPlan, network: NetworkPlan) -> dict[str, object]:
    return {
        "name": onc.network_name(plan, network),
        "authentication": "8021X",
        "eap": _eap(plan, network),
    }


def _issuer(plan: GroupPlan) -> dict[str, str]:
    """The issuer's common name; in a rollover, when there are two of them, the organization they share."""
    organizations = {signer.organization for signer in plan.signers}
    if len(plan.signers) > 1 and len(organizations) == 1 and organizations != {""}:
        return {"organization": plan.issuing.organization}
    return {"commonName": plan.issuing.common_name}


def _eap(plan: GroupPlan, network: NetworkPlan) -> dict[str, object]:
    pattern: dict[str, object] = {"issuer": _issuer(plan)}
    subject = onc.subject_pattern(plan)
    if subject:
        pattern["subject"] = {"organizationalUnit": subject["OrganizationalUnit"]}
    return {
        "outerProtocol": "EAP-TLS",
        "identity": onc.eap_identity(plan),
        "useSystemCas": False,
        "serverCaRef": f"{{{_certificate_step(network.anchors[0])}.networkId}}",
        "domainSuffixMatch": list(domain_suffixes(network.server_names)),
        "clientCertPattern": pattern,
    }
