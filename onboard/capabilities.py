"""The one table of what each platform's clients cannot do, fully or partly, with the reason and its source.

Whatever is not in the table, every client of every platform can do. `check` refuses what no client of a
platform can do and warns of what some cannot. Platforms are named as in org.yaml; this module knows no model.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass


class Feature(enum.StrEnum):
    """Something a group can ask of its devices."""

    ETHERNET = "802.1X on Ethernet"
    WPA3_ENTERPRISE = "WPA3-Enterprise without WPA2"
    WPA3_ENTERPRISE_192 = "WPA3-Enterprise in 192-bit mode"
    NON_ROOT_ANCHOR = "a trust anchor that is not a root"
    RSA_4096 = "RSA keys of 4096 bits"
    RARE_ATTRIBUTES = "subject attributes other than CN, O, OU, L, ST and C"
    URI_ALT_NAME = "alternative names of kind uri"
    SEVERAL_UPNS = "more than one alternative name of kind upn"
    LOOSE_CHALLENGE = "challenges with characters outside PrintableString"
    SECOND_CERTIFICATE = "a second certificate, of the other holder"
    APPROVAL = "waiting until a person has approved a request"


class Extent(enum.Enum):
    """How many of a platform's clients can do something."""

    SOME = "some"  # some clients cannot
    NONE = "none"  # no client can, so it is refused
    OMITTED = "omitted"  # no client can; the platform goes without it, and the rest works


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """What clients of a platform cannot do."""

    platform: str  # as in org.yaml
    feature: Feature
    extent: Extent
    reason: str  # which clients, and what happens there
    source: str


_TABLE = (
    Limitation(
        platform="android",
        feature=Feature.ETHERNET,
        extent=Extent.OMITTED,
        reason="no Android client takes a wired network from a policy or from an .eap-config",
        source="Android Management API, openNetworkConfiguration: Type is WiFi; geteduroam: IEEE80211 only",
    ),
    Limitation(
        platform="windows",
        feature=Feature.WPA3_ENTERPRISE,
        extent=Extent.SOME,
        reason="Windows 10 does not know WPA3ENT and refuses the whole profile",
        source="WLAN_profile schema, authentication: WPA3ENT is absent before Windows 11",
    ),
    Limitation(
        platform="windows",
        feature=Feature.WPA3_ENTERPRISE_192,
        extent=Extent.SOME,
        reason="Windows 10 does not know WPA3ENT192, and the wireless card must support GCMP-256",
        source="WLAN_profile schema, authentication",
    ),
    Limitation(
        platform="apple",
        feature=Feature.WPA3_ENTERPRISE_192,
        extent=Extent.SOME,
        reason="it needs an iPhone 11, a 7th generation iPad, a Mac with Apple silicon, or newer",
        source="Apple Platform Security, Wi-Fi security (sec8a67fa93d)",
    ),
    Limitation(
        platform="chromeos",
        feature=Feature.WPA3_ENTERPRISE_192,
        extent=Extent.NONE,
        reason="ONC has no Security value for it",
        source="Chromium onc_spec.md, WiFi.Security: WPA-EAP is the only enterprise value",
    ),
    Limitation(
        platform="android",
        feature=Feature.WPA3_ENTERPRISE_192,
        extent=Extent.SOME,
        reason="it needs Android 10 and a chipset with GCMP-256; .eap-config cannot ask for it",
        source="Android Management API, Security WPA3-Enterprise_192",
    ),
    Limitation(
        platform="linux",
        feature=Feature.WPA3_ENTERPRISE_192,
        extent=Extent.SOME,
        reason="the wireless driver must support GCMP-256",
        source="NetworkManager, wifi-security.key-mgmt wpa-eap-suite-b-192",
    ),
    Limitation(
        platform="windows",
        feature=Feature.NON_ROOT_ANCHOR,
        extent=Extent.NONE,
        reason="Windows pins certificates of its root store only",
        source="Microsoft, Extensible Authentication Protocol for network access: TrustedRootCA",
    ),
    Limitation(
        platform="windows",
        feature=Feature.RSA_4096,
        extent=Extent.SOME,
        reason="TPMs and Windows Hello hold 2048 bits at most, so the key is kept in software",
        source="Microsoft Intune, certificates-profile-scep: key storage provider",
    ),
    Limitation(
        platform="chromeos",
        feature=Feature.RARE_ATTRIBUTES,
        extent=Extent.NONE,
        reason="the Admin console's SCEP profile has no field for them, and the request would lack them",
        source="Google Workspace Admin Help, SCEP profiles: subject name fields",
    ),
    Limitation(
        platform="linux",
        feature=Feature.URI_ALT_NAME,
        extent=Extent.OMITTED,
        reason="certmonger cannot ask for it; the certificate goes without",
        source="getcert-request(1): -E, -D, -K and -A are its alternative names",
    ),
    Limitation(
        platform="apple",
        feature=Feature.SEVERAL_UPNS,
        extent=Extent.OMITTED,
        reason="ntPrincipalName is one string; only the first is asked for",
        source="Apple, com.apple.security.scep: SubjectAltName.ntPrincipalName",
    ),
    Limitation(
        platform="windows",
        feature=Feature.LOOSE_CHALLENGE,
        extent=Extent.SOME,
        reason="some Windows clients refuse such a challenge as non-printable; '_' and '!' are common cases",
        source="Fleet, certificate profiles for Windows: challenge",
    ),
    Limitation(
        platform="apple",
        feature=Feature.SECOND_CERTIFICATE,
        extent=Extent.OMITTED,
        reason="a network in a profile names one identity, and a profile is for the system or for a user",
        source="Apple, com.apple.wifi.managed: PayloadCertificateUUID; TopLevel: PayloadScope",
    ),
    Limitation(
        platform="android",
        feature=Feature.SECOND_CERTIFICATE,
        extent=Extent.OMITTED,
        reason="a network names one key pair, whoever uses the device",
        source="Android Management API, openNetworkConfiguration: ClientCertKeyPairAlias",
    ),
    Limitation(
        platform="linux",
        feature=Feature.SECOND_CERTIFICATE,
        extent=Extent.OMITTED,
        reason="certmonger enrols for the computer, and its supplicants join a network once for all users",
        source="getcert-request(1); NetworkManager, 802-1x.client-cert",
    ),
    Limitation(
        platform="chromeos",
        feature=Feature.APPROVAL,
        extent=Extent.NONE,
        reason="the connector asks once and takes PENDING for a failure",
        source="Google Cloud Certificate Connector: it enrols within one request of the device",
    ),
)

LIMITATIONS: Mapping[tuple[str, Feature], Limitation] = {(row.platform, row.feature): row for row in _TABLE}


def limitations(platforms: Collection[str], feature: Feature) -> tuple[Limitation, ...]:
    """What of `feature` the clients of these platforms cannot do, in the order of `platforms`."""
    return tuple(LIMITATIONS[p, feature] for p in platforms if (p, feature) in LIMITATIONS)
