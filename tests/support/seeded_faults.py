"""Artifacts with one field broken: (platform, kind, what is changed, a word that must be in the row)."""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Callable

import yaml

Change = Callable[[bytes], bytes]


def text(pattern: str, new: str) -> Change:
    """Replace what the pattern's first group matches, once."""

    def change(content: bytes) -> bytes:
        found = re.search(pattern, content.decode(), re.DOTALL)
        assert found is not None, pattern
        start, end = found.span(1)
        return (content.decode()[:start] + new + content.decode()[end:]).encode()

    return change


def plist(*path: str, value: object) -> Change:
    """Set a key of the payload whose PayloadType ends in `path[0]`."""

    def change(content: bytes) -> bytes:
        tree = plistlib.loads(content)
        place = next(p for p in tree["PayloadContent"] if p["PayloadType"].endswith(path[0]))
        for step in path[1:-1]:
            place = place[step]
        place[path[-1]] = value(place[path[-1]]) if callable(value) else value
        return plistlib.dumps(tree)

    return change


def onc(*path: str | int, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = json.loads(content)
        place = tree["NetworkConfigurations"][0]["WiFi"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return json.dumps(tree).encode()

    return change


def form(label: str, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = yaml.BaseLoader(content).get_single_data()
        tree["form"][label] = value
        return yaml.safe_dump(tree).encode()

    return change


def amapi(key: str, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = json.loads(content)
        tree["openNetworkConfiguration"]["NetworkConfigurations"][0]["WiFi"]["EAP"][key] = value
        return json.dumps(tree).encode()

    return change


SCEP = ("security.scep", "PayloadContent")
EAP = ("wifi.managed", "EAPClientConfiguration")
NOWHERE = "https://elsewhere.northwind.example/scep/staff"
ANOTHER = "https://scep.northwind.example/scep/students"
FAULTS: dict[str, tuple[str, str, Change, str]] = {
    "apple: host": ("apple", "mobileconfig", plist(*SCEP, "URL", value=NOWHERE), "elsewhere"),
    "apple: no scheme": ("apple", "mobileconfig", plist(*SCEP, "URL", value="scep.example"), "URL"),
    "apple: another group's URL": ("apple", "mobileconfig", plist(*SCEP, "URL", value=ANOTHER), "refused"),
    "apple: fingerprint": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "CAFingerprint", value=b"x" * 32),
        "pinned CA",
    ),
    "apple: fingerprint as text": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "CAFingerprint", value="x"),
        "CAFingerprint",
    ),
    "apple: challenge": ("apple", "mobileconfig", plist(*SCEP, "Challenge", value="wrong" * 5), "refused"),
    "apple: key size": ("apple", "mobileconfig", plist(*SCEP, "Keysize", value=1024), "refused"),
    "apple: organizational unit": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "Subject", value=[[["CN", "ada@northwind.example"]], [["OU", "x"]]]),
        "refused",
    ),
    "apple: server name": (
        "apple",
        "mobileconfig",
        plist(*EAP, "TLSTrustedServerNames", value=["radius.example"]),
        "RADIUS server",
    ),
    "apple: SSID": (
        "apple",
        "mobileconfig",
        plist("wifi.managed", "SSID_STR", value="Northwind-Lab"),
        "rejected",
    ),
    "apple: TLS 1.0 only": ("apple", "mobileconfig", plist(*EAP, "TLSMaximumVersion", value="1.0"), "TLS"),
    "windows: host": (
        "windows",
        "syncml",
        text(r"(https://scep\.northwind\.example/scep/staff)", NOWHERE),
        "elsewhere",
    ),
    "windows: thumbprint": (
        "windows",
        "syncml",
        text(r"CAThumbprint.*?Data>([0-9A-F]{40})", "0" * 40),
        "CAThumbprint",
    ),
    "windows: challenge": (
        "windows",
        "syncml",
        text(r"Install/Challenge.*?Data>([^<]+)<", "wrong-wrong-wrong"),
        "refused",
    ),
    "windows: key usage": ("windows", "syncml", text(r"Install/KeyUsage.*?Data>(160)<", "1"), "KeyUsage"),
    "windows: server name": (
        "windows",
        "syncml",
        text(r"ServerNames(?:&gt;|>)(radius)\.", "radiux"),
        "another profile",
    ),
    "windows: issuer filter": (
        "windows",
        "syncml",
        text(r"IssuerHash(?:&gt;|>)([0-9a-f]{2}) ", "00"),
        "another profile",
    ),
    "chromeos: host": ("chromeos", "chrome-scep-profile", form("SCEP server URL", NOWHERE), "elsewhere"),
    "chromeos: challenge": ("chromeos", "chrome-scep-profile", form("Challenge", "wrong" * 5), "refused"),
    "chromeos: unit": ("chromeos", "chrome-scep-profile", form("Organization unit", "students"), "refused"),
    "chromeos: server name": (
        "chromeos",
        "onc",
        onc("EAP", "DomainSuffixMatch", value=["example.net"]),
        "DomainSuffixMatch",
    ),
    "chromeos: system CAs": ("chromeos", "onc", onc("EAP", "UseSystemCAs", value=True), "UseSystemCAs"),
    "chromeos: pattern": (
        "chromeos",
        "onc",
        onc("EAP", "ClientCertPattern", value={"Subject": {"OrganizationalUnit": "x"}}),
        "Subject pattern",
    ),
    "chromeos: SSID": ("chromeos", "onc", onc("SSID", value="Other"), "rejected"),
    "linux: host": ("linux", "certmonger", text(r"\nscep_url='([^']+)'", NOWHERE), "elsewhere"),
    "linux: root": ("linux", "certmonger", text(r"\nroot_sha256='([^']+)'", "ab" * 32), "pinned CA"),
    "linux: challenge": (
        "linux",
        "certmonger",
        text(r"\nchallenge='([^']+)'", "wrong-wrong-wrong"),
        "refused",
    ),
    "linux: subject": ("linux", "certmonger", text(r"\nsubject='[^']*OU=(\w+)", "students"), "refused"),
    "linux: server name": (
        "linux",
        "networkmanager",
        text(r"domain-match=(radius)", "radiux"),
        "RADIUS server",
    ),
    "linux: key file": ("linux", "networkmanager", text(r"private-key=(\S+)", "/tmp/key.pem"), "private-key"),
    "linux: SSID": ("linux", "networkmanager", text(r"\nssid=(\w+)", "Other"), "rejected"),
}

EAP_TYPES = ("wifi.managed", "EAPClientConfiguration", "AcceptEAPTypes")
UNKNOWN_UUID = "00000000-0000-0000-0000-000000000000"
FAULTS |= {
    "apple: no EAP-TLS": ("apple", "mobileconfig", plist(*EAP_TYPES, value=[25]), "AcceptEAPTypes"),
    "apple: identity of nobody": (
        "apple",
        "mobileconfig",
        plist("wifi.managed", "PayloadCertificateUUID", value=UNKNOWN_UUID),
        "PayloadCertificateUUID",
    ),
    "apple: anchor of nobody": (
        "apple",
        "mobileconfig",
        plist(*EAP, "PayloadCertificateAnchorUUID", value=[UNKNOWN_UUID]),
        "PayloadCertificateAnchorUUID",
    ),
    "apple: no anchor": (
        "apple",
        "mobileconfig",
        plist(*EAP, "PayloadCertificateAnchorUUID", value=[]),
        "Anchor",
    ),
    "apple: key type": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "Key Type", value="ECSECPrimeRandom"),
        "Key Type",
    ),
    "apple: encryption": (
        "apple",
        "mobileconfig",
        plist("wifi.managed", "EncryptionType", value="WEP"),
        "EncryptionType",
    ),
    "apple: alternative name": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "SubjectAltName", value={"dNSName": "other.example"}),
        "refused",
    ),
    "apple: wire without identity": (
        "apple",
        "mobileconfig",
        plist("globalethernet.managed", "PayloadCertificateUUID", value=UNKNOWN_UUID),
        "PayloadCertificateUUID",
    ),
    "windows: subject": (
        "windows",
        "syncml",
        text(r"Install/SubjectName.*?Data>[^<]*OU=(\w+)", "students"),
        "refused",
    ),
    "windows: no client authentication": (
        "windows",
        "syncml",
        text(r"Install/EKUMapping.*?Data>([\d.]+)<", "1.3.6.1.5.5.7.3.1"),
        "EKU",
    ),
    "windows: key length": (
        "windows",
        "syncml",
        text(r"Install/KeyLength.*?Data>(\d+)<", "512"),
        "KeyLength",
    ),
    "windows: hash": (
        "windows",
        "syncml",
        text(r"Install/HashAlgorithm.*?Data>([^<]+)<", "MD5"),
        "HashAlgorithm",
    ),
    "windows: format of a node": (
        "windows",
        "syncml",
        text(r"Install/KeyLength.*?metinf.?.?.?>(int)<", "chr"),
        "KeyLength",
    ),
    "windows: no Exec": ("windows", "syncml", text(r"(Install/Enroll)<", "Install/Later"), "Enroll"),
    "windows: root not in the store": (
        "windows",
        "wlan-profile",
        text(r"TrustedRootCA>([0-9a-f ]+)<", " ".join(["00"] * 20)),
        "TrustedRootCA",
    ),
    "windows: prompt": (
        "windows",
        "lan-profile",
        text(r"DisableUserPromptForServerValidation>(true)<", "false"),
        "DisableUserPrompt",
    ),
    "windows: no server validation": (
        "windows",
        "lan-profile",
        text(r"PerformServerValidation[^>]*>(true)<", "false"),
        "PerformServerValidation",
    ),
    "windows: method": ("windows", "lan-profile", text(r"<Type>(13)</Type>", "26"), "Type"),
    "windows: mode": ("windows", "lan-profile", text(r"authMode>(\w+)<", "nobody"), "authMode"),
    "windows: wire's server name": (
        "windows",
        "lan-profile",
        text(r"ServerNames>(radius)\.", "radiux"),
        "RADIUS",
    ),
    "windows: wire's issuer": (
        "windows",
        "lan-profile",
        text(r"IssuerHash>([0-9a-f]{2}) ", "00"),
        "CAHashList",
    ),
    "windows: 802.1X off": ("windows", "lan-profile", text(r"OneXEnabled>(true)<", "false"), "OneXEnabled"),
    "windows: days of the script": (
        "windows",
        "script",
        text(r"\$RenewWithinDays = (\d+)", "soon"),
        "RenewWithinDays",
    ),
    "chromeos: security": ("chromeos", "onc", onc("Security", value="WPA-PSK"), "Security"),
    "chromeos: method": ("chromeos", "onc", onc("EAP", "Outer", value="PEAP"), "Outer"),
    "chromeos: CA of nobody": (
        "chromeos",
        "onc",
        onc("EAP", "ServerCARefs", value=["{nobody}"]),
        "ServerCARefs",
    ),
    "chromeos: issuer of nobody": (
        "chromeos",
        "onc",
        onc("EAP", "ClientCertPattern", value={"IssuerCARef": ["{nobody}"]}),
        "IssuerCARef",
    ),
    "chromeos: certificate type": (
        "chromeos",
        "onc",
        onc("EAP", "ClientCertType", value="Ref"),
        "ClientCertType",
    ),
    "chromeos: no identity": ("chromeos", "onc", onc("EAP", "Identity", value=""), "Identity"),
    "chromeos: key size": ("chromeos", "chrome-scep-profile", form("Key size (bits)", 1024), "Key size"),
    "chromeos: challenge type": (
        "chromeos",
        "chrome-scep-profile",
        form("Challenge type", "Dynamic"),
        "Challenge type",
    ),
    "chromeos: days of renewal": (
        "chromeos",
        "chrome-scep-profile",
        form("Renew within days", "soon"),
        "Renew within days",
    ),
    "android: method": ("android", "amapi", amapi("Outer", "PEAP"), "Outer"),
    "android: server name": ("android", "amapi", amapi("DomainSuffixMatch", []), "DomainSuffixMatch"),
    "android: CA of nobody": ("android", "amapi", amapi("ServerCARefs", ["{nobody}"]), "ServerCARefs"),
    "android: unmanaged, method": ("android", "eap-config", text(r"<Type>(13)<", "25"), "Type"),
    "android: unmanaged, server name": (
        "android",
        "eap-config",
        text(r"(<ServerID>[^<]+</ServerID>)", ""),
        "ServerID",
    ),
    "linux: key size": ("linux", "certmonger", text(r"\nkey_bits='(\d+)'", "1024"), "key_bits"),
    "linux: usage": (
        "linux",
        "certmonger",
        text(r"\nroot_sha256='([^']+)'", "xyz"),
        "root_sha256",
    ),
    "linux: key management": ("linux", "networkmanager", text(r"key-mgmt=(wpa-eap)", "wpa-psk"), "key-mgmt"),
    "linux: method": ("linux", "networkmanager", text(r"eap=(tls);", "peap"), "eap"),
    "linux: CA of nobody": ("linux", "networkmanager", text(r"ca-cert=(\S+)", "/etc/ssl/ca.pem"), "ca-cert"),
    "linux: certificate of nobody": (
        "linux",
        "networkmanager",
        text(r"client-cert=(\S+)", "/c.pem"),
        "client-cert",
    ),
    "linux: no server name": ("linux", "networkmanager", text(r"(domain-match=\S+)", ""), "domain-match"),
    "linux: no identity": ("linux", "networkmanager", text(r"(identity=\S+)", ""), "identity"),
}
