"""The stages of a request with fixed entropy, for tests of the protocol layer."""

from __future__ import annotations

from support import scep_requests as client
from support.scep_requests import rsa_key, self_signed

from scep_server import pkimessage
from scep_server.algorithms import AlgorithmPolicy

LAX = AlgorithmPolicy(allow_sha1=True, allow_3des=True)


STRICT = AlgorithmPolicy()


NONCE = b"fresh nonce, 16!"


ENTROPY = bytes(range(48))


SUBSTITUTE = b"s" * 32


def ra_pair(name="ra", serial=0x7123456789ABCDEF0123, subject="CN=RA,O=Northwind"):
    return self_signed(rsa_key(name), subject=subject, serial=serial)


def open_all(message, recipients, policy=LAX):
    verified = pkimessage.verify(pkimessage.parse(message))
    return pkimessage.open_request(verified, recipients, algorithms=policy, substitute_key=SUBSTITUTE)


def seal(reply, to, ra, **options):
    return pkimessage.seal(
        reply, to, ra, sender_nonce=NONCE, content_entropy=ENTROPY, signing_time=client.START, **options
    )


def replaced_everywhere(der, old, new):
    """Replace an element wherever it stands outside of certificates and the content, lengths put right."""
    tag, content, whole, rest = client.split(der)
    if whole == old:
        return new + rest
    if not tag & 0x20:
        return der
    inside = b""
    while content:
        _, _, element, content = client.split(content)
        inside += replaced_everywhere(element, old, new)
    return client.tlv(tag, inside) + rest
