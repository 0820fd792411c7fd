"""A Windows device reads EAP-TLS (method 13): whom it trusts and which certificate it offers.

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
from onboard.devices.settings import Tunnel
from onboard.devices.xml_reader import Node

_PROVISIONING = "http://www.microsoft.com/provisioning/"
BASE = _PROVISIONING + "BaseEapConnectionPropertiesV1"
_TLS1 = _PROVISIONING + "EapTlsConnectionPropertiesV1"
_TLS2 = _PROVISIONING + "EapTlsConnectionPropertiesV2"
_TLS3 = _PROVISIONING + "EapTlsConnectionPropertiesV3"


@dataclass(frozen=True, slots=True, kw_only=True)
class EapTls:
    """What a profile says about trust and identity."""

    anchors: tuple[x509.Certificate, ...]
    server_names: ServerNames
    identity: IssuerHashes
    tunnel: Tunnel | None = None


def read_tls(eap: Node, roots: Sequence[x509.Certificate]) -> EapTls:
    """Eap of type 13.

    Args:
        eap: the element.
        roots: the device's root store; TrustedRootCA must name some of these.

    Raises:
        DeviceError: out of order, another type, or server trust that is not closed.
    """
    kind = _eap_type(eap)
    kind.sequence(
        _TLS1,
        "CredentialsSource",
        "ServerValidation",
        "DifferentUsername?",
        f"{{{_TLS2}}}PerformServerValidation?",
        f"{{{_TLS2}}}AcceptServerName?",
        f"{{{_TLS2}}}TLSExtensions?",
    )
    validation = kind.child(_TLS1, "ServerValidation")
    validation.sequence(_TLS1, "DisableUserPromptForServerValidation?", "ServerNames?", "TrustedRootCA*")
    names = server_names(validation, _TLS1)
    demand_validation(kind, _TLS2, names)
    demand_silence(validation, _TLS1, "DisableUserPromptForServerValidation")
    return EapTls(
        anchors=pinned(validation, _TLS1, "TrustedRootCA", roots),
        server_names=ServerNames(NameRule.WINDOWS, names),
        identity=_identity(kind),
    )


def read_inner_identity(eap: Node) -> IssuerHashes:
    """Which certificate Eap of type 13 offers inside a tunnel that has validated the server."""
    return _identity(_eap_type(eap))


def _eap_type(eap: Node) -> Node:
    eap.sequence(BASE, "Type", f"{{{_TLS1}}}EapType")
    eap.one_of(BASE, "Type", "13")
    return eap.child(_TLS1, "EapType")


def server_names(validation: Node, namespace: str) -> tuple[str, ...]:
    """ServerNames; DeviceError for a name with blanks around it."""
    names = tuple(filter(None, validation.text(namespace, "ServerNames", "").split(";")))
    if any(name != name.strip() for name in names):
        raise DeviceError(f"{validation.path}/ServerNames", "a name has blanks around it and matches nothing")
    return names


def demand_validation(holder: Node, namespace: str, names: Sequence[str]) -> None:
    """PerformServerValidation true, and AcceptServerName exactly where there are names."""
    if holder.one_of(namespace, "PerformServerValidation", "true", "false", default="false") != "true":
        raise DeviceError(
            f"{holder.path}/PerformServerValidation", "is not true: any server would be accepted"
        )
    accept = holder.one_of(namespace, "AcceptServerName", "true", "false", default="false")
    if (accept == "true") != bool(names):
        raise DeviceError(
            f"{holder.path}/AcceptServerName", "must be true exactly where ServerNames has names"
        )


def demand_silence(validation: Node, namespace: str, name: str) -> None:
    """The element that keeps people from accepting a server themselves."""
    if validation.one_of(namespace, name, "true", "false", default="false") != "true":
        raise DeviceError(
            f"{validation.path}/{name}",
            "is not true: the user may accept a server that the profile does not name",
        )


def pinned(
    validation: Node, namespace: str, name: str, roots: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The roots that the thumbprints of that name stand for; DeviceError without one in the store."""
    installed = {root.fingerprint(hashes.SHA1()): root for root in roots}  # noqa: S303  TrustedRootCA is SHA-1
    anchors = []
    for node in validation.children(namespace, name):
        root = installed.get(_thumbprint(node))
        if root is None:
            raise DeviceError(node.path, "names no certificate of the root store; authentication would fail")
        anchors.append(root)
    if not anchors:
        raise DeviceError(f"{validation.path}/{name}", "is missing: Windows 11 refuses the server")
    return tuple(anchors)


def _identity(eap: Node) -> IssuerHashes:
    eap.child(_TLS1, "CredentialsSource").child(
        _TLS1, "CertificateStore"
    )  # a smart card is not enrolled here
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
