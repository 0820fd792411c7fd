"""A device's network as wpa_supplicant configures it: trust, names, TLS versions, EAP-TLS plain or in PEAP.

Source: wpa_supplicant.conf(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from onboard.devices.scep.ca_certificates import chains_to
from onboard.devices.scep.client import Identity
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Medium, NetworkSettings, Tunnel

_VERSIONS = {"1.0": "tlsv1_0", "1.1": "tlsv1_1", "1.2": "tlsv1_2", "1.3": "tlsv1_3"}


def write_network(
    network: NetworkSettings, identity: Identity, chain: Sequence[x509.Certificate], folder: Path
) -> Path:
    """Write the network, its certificates and key into a private folder; gives the configuration's path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own, key = folder / "certificate.pem", folder / "key.pem"
    sent = [c for c in chain if c.issuer != c.subject and chains_to(identity.certificate, c, chain)]
    own.write_bytes(_pem(dict.fromkeys((identity.certificate, *sent))))
    key.touch(mode=0o600)
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    name = network.eap_identity.of(identity.certificate)
    values = {
        "key_mgmt": "IEEE8021X" if network.medium is Medium.ETHERNET else "WPA-EAP",
        "identity": name.encode().hex(),  # unquoted hexadecimal
        **_trust(folder / "anchors.pem", network.anchors, network.server_names, ""),
        **_method(network, folder, own, key, name),
        **({"ssid": network.ssid.hex()} if network.ssid else {"eapol_flags": "0"}),
    }
    path = folder / "eapol.conf"
    lines = "".join(f"    {name}={value}\n" for name, value in values.items())
    path.write_text(f"network={{\n{lines}}}\n", encoding="utf-8")
    return path


def _method(network: NetworkSettings, folder: Path, own: Path, key: Path, name: str) -> Mapping[str, str]:
    tunnel, versions = network.tunnel, _versions(network)
    if tunnel is None:
        return {
            "eap": "TLS",
            "client_cert": f'"{own}"',
            "private_key": f'"{key}"',
            "phase1": f'"{versions}"',
        }
    return {
        "eap": tunnel.method.value,
        "phase1": f'"peapver=0 crypto_binding={2 if tunnel.crypto_binding else 0} {versions}"',
        "phase2": f'"auth=TLS {versions}"',
        "client_cert2": f'"{own}"',
        "private_key2": f'"{key}"',
        **_trust(folder / "inner_anchors.pem", tunnel.inner_anchors, tunnel.inner_names, "2"),
        **_anonymous(tunnel, name),
    }


def _anonymous(tunnel: Tunnel, name: str) -> Mapping[str, str]:
    """What is said outside: the realm stays, so that the conversation finds its server."""
    if not tunnel.anonymous:
        return {}
    _, at, realm = name.rpartition("@")
    return {"anonymous_identity": f"{tunnel.anonymous}{at}{realm if at else ''}".encode().hex()}


def _trust(
    path: Path, anchors: Sequence[x509.Certificate], names: ServerNames, phase: str
) -> Mapping[str, str]:
    if not anchors:
        return {}
    path.write_bytes(_pem(anchors))
    return {f"ca_cert{phase}": f'"{path}"', **_names(names, phase)}


def _versions(network: NetworkSettings) -> str:
    within = {v for v in _VERSIONS if network.tls_minimum <= v <= network.tls_maximum}
    return " ".join(f"tls_disable_{name}={0 if v in within else 1}" for v, name in _VERSIONS.items())


def _names(names: ServerNames, phase: str) -> Mapping[str, str]:
    """What wpa_supplicant can say itself; wildcards and expressions are compared afterwards."""
    plain = [n for n in names.names if re.fullmatch(r"[A-Za-z0-9.-]+", n)]
    if not plain or len(plain) < len(names.names):
        return {}
    key = "domain_suffix_match" if names.rule is NameRule.SUFFIX else "domain_match"
    return {f"{key}{phase}": f'"{";".join(plain)}"'}


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
