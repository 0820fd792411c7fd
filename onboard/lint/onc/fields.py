"""The field table of ONC: every object with its fields, their types and their closed sets of values.

Facts of Chromium's `onc_signature.cc`, `onc_validator.cc` and `onc_spec.md`. VPN, Cellular and Tether objects
are taken as they are: no payload of ours has them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Kind(enum.Enum):
    """The JSON type of a field."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    OBJECT = "object"
    STRINGS = "list of strings"
    OBJECTS = "list of objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its type, and for objects the name of their shape (empty: not looked into)."""

    kind: Kind
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One object: its fields, and whether a policy may recommend values in it."""

    fields: Mapping[str, Field]
    recommended: bool = False


def _shape(
    *,
    strings: str = "",
    booleans: str = "",
    integers: str = "",
    lists: str = "",
    objects: Mapping[str, str] | None = None,
    object_lists: Mapping[str, str] | None = None,
    recommended: bool = False,
) -> Shape:
    fields: dict[str, Field] = {}
    scalars = (
        (strings, Kind.STRING),
        (booleans, Kind.BOOLEAN),
        (integers, Kind.INTEGER),
        (lists, Kind.STRINGS),
    )
    for names, kind in scalars:
        fields |= {name: Field(kind=kind) for name in names.split()}
    fields |= {name: Field(kind=Kind.OBJECT, shape=shape) for name, shape in (objects or {}).items()}
    fields |= {name: Field(kind=Kind.OBJECTS, shape=shape) for name, shape in (object_lists or {}).items()}
    return Shape(fields=fields, recommended=recommended)


SHAPES: Mapping[str, Shape] = {
    "Toplevel": _shape(
        strings="Type Cipher Ciphertext HMAC HMACMethod IV Salt Stretch",
        integers="Iterations",
        objects={"GlobalNetworkConfiguration": "GlobalNetworkConfiguration"},
        object_lists={
            "NetworkConfigurations": "NetworkConfiguration",
            "Certificates": "Certificate",
            "AdminAPNList": "",
        },
    ),
    "NetworkConfiguration": _shape(
        strings="GUID Name Type IPAddressConfigType NameServersConfigType CheckCaptivePortal",
        booleans="Remove Metered",
        integers="Priority",
        objects={
            "WiFi": "WiFi",
            "Ethernet": "Ethernet",
            "Cellular": "",
            "VPN": "",
            "Tether": "",
            "StaticIPConfig": "IPConfig",
            "ProxySettings": "ProxySettings",
        },
        recommended=True,
    ),
    "WiFi": _shape(
        strings="SSID HexSSID Security Passphrase",
        booleans="AutoConnect HiddenSSID AllowGatewayARPPolling",
        objects={"EAP": "EAP"},
        recommended=True,
    ),
    "Ethernet": _shape(strings="Authentication", objects={"EAP": "EAP"}, recommended=True),
    "EAP": _shape(
        strings=(
            "Outer Inner Identity AnonymousIdentity Password ClientCertType ClientCertRef"
            " ClientCertProvisioningProfileId ClientCertPKCS11Id ServerCARef SubjectMatch TLSVersionMax"
        ),
        booleans="SaveCredentials UseSystemCAs UseProactiveKeyCaching",
        lists="ServerCARefs ServerCAPEMs DomainSuffixMatch",
        objects={"ClientCertPattern": "CertificatePattern"},
        object_lists={"SubjectAlternativeNameMatch": "AlternativeSubjectName"},
        recommended=True,
    ),
    "AlternativeSubjectName": _shape(strings="Type Value"),
    "CertificatePattern": _shape(
        lists="IssuerCARef IssuerCAPEMs EnrollmentURI",
        objects={"Issuer": "IssuerSubjectPattern", "Subject": "IssuerSubjectPattern"},
        recommended=True,
    ),
    "IssuerSubjectPattern": _shape(strings="CommonName Locality Organization OrganizationalUnit"),
    "Certificate": _shape(
        strings="GUID Type X509 PKCS12", booleans="Remove", lists="TrustBits", objects={"Scope": "Scope"}
    ),
    "Scope": _shape(strings="Type Id"),
    "IPConfig": _shape(
        strings="Type IPAddress Gateway WebProxyAutoDiscoveryUrl",
        integers="RoutingPrefix",
        lists="NameServers SearchDomains IncludedRoutes ExcludedRoutes",
        recommended=True,
    ),
    "ProxySettings": _shape(
        strings="Type PAC",
        lists="ExcludeDomains",
        objects={"Manual": "ManualProxySettings"},
        recommended=True,
    ),
    "ManualProxySettings": _shape(
        objects=dict.fromkeys(("HTTPProxy", "SecureHTTPProxy", "FTPProxy", "SOCKS"), "ProxyLocation")
    ),
    "ProxyLocation": _shape(strings="Host", integers="Port"),
    "GlobalNetworkConfiguration": _shape(
        booleans=(
            "AllowOnlyPolicyNetworksToAutoconnect AllowOnlyPolicyNetworksToConnect"
            " AllowOnlyPolicyNetworksToConnectIfAvailable AllowOnlyPolicyCellularNetworks"
            " AllowCellularSimLock"
        ),
        lists="BlockedHexSSIDs BlacklistedHexSSIDs DisableNetworkTypes",
    ),
}

SECURITY = frozenset({"None", "WEP-PSK", "WEP-8021X", "WPA-PSK", "WPA-EAP"})
WITH_EAP = frozenset({"WEP-8021X", "WPA-EAP"})
WITH_PASSPHRASE = frozenset({"WEP-PSK", "WPA-PSK"})
OUTER = frozenset({"PEAP", "EAP-TLS", "EAP-TTLS", "LEAP", "EAP-SIM", "EAP-FAST", "EAP-AKA"})
INNER = frozenset({"Automatic", "GTC", "MD5", "MSCHAPv2", "PAP"})  # not MSCHAP and CHAP, as the text has it
NETWORK_TYPES = frozenset({"Ethernet", "VPN", "WiFi", "Cellular", "Tether"})
DEVICE_POLICY_TYPES = NETWORK_TYPES - {"Tether"}
DEVICE_ONLY = frozenset(
    {
        "AllowOnlyPolicyNetworksToConnect",
        "AllowOnlyPolicyNetworksToConnectIfAvailable",
        "AllowOnlyPolicyCellularNetworks",
        "BlockedHexSSIDs",
        "DisableNetworkTypes",
        "AllowCellularSimLock",
    }
)
CLIENT_CERT_COMPANIONS: Mapping[str, str] = {
    "Ref": "ClientCertRef",
    "Pattern": "ClientCertPattern",
    "ProvisioningProfileId": "ClientCertProvisioningProfileId",
    "PKCS11Id": "ClientCertPKCS11Id",
    "None": "",
}
