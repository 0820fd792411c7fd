"""The SyncML file of a group, for any OMA-DM server: roots, issuing CA, enrolment, networks.

Paths, formats and order are those of the RootCATrustedCertificates, ClientCertificateInstall, WiFi and
WiredNetwork CSPs. The order matters: SCEP checks the root's thumbprint, and a profile that lands before its
certificate fails. A group with a certificate of the computer and one of the person has an enrolment for each,
in the scope of its holder; each is atomic.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote as percent_escape
from xml.etree import ElementTree as ET

from onboard.model import NetworkType
from onboard.options import EapMethod, KeyProtection
from onboard.payloads.windows import request
from onboard.payloads.windows.elements import branch, compact, leaf
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.wlan import profile_name, wlan_profile
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

SYNCML = "SYNCML:SYNCML1.2"
METINF = "syncml:metinf"

# The certificate of a person goes to that person's store, so does the Wi-Fi profile that uses it.
SCOPES: Mapping[Holder, str] = {Holder.USER: "./User/Vendor/MSFT", Holder.DEVICE: "./Device/Vendor/MSFT"}

# KeyProtection. A TPM refuses 4096 bits, and many fail RSA-PSS of TLS 1.2 and 1.3, so it has to be asked for.
_KEY_PROTECTION: Mapping[KeyProtection, int] = {
    KeyProtection.TPM: 1,
    KeyProtection.TPM_IF_PRESENT: 2,
    KeyProtection.SOFTWARE: 3,
}

# A person approves: the CSP asks again 30 times at most, by default 3 times within a quarter of an hour.
_MOST_RETRIES, _RETRY_MINUTES = 30, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One SyncML command on one CSP node."""

    verb: str  # Add | Exec
    uri: str  # LocURI
    format: str  # chr | int | b64 | node | null
    data: str | None = None  # None: no Data element


def syncml(plan: GroupPlan, spelling: Callable[[str], str]) -> ET.Element:
    """The SyncML document of a group.

    Args:
        plan: the group.
        spelling: how a `${variable}` is written.

    Raises:
        PayloadError: the challenge or a name cannot be carried, or a network cannot be joined by Windows.
        VariableError: `spelling` has none for a variable.
    """
    numbers = itertools.count(1)
    commands = [command_element(command, next(numbers)) for command in trust(plan)]
    for own in by_store(plan):
        number = leaf("CmdID", next(numbers))
        steps = [command_element(command, next(numbers)) for command in enrolment(own, spelling)]
        commands.append(branch("Atomic", number, *steps))
    commands += [command_element(command, next(numbers)) for command in networks(plan)]
    return branch("SyncML", branch("SyncBody", *commands, branch("Final")), xmlns=SYNCML)


def trust(plan: GroupPlan) -> Iterable[Command]:
    """Roots first, whatever the holder: the Root store exists in the device scope alone."""
    everything = sorted(plan.anchors, key=lambda certificate: not certificate.is_self_issued)
    for certificate in everything:
        store = "Root" if certificate.is_self_issued else "CA"
        yield Command(
            verb="Add",
            uri=f"{SCOPES[Holder.DEVICE]}/RootCATrustedCertificates/{store}/{_hex(certificate)}/EncodedCertificate",
            format="b64",
            data=base64.b64encode(certificate.der).decode(),
        )


def by_store(plan: GroupPlan) -> tuple[GroupPlan, ...]:
    """A plan for each certificate, the computer's first: it is there before anybody signs in."""
    return tuple(sorted(plan.certificates, key=lambda own: own.holder is not Holder.DEVICE))


def enrolment(plan: GroupPlan, spelling: Callable[[str], str]) -> Iterable[Command]:
    """ClientCertificateInstall/SCEP of one certificate: the node itself first, Exec Enroll last."""
    base = f"{SCOPES[plan.holder]}/ClientCertificateInstall/SCEP/{plan.uuid('windows', 'scep')}"
    yield Command(verb="Add", uri=base, format="node")
    for name, kind, value in _settings(plan, spelling):
        yield Command(verb="Add", uri=f"{base}/Install/{name}", format=kind, data=value)
    yield Command(verb="Exec", uri=f"{base}/Install/Enroll", format="null")


def _settings(plan: GroupPlan, spelling: Callable[[str], str]) -> Iterable[tuple[str, str, str]]:
    yield "ServerURL", "chr", plan.scep.url  # the client appends /pkiclient.exe
    yield "Challenge", "chr", request.challenge(plan, spelling)
    yield "EKUMapping", "chr", request.ekus(plan)
    yield "KeyUsage", "int", str(request.KEY_USAGE)
    yield "SubjectName", "chr", request.subject_name(plan, spelling)
    alt_names = request.subject_alt_names(plan, spelling)
    if alt_names:
        yield "SubjectAlternativeNames", "chr", alt_names
    yield "KeyProtection", "int", str(_KEY_PROTECTION[plan.windows.key_protection])
    yield "KeyLength", "int", str(plan.scep.key_bits)
    yield "HashAlgorithm", "chr", "SHA-2"
    yield "CAThumbprint", "chr", _hex(plan.root)  # of the root, not of the issuing CA and not of the RA
    if plan.scep.waits:
        yield "RetryCount", "int", str(_MOST_RETRIES)
        yield "RetryDelay", "int", str(_RETRY_MINUTES)
    yield "ValidPeriod", "chr", "Days"
    yield "ValidPeriodUnits", "int", str(plan.profile.valid_for.days)


def networks(plan: GroupPlan) -> Iterable[Command]:
    """One WLAN profile for each Wi-Fi network, at the node of its name, and one LAN profile."""
    for network in plan.networks:
        if network.type is NetworkType.WIFI:
            profile = wlan_profile(plan, network)
        elif network is csp_wire(plan):
            profile = lan_profile(plan, network)
        else:
            continue
        yield Command(verb="Add", uri=profile_uri(plan, network), format="chr", data=compact(profile))


def csp_wire(plan: GroupPlan) -> NetworkPlan | None:
    """The wired network that the WiredNetwork CSP brings: it holds one profile, so the preferred one."""
    return next((network for network in plan.networks if network.type is NetworkType.ETHERNET), None)


def profile_uri(plan: GroupPlan, network: NetworkPlan) -> str:
    """The node that takes the network's profile: the holder's, or the computer's where it serves both."""
    both = plan.second is not None or network.eap is EapMethod.TEAP
    scope = SCOPES[Holder.DEVICE if both else plan.holder]
    if network.type is NetworkType.ETHERNET:
        return f"{scope}/WiredNetwork/LanXML"  # Windows 10 1809 and later
    return f"{scope}/WiFi/Profile/{percent_escape(profile_name(plan, network), safe='')}/WlanXml"


def command_element(command: Command, number: int | None) -> ET.Element:
    """The command as XML; None leaves the number to a server that counts by itself."""
    item = branch(
        "Item",
        branch("Target", leaf("LocURI", command.uri)),
        branch("Meta", leaf("Format", command.format, xmlns=METINF)),
    )
    if command.data is not None:
        item.append(leaf("Data", command.data))
    counted = () if number is None else (leaf("CmdID", number),)
    return branch(command.verb, *counted, item)


def _hex(certificate: PublicCertificate) -> str:
    return certificate.sha1.hex().upper()
