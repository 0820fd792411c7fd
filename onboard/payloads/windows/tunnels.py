"""EAP-TLS inside a tunnel: PEAP, which hides the certificate, and TEAP, which takes two in one conversation.

Microsoft's page and sample of TEAP disagree four times; where they do, the sample is followed, and the roots
are named by SHA-1 as everywhere else in these profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from onboard.options import RadiusType
from onboard.payloads.windows.eap import (
    BASE_EAP,
    EAP_TLS,
    host_config,
    inner_tls_eap,
    pinned_roots,
    server_names,
    thumbprint,
    tls_eap,
)
from onboard.payloads.windows.elements import branch, leaf
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

_PROVISIONING = "http://www.microsoft.com/provisioning/"
PEAP_V1, PEAP_V2, PEAP_V3 = (f"{_PROVISIONING}MsPeapConnectionPropertiesV{n}" for n in (1, 2, 3))
TEAP_V1 = _PROVISIONING + "EapTeapConnectionPropertiesV1"

_PEAP, _TEAP = 25, 55  # IANA EAP method types
_MICROSOFT = 311  # IANA enterprise number


def peap_tls(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """EapHostConfig with EAP-TLS inside PEAP.

    Raises:
        PayloadError: none of the network's anchors is a root.
    """
    kind = branch(
        "EapType",
        branch(
            "ServerValidation",
            leaf("DisableUserPromptForServerValidation", text=True),
            leaf("ServerNames", server_names(network)),
            *(leaf("TrustedRootCA", thumbprint(root)) for root in pinned_roots(network)),
        ),
        leaf("FastReconnect", text=True),
        leaf("InnerEapOptional", text=False),
        tls_eap(plan, network),
        leaf("EnableQuarantineChecks", text=False),
        # FreeRADIUS 3.2 has no crypto-binding TLV ([MS-PEAP] §2.2.8.1.1): Windows would give up at the end.
        leaf("RequireCryptoBinding", text=network.radius is not RadiusType.FREERADIUS),
        branch(
            "PeapExtensions",
            leaf("PerformServerValidation", text=True, xmlns=PEAP_V2),
            leaf("AcceptServerName", text=True, xmlns=PEAP_V2),
            branch("IdentityPrivacy", *_peap_privacy(network), xmlns=PEAP_V2),
            branch(
                "PeapExtensionsV2",
                leaf("AllowPromptingWhenServerCANotFound", text=False, xmlns=PEAP_V3),
                xmlns=PEAP_V2,
            ),
        ),
        xmlns=PEAP_V1,
    )
    return host_config(_PEAP, 0, branch("Eap", leaf("Type", _PEAP), kind, xmlns=BASE_EAP))


def teap(network: NetworkPlan) -> ET.Element:
    """EapHostConfig with TEAP: the computer's certificate first, then the person's.

    Raises:
        PayloadError: none of the network's anchors is a root.
    """
    methods = (
        host_config(EAP_TLS, 0, inner_tls_eap(network.chained[holder]))
        for holder in (Holder.DEVICE, Holder.USER)  # Windows runs them in this order
    )
    content = branch(
        "EapTeap",
        branch(
            "ServerValidation",
            leaf("ServerNames", server_names(network)),
            *(leaf("TrustedRootCAHash", thumbprint(root)) for root in pinned_roots(network)),
            leaf("DownloadTrustedServerRoot", text=False),
            leaf("DisablePrompt", text=True),
        ),
        branch("Phase2Authentication", *(branch("InnerMethodConfig", method) for method in methods)),
        branch("Phase1Identity", *_teap_privacy(network)),
        xmlns=TEAP_V1,
    )
    return host_config(_TEAP, _MICROSOFT, content)


def _peap_privacy(network: NetworkPlan) -> Iterator[ET.Element]:
    """Windows appends the realm, so the name is what stands before it."""
    yield leaf("EnableIdentityPrivacy", text=bool(network.outer_identity))
    if network.outer_identity:
        yield leaf("AnonymousUserName", network.outer_identity.partition("@")[0])


def _teap_privacy(network: NetworkPlan) -> Iterator[ET.Element]:
    yield leaf("IdentityPrivacy", text=bool(network.outer_identity))
    if network.outer_identity:
        yield leaf("AnonymousIdentity", network.outer_identity)
