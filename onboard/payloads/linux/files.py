"""Where the enrolment script puts a group's files on a computer, so that every network file finds them."""

from __future__ import annotations

from onboard.plan import GroupPlan, NetworkPlan


def folder(plan: GroupPlan) -> str:
    """The group's folder; the script creates it, root only."""
    return f"/etc/onboard/{plan.group}"


def private_key(plan: GroupPlan) -> str:
    """The RSA key that certmonger made, PEM, not encrypted, 0600."""
    return f"{folder(plan)}/key.pem"


def certificate(plan: GroupPlan) -> str:
    """The certificate that was issued, PEM."""
    return f"{folder(plan)}/certificate.pem"


def trust(plan: GroupPlan, network: NetworkPlan) -> str:
    """The roots of the network's RADIUS server, PEM, several where several are trusted."""
    return f"{folder(plan)}/{trust_name(network)}"


def trust_name(network: NetworkPlan) -> str:
    """File name of `trust` inside the folder."""
    return f"trust-{network.name}.pem"
