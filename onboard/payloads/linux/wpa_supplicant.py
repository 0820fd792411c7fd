"""GroupPlan -> wpa_supplicant configuration: one file for all Wi-Fi networks, one for the wire.

Text is written between double quotes where that is safe and as hexadecimal bytes where it is not; the parser
takes both for every text field and knows no escapes inside the quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onboard import templating
from onboard.artifact import Artifact
from onboard.model import Platform, Security
from onboard.payloads.eap import all_exact, domain_suffixes, identity
from onboard.payloads.linux import files
from onboard.plan import GroupPlan, NetworkPlan
from onboard.templating import Quoted

_Block = list[tuple[str, Quoted]]  # the fields of one `network={...}`, in order

_KEY_MANAGEMENT = {
    Security.WPA2_ENTERPRISE: "WPA-EAP",
    Security.WPA2_WPA3_ENTERPRISE: "WPA-EAP WPA-EAP-SHA256",
    Security.WPA3_ENTERPRISE: "WPA-EAP-SHA256",
    Security.WPA3_ENTERPRISE_192: "WPA-EAP-SUITE-B-192",
}
_PROTECTED_FRAMES = {  # ieee80211w: 1 is optional, 2 is required
    Security.WPA2_ENTERPRISE: "1",
    Security.WPA2_WPA3_ENTERPRISE: "1",
    Security.WPA3_ENTERPRISE: "2",
    Security.WPA3_ENTERPRISE_192: "2",
}


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """`GROUP/linux/wpa_supplicant.conf`, and `wpa_supplicant-wired.conf` for a group with a wired network."""
    wireless = [network for network in plan.networks if network.ssid is not None]
    wired = [network for network in plan.networks if network.ssid is None][
        :1
    ]  # a port has no name to choose by
    artifacts = []
    if wireless:
        blocks = [_wireless(plan, n, len(wireless) - i, spelling) for i, n in enumerate(wireless)]
        artifacts.append(_artifact(plan, "wpa_supplicant.conf", blocks, wired=False))
    if wired:
        blocks = [_wired(plan, network, spelling) for network in wired]
        artifacts.append(_artifact(plan, "wpa_supplicant-wired.conf", blocks, wired=True))
    return tuple(artifacts)


def text(value: str) -> Quoted:
    """A text field's value."""
    plain = all(32 <= ord(character) < 127 and character not in '"\\' for character in value)
    return Quoted(f'"{value}"' if plain else value.encode().hex())


def word(value: str) -> Quoted:
    """A value of our own tables that stands bare: key management, protocols, numbers.

    Raises:
        ValueError: it is none.
    """
    if not all(character.isascii() and (character.isalnum() or character in " -_") for character in value):
        msg = f"not a bare value of wpa_supplicant: {value!r}"
        raise ValueError(msg)
    return Quoted(value)


def comment(value: str) -> Quoted:
    """Text behind `#`: it cannot leave its line."""
    return Quoted("".join(character if character.isprintable() else " " for character in value))


def _artifact(plan: GroupPlan, name: str, networks: list[_Block], *, wired: bool) -> Artifact:
    content = templating.code(
        "linux/wpa_supplicant.conf.j2",
        {"comment": comment, "word": word},
        plan=plan,
        networks=networks,
        wired=wired,
    )
    return Artifact(
        path=f"{plan.group}/linux/{name}",
        group=plan.group,
        platform=Platform.LINUX,
        kind="wpa-supplicant",
        media_type="text/plain; charset=utf-8",
        content=content.encode(),
        secret=False,
    )


def _wireless(plan: GroupPlan, network: NetworkPlan, priority: int, spelling: Callable[[str], str]) -> _Block:
    security = network.security or Security.WPA2_ENTERPRISE
    ciphers = "GCMP-256" if security is Security.WPA3_ENTERPRISE_192 else "CCMP"
    return [
        ("ssid", text(str(network.ssid))),
        *([("scan_ssid", word("1"))] if network.hidden else []),
        ("priority", word(str(priority))),
        ("proto", word("RSN")),
        ("key_mgmt", word(_KEY_MANAGEMENT[security])),
        ("pairwise", word(ciphers)),
        ("group", word(ciphers)),
        *([("group_mgmt", word("BIP-GMAC-256"))] if security is Security.WPA3_ENTERPRISE_192 else []),
        ("ieee80211w", word(_PROTECTED_FRAMES[security])),
        *_eap(plan, network, spelling),
    ]


def _wired(plan: GroupPlan, network: NetworkPlan, spelling: Callable[[str], str]) -> _Block:
    return [
        ("key_mgmt", word("IEEE8021X")),
        ("eapol_flags", word("0")),  # no dynamic WEP keys: there are none on the wire
        *_eap(plan, network, spelling),
    ]


def _eap(
    plan: GroupPlan, network: NetworkPlan, spelling: Callable[[str], str]
) -> Iterator[tuple[str, Quoted]]:
    match = "domain_match" if all_exact(network.server_names) else "domain_suffix_match"
    yield "eap", word("TLS")
    yield "identity", text(identity(plan).value.spell(spelling))
    yield "ca_cert", text(files.trust(plan, network))
    yield "client_cert", text(files.certificate(plan))
    yield "private_key", text(files.private_key(plan))
    yield match, text(";".join(domain_suffixes(network.server_names)))
