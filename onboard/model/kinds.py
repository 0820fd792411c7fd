"""The closed sets of the model: platforms, securities, keys, media, challenges."""

from __future__ import annotations

import enum


class Platform(enum.StrEnum):
    """The families a payload is built for."""

    APPLE = "apple"
    WINDOWS = "windows"
    CHROMEOS = "chromeos"
    ANDROID = "android"
    LINUX = "linux"


class Security(enum.StrEnum):
    """Wi-Fi security of an 802.1X network."""

    WPA2_ENTERPRISE = "wpa2-enterprise"
    WPA2_WPA3_ENTERPRISE = "wpa2-wpa3-enterprise"
    WPA3_ENTERPRISE = "wpa3-enterprise"
    WPA3_ENTERPRISE_192 = "wpa3-enterprise-192"


class KeyKind(enum.StrEnum):
    """Key algorithm and size, of a CA or of a device (devices: RSA only, SCEP is RSA everywhere)."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"

    @property
    def bits(self) -> int:
        """Modulus or curve size in bits."""
        return int(self.value.lstrip("rsaecp-"))

    @property
    def is_rsa(self) -> bool:
        """Whether this is an RSA key."""
        return self.value.startswith("rsa")


class NetworkType(enum.StrEnum):
    """How a device reaches a network with 802.1X: by radio or by wire."""

    WIFI = "wifi"
    ETHERNET = "ethernet"


class GardenMode(enum.StrEnum):
    """How the onboarding SSID behaves: a portal pops up, or a walled garden lets assistants through."""

    CAPTIVE = "captive"
    ZERO_TOUCH = "zero-touch"


class ChallengeType(enum.StrEnum):
    """How a group's enrolments are authorised."""

    STATIC = "static"
    ONE_TIME = "one-time"
    APPROVAL = "approval"  # a shared secret opens the queue, a person decides
