"""One Windows network profile in words: what is joined, whom it believes, which certificate it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onboard.lint.windows.document import Node

_SECURITY: Mapping[str, str] = {
    "open": "no encryption",
    "OWE": "encryption without a password (OWE)",
    "WPA2PSK": "a WPA2 password",
    "WPA3SAE": "a WPA3 password",
    "WPA2": "WPA2-Enterprise",
    "WPA3ENT": "WPA3-Enterprise (Windows 11)",
    "WPA3ENT192": "WPA3-Enterprise in 192-bit mode (Windows 11)",
    "WPA3": "WPA3-Enterprise in 192-bit mode (Windows 11)",
}
_METHODS: Mapping[str, str] = {
    "13": "EAP-TLS (a certificate)",
    "18": "EAP-SIM",
    "21": "TTLS (a password)",
    "23": "EAP-AKA",
    "25": "PEAP",
    "26": "MSCHAPv2 (a password)",
    "55": "TEAP",
}
_MODES: Mapping[str, str] = {
    "user": "the person who is signed in; before sign-in it is not on this network",
    "machine": "the computer, before and after sign-in",
    "machineOrUser": "the computer until somebody signs in, then that person",
    "guest": "nobody",
}

_CHAINED = "the computer, and from sign-in on as computer and person at once"


def networks(profile: Node) -> Iterator[str]:
    """Sentences about a WLANProfile, a LANProfile or an EapHostConfig."""
    if profile.name == "WLANProfile":
        yield from _joins(profile)
    elif profile.name == "LANProfile":
        yield from _wire(profile)
    chained = any(True for _ in profile.all("EapTeap"))
    for onex in profile.all("OneX"):
        mode = onex.value("authMode") or "machineOrUser"
        who = _CHAINED if chained and mode == "machineOrUser" else _MODES.get(mode, mode)
        yield f"It authenticates as {who}."
    hosts = [profile] if profile.name == "EapHostConfig" else list(profile.all("EapHostConfig"))[:1]
    for host in hosts:
        yield from _eap(host)


def _joins(profile: Node) -> Iterator[str]:
    names = [_ssid(node) for node in profile.all("SSID")]
    security = profile.value("MSM", "security", "authEncryption", "authentication")
    how = "may be told to join" if profile.value("connectionMode") == "manual" else "joins"
    hidden = (
        ", asking for it everywhere it goes" if any(n.is_true for n in profile.all("nonBroadcast")) else ""
    )
    listed = " or ".join(f"“{name}”" for name in names)
    yield f"The device {how} the Wi-Fi network {listed} with {_SECURITY.get(security, security)}{hidden}."
    yield f"The profile is called “{profile.value('name')}” and replaces another of that name."
    if any(True for _ in profile.all("keyMaterial")):
        yield "The network's password stands in the profile; whoever reads the file has it."
    if any(node.is_true for node in profile.all("FIPSMode")):
        yield "It encrypts by code that is validated for FIPS 140, or does not join."
    random = profile.first("MacRandomization", "enableRandomization")
    if random is not None:
        yield f"There it shows {'a random' if random.is_true else 'its own'} hardware address."


def _ssid(node: Node) -> str:
    """The network that Windows looks for: hex wins over the name."""
    try:
        return bytes.fromhex(node.value("hex")).decode() or node.value("name")
    except ValueError:
        return node.value("name")


def _wire(profile: Node) -> Iterator[str]:
    enforced = any(node.is_true for node in profile.all("OneXEnforced"))
    enabled = any(node.is_true for node in profile.all("OneXEnabled"))
    if not enabled:
        yield "The device does not authenticate on the wire."
    elif enforced:
        yield "The device authenticates on the wire and uses no other port, at home neither."
    else:
        yield "The device authenticates on the wire where the port asks for it."


def _eap(host: Node) -> Iterator[str]:
    method = host.value("EapMethod", "Type")
    inner = [node.value("Type") for node in host.all("Eap")][1:] if method == "25" else []
    inner += [node.value("EapMethod", "Type") for node in host.all("EapHostConfig")]
    inside = f" with {' and '.join(_METHODS.get(i, i) for i in inner)} inside" if inner else ""
    yield f"It uses {_METHODS.get(method, 'EAP method ' + method)}{inside}."
    yield from _server(host)
    yield from _own(host)


def _server(host: Node) -> Iterator[str]:
    said = [name for n in host.all("ServerNames") for name in n.text.split(";") if name]
    names = " or ".join(dict.fromkeys(said))  # a tunnel and its inside say the same
    tags = ("TrustedRootCA", "TrustedRootCAHash")
    roots = dict.fromkeys(n.text.replace(" ", "") for tag in tags for n in host.all(tag))
    quiet = [n for tag in ("DisableUserPromptForServerValidation", "DisablePrompt") for n in host.all(tag)]
    asked = "nobody is asked" if quiet and all(n.is_true for n in quiet) else "in doubt people are asked"
    if not names and not roots:
        yield "People are asked whether to trust whatever server answers."
        return
    issuer = " or ".join(f"the root with SHA-1 {root}" for root in roots) or "any root that the device trusts"
    yield (
        f"It talks only to a RADIUS server called {names or 'anything'} whose certificate comes from"
        f" {issuer}; {asked}."
    )


def _own(host: Node) -> Iterator[str]:
    lists = [node for node in host.all("CAHashList") if node.element.get("Enabled") in {"true", "1"}]
    hashes = dict.fromkeys(n.text.replace(" ", "") for found in lists for n in found.all("IssuerHash"))
    if hashes:
        yield f"It shows only a certificate that comes from the CA with SHA-1 {' or '.join(hashes)}."
    elif any(True for _ in host.all("CertificateStore")):
        yield "Of several certificates Windows takes the one it likes, or asks."
    usages = dict.fromkeys(node.value("EKUName") for node in host.all("EKUMapInList"))
    if usages:
        yield f"That certificate must be made for: {', '.join(filter(None, usages))}."
