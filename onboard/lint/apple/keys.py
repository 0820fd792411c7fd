"""The keys of the payload types that onboard judges, with type, values and platforms: Apple's schema.

Facts of apple/device-management, mdm/profiles/*.yaml (October 2024), corrected where the published files are
known to be wrong; a test walks the official files and holds the two together. Corrections: alternative names
take text or an array of it, TLSTrustedCertificates holds data, the Ethernet types (free-form there) have
Wi-Fi's keys without the radio, ConsentText maps languages to text, and two keys came later
(AllowJoinBeforeFirstUnlock, CertificateRenewalTimeInterval).
"""

from __future__ import annotations

from collections.abc import Mapping

from onboard.lint.apple.grammar import (
    Key,
    Kind,
    Os,
    PayloadKind,
    array,
    boolean,
    data,
    dictionary,
    integer,
    string,
)
from onboard.lint.apple.payload_types import ACME, CERTIFICATES, ETHERNET_INTERFACES, PKCS12, SCEP, WIFI

_NOT_MAC = frozenset({Os.MACOS})
_MAC_ONLY = frozenset(Os) - {Os.MACOS}
_STRING, _BOOLEAN, _TEXTS = string(), boolean(), Key(kind=Kind.TEXTS)
_DATE = Key(kind=Kind.DATE)

COMMON: Mapping[str, Key] = {
    "PayloadIdentifier": string(required=True),
    "PayloadUUID": string(required=True),
    "PayloadType": string(required=True),
    "PayloadVersion": integer(1, required=True),
    "PayloadDescription": _STRING,
    "PayloadDisplayName": _STRING,
    "PayloadOrganization": _STRING,
}
TOP: Mapping[str, Key] = {
    **COMMON,
    "PayloadType": string("Configuration", required=True),
    "PayloadContent": array(Key(kind=Kind.DICTIONARY), required=True),
    "IsEncrypted": _BOOLEAN,
    "EncryptedPayloadContent": data(),
    "HasRemovalPasscode": _BOOLEAN,
    "PayloadRemovalDisallowed": boolean(absent_on=frozenset({Os.VISIONOS, Os.WATCHOS})),
    "PayloadScope": string("System", "User"),
    "RemovalDate": _DATE,
    "DurationUntilRemoval": Key(kind=Kind.REAL),
    "PayloadExpirationDate": Key(kind=Kind.DATE, absent_on=frozenset({Os.WATCHOS})),
    "TargetDeviceType": integer(0, 1, 2, 3, 4, 5, 6),
    "ConsentText": Key(kind=Kind.DICTIONARY, item=_STRING),
}

# The first phase of over-the-air enrolment; Apple documents it outside the schema files.
SERVICE: Mapping[str, Key] = {
    **COMMON,
    "PayloadType": string("Profile Service", required=True),
    "PayloadContent": dictionary(
        {
            "URL": string(required=True),
            "DeviceAttributes": array(
                string(
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

_SUBJECT = array(array(array(_STRING)))
_ALT_NAME: Mapping[str, Key] = {
    "rfc822Name": _TEXTS,
    "dNSName": _TEXTS,
    "uniformResourceIdentifier": _TEXTS,
    "ntPrincipalName": _STRING,
}
_SCEP: Mapping[str, Key] = {
    "URL": string(required=True),
    "Name": _STRING,
    "Subject": _SUBJECT,
    "SubjectAltName": dictionary(_ALT_NAME),
    "Challenge": _STRING,
    "Keysize": integer(1024, 2048, 4096),
    "Key Type": _STRING,
    "Key Usage": integer(),
    "CAFingerprint": data(),
    "Retries": integer(),
    "RetryDelay": integer(),
    "KeyIsExtractable": _BOOLEAN,
    "AllowAllAppsAccess": _BOOLEAN,
    "CertificateRenewalTimeInterval": integer(),
}
_ACME: Mapping[str, Key] = {
    "DirectoryURL": string(required=True),
    "ClientIdentifier": string(required=True),
    "KeySize": integer(required=True),
    "KeyType": string("RSA", "ECSECPrimeRandom", required=True),
    "HardwareBound": boolean(required=True),
    "Subject": array(array(array(_STRING)), required=True),
    "SubjectAltName": dictionary(_ALT_NAME),
    "UsageFlags": integer(),
    "ExtendedKeyUsage": array(_STRING),
    "Attest": _BOOLEAN,
    "KeyIsExtractable": boolean(absent_on=_MAC_ONLY),
    "AllowAllAppsAccess": boolean(absent_on=_MAC_ONLY),
}
_CERTIFICATE: Mapping[str, Key] = {
    "PayloadCertificateFileName": _STRING,
    "PayloadContent": data(required=True),
}
_PKCS12: Mapping[str, Key] = {
    **_CERTIFICATE,
    "Password": _STRING,
    "AllowAllAppsAccess": boolean(absent_on=_MAC_ONLY),
    "KeyIsExtractable": boolean(absent_on=_MAC_ONLY),
}
_PREFERENCE: Mapping[str, Key] = {
    "Name": string(required=True),
    "PayloadCertificateUUID": string(required=True),
}
_EAP: Mapping[str, Key] = {
    "AcceptEAPTypes": array(integer(13, 17, 18, 21, 23, 25, 43), required=True),
    "UserName": _STRING,
    "UserPassword": _STRING,
    "PayloadCertificateAnchorUUID": array(_STRING),
    "TLSTrustedCertificates": array(data()),
    "TLSTrustedServerNames": array(_STRING),
    "TLSAllowTrustExceptions": boolean(absent_on=frozenset({Os.VISIONOS})),
    "TLSCertificateIsRequired": _BOOLEAN,
    "TTLSInnerAuthentication": string("PAP", "EAP", "CHAP", "MSCHAP", "MSCHAPv2"),
    "TLSMinimumVersion": string("1.0", "1.1", "1.2", "1.3"),
    "TLSMaximumVersion": string("1.0", "1.1", "1.2", "1.3"),
    "OuterIdentity": _STRING,
    "EAPFASTUsePAC": _BOOLEAN,
    "EAPFASTProvisionPAC": _BOOLEAN,
    "EAPFASTProvisionPACAnonymously": _BOOLEAN,
    "EAPSIMNumberOfRANDs": integer(2, 3),
    "SystemModeCredentialsSource": _STRING,
    "SystemModeUseOpenDirectoryCredentials": _BOOLEAN,
    "OneTimeUserPassword": _BOOLEAN,
}
_PROXY: Mapping[str, Key] = {
    "ProxyType": string("None", "Manual", "Auto"),
    "ProxyServer": _STRING,
    "ProxyServerPort": integer(bounds=(0, 65535)),
    "ProxyUsername": _STRING,
    "ProxyPassword": _STRING,
    "ProxyPACURL": _STRING,
    "ProxyPACFallbackAllowed": _BOOLEAN,
}
_LINK: Mapping[str, Key] = {
    "PayloadCertificateUUID": _STRING,
    "EAPClientConfiguration": dictionary(_EAP),
    "SetupModes": array(string("System", "Loginwindow"), absent_on=_MAC_ONLY),
    "EnableIPv6": _BOOLEAN,
    "TLSCertificateRequired": _BOOLEAN,
}
_WIFI: Mapping[str, Key] = {
    **_PROXY,
    **_LINK,
    "SSID_STR": _STRING,
    "AutoJoin": _BOOLEAN,
    "HIDDEN_NETWORK": _BOOLEAN,
    "EncryptionType": string("WEP", "WPA", "WPA2", "WPA3", "Any", "None"),
    "Password": _STRING,
    "DisplayedOperatorName": _STRING,
    "DomainName": _STRING,
    "RoamingConsortiumOIs": array(_STRING),
    "ServiceProviderRoamingEnabled": _BOOLEAN,
    "IsHotspot": _BOOLEAN,
    "HESSID": _STRING,
    "NAIRealmNames": array(_STRING),
    "MCCAndMNCs": array(_STRING, absent_on=_NOT_MAC),
    "CaptiveBypass": boolean(absent_on=_NOT_MAC),
    "QoSMarkingPolicy": dictionary(
        {
            "QoSMarkingEnabled": _BOOLEAN,
            "QoSMarkingAppleAudioVideoCalls": _BOOLEAN,
            "QoSMarkingAllowListAppIdentifiers": array(_STRING),
            "QoSMarkingWhitelistedAppIdentifiers": array(_STRING, absent_on=frozenset({Os.VISIONOS})),
        }
    ),
    "DisableAssociationMACRandomization": boolean(absent_on=frozenset({Os.TVOS})),
    "AllowJoinBeforeFirstUnlock": boolean(absent_on=frozenset(Os) - {Os.VISIONOS}),
}
_ETHERNET: Mapping[str, Key] = {**_PROXY, **_LINK, "Interface": _STRING}

_GLOBAL_ETHERNET_ABSENT = frozenset({Os.VISIONOS, Os.WATCHOS})

PAYLOADS: Mapping[str, PayloadKind] = {
    SCEP: PayloadKind(keys={"PayloadContent": dictionary(_SCEP, required=True)}),
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
