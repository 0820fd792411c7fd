"""Passpoint (Hotspot 2.0): a network that a device finds by what access points offer, whatever their SSID.

Source: apple/device-management (com.apple.wifi.managed: DomainName, RoamingConsortiumOIs, NAIRealmNames,
ServiceProviderRoamingEnabled); Wi-Fi Alliance Passpoint, ANQP elements Domain Name, Roaming Consortium and
NAI Realm (IEEE 802.11-2020, 9.4.5).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whom a profile takes for its provider, and the partners that it may roam to."""

    domain: str  # lower case
    consortiums: tuple[str, ...] = ()  # 6 or 10 hexadecimal digits, upper case
    realms: tuple[str, ...] = ()  # NAI realms, lower case
    roams: bool = False  # whether access points of others than the provider will do

    def joins(self, offer: Offer) -> bool:
        """Whether the device takes the access point for its provider's, or for a partner's that will do."""
        at_home = any(_is_of(domain, self.domain) for domain in offer.domains)
        shared = {*self.consortiums} & {*offer.consortiums} or {*self.realms} & {*offer.realms}
        return at_home or (self.roams and bool(shared))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an access point answers to ANQP, and its SSID."""

    ssid: bytes
    domains: tuple[str, ...] = ()  # of its operator
    consortiums: tuple[str, ...] = ()  # upper case
    realms: tuple[str, ...] = ()


def _is_of(offered: str, own: str) -> bool:
    """A provider's domain, or one below it (Passpoint specification, home operator by domain name)."""
    return offered == own or offered.endswith("." + own)
