"""The SCEP identity: what the device asks our server for, `com.apple.security.scep`.

Source: apple/device-management, mdm/profiles/com.apple.security.scep.yaml, and Apple's published client code
(Security, SecSCEP.c and SecCertificateRequest.c). Two keys have a space in their name; devices ignore them
without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onboard.apple_options import SHA256_PIN_SINCE
from onboard.errors import PayloadError
from onboard.names import AltNameKind
from onboard.payloads.apple.payload import IDENTITY, Payload, payload
from onboard.payloads.apple.plist import Value
from onboard.plan import GroupPlan, SubjectPart, challenge_template
from onboard.variables import Template

# The device knows these short names; any other text is read as a dotted OID, so "DC" turns to garbage.
_SHORT_NAMES = frozenset({"C", "ST", "L", "O", "OU", "CN"})
_ALT_NAMES: Mapping[AltNameKind, str] = {
    AltNameKind.RFC822: "rfc822Name",
    AltNameKind.DNS: "dNSName",
    AltNameKind.URI: "uniformResourceIdentifier",
    AltNameKind.UPN: "ntPrincipalName",
}
_PATIENCE: Mapping[str, Value] = {
    "Retries": 60,
    "RetryDelay": 60,
}  # an hour; afterwards a new key, a new wait
_SIGN_AND_ENCRYPT = 5  # bit mask: 1 signing, 4 encryption; TLS wants the first, RSA key transport the second


def scep_payload(plan: GroupPlan, spelling: Callable[[str], str]) -> Payload:
    """The identity payload; `Challenge` is the only key that may hold a secret.

    Raises:
        PayloadError: a subject alternative name that Apple's format cannot carry.
        VariableError: from `spelling`.
    """
    content: dict[str, Value] = {
        "URL": plan.scep.url,
        "Name": plan.group,  # sent as the `message` of GetCACert and PKIOperation
        "Subject": subject(plan, spelling),
        "Challenge": challenge_template(plan).spell(spelling),
        "Keysize": plan.scep.key_bits,  # the device's own default is 1024
        "Key Type": "RSA",
        "Key Usage": _SIGN_AND_ENCRYPT,
        "CAFingerprint": _fingerprint(plan),
        "KeyIsExtractable": False,  # the device's own default is true
        "AllowAllAppsAccess": False,
        **(_PATIENCE if plan.scep.waits else {"Retries": 3}),
    }
    if names := alt_names(plan, spelling):
        content["SubjectAltName"] = names
    return payload(
        plan,
        IDENTITY,
        "com.apple.security.scep",
        f"Certificate for {plan.organization_name} ({plan.title})",
        "Makes a key on this device and fetches the certificate that lets it join.",
        {"PayloadContent": content},
    )


def _fingerprint(plan: GroupPlan) -> bytes:
    """The digest of the root, which the chain that Apple builds from GetCACert ends in.

    Never the RA's: its renewal must change no profile. The client tells the algorithm by the length, and knew
    SHA-1 alone before iOS 16 and macOS 13.
    """
    return plan.root.sha1 if plan.apple.older_than(SHA256_PIN_SINCE) else plan.root.sha256


def subject(plan: GroupPlan, spelling: Callable[[str], str]) -> Value:
    """Subject: an array of arrays of [attribute, value] pairs."""
    return [[_attribute(part, spelling)] for part in plan.scep.subject]


def _attribute(part: SubjectPart, spelling: Callable[[str], str]) -> tuple[str, str]:
    name = part.type.short if part.type.short in _SHORT_NAMES else part.type.oid
    return name, part.value.spell(spelling)


def alt_names(plan: GroupPlan, spelling: Callable[[str], str]) -> Mapping[str, Value]:
    """SubjectAltName, empty where the profile has none.

    Raises:
        PayloadError: more than one UPN.
    """
    names: dict[str, Value] = {}
    for kind, key in _ALT_NAMES.items():
        values = [part.value for part in plan.scep.subject_alt_names if part.kind is kind]
        if kind is AltNameKind.UPN and len(values) > 1:
            raise PayloadError(
                f"group {plan.group}: profile {plan.profile.name} asks for {len(values)} UPNs in"
                " subject_alt_names; Apple's ntPrincipalName holds one",
                hint="keep one upn, or take 'apple' out of the group's platforms",
            )
        if values:
            names[key] = _one_or_many(values, spelling)
    return names


def _one_or_many(values: list[Template], spelling: Callable[[str], str]) -> Value:
    # A single value stays a string: the published schema knows no array, though the client reads both.
    spelled = [value.spell(spelling) for value in values]
    return spelled[0] if len(spelled) == 1 else spelled
