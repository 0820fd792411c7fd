"""Rules 02 to 08 and 40: name, SSID, security and connection of a WLANProfile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.windows.document import Node

ENTERPRISE: Mapping[str, frozenset[str]] = {
    "WPA2": frozenset({"AES"}),
    "WPA3ENT": frozenset({"AES"}),
    "WPA3ENT192": frozenset({"GCMP256"}),
    "WPA3": frozenset({"GCMP256"}),  # the deprecated synonym of WPA3ENT192
}
_OTHERS: Mapping[str, frozenset[str]] = {
    "open": frozenset({"none"}),
    "OWE": frozenset({"AES"}),
    "WPA2PSK": frozenset({"AES"}),
    "WPA3SAE": frozenset({"AES"}),
}
_PAIRS = {**ENTERPRISE, **_OTHERS}
_ENTERPRISE_OR_OLD = {*ENTERPRISE, "WPA"}
_STRONG = {"WPA3ENT192", "WPA3"}
_EAP_TLS = "13"  # IANA EAP method type
_CSP_LIMIT = 32  # bytes of {ProfileName}


def wireless(profile: Node) -> Iterator[Finding]:
    """Findings of a WLANProfile, EAP apart."""
    yield from _name(profile)
    for ssid in profile.all("SSID"):
        yield from _ssid(ssid)
    yield from _connection(profile)
    security = profile.first("MSM", "security")
    if security is not None:
        yield from _security(security)
        yield from _shared_key(security)


def _name(profile: Node) -> Iterator[Finding]:
    name = profile.first("name")
    if name is None:
        return
    if len(name.text.encode()) > _CSP_LIMIT:
        yield name.warning("02", "the name is longer than 32 bytes; the WiFi CSP and Intune refuse it")
    if " " in name.text or not name.text.isascii():
        yield name.warning(
            "02",
            "the name has blanks or letters outside ASCII; Intune fails on it with SyncML 500",
            "use letters, digits, '.', '_' and '-'; name and SSID may differ",
        )


def _ssid(ssid: Node) -> Iterator[Finding]:
    octets, name = ssid.value("hex"), ssid.value("name")
    if not octets and not name:
        yield ssid.error("03", "it has neither hex nor name")
    elif not octets:
        yield ssid.warning(
            "03", "without hex Windows guesses the encoding of the name", "add hex, upper case"
        )
    elif (
        name and re.fullmatch(r"(?:[0-9A-Fa-f]{2}){1,32}", octets) and bytes.fromhex(octets) != name.encode()
    ):
        yield ssid.error("03", "hex and name are different networks; Windows joins the one of hex")
    if len(name.encode()) > _CSP_LIMIT:
        yield ssid.error("03", "an SSID has at most 32 bytes")


def _connection(profile: Node) -> Iterator[Finding]:
    if profile.value("connectionMode") == "manual":
        switch = profile.first("autoSwitch")
        if switch is not None and switch.is_true:
            yield switch.error("08", "a manual profile cannot have autoSwitch", "set autoSwitch to false")


def _security(security: Node) -> Iterator[Finding]:
    suite = security.first("authEncryption")
    if suite is None:
        return
    authentication, encryption = suite.value("authentication"), suite.value("encryption")
    if encryption not in _PAIRS.get(authentication, ()):
        yield suite.error(
            "05",
            f"{authentication} with {encryption} is no pair to deploy",
            "pairs: " + ", ".join(f"{a}/{e}" for a, es in _PAIRS.items() for e in sorted(es)),
        )
    yield from _one_x(security, suite, authentication)
    yield from _method(security, authentication)
    fips = suite.first("FIPSMode")
    if (
        fips is not None
        and fips.is_true
        and (authentication not in {"WPA2", "WPA2PSK"} or encryption != "AES")
    ):
        yield fips.error("06", "FIPS mode works with WPA2 and AES only")
    transition = suite.first("transitionMode")
    if transition is not None and not authentication.startswith("WPA3"):
        yield transition.error("07", f"transitionMode belongs to WPA3, not to {authentication}")


def _one_x(security: Node, suite: Node, authentication: str) -> Iterator[Finding]:
    wanted = authentication in _ENTERPRISE_OR_OLD
    use = suite.first("useOneX")
    says = use is not None and use.is_true
    has = security.first("OneX") is not None
    if says != wanted:
        place = use or suite
        yield place.error("04", f"{authentication} {'needs' if wanted else 'forbids'} useOneX true")
    if has != wanted:
        yield security.error("04", f"{authentication} {'needs' if wanted else 'forbids'} a OneX element")


def _method(security: Node, authentication: str) -> Iterator[Finding]:
    """192-bit mode names the cipher suites of EAP-TLS, and takes nothing else."""
    method = security.first("OneX", "EAPConfig", "EapHostConfig", "EapMethod", "Type")
    if authentication in _STRONG and method is not None and method.text != _EAP_TLS:
        yield method.error("05", f"{authentication} takes EAP-TLS (13), not EAP method {method.text}")


def _shared_key(security: Node) -> Iterator[Finding]:
    authentication = security.value("authEncryption", "authentication")
    key = security.first("sharedKey")
    needs = authentication in {"WPAPSK", "WPA2PSK", "WPA3SAE"}
    if key is None:
        if needs:
            yield security.error("05", f"{authentication} needs a sharedKey")
        return
    if not needs and authentication in _PAIRS:
        yield key.error("05", f"{authentication} has no shared key")
    protected, material = key.first("protected"), key.first("keyMaterial")
    if protected is not None and protected.is_true:
        yield protected.error("05", "a protected key opens on the computer that exported it only")
        return
    if material is None:
        return
    yield material.warning("40", "the network's key can be read in this file", "do not publish the file")
    if key.value("keyType") == "passPhrase" and not re.fullmatch(r"[\x20-\x7e]{8,63}", material.raw):
        yield material.error("05", "a passphrase has 8 to 63 characters of printable ASCII")
    if key.value("keyType") == "networkKey" and not re.fullmatch(r"[0-9A-Fa-f]{64}", material.raw):
        yield material.error("05", "a network key has 64 hexadecimal digits")
    if key.value("keyType") == "networkKey" and authentication == "WPA3SAE":
        yield key.error("05", "WPA3SAE takes a passphrase, not a network key")
