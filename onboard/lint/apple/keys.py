"""The keys of the payload types that onboard judges, with type, values and platforms: Apple's schema.

Facts of apple/device-management, mdm/profiles/*.yaml (October 2024), corrected where the published files are
known to be wrong; a test walks the official files and holds the two together. Corrections: alternative names
take text or an array of it, TLSTrustedCertificates holds data, the Ethernet types (free-form there) have
Wi-Fi's keys without the radio, ConsentText maps languages to text, and two keys came later
(AllowJoinBeforeFirstUnlock, CertificateRenewalTimeInterval).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """Types of a property list, as Apple's schema names them."""

    STRING = "string"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    DATA = "data"
    ARRAY = "array"
    DICTIONARY = "dictionary"
    TEXTS = "string or array"  # text, or an array of it


class Os(enum.StrEnum):
    """Apple's systems, as the schema names them (iPadOS goes with iOS)."""

    IOS = "iOS"
    MACOS = "macOS"
    TVOS = "tvOS"
    VISIONOS = "visionOS"
    WATCHOS = "watchOS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What one key may hold."""

    kind: Kind
    required: bool = False
    values: tuple[str | int, ...] = ()  # empty: any
    bounds: tuple[int, int] | None = None  # least and greatest integer
    item: Key | None = None  # of an array, or of every value in a dictionary with free names
    keys: Mapping[str, Key] | None = None  # of a dictionary with known names
    absent_on: frozenset[Os] = frozenset()  # systems that do not know the key

    @property
    def is_bare(self) -> bool:
        """Whether any value of the right type is right, on every system."""
        return not (self.values or self.bounds or self.item or self.keys or self.absent_on)


_NOT_MAC = frozenset({Os.MACOS})
_MAC_ONLY = frozenset(Os) - {Os.MACOS}


def _string(*values: str, required: bool = False, absent_on: frozenset[Os] = frozenset()) -> Key:
    return Key(kind=Kind.STRING, values=values, required=required, absent_on=absent_on)


def _integer(*values: int, required: bool = False, bounds: tuple[int, int] | None = None) -> Key:
    return Key(kind=Kind.INTEGER, values=values, required=required, bounds=bounds)


def _boolean(*, required: bool = False, absent_on: frozenset[Os] = frozenset()) -> Key:
    return Key(kind=Kind.BOOLEAN, required=required, absent_on=absent_on)


def _data(*, required: bool = False) -> Key:
    return Key(kind=Kind.DATA, required=required)


def _array(item: Key, *, required: bool = False, absent_on: frozenset[Os] = frozenset()) -> Key:
    return Key(kind=Kind.ARRAY, item=item, required=required, absent_on=absent_on)


def _dictionary(keys: Mapping[str, Key], *, required: bool = False) -> Key:
    return Key(kind=Kind.DICTIONARY, keys=keys, required=required)


_STRING, _BOOLEAN, _TEXTS = _string(), _boolean(), Key(kind=Kind.TEXTS)
_DATE = Key(kind=Kind.DATE)

COMMON: Mapping[str, Key] = {
    "PayloadIdentifier": _string(required=True),
    "PayloadUUID": _string(required=True),
    "PayloadType": _string(required=True),
    "PayloadVersion": _integer(1, required=True),
    "PayloadDescription": _STRING,
    "PayloadDisplayName": _STRING,
    "PayloadOrganization": _STRING,
}
TOP: Mapping[str, Key] = {
    **COMMON,
    "PayloadType": _string("Configuration", required=True),
    "PayloadContent": _array(Key(kind=Kind.DICTIONARY), required=True),
    "IsEncrypted": _BOOLEAN,
    "EncryptedPayloadContent": _data(),
    "HasRemovalPasscode": _BOOLEAN,
    "PayloadRemovalDisallowed": _boolean(absent_on=frozenset({Os.VISIONOS, Os.WATCHOS})),
    "PayloadScope": _string("System", "User"),
    "RemovalDate": _DATE,
    "DurationUntilRemoval": Key(kind=Kind.REAL),
    "PayloadExpirationDate": Key(kind=Kind.DATE, absent_on=frozenset({Os.WATCHOS})),
    "TargetDeviceType": _integer(0, 1, 2, 3, 4, 5, 6),
    "ConsentText": Key(kind=Kind.DICTIONARY, item=_STRING),
}

# The first phase of over-the-air enrolment; Apple documents it outside the schema files.
SERVICE: Mapping[str, Key] = {
    **COMMON,
    "PayloadType": _string("Profile Service", required=True),
    "PayloadContent": _dictionary(
        {
            "URL": _string(required=True),
            "DeviceAttributes": _array(
                _string(
                    *(
                        "UDID",
                        "SERIAL",
                        "PRODUCT",
                        "VERSION",
                        "IMEI",
                        "MEID",
                        "DEVICE_NAME",
                        "MAC_ADDRESS_EN0",
                    )
                ),
                required=True,
            ),
            "Challenge": _STRING,
        },
        required=True,
    ),
}

_SUBJECT = _array(_array(_array(_STRING)))
_ALT_NAME: Mapping[str, Key] = {
    "rfc822Name": _TEXTS,
    "dNSName": _TEXTS,
    "uniformResourceIdentifier": _TEXTS,
    "ntPrincipalName": _STRING,
}
_SCEP: Mapping[str, Key] = {
    "URL": _string(required=True),
    "Name": _STRING,
    "Subject": _SUBJECT,
    "SubjectAltName": _dictionary(_ALT_NAME),
    "Challenge": _STRING,
    "Keysize": _integer(1024, 2048, 4096),
    "Key Type": _STRING,
    "Key Usage": _integer(),
    "CAFingerprint": _data(),
    "Retries": _integer(),
    "RetryDelay": _integer(),
    "KeyIsExtractable": _BOOLEAN,
    "AllowAllAppsAccess": _BOOLEAN,
    "CertificateRenewalTimeInterval": _integer(),
}
_ACME: Mapping[str, Key] = {
    "DirectoryURL": _string(required=True),
    "ClientIdentifier": _string(required=True),
    "KeySize": _integer(required=True),
    "KeyType": _string("RSA", "ECSECPrimeRandom", required=True),
    "HardwareBound": _boolean(required=True),
    "Subject": _array(_array(_array(_STRING)), required=True),
    "SubjectAltName": _dictionary(_ALT_NAME),
    "UsageFlags": _integer(),
    "ExtendedKeyUsage": _array(_STRING),
    "Attest": _BOOLEAN,
    "KeyIsExtractable": _boolean(absent_on=_MAC_ONLY),
    "AllowAllAppsAccess": _boolean(absent_on=_MAC_ONLY),
}
_CERTIFICATE: Mapping[str, Key] = {
    "PayloadCertificateFileName": _STRING,
    "PayloadContent": _data(required=True),
}
_PKCS12: Mapping[str, Key] = {
    **_CERTIFICATE,
    "Password": _STRING,
    "AllowAllAppsAccess": _boolean(absent_on=_MAC_ONLY),
    "KeyIsExtractable": _boolean(absent_on=_MAC_ONLY),
}
_PREFERENCE: Mapping[str, Key] = {
    "Name": _string(required=True),
    "PayloadCertificateUUID": _string(required=True),
}
_EAP: Mapping[str, Key] = {
    "AcceptEAPTypes": _array(_integer(13, 17, 18, 21, 23, 25, 43), required=True),
    "UserName": _STRING,
    "UserPassword": _STRING,
    "PayloadCertificateAnchorUUID": _array(_STRING),
    "TLSTrustedCertificates": _array(_data()),
    "TLSTrustedServerNames": _array(_STRING),
    "TLSAllowTrustExceptions": _boolean(absent_on=frozenset({Os.VISIONOS})),
    "TLSCertificateIsRequired": _BOOLEAN,
    "TTLSInnerAuthentication": _string("PAP", "EAP", "CHAP", "MSCHAP", "MSCHAPv2"),
    "TLSMinimumVersion": _string("1.0", "1.1", "1.2", "1.3"),
    "TLSMaximumVersion": _string("1.0", "1.1", "1.2", "1.3"),
    "OuterIdentity": _STRING,
    "EAPFASTUsePAC": _BOOLEAN,
    "EAPFASTProvisionPAC": _BOOLEAN,
    "EAPFASTProvisionPACAnonymously": _BOOLEAN,
    "EAPSIMNumberOfRANDs": _integer(2, 3),
    "SystemModeCredentialsSource": _STRING,
    "SystemModeUseOpenDirectoryCredentials": _BOOLEAN,
    "OneTimeUserPassword": _BOOLEAN,
}
_PROXY: Mapping[str, Key] = {
    "ProxyType": _string("None", "Manual", "Auto"),
    "ProxyServer": _STRING,
    "ProxyServerPort": _integer(bounds=(0, 65535)),
    "ProxyUsername": _STRING,
    "ProxyPassword": _STRING,
    "ProxyPACURL": _STRING,
    "ProxyPACFallbackAllowed": _BOOLEAN,
}
_LINK: Mapping[str, Key] = {
    "PayloadCertificateUUID": _STRING,
    "EAPClientConfiguration": _dictionary(_EAP),
    "SetupModes": _array(_string("System", "Loginwindow"), absent_on=_MAC_ONLY),
    "EnableIPv6": _BOOLEAN,
    "TLSCertificateRequired": _BOOLEAN,
}
_WIFI: Mapping[str, Key] = {
    **_PROXY,
    **_LINK,
    "SSID_STR": _STRING,
    "AutoJoin": _BOOLEAN,
    "HIDDEN_NETWORK": _BOOLEAN,
    "EncryptionType": _string("WEP", "WPA", "WPA2", "WPA3", "Any", "None"),
    "Password": _STRING,
    "DisplayedOperatorName": _STRING,
    "DomainName": _STRING,
    "RoamingConsortiumOIs": _array(_STRING),
    "ServiceProviderRoamingEnabled": _BOOLEAN,
    "IsHotspot": _BOOLEAN,
    "HESSID": _STRING,
    "NAIRealmNames": _array(_STRING),
    "MCCAndMNCs": _array(_STRING, absent_on=_NOT_MAC),
    "CaptiveBypass": _boolean(absent_on=_NOT_MAC),
    "QoSMarkingPolicy": _dictionary(
        {
            "QoSMarkingEnabled": _BOOLEAN,
            "QoSMarkingAppleAudioVideoCalls": _BOOLEAN,
            "QoSMarkingAllowListAppIdentifiers": _array(_STRING),
            "QoSMarkingWhitelistedAppIdentifiers": _array(_STRING, absent_on=frozenset({Os.VISIONOS})),
        }
    ),
    "DisableAssociationMACRandomization": _boolean(absent_on=frozenset({Os.TVOS})),
    "AllowJoinBeforeFirstUnlock": _boolean(absent_on=frozenset(Os) - {Os.VISIONOS}),
}
_ETHERNET: Mapping[str, Key] = {**_PROXY, **_LINK, "Interface": _STRING}

ETHERNET_INTERFACES: Mapping[str, str] = {
    "com.apple.globalethernet.managed": "AnyEthernet",
    "com.apple.firstactiveethernet.managed": "FirstActiveEthernet",
    "com.apple.secondactiveethernet.managed": "SecondActiveEthernet",
    "com.apple.thirdactiveethernet.managed": "ThirdActiveEthernet",
    "com.apple.firstethernet.managed": "FirstEthernet",
    "com.apple.secondethernet.managed": "SecondEthernet",
    "com.apple.thirdethernet.managed": "ThirdEthernet",
}
WIFI = "com.apple.wifi.managed"
SCEP, ACME, PKCS12 = "com.apple.security.scep", "com.apple.security.acme", "com.apple.security.pkcs12"
ROOT, PKCS1, PEM = "com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"
IDENTITIES = (SCEP, ACME, PKCS12)
CERTIFICATES = (ROOT, PKCS1, PEM)
NETWORKS = (WIFI, *ETHERNET_INTERFACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadKind:
    """A payload type: the keys beside the common ones, and where it does not exist."""

    keys: Mapping[str, Key]
    absent_on: frozenset[Os] = frozenset()


_GLOBAL_ETHERNET_ABSENT = frozenset({Os.VISIONOS, Os.WATCHOS})

PAYLOADS: Mapping[str, PayloadKind] = {
    SCEP: PayloadKind(keys={"PayloadContent": _dictionary(_SCEP, required=True)}),
    ACME: PayloadKind(keys=_ACME),
    PKCS12: PayloadKind(keys=_PKCS12),
    **{kind: PayloadKind(keys=_CERTIFICATE) for kind in CERTIFICATES},
    WIFI: PayloadKind(keys=_WIFI),
    **{
        kind: PayloadKind(
            keys=_ETHERNET,
            absent_on=_GLOBAL_ETHERNET_ABSENT if kind == "com.apple.globalethernet.managed" else _MAC_ONLY,
        )
        for kind in ETHERNET_INTERFACES
    },
    "com.apple.security.identitypreference": PayloadKind(keys=_PREFERENCE, absent_on=_MAC_ONLY),
    "com.apple.security.certificatepreference": PayloadKind(keys=_PREFERENCE, absent_on=_MAC_ONLY),
}
