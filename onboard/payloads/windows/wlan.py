"""The WLAN profile of a network: what `netsh wlan add profile`, the WiFi CSP, GPO and Intune's import take.

Element order follows the WLAN_profile v1 schema; Windows answers a wrong order with error 1206, no more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from onboard.errors import PayloadError
from onboard.model import Security, Ssid
from onboard.options import EapMethod
from onboard.payloads.windows.elements import branch, leaf
from onboard.payloads.windows.onex import onex
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan

WLAN_V1 = "http://www.microsoft.com/networking/WLAN/profile/v1"
WLAN_V2 = "http://www.microsoft.com/networking/WLAN/profile/v2"
WLAN_V3 = "http://www.microsoft.com/networking/WLAN/profile/v3"

# authentication, encryption. A WPA2/WPA3 network is joined as WPA2: Windows 10 knows no WPA3ENT and would
# refuse the whole profile, and a mixed network takes WPA2 by definition.
_SECURITY: Mapping[Security, tuple[str, str]] = {
    Security.WPA2_ENTERPRISE: ("WPA2", "AES"),
    Security.WPA2_WPA3_ENTERPRISE: ("WPA2", "AES"),
    Security.WPA3_ENTERPRISE: ("WPA3ENT", "AES"),
    Security.WPA3_ENTERPRISE_192: ("WPA3ENT192", "GCMP256"),
}

_SAFE_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")
_NAME_LIMIT = 32  # bytes; WiFi CSP, {ProfileName}


def wlan_profile(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """WLANProfile of a Wi-Fi network.

    Args:
        plan: the group; its holder decides user or machine authentication.
        network: one of its networks, with an SSID.

    Raises:
        PayloadError: a 192-bit network with keys below its strength, or no root to pin.
    """
    ssid, security = wireless(network)
    if security is Security.WPA3_ENTERPRISE_192:
        _check_192(plan, network)
    return branch(
        "WLANProfile",
        leaf("name", profile_name(plan, network)),
        _ssid_config(ssid, hidden=network.hidden),
        leaf("connectionType", "ESS"),
        leaf("connectionMode", "auto"),
        leaf("autoSwitch", text=False),
        branch(
            "MSM",
            branch(
                "security",
                _encryption(plan, network, security),
                onex(plan, network),
            ),
        ),
        # Always written: RADIUS logs and access control recognise a managed device by its own address.
        branch(
            "MacRandomization",
            leaf("enableRandomization", text=network.mac_randomization),
            xmlns=WLAN_V3,
        ),
        xmlns=WLAN_V1,
    )


def falls_back(plan: GroupPlan, network: NetworkPlan) -> bool:
    """Whether WPA3-Enterprise is joined as WPA2, because some of the computers know no such profile.

    An access point of WPA3-Enterprise demands protected frames and speaks the same 802.1X key management,
    which a WPA2 profile negotiates where the driver can.
    """
    return network.security is Security.WPA3_ENTERPRISE and plan.windows.lacks_wpa3


def _encryption(plan: GroupPlan, network: NetworkPlan, security: Security) -> ET.Element:
    known = Security.WPA2_ENTERPRISE if falls_back(plan, network) else security
    authentication, encryption = _SECURITY[known]
    fips = (leaf("FIPSMode", text=True, xmlns=WLAN_V2),) if network.fips else ()
    return branch(
        "authEncryption",
        leaf("authentication", authentication),
        leaf("encryption", encryption),
        leaf("useOneX", text=True),
        *fips,
    )


def profile_name(plan: GroupPlan, network: NetworkPlan) -> str:
    """The profile's name: 1 to 32 bytes of `A-Za-z0-9._-`, unique in the group, the same in every artifact.

    It is the SSID where that can be a name, since a profile of that name replaces the one that a person made
    by clicking on the network; two profiles for one SSID compete. Blanks make Intune fail (SyncML 500), and
    the WiFi CSP takes 32 bytes, so other SSIDs (and the second network of one SSID) give way to the key.
    """
    ssid, _ = wireless(network)
    rivals = [other for other in plan.networks if other.ssid == ssid]
    if _SAFE_NAME.fullmatch(ssid.text) and rivals[0].name == network.name:
        return ssid.text
    name = f"{plan.organization_identifier}-{network.name}"
    taken = {other.ssid.text for other in plan.networks if other.ssid is not None}
    if _SAFE_NAME.fullmatch(name) and name not in taken:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    kept = re.sub(r"[^A-Za-z0-9._-]", "-", network.name)[: _NAME_LIMIT - len(digest) - 1]
    return f"{kept}-{digest}"


def wireless(network: NetworkPlan) -> tuple[Ssid, Security]:
    """SSID and security of a Wi-Fi network (ValueError for a wired one, which is a mistake of the caller)."""
    if network.ssid is None or network.security is None:
        msg = f"network {network.name!r} is wired and has no WLAN profile"
        raise ValueError(msg)
    return network.ssid, network.security


def _ssid_config(ssid: Ssid, *, hidden: bool) -> ET.Element:
    # Blanks around a value are a trap; hex wins over the name and is exact.
    name = (leaf("name", ssid.text),) if ssid.text == ssid.text.strip() else ()
    return branch(
        "SSIDConfig",
        branch("SSID", leaf("hex", ssid.octets.hex().upper()), *name),
        leaf("nonBroadcast", text=hidden),  # the documentation contradicts itself on the default
    )


def _check_192(plan: GroupPlan, network: NetworkPlan) -> None:
    """WPA3-Enterprise 192-bit takes RSA of 3072 bits or more, or P-384, in every certificate involved.

    And EAP-TLS alone: it names the cipher suites of that.
    """
    if network.eap is not EapMethod.TLS:
        msg = f"network {network.name!r} is wpa3-enterprise-192, which takes EAP-TLS, not {network.eap}"
        raise PayloadError(f"{msg} (windows-05)", hint="write 'eap: eap-tls'")
    for own in plan.certificates:
        if own.scep.key_bits < 3072:
            msg = (
                f"network {network.name!r} is wpa3-enterprise-192, and profile {own.profile.name!r} makes "
                f"keys of {own.scep.key_bits} bits; it needs 3072, and Windows offers 4096 next (windows-22)"
            )
            raise PayloadError(msg, hint=f"set 'key: rsa-4096' in profile {own.profile.name!r}")
    weak = [c for c in (*network.anchors, *plan.signers, *plan.issuers) if not _is_192_bit(c)]
    if weak:
        names = ", ".join(dict.fromkeys(certificate.common_name for certificate in weak))
        msg = (
            f"network {network.name!r} is wpa3-enterprise-192, too strong for the key of {names} (windows-22)"
        )
        raise PayloadError(
            msg, hint="use key 'ec-p384', 'rsa-3072' or 'rsa-4096' for every authority of the chain"
        )


def _is_192_bit(certificate: PublicCertificate) -> bool:
    key = certificate.parsed.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 3072
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp384r1"
