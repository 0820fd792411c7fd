"""The PowerShell script of a group, for computers without an MDM: the SCEP client in Windows enrols.

No MDM fills in variables inside a script, so values of the person or the device that are not known here are
found out (or asked for) by the script itself when it runs.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping

from onboard.errors import VariableError
from onboard.model import NetworkType
from onboard.options import KeyProtection
from onboard.payloads.windows import powershell, request
from onboard.payloads.windows.elements import indented
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.notes import notes
from onboard.payloads.windows.syncml import by_store
from onboard.payloads.windows.wlan import profile_name, wlan_profile
from onboard.plan import GroupPlan, NetworkPlan
from onboard.templating import code
from onboard.variables import CHALLENGE, Holder, matches_form

_TEMPLATE = "windows/enrol.ps1.j2"
_SOFTWARE, _TPM = "Microsoft Software Key Storage Provider", "Microsoft Platform Crypto Provider"
_KEY_PROVIDERS: Mapping[KeyProtection, tuple[str, ...]] = {  # tried in order
    KeyProtection.SOFTWARE: (_SOFTWARE,),
    KeyProtection.TPM: (_TPM,),
    KeyProtection.TPM_IF_PRESENT: (_TPM, _SOFTWARE),
}
_LONGEST_PLACE = 100  # Windows takes paths of 259 characters, and the folder stands deep
_MARKS = frozenset("${}%")  # what every dialect marks a variable with


def script(plan: GroupPlan, spelling: Callable[[str], str], own: GroupPlan | None = None) -> str:
    """The script of one certificate, as ASCII text with LF line ends.

    Of two certificates each has a script, because each is run by its holder; networks come with the
    computer's.

    Args:
        plan: the group.
        spelling: gives a variable's value where it is known; an MDM's spelling of it is not used.
        own: one of the plan's `certificates`; the first when None.

    Raises:
        PayloadError: the challenge cannot be sent by Windows, or Windows cannot join a network.
    """
    own = own or plan.certificates[0]
    scep, known = own.scep, _known(own, spelling)
    networks = plan.networks if own == by_store(plan)[0] else ()
    return code(
        _TEMPLATE,
        powershell.FILTERS,
        organization=plan.organization_name,
        group=plan.group,
        place=place(own),
        for_machine=own.holder is Holder.DEVICE,
        scep_url=f"{scep.url}/pkiclient.exe",  # the CSP appends this, CertEnroll does not
        root_thumbprint=plan.root.sha1.hex().upper(),
        issuing_thumbprints=[signer.sha1.hex().upper() for signer in plan.signers],
        key_bits=scep.key_bits,
        key_providers=_KEY_PROVIDERS[plan.windows.key_protection],
        renew_within_days=own.profile.renew_within.days,
        challenge=embedded_challenge(own, spelling),
        subject=[
            {"key": request.x500_key(part.type.short), "text": str(part.value.bind(known))}
            for part in scep.subject
        ],
        alt_names=[
            {"type": request.ALT_NAME_TYPES[name.kind], "text": str(name.value.bind(known))}
            for name in scep.subject_alt_names
        ],
        trust=list(_trust(plan)),
        networks=[_network(plan, network) for network in networks],
        notes=notes(plan),
    )


def place(plan: GroupPlan) -> str:
    """The folder, and the task, of a certificate's script; a group that was renamed keeps its own."""
    group = f"{plan.first_name or plan.group}{plan.suffix}"
    name = f"{plan.organization_identifier}.{group}"
    if len(name) <= _LONGEST_PLACE:
        return name
    return f"{group}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def embedded_challenge(plan: GroupPlan, spelling: Callable[[str], str]) -> str:
    """The challenge where there is one; empty where the script has to ask for it."""
    if plan.scep.challenge is None and not request.is_printable_string(_spelled(CHALLENGE, spelling)):
        return ""
    return request.challenge(plan, spelling)


def _known(plan: GroupPlan, spelling: Callable[[str], str]) -> Mapping[str, str]:
    """Those variables whose spelling is a value and not the place of one."""
    templates = [p.value for p in plan.scep.subject] + [n.value for n in plan.scep.subject_alt_names]
    spelled = {name: _spelled(name, spelling) for template in templates for name in template.variables}
    return {name: text for name, text in spelled.items() if _is_value(name, text)}


def _spelled(name: str, spelling: Callable[[str], str]) -> str:
    try:
        return spelling(name)
    except VariableError:  # the MDM cannot say it; the script can find it out
        return "${" + name + "}"


def _is_value(name: str, text: str) -> bool:
    if not matches_form(name, text):
        return False
    return name != "user.name" or not _MARKS.intersection(text)  # a name may have nearly any form


def _trust(plan: GroupPlan) -> Iterable[Mapping[str, str]]:
    for certificate in plan.anchors:
        yield {
            "title": certificate.common_name,
            "store": "Root" if certificate.is_self_issued else "CA",
            "data": base64.b64encode(certificate.der).decode(),
        }


def _network(plan: GroupPlan, network: NetworkPlan) -> Mapping[str, str]:
    wired = network.type is NetworkType.ETHERNET
    profile = lan_profile(plan, network) if wired else wlan_profile(plan, network)
    kind = "lan" if wired else "wlan"
    # Character references keep the script ASCII; an XML parser reads the same profile.
    text = indented(profile).encode("ascii", "xmlcharrefreplace").decode()
    return {
        "kind": kind,
        "name": network.name if wired else profile_name(plan, network),
        "file": f"{kind}-{network.name}.xml",
        "xml": text,
    }
