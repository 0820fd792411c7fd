"""Every ONC rule by id: what it says and how much it weighs.

Numbers 001 to 040 are what Chromium's validator does with a file: it rejects the enclosing object or drops
the entry (both errors here, since the device leaves nothing but a log line), or it warns. `lint-01` to `-16`
are accepted by ChromeOS and wrong in practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onboard.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule says, and whether its breach stops the work."""

    severity: Severity
    summary: str


def _error(summary: str) -> Rule:
    return Rule(severity=Severity.ERROR, summary=summary)


def _warning(summary: str) -> Rule:
    return Rule(severity=Severity.WARNING, summary=summary)


RULES: Mapping[str, Rule] = {
    "000": _error("strict JSON, one object, no name twice"),
    "001": _error("each value has the JSON type of its field"),
    "002": _warning("an unknown field is dropped"),
    "003": _warning("Recommended names fields of its object that hold values"),
    "004": _warning("Recommended is dropped from a file that is imported by hand"),
    "005": _error("Type is UnencryptedConfiguration or EncryptedConfiguration"),
    "006": _error("a file with GlobalNetworkConfiguration cannot be imported by hand"),
    "007": _error("a network with an error in it is removed"),
    "008": _error("a certificate with an error in it is removed"),
    "009": _error("each network has a GUID of its own"),
    "010": _error("a network has Name and Type unless it is to be removed"),
    "011": _error("Type of a network is one that ChromeOS knows"),
    "012": _error("device policy configures WiFi, Ethernet, VPN and Cellular only"),
    "013": _error("a network has the object that its Type names"),
    "014": _error("static addresses and name servers come with what they need"),
    "015": _error("RoutingPrefix fits the address family"),
    "016": _error("Security is a value of ONC; WPA2 and WPA3 are both WPA"),
    "017": _error("a Wi-Fi network has SSID or HexSSID"),
    "018": _error("an SSID is 1 to 32 bytes of UTF-8"),
    "019": _error("a HexSSID is 1 to 32 bytes in hexadecimal"),
    "020": _warning("SSID and HexSSID say the same"),
    "021": _error("enterprise networks have EAP, others a Passphrase"),
    "022": _error("Ethernet Authentication is None or 8021X, the latter with EAP"),
    "023": _warning("one Ethernet network for each Authentication: the last one wins"),
    "024": _error("Outer is a known EAP method"),
    "025": _error("Inner is a known inner method"),
    "026": _error("ServerCARefs is not empty, and not beside ServerCARef"),
    "027": _error("ClientCertType is known"),
    "028": _error("ClientCertType comes with the field that it names"),
    "029": _error("a certificate pattern has IssuerCARef, Issuer or Subject"),
    "030": _error("a subject alternative name has Type EMAIL, DNS or URI, and a Value"),
    "031": _error("each certificate has a GUID of its own"),
    "032": _error("a certificate has a Type and what belongs to it"),
    "033": _error("certificates cannot be removed"),
    "034": _error("Scope is Default, or Extension with its id"),
    "035": _error("proxy settings are complete, ports are integers"),
    "036": _error("some global settings are for device policy only"),
    "037": _error("DisableNetworkTypes names known types"),
    "038": _error("references lead to a CA in the same file"),
    "039": _error("X509 is a certificate in PEM or in base64 without white space"),
    "040": _error("an encrypted file uses AES256, PBKDF2 and SHA1 within bounds"),
    "lint-01": _error("an EAP network names its server"),
    "lint-02": _warning("a private CA stands alone: UseSystemCAs is false"),
    "lint-03": _warning("SubjectMatch compares a part of the name only"),
    "lint-04": _warning("ServerCARef is deprecated"),
    "lint-05": _warning("a device network cannot use a person's certificate"),
    "lint-06": _error("placeholders fit the policy level"),
    "lint-07": _warning("a policy cannot name a certificate of one device"),
    "lint-08": _warning("IssuerCARef names the immediate issuer"),
    "lint-09": _error("CA certificates are fit to be trusted"),
    "lint-10": _error("no private key in an unencrypted file"),
    "lint-11": _warning("TLS 1.2 is not forbidden"),
    "lint-12": _warning("no shared secret in an unencrypted file"),
    "lint-13": _warning("GUIDs are the same at every build"),
    "lint-14": _error("a device must be able to reach a network before it has a certificate"),
    "lint-15": _error("EAP-TLS has a client certificate"),
    "lint-16": _warning("AutoConnect is said, since its default is false"),
}

CONSEQUENCES = frozenset({"007", "008"})
"""Never said by themselves: the error inside the entry is, with the consequence as its hint."""

NOT_AT_REST = frozenset({"lint-13"})
"""Two builds are needed to see it; `onboard diff` does."""
