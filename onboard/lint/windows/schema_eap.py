"""The content models below OneX/EAPConfig: EapHostConfig, EAP-TLS, PEAP and TEAP.

Sources: the published schema pages of Win32, desktop-src/eaphost. Where page and sample disagree (TEAP, four
times) both are taken.
"""

from __future__ import annotations

from onboard.lint.windows.grammar import (
    BOOLEAN,
    Child,
    Opaque,
    Sequence,
    integer,
    matching,
    one,
    optional,
    several,
    string,
)

_P = "http://www.microsoft.com/provisioning/"
EAP_HOST = _P + "EapHostConfig"
EAP_COMMON = _P + "EapCommon"
BASE_EAP = _P + "BaseEapConnectionPropertiesV1"
TLS1, TLS2, TLS3 = (f"{_P}EapTlsConnectionPropertiesV{n}" for n in (1, 2, 3))
PEAP1, PEAP2, PEAP3 = (f"{_P}MsPeapConnectionPropertiesV{n}" for n in (1, 2, 3))
CHAP = _P + "MsChapV2ConnectionPropertiesV1"
TEAP = _P + "EapTeapConnectionPropertiesV1"
TTLS = _P + "EapTtlsConnectionPropertiesV1"

_BYTE = integer(0, 255)
_WORD = integer(0, 2**32 - 1)
_PAIR = "[0-9A-Fa-f]{2}"  # Windows exports pairs with blanks between, other tools write none
_SHA1 = matching(f"(?:{_PAIR} ?){{19}}{_PAIR}", "a SHA-1 thumbprint: 20 bytes in hex")
_SHA1_OR_256 = matching(
    f"(?:{_PAIR} ?){{19}}(?:(?:{_PAIR} ?){{12}})?{_PAIR}", "a thumbprint: 20 or 32 bytes in hex"
)
_EMPTY = string(0, 0)
_ENABLED = {"Enabled": BOOLEAN}


def _sequence(*children: Child) -> Sequence:
    return Sequence(children=children)


_EKU_LIST = Sequence(
    children=(
        several(
            "EKUMapInList",
            TLS3,
            _sequence(optional("EKUName", TLS3, string()), optional("EKUOID", TLS3, string())),
        ),
    ),
    attributes=_ENABLED,
)
_FILTERING = _sequence(
    optional("AllPurposeEnabled", TLS3, BOOLEAN),
    optional(
        "CAHashList",
        TLS3,
        Sequence(children=(several("IssuerHash", TLS3, _SHA1),), attributes=_ENABLED),
    ),
    optional(
        "EKUMapping",
        TLS3,
        _sequence(
            several(
                "EKUMap",
                TLS3,
                _sequence(one("EKUName", TLS3, string()), one("EKUOID", TLS3, string())),
                low=1,
            )
        ),
    ),
    optional("ClientAuthEKUList", TLS3, _EKU_LIST),
    optional("AnyPurposeEKUList", TLS3, _EKU_LIST),
)
_TLS_TYPE = _sequence(
    optional(
        "CredentialsSource",
        TLS1,
        Sequence(
            children=(
                one("SmartCard", TLS1, _EMPTY),
                one("CertificateStore", TLS1, _sequence(optional("SimpleCertSelection", TLS1, BOOLEAN))),
            ),
            choice=True,
        ),
    ),
    optional(
        "ServerValidation",
        TLS1,
        _sequence(
            optional("DisableUserPromptForServerValidation", TLS1, BOOLEAN),
            optional("ServerNames", TLS1, string()),
            several("TrustedRootCA", TLS1, _SHA1),
        ),
    ),
    optional("DifferentUsername", TLS1, BOOLEAN),
    optional("PerformServerValidation", TLS2, BOOLEAN),
    optional("AcceptServerName", TLS2, BOOLEAN),
    optional(
        "TLSExtensions",
        TLS2,
        _sequence(optional("FilteringInfo", TLS3, _FILTERING), optional("Extensions", TLS3, Opaque())),
    ),
)
_PEAP_EXTENSIONS = _sequence(
    optional("PerformServerValidation", PEAP2, BOOLEAN),
    optional("AcceptServerName", PEAP2, BOOLEAN),
    optional(
        "IdentityPrivacy",
        PEAP2,
        _sequence(
            optional("EnableIdentityPrivacy", PEAP2, BOOLEAN), optional("AnonymousUserName", PEAP2, string())
        ),
    ),
    optional(
        "PeapExtensionsV2",
        PEAP2,
        _sequence(
            optional("AllowPromptingWhenServerCANotFound", PEAP3, BOOLEAN),
            optional("PeapExtensionsV3", PEAP3, Opaque()),
        ),
    ),
)


def _base_eap() -> Sequence:
    """BaseEap with one of the methods Windows ships; recursive, PEAP holds another."""
    return _sequence(
        one("Type", BASE_EAP, integer(1, 254)),
        optional("EapType", TLS1, _TLS_TYPE),
        optional("EapType", PEAP1, _peap_type),
        optional("EapType", CHAP, Opaque()),
    )


def _peap_type() -> Sequence:
    return _sequence(
        optional(
            "ServerValidation",
            PEAP1,
            Sequence(
                children=(
                    optional("DisableUserPromptForServerValidation", PEAP1, BOOLEAN),
                    optional("ServerNames", PEAP1, string()),
                    several("TrustedRootCA", PEAP1, _SHA1),
                ),
                attributes={"PerformServerValidation": BOOLEAN},
            ),
        ),
        optional("FastReconnect", PEAP1, BOOLEAN),
        optional("InnerEapOptional", PEAP1, BOOLEAN),
        several("Eap", BASE_EAP, _base_eap),
        optional("EnableQuarantineChecks", PEAP1, BOOLEAN),
        optional("RequireCryptoBinding", PEAP1, BOOLEAN),
        optional("PeapExtensions", PEAP1, _PEAP_EXTENSIONS),
    )


def _teap() -> Sequence:
    inner = Sequence(
        children=(optional("Eap", BASE_EAP, _base_eap), optional("EapHostConfig", EAP_HOST, eap_host_config))
    )
    return _sequence(
        optional(
            "ServerValidation",
            TEAP,
            _sequence(
                optional("ServerNames", TEAP, string()),
                several("TrustedRootCAHash", TEAP, _SHA1_OR_256),
                optional("DownloadTrustedServerRoot", TEAP, BOOLEAN),
                optional("DisablePrompt", TEAP, BOOLEAN),
                optional("DownloadTrustedServerRoot", TEAP, BOOLEAN),  # page and sample disagree on the order
            ),
        ),
        optional("Phase2Authentication", TEAP, _sequence(several("InnerMethodConfig", TEAP, inner))),
        optional(
            "Phase1Identity",
            TEAP,
            _sequence(
                optional("IdentityPrivacy", TEAP, BOOLEAN), optional("AnonymousIdentity", TEAP, string())
            ),
        ),
    )


def eap_host_config() -> Sequence:
    """EapHostConfig, the root of every EAP configuration."""
    config = _sequence(
        optional("Eap", BASE_EAP, _base_eap),
        optional("EapTeap", TEAP, _teap),
        optional("EapTtls", TTLS, Opaque()),
    )
    return _sequence(
        one(
            "EapMethod",
            EAP_HOST,
            _sequence(
                one("Type", EAP_COMMON, _BYTE),
                optional("VendorId", EAP_COMMON, _WORD),
                optional("VendorType", EAP_COMMON, _WORD),
                one("AuthorId", EAP_COMMON, _WORD),
            ),
        ),
        optional("Config", EAP_HOST, config),
        optional("ConfigBlob", EAP_HOST, Opaque()),
    )
