"""A Windows device reads the EAP-TLS part of a WLAN or LAN profile: OneX, EapHostConfig, method 13.

Source: Microsoft's NativeWiFi and EapHost schema references; [MS-GPWL].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from onboard.devices.errors import DeviceError
from onboard.devices.identity import IssuerHashes
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.xml_reader import Node

ONEX = "http://www.microsoft.com/networking/OneX/v1"
_PROVISIONING = "http://www.microsoft.com/provisioning/"
_HOST = _PROVISIONING + "EapHostConfig"
_COMMON = _PROVISIONING + "EapCommon"
_BASE = _PROVISIONING + "BaseEapConnectionPropertiesV1"
_TLS1 = _PROVISIONING + "EapTlsConnectionPropertiesV1"
_TLS2 = _PROVISIONING + "EapTlsConnectionPropertiesV2"
_TLS3 = _PROVISIONING + "EapTlsConnectionPropertiesV3"
_AUTH_MODES = ("machineOrUser", "machine", "user", "guest")


@dataclass(frozen=True, slots=True, kw_only=True)
class EapTls:
    """What a profile says about trust and identity."""

    anchors: tuple[x509.Certificate, ...]
    server_names: ServerNames
    identity: IssuerHashes


def read_onex(onex: Node, roots: Sequence[x509.Certificate]) -> EapTls:
    """The OneX element.

    Args:
        onex: the element.
        roots: the device's root store; TrustedRootCA must name some of these.

    Raises:
        DeviceError: out of order, another method than EAP-TLS, or server trust that is not closed.
    """
    onex.sequence(
        ONEX,
        "cacheUserData?",
        "heldPeriod?",
        "authPeriod?",
        "startPeriod?",
        "maxStart?",
        "maxAuthFailures?",
        "supplicantMode?",
        "authMode?",
        "singleSignOn?",
        "EAPConfig",
    )
    onex.one_of(ONEX, "authMode", *_AUTH_MODES, default="machineOrUser")
    host = onex.child(ONEX, "EAPConfig").child(_HOST, "EapHostConfig")
    host.sequence(_HOST, "EapMethod", "Config")
    method = host.child(_HOST, "EapMethod")
    method.sequence(_COMMON, "Type", "VendorId", "VendorType", "AuthorId")
    method.one_of(_COMMON, "Type", "13")
    method.one_of(_COMMON, "AuthorId", "0")
    eap = host.child(_HOST, "Config").child(_BASE, "Eap")
    eap.sequence(_BASE, "Type", f"{{{_TLS1}}}EapType")
    eap.one_of(_BASE, "Type", "13")
    return _eap_type(eap.child(_TLS1, "EapType"), roots)


def _eap_type(eap: Node, roots: Sequence[x509.Certificate]) -> EapTls:
    eap.sequence(
        _TLS1,
        "CredentialsSource",
        "ServerValidation",
        "DifferentUsername?",
        f"{{{_TLS2}}}PerformServerValidation?",
        f"{{{_TLS2}}}AcceptServerName?",
        f"{{{_TLS2}}}TLSExtensions?",
    )
    eap.child(_TLS1, "CredentialsSource").child(
        _TLS1, "CertificateStore"
    )  # a smart card is not enrolled here
    validation = eap.child(_TLS1, "ServerValidation")
    validation.sequence(_TLS1, "DisableUserPromptForServerValidation?", "ServerNames?", "TrustedRootCA*")
    names = tuple(filter(None, validation.text(_TLS1, "ServerNames", "").split(";")))
    if any(name != name.strip() for name in names):
        raise DeviceError(f"{validation.path}/ServerNames", "a name has blanks around it and matches nothing")
    _demand_closed_trust(eap, validation, names)
    return EapTls(
        anchors=_anchors(validation, roots),
        server_names=ServerNames(NameRule.WINDOWS, names),
        identity=_filter(eap),
    )


def _demand_closed_trust(eap: Node, validation: Node, names: Sequence[str]) -> None:
    if eap.one_of(_TLS2, "PerformServerValidation", "true", "false", default="false") != "true":
        raise DeviceError(f"{eap.path}/PerformServerValidation", "is not true: any server would be accepted")
    accept = eap.one_of(_TLS2, "AcceptServerName", "true", "false", default="false")
    if (accept == "true") != bool(names):
        raise DeviceError(f"{eap.path}/AcceptServerName", "must be true exactly where ServerNames has names")
    prompt = validation.one_of(
        _TLS1, "DisableUserPromptForServerValidation", "true", "false", default="false"
    )
    if prompt != "true":
        raise DeviceError(
            f"{validation.path}/DisableUserPromptForServerValidation",
            "is not true: the user may accept a server that the profile does not name",
        )


def _anchors(validation: Node, roots: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    installed = {root.fingerprint(hashes.SHA1()): root for root in roots}  # noqa: S303  TrustedRootCA is SHA-1
    anchors = []
    for node in validation.children(_TLS1, "TrustedRootCA"):
        root = installed.get(_thumbprint(node))
        if root is None:
            raise DeviceError(node.path, "names no certificate of the root store; authentication would fail")
        anchors.append(root)
    if not anchors:
        raise DeviceError(f"{validation.path}/TrustedRootCA", "is missing: Windows 11 refuses the server")
    return tuple(anchors)


def _filter(eap: Node) -> IssuerHashes:
    extensions = eap.optional(_TLS2, "TLSExtensions")
    info = None if extensions is None else extensions.optional(_TLS3, "FilteringInfo")
    if info is None:
        return IssuerHashes(())
    info.sequence(
        _TLS3, "AllPurposeEnabled?", "CAHashList?", "EKUMapping?", "ClientAuthEKUList?", "AnyPurposeEKUList?"
    )
    hash_list = info.optional(_TLS3, "CAHashList")
    issuers = () if hash_list is None or not _enabled(hash_list) else hash_list.children(_TLS3, "IssuerHash")
    return IssuerHashes(tuple(_thumbprint(node) for node in issuers), _ekus(info))


def _ekus(info: Node) -> tuple[str, ...]:
    mapping = info.optional(_TLS3, "EKUMapping")
    entries = () if mapping is None else mapping.children(_TLS3, "EKUMap")
    known = {entry.text(_TLS3, "EKUName"): entry.text(_TLS3, "EKUOID") for entry in entries}
    wanted = info.optional(_TLS3, "ClientAuthEKUList")
    if wanted is None or not _enabled(wanted):
        return ()
    names = [node.text(_TLS3, "EKUName") for node in wanted.children(_TLS3, "EKUMapInList")]
    for name in names:
        if name not in known:
            raise DeviceError(f"{wanted.path}/EKUMapInList", f"{name!r} is not defined in EKUMapping")
    return tuple(known[name] for name in names)


def _enabled(node: Node) -> bool:
    return node.element.get("Enabled", "false") == "true"


def _thumbprint(node: Node) -> bytes:
    try:
        digest = bytes.fromhex(node.value)  # blanks between the pairs are Windows' own export
    except ValueError:
        digest = b""
    if len(digest) != 20:
        raise DeviceError(node.path, "is not the 20 bytes of a SHA-1 thumbprint in hexadecimal")
    return digest
