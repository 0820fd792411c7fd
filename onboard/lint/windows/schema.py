"""The content models of WLANProfile, LANProfile and OneX, by the published pages of Win32 (NativeWiFi)."""

from __future__ import annotations

from collections.abc import Mapping

from onboard.lint.windows.grammar import (
    BOOLEAN,
    Child,
    Content,
    Opaque,
    Sequence,
    enum,
    integer,
    octets,
    one,
    optional,
    several,
    string,
)
from onboard.lint.windows.schema_eap import EAP_HOST, eap_host_config

_N = "http://www.microsoft.com/networking/"
W1, W2, W3, W4 = (f"{_N}WLAN/profile/v{n}" for n in (1, 2, 3, 4))
LAN = _N + "LAN/profile/v1"
ONEX = _N + "OneX/v1"

_ON_OFF = enum("enabled", "disabled")
_SECONDS = integer(1, 3600)
_COUNT = integer(1, 100)
_DELAY = integer(0, 120)


def _sequence(*children: Child) -> Sequence:
    return Sequence(children=children)


def _ssid(namespace: str, shortest: int) -> Sequence:
    return _sequence(
        optional("hex", namespace, octets(shortest, 32)), optional("name", namespace, string(shortest, 32))
    )


_ONEX = _sequence(
    optional("cacheUserData", ONEX, BOOLEAN),
    optional("heldPeriod", ONEX, _SECONDS),
    optional("authPeriod", ONEX, _SECONDS),
    optional("startPeriod", ONEX, _SECONDS),
    optional("maxStart", ONEX, _COUNT),
    optional("maxAuthFailures", ONEX, _COUNT),
    optional("supplicantMode", ONEX, enum("inhibitTransmission", "includeLearning", "compliant")),
    optional("authMode", ONEX, enum("machineOrUser", "machine", "user", "guest")),
    optional(
        "singleSignOn",
        ONEX,
        _sequence(
            one("type", ONEX, enum("preLogon", "postLogon")),
            optional("maxDelay", ONEX, _DELAY),
            optional("allowAdditionalDialogs", ONEX, BOOLEAN),
            optional("maxDelayWithAdditionalDialogs", ONEX, _DELAY),
            optional("userBasedVirtualLan", ONEX, BOOLEAN),
        ),
    ),
    one("EAPConfig", ONEX, _sequence(one("EapHostConfig", EAP_HOST, eap_host_config))),
)
_AUTHENTICATION = enum(
    "open",
    "shared",
    "WPA",
    "WPAPSK",
    "WPA2",
    "WPA2PSK",
    "WPA3",
    "WPA3ENT192",
    "WPA3ENT",
    "WPA3SAE",
    "OWE",
)
_SECURITY = _sequence(
    optional(
        "authEncryption",
        W1,
        _sequence(
            one("authentication", W1, _AUTHENTICATION),
            one("encryption", W1, enum("none", "WEP", "TKIP", "AES", "GCMP256")),
            optional("useOneX", W1, BOOLEAN),
            optional("FIPSMode", W2, BOOLEAN),
            optional("transitionMode", W4, BOOLEAN),
        ),
    ),
    optional(
        "sharedKey",
        W1,
        _sequence(
            one("keyType", W1, enum("networkKey", "passPhrase")),
            one("protected", W1, BOOLEAN),
            one("keyMaterial", W1, string()),
        ),
    ),
    optional("keyIndex", W1, integer(0, 3)),
    optional("PMKCacheMode", W1, _ON_OFF),
    optional("PMKCacheTTL", W1, integer(5, 1440)),
    optional("PMKCacheSize", W1, integer(1, 255)),
    optional("preAuthMode", W1, _ON_OFF),
    optional("preAuthThrottle", W1, integer(1, 16)),
    optional("OneX", ONEX, _ONEX),
)
_MSM = _sequence(
    optional(
        "connectivity",
        W1,
        _sequence(several("phyType", W1, enum("a", "b", "g", "n", "ac", "ad", "ax", "be"), high=6)),
    ),
    optional("security", W1, _SECURITY),
)
_HOTSPOT2 = _sequence(
    optional("DomainName", W1, string(1, 255)),
    optional("NAIRealm", W1, _sequence(several("name", W1, string(1, 255), high=256))),
    optional("Network3GPP", W1, _sequence(several("PLMNID", W1, string(5, 6), high=256))),
    optional("RoamingConsortium", W1, _sequence(several("OUI", W1, octets(3, 5), high=256))),
)
_WLAN = _sequence(
    one("name", W1, string(1, 255)),
    several(
        "SSIDConfig",
        W1,
        _sequence(
            several("SSID", W1, _ssid(W1, 1), low=1, high=256),
            optional("nonBroadcast", W1, BOOLEAN),
            several("SSID", W2, _ssid(W2, 1)),
            optional("SSIDPrefix", W2, _ssid(W2, 4)),
        ),
        low=1,
        high=256,
    ),
    optional("Hotspot2", W1, _HOTSPOT2),
    one("connectionType", W1, enum("IBSS", "ESS")),
    optional("connectionMode", W1, enum("auto", "manual")),
    optional("autoSwitch", W1, BOOLEAN),
    optional("MSM", W1, _MSM),
    optional("IHV", W1, Opaque()),
    optional(
        "MacRandomization",
        W3,
        _sequence(
            optional("enableRandomization", W3, BOOLEAN),
            optional("randomizeEveryday", W3, BOOLEAN),
            optional("randomizationSeed", W3, integer(0, 2**32 - 1)),
        ),
    ),
)
_LAN = _sequence(
    one(
        "MSM",
        LAN,
        _sequence(
            one(
                "security",
                LAN,
                _sequence(
                    one("OneXEnforced", LAN, BOOLEAN),
                    one("OneXEnabled", LAN, BOOLEAN),
                    optional("OneX", ONEX, _ONEX),
                ),
            )
        ),
    )
)

ROOTS: Mapping[str, tuple[str, Content]] = {
    "WLANProfile": (W1, _WLAN),
    "LANProfile": (LAN, _LAN),
    "EapHostConfig": (EAP_HOST, eap_host_config()),
}
"""Root elements by name: their namespace and content."""
