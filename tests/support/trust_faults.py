"""What a payload must never get wrong, broken on each platform: whom it trusts, where it enrols, with what.

(platform, fault) -> what is changed by kind of file, and a word that must be in the row. What a platform's
format cannot get wrong stands in `ABSENT` with the reason.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding
from support.changes import Change, amapi, form, onc, plist, text
from support.scep_responder import Responder

STRANGER = Responder().root
_DER = STRANGER.public_bytes(Encoding.DER)
_SHA1 = hashlib.sha1(_DER, usedforsecurity=False).hexdigest()


class Fault(enum.StrEnum):
    """What is wrong."""

    URL = "another SCEP server"
    CHALLENGE = "another challenge"
    PIN = "another CA than the server's"
    KEY_SIZE = "a key that is too short"
    KEY_USAGE = "a usage that is none"
    ROOT = "a RADIUS root that is a stranger's"
    NO_ROOT = "no RADIUS root"
    NAME = "another RADIUS name"
    NO_NAME = "no RADIUS name"


Broken = tuple[Mapping[str, Change], str]
_SCEP, _EAP = ("security.scep", "PayloadContent"), ("wifi.managed", "EAPClientConfiguration")
_ELSEWHERE = "https://elsewhere.northwind.example/scep/staff"
_REFUSED = "the device refused the RADIUS server"


def _another_root_in_the_store(content: bytes) -> bytes:
    """The SyncML with one more command: a root that nobody here has signed anything with."""
    written = content.decode()
    (command,) = re.findall(r"<Add>(?:(?!</Add>).)*TrustedCertificates/Root.*?</Add>", written, re.DOTALL)
    more = re.sub(r"<CmdID>\d+<", "<CmdID>9999<", command)
    more = re.sub(r"Root/[0-9A-F]{40}/", f"Root/{_SHA1.upper()}/", more)
    more = re.sub(r"<Data>[^<]+<", f"<Data>{base64.b64encode(_DER).decode()}<", more)
    return written.replace(command, command + more, 1).encode()


def _onc_root(content: bytes) -> bytes:
    tree = json.loads(content)
    trusted = tree["NetworkConfigurations"][0]["WiFi"]["EAP"]["ServerCARefs"][0]
    tree["Certificates"].append(
        {"GUID": "{stranger}", "Type": "Authority", "X509": base64.b64encode(_DER).decode()}
    )
    assert trusted
    return onc("EAP", "ServerCARefs", value=["{stranger}"])(json.dumps(tree).encode())


def _onc_names(*names: str) -> Change:
    def change(content: bytes) -> bytes:
        match = [{"Type": "DNS", "Value": name} for name in names]
        content = onc("EAP", "SubjectAlternativeNameMatch", value=match)(content)
        return onc("EAP", "DomainSuffixMatch", value=list(names))(content)

    return change


def _trust_file(content: bytes) -> bytes:
    """The script's here-document with the RADIUS root."""
    pem = STRANGER.public_bytes(Encoding.PEM).decode()
    return text(r"'trust-campus\.pem' <<'END'\n(.*?)END\n", pem)(content)


def _lan(pattern: str, new: str) -> Mapping[str, Change]:
    return {"lan-profile": text(pattern, new)}


BROKEN: Mapping[tuple[str, Fault], Broken] = {
    ("apple", Fault.URL): ({"mobileconfig": plist(*_SCEP, "URL", value=_ELSEWHERE)}, "elsewhere"),
    ("apple", Fault.CHALLENGE): (
        {"mobileconfig": plist(*_SCEP, "Challenge", value="wrong" * 5)},
        "challenge",
    ),
    ("apple", Fault.PIN): ({"mobileconfig": plist(*_SCEP, "CAFingerprint", value=b"x" * 32)}, "pinned CA"),
    ("apple", Fault.KEY_SIZE): ({"mobileconfig": plist(*_SCEP, "Keysize", value=1024)}, "1024"),
    ("apple", Fault.KEY_USAGE): ({"mobileconfig": plist(*_SCEP, "Key Usage", value="5")}, "Key Usage"),
    ("apple", Fault.ROOT): (
        {"mobileconfig": plist("security.root", "PayloadContent", value=_DER)},
        _REFUSED,
    ),
    ("apple", Fault.NO_ROOT): (
        {"mobileconfig": plist(*_EAP, "PayloadCertificateAnchorUUID", value=[])},
        "asked to trust",
    ),
    ("apple", Fault.NAME): (
        {"mobileconfig": plist(*_EAP, "TLSTrustedServerNames", value=["radius.example"])},
        _REFUSED,
    ),
    ("windows", Fault.URL): (
        {"syncml": text(r"(https://scep\.northwind\.example/scep/staff)", _ELSEWHERE)},
        "elsewhere",
    ),
    ("windows", Fault.CHALLENGE): (
        {"syncml": text(r"Install/Challenge.*?Data>([^<]+)<", "wrong-wrong-wrong")},
        "challenge",
    ),
    ("windows", Fault.PIN): (
        {
            "syncml": lambda content: text(r"CAThumbprint.*?Data>([0-9A-F]{40})", _SHA1.upper())(
                _another_root_in_the_store(content)
            )
        },
        "pins",
    ),
    ("windows", Fault.KEY_SIZE): (
        {"syncml": text(r"Install/KeyLength.*?Data>(\d+)<", "1024")},
        "1024",
    ),
    ("windows", Fault.KEY_USAGE): ({"syncml": text(r"Install/KeyUsage.*?Data>(160)<", "1")}, "KeyUsage"),
    ("windows", Fault.ROOT): (
        {
            "syncml": _another_root_in_the_store,
            **_lan(r"TrustedRootCA>([0-9a-f ]+)<", " ".join(re.findall("..", _SHA1))),
        },
        _REFUSED,
    ),
    ("windows", Fault.NO_ROOT): (_lan(r"(<TrustedRootCA>[0-9a-f ]+</TrustedRootCA>)", ""), "TrustedRootCA"),
    ("windows", Fault.NAME): (_lan(r"ServerNames>(radius)\.", "radiux"), _REFUSED),
    ("windows", Fault.NO_NAME): (_lan(r"<ServerNames>([^<]+)<", ""), "AcceptServerName"),
    ("chromeos", Fault.URL): ({"chrome-scep-profile": form("SCEP server URL", _ELSEWHERE)}, "elsewhere"),
    ("chromeos", Fault.CHALLENGE): ({"chrome-scep-profile": form("Challenge", "wrong" * 5)}, "challenge"),
    ("chromeos", Fault.KEY_SIZE): (
        {"chrome-scep-profile": form("Key size (bits)", 1024)},
        "Key size (bits)",
    ),
    ("chromeos", Fault.KEY_USAGE): (
        {"chrome-scep-profile": form("Key usage", ["Decipher"])},
        "'Decipher'",
    ),
    ("chromeos", Fault.ROOT): ({"onc": _onc_root}, _REFUSED),
    ("chromeos", Fault.NO_ROOT): ({"onc": onc("EAP", "ServerCARefs", value=[])}, "ServerCARefs"),
    ("chromeos", Fault.NAME): ({"onc": _onc_names("radius.example")}, _REFUSED),
    ("chromeos", Fault.NO_NAME): ({"onc": _onc_names()}, "DomainSuffixMatch"),
    ("android", Fault.NO_ROOT): ({"amapi": amapi("ServerCARefs", [])}, "ServerCARefs"),
    ("android", Fault.NO_NAME): ({"amapi": amapi("DomainSuffixMatch", [])}, "DomainSuffixMatch"),
    ("linux", Fault.URL): ({"certmonger": text(r"\nscep_url='([^']+)'", _ELSEWHERE)}, "elsewhere"),
    ("linux", Fault.CHALLENGE): (
        {"certmonger": text(r"\nchallenge='([^']+)'", "wrong-wrong-wrong")},
        "challenge",
    ),
    ("linux", Fault.PIN): ({"certmonger": text(r"\nroot_sha256='([^']+)'", "ab" * 32)}, "pinned CA"),
    ("linux", Fault.KEY_SIZE): ({"certmonger": text(r"\nkey_bits='(\d+)'", "1024")}, "key_bits"),
    ("linux", Fault.ROOT): ({"certmonger": _trust_file}, _REFUSED),
    ("linux", Fault.NO_ROOT): ({"networkmanager": text(r"(ca-cert=\S+)", "")}, "ca-cert"),
    ("linux", Fault.NAME): ({"networkmanager": text(r"domain-match=(radius)", "radiux")}, _REFUSED),
    ("linux", Fault.NO_NAME): ({"networkmanager": text(r"(domain-match=\S+)", "")}, "domain-match"),
}

_NO_ENROLMENT = "neither of Android's formats enrols"
_NOT_PLAYED = "without an enrolment nobody comes to RADIUS"
ABSENT: Mapping[tuple[str, Fault], str] = {
    (
        "apple",
        Fault.NO_NAME,
    ): "an Apple device takes any server of the root then: what must fail finds it out",
    ("chromeos", Fault.PIN): "Google's form has no field for a fingerprint",
    ("linux", Fault.KEY_USAGE): "the script's usages are fixed, and the server decides about them",
    **dict.fromkeys([("android", f) for f in list(Fault)[:5]], _NO_ENROLMENT),
    **dict.fromkeys([("android", f) for f in (Fault.ROOT, Fault.NAME)], _NOT_PLAYED),
}
