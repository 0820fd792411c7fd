"""A Windows device reads PEAP (25) and TEAP (55) with EAP-TLS inside.

Source: Microsoft's EapHost schema references, MsPeapConnectionPropertiesV1 to V3 and
EapTeapConnectionPropertiesV1.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.identity import IssuerHashes
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Tunnel, TunnelMethod
from onboard.devices.windows.eap import (
    BASE,
    EapTls,
    demand_silence,
    demand_validation,
    pinned,
    read_inner_identity,
    read_tls,
    server_names,
)
from onboard.devices.xml_reader import Node

_PROVISIONING = "http://www.microsoft.com/provisioning/"
HOST = _PROVISIONING + "EapHostConfig"
TEAP = _PROVISIONING + "EapTeapConnectionPropertiesV1"
_COMMON = _PROVISIONING + "EapCommon"
_PEAP1 = _PROVISIONING + "MsPeapConnectionPropertiesV1"
_PEAP2 = _PROVISIONING + "MsPeapConnectionPropertiesV2"
_AUTHORS = {"13": "0", "25": "0", "55": "311"}  # TEAP is registered as Microsoft's


def read_method(host: Node, *allowed: str) -> tuple[str, Node]:
    """The type and the Config of an EapHostConfig; raises DeviceError."""
    host.sequence(HOST, "EapMethod", "Config")
    method = host.child(HOST, "EapMethod")
    method.sequence(_COMMON, "Type", "VendorId", "VendorType", "AuthorId")
    kind = method.one_of(_COMMON, "Type", *allowed)
    method.one_of(_COMMON, "AuthorId", _AUTHORS[kind])
    return kind, host.child(HOST, "Config")


def read_peap(eap: Node, roots: Sequence[x509.Certificate]) -> EapTls:
    """Eap of type 25: the tunnel's trust, and the certificate that the inside offers; raises DeviceError."""
    eap.sequence(BASE, "Type", f"{{{_PEAP1}}}EapType")
    eap.one_of(BASE, "Type", "25")
    kind = eap.child(_PEAP1, "EapType")
    kind.sequence(
        _PEAP1,
        "ServerValidation",
        "FastReconnect?",
        "InnerEapOptional?",
        f"{{{BASE}}}Eap",
        "EnableQuarantineChecks?",
        "RequireCryptoBinding?",
        "PeapExtensions",
    )
    validation = kind.child(_PEAP1, "ServerValidation")
    validation.sequence(_PEAP1, "DisableUserPromptForServerValidation?", "ServerNames?", "TrustedRootCA*")
    names = server_names(validation, _PEAP1)
    demand_validation(kind.child(_PEAP1, "PeapExtensions"), _PEAP2, names)
    demand_silence(validation, _PEAP1, "DisableUserPromptForServerValidation")
    inside = read_tls(kind.child(BASE, "Eap"), roots)
    tunnel = Tunnel(
        method=TunnelMethod.PEAP,
        inner_anchors=inside.anchors,
        inner_names=inside.server_names,
        anonymous=_peap_privacy(kind.child(_PEAP1, "PeapExtensions")),
        crypto_binding=kind.one_of(_PEAP1, "RequireCryptoBinding", "true", "false", default="false")
        == "true",
    )
    return EapTls(
        anchors=pinned(validation, _PEAP1, "TrustedRootCA", roots),
        server_names=ServerNames(NameRule.WINDOWS, names),
        identity=inside.identity,
        tunnel=tunnel,
    )


def _peap_privacy(extensions: Node) -> str:
    """The name said outside; the device puts the realm of its identity behind it."""
    privacy = extensions.optional(_PEAP2, "IdentityPrivacy")
    if privacy is None or privacy.one_of(_PEAP2, "EnableIdentityPrivacy", "true", "false") == "false":
        return ""
    return privacy.text(_PEAP2, "AnonymousUserName", "")


def read_teap(teap: Node, roots: Sequence[x509.Certificate], mode: str) -> EapTls:
    """EapTeap: the tunnel's trust, and certificates of computer and person.

    Args:
        teap: the element.
        roots: the device's root store.
        mode: authMode; chaining needs machineOrUser.

    Raises:
        DeviceError: out of order, not two inner methods, or server trust that is not closed.
    """
    teap.sequence(TEAP, "ServerValidation", "Phase2Authentication", "Phase1Identity?")
    validation = teap.child(TEAP, "ServerValidation")
    validation.sequence(
        TEAP, "ServerNames?", "TrustedRootCAHash*", "DownloadTrustedServerRoot?", "DisablePrompt?"
    )
    names = server_names(validation, TEAP)
    if not names:
        raise DeviceError(f"{validation.path}/ServerNames", "is empty: any server under the root is accepted")
    demand_silence(validation, TEAP, "DisablePrompt")
    if mode != "machineOrUser":
        raise DeviceError("OneX/authMode", f"is {mode}, and TEAP chains computer and person")
    return EapTls(
        anchors=pinned(validation, TEAP, "TrustedRootCAHash", roots),
        server_names=ServerNames(NameRule.WINDOWS, names),
        tunnel=Tunnel(
            method=TunnelMethod.TEAP,
            inner_anchors=(),
            inner_names=ServerNames(NameRule.WINDOWS, ()),
            crypto_binding=True,  # RFC 7170 §4.2.13: always
        ),
        identity=_either(teap.child(TEAP, "Phase2Authentication")),
    )


def _either(phase: Node) -> IssuerHashes:
    """The device here has one certificate, so it is offered where one of the two methods takes it."""
    found = []
    for inner in phase.children(TEAP, "InnerMethodConfig"):
        _, config = read_method(inner.child(HOST, "EapHostConfig"), "13")
        found.append(read_inner_identity(config.child(BASE, "Eap")))
    if len(found) != 2:
        raise DeviceError(
            phase.path, f"has {len(found)} inner methods; Windows runs one as computer, one as user"
        )
    machine, user = found
    shared = tuple(oid for oid in machine.extended_key_usages if oid in user.extended_key_usages)
    hashes = (*machine.hashes, *user.hashes) if machine.hashes and user.hashes else ()
    return IssuerHashes(hashes, shared)
