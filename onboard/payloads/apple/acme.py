"""The ACME identity, `com.apple.security.acme`: a key in the device's hardware, vouched for by Apple.

Source: apple/device-management, mdm/profiles/com.apple.security.acme.yaml. The org's ACME server decides what
it issues; devices that cannot (Macs without a T2 or Apple silicon, systems before iOS 16 and macOS 13.1, and
attestation before their hardware) keep the SCEP profile, which has the same identifier: a device has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onboard.apple_options import AcmeServer, AppleSystem
from onboard.names import EXTENDED_KEY_USAGES
from onboard.payloads.apple.payload import IDENTITY, Payload, payload
from onboard.payloads.apple.plist import Value
from onboard.payloads.apple.scep import alt_names, subject
from onboard.plan import GroupPlan
from onboard.variables import Template

_SIGN = 1  # of an EC key; it encrypts nothing


def acme_payload(plan: GroupPlan, server: AcmeServer, spelling: Callable[[str], str]) -> Payload:
    """The identity payload, in the place that the SCEP payload has otherwise.

    Raises:
        PayloadError: a subject alternative name that Apple's format cannot carry.
        VariableError: from `spelling`.
    """
    names = alt_names(plan, spelling)
    usages = [EXTENDED_KEY_USAGES[key] for key in plan.profile.extended_key_usages]
    keys: dict[str, Value] = {
        "DirectoryURL": server.directory,
        "ClientIdentifier": _filled(server.client_identifier, spelling),
        "KeyType": "ECSECPrimeRandom",
        "KeySize": server.key_bits,
        "HardwareBound": True,
        "Attest": server.attest,
        "Subject": subject(plan, spelling),
        "UsageFlags": _SIGN,
        "ExtendedKeyUsage": usages,
        **({"SubjectAltName": names} if names else {}),
        **_mac_keys(plan),
    }
    return payload(
        plan,
        IDENTITY,
        "com.apple.security.acme",
        f"Certificate for {plan.organization_name} ({plan.title})",
        "Makes a key in this device's secure hardware and fetches the certificate that lets it join.",
        keys,
    )


def _mac_keys(plan: GroupPlan) -> Mapping[str, Value]:
    if not plan.apple.includes(AppleSystem.MACOS):
        return {}
    return {"KeyIsExtractable": False, "AllowAllAppsAccess": False}


def _filled(text: str, spelling: Callable[[str], str]) -> str:
    return Template.parse(text).spell(spelling)
