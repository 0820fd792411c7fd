"""The over-the-air Profile Service: device attributes first, a challenge only then, the rest encrypted.

Three phases, bytes in and bytes out (Apple, Over-the-Air Profile Delivery and Configuration):

1. `invitation`: a small profile that asks the device for its attributes.
2. The device posts them, signed by the certificate that Apple gave it in the factory. `read_attributes`
   checks the signature and the token of the invitation; `identity_profile` answers with the SCEP payload.
3. The device enrols and posts again, signed by its new certificate. `read_attributes` tells the two apart by
   the issuer and demands the same device; `final_profile` is encrypted to that certificate.

The caller remembers which token it gave to whom and what the device said first, mints the challenges, and
looks the certificate of phase 3 up among those issued for the first of them.
"""

from __future__ import annotations

import hmac
import plistlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.parsers.expat import ExpatError

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from onboard.artifact import Artifact
from onboard.cms import CmsError, read_signed, verify
from onboard.errors import PayloadError
from onboard.model import Platform
from onboard.payloads.apple.certificates import certificate_payloads
from onboard.payloads.apple.networks import network_payloads
from onboard.payloads.apple.payload import Slot, payload
from onboard.payloads.apple.plist import Value, write_plist
from onboard.payloads.apple.profile import dump_profile
from onboard.payloads.apple.scep import scep_payload
from onboard.plan import GroupPlan
from onboard.secret import Secret

_SERVICE = Slot(("service",))
_ATTRIBUTES = ("UDID", "SERIAL", "PRODUCT", "VERSION", "IMEI", "MEID", "DEVICE_NAME")
_UNREADABLE = (
    *(ExpatError, struct.error, ValueError, LookupError),
    *(AttributeError, TypeError, ArithmeticError, RecursionError),
)
_LARGEST = 64 * 1024  # bytes of an answer; real ones have 5 to 10 KB
_LONGEST = 256  # characters of an attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAttributes:
    """What a device says of itself, and the certificate by which it signed that."""

    udid: str
    serial: str
    product: str  # "iPhone15,2"
    version: str  # build, "21F90"
    signer: x509.Certificate = field(repr=False)
    is_enrolled: bool  # phase 3: signed by a certificate that the group's CA issued


def invitation(plan: GroupPlan, url: str, token: Secret) -> Artifact:
    """Phase 1: the profile that asks for the device's attributes.

    Args:
        plan: the group.
        url: where the device posts its answer, https.
        token: what ties the answer to this invitation; long and random, single use.
    """
    if not url.startswith("https://"):
        raise PayloadError(f"{url} is no https URL: the device's attributes and the token would be readable")
    content: Mapping[str, Value] = {
        "URL": url,
        "DeviceAttributes": list(_ATTRIBUTES),
        "Challenge": token.reveal(),
    }
    service = payload(
        plan,
        _SERVICE,
        "Profile Service",
        f"{plan.organization_name}: {plan.title}",
        f"Tells {plan.organization_name} which device this is, and fetches its settings.",
        {"PayloadContent": content},
    )
    return _artifact(plan, "invitation", write_plist(service))


def read_attributes(
    answer: bytes,
    token: Secret,
    issuers: Sequence[x509.Certificate],
    now: datetime,
    *,
    first: DeviceAttributes | None = None,
) -> DeviceAttributes:
    """Phases 2 and 3: who answers, from a posted CMS file.

    A signature by the group's own CA makes it phase 3. Otherwise the token must be that of the invitation;
    the signer is then a certificate of the device itself, whose chain differs between systems and is not
    judged: the token says who was invited, the signature that the attributes belong together.

    Args:
        answer: the body of the POST.
        token: of the invitation whose URL was posted to.
        issuers: the group's issuing CAs.
        now: aware UTC.
        first: what the device said in phase 2; phase 3 without it, or of another device, is refused.

    Raises:
        PayloadError: it is not such an answer, the signature does not hold, or token or device is another.
    """
    signer, values = _open(answer, now)
    is_enrolled = any(_issued(signer, issuer) for issuer in issuers)
    if is_enrolled:
        if first is None or (values["UDID"], values["SERIAL"]) != (first.udid, first.serial):
            raise PayloadError("a certificate of this group answers for another device than was invited")
    elif not hmac.compare_digest(values["CHALLENGE"].encode(), token.reveal().encode()):
        raise PayloadError("the device's answer belongs to no open invitation", hint="open a new invitation")
    return DeviceAttributes(
        udid=values["UDID"],
        serial=values["SERIAL"],
        product=values["PRODUCT"],
        version=values["VERSION"],
        signer=signer,
        is_enrolled=is_enrolled,
    )


def _open(answer: bytes, now: datetime) -> tuple[x509.Certificate, Mapping[str, str]]:
    """Who signed an answer, and what it says."""
    if len(answer) > _LARGEST:
        raise PayloadError(f"the answer has {len(answer)} bytes; a device's has at most {_LARGEST}")
    try:
        signed = read_signed(answer)
        verify(signed)
    except CmsError as error:
        raise PayloadError(f"the device's answer: {error}") from error
    signer = signed.signatures[0].signer
    if len(signed.signatures) != 1 or signer is None:
        raise PayloadError("the device's answer must have one signature")
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise PayloadError("the certificate that signed the device's answer is not valid now")
    return signer, _values(signed.content)


def identity_profile(plan: GroupPlan, spelling: Callable[[str], str]) -> Artifact:
    """Phase 2's answer: the SCEP payload alone, with the challenge that was minted for this device.

    Its identifier is its own, so that the final profile does not take away the key that opens it.

    Raises:
        PayloadError: the plan has no challenge.
        VariableError: from `spelling`.
    """
    if plan.scep.challenge is None:
        raise PayloadError(f"group {plan.group}: mint a challenge before the identity profile is made")
    content = dump_profile(plan, (scep_payload(plan, spelling),), slot=_SERVICE)
    return _artifact(plan, "identity", content)


def final_profile(
    plan: GroupPlan, spelling: Callable[[str], str], device: x509.Certificate | None
) -> Artifact:
    """Phase 3's answer: CAs, an identity with a challenge of its own, networks; for this device's eyes only.

    Networks can name an identity of their own profile alone, so the certificate of phase 2 serves to open
    this one and is not used on the network.

    Args:
        plan: the group, with another minted challenge.
        spelling: the values of the group's variables.
        device: the certificate that signed the answer of phase 3; None leaves the profile readable, to be
            judged before it is sealed.

    Raises:
        PayloadError: the device's key is not RSA, which no Apple device decrypts with.
        VariableError: from `spelling`.
    """
    payloads = (*certificate_payloads(plan), scep_payload(plan, spelling), *network_payloads(plan))
    seal = None if device is None else _sealer(device)
    return _artifact(plan, "device", dump_profile(plan, payloads, seal=seal))


def _sealer(device: x509.Certificate) -> Callable[[bytes], bytes]:
    if not isinstance(device.public_key(), rsa.RSAPublicKey):
        raise PayloadError("the profile can be encrypted to an RSA certificate only")

    def seal(content: bytes) -> bytes:
        builder = PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(AES256)
        return builder.add_recipient(device).encrypt(Encoding.DER, [PKCS7Options.Binary])

    return seal


def _artifact(plan: GroupPlan, name: str, content: bytes) -> Artifact:
    return Artifact(
        path=f"{plan.group}/apple/{plan.group}-{name}.mobileconfig",
        group=plan.group,
        platform=Platform.APPLE,
        kind="mobileconfig",
        media_type="application/x-apple-aspen-config",
        content=content,
        secret=True,
    )


def _values(content: bytes) -> Mapping[str, str]:
    """The attributes of an answer as text; absent ones are empty."""
    try:
        found = plistlib.loads(content)
    except _UNREADABLE as error:
        raise PayloadError("the device's answer holds no property list") from error
    if not isinstance(found, dict):
        raise PayloadError("the device's answer holds no dictionary")
    names = (*_ATTRIBUTES, "CHALLENGE")
    values = {name: found.get(name, "") for name in names}
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise PayloadError(f"the device's answer: {name} is no text of at most {_LONGEST} characters")
    return values


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
