"""The payload types that onboard judges, by Apple's names, and which of them are of one kind."""

from __future__ import annotations

from collections.abc import Mapping

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
