"""Signed checkpoints: how long the audit chain was at a moment, and its hash, kept where nobody here can cut.

A cut tail leaves a chain that holds in itself. Whoever has a checkpoint of before finds it: the chain must
have that many events, and the hash of the last of them must be the one that was signed.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from scep_server import oids
from scep_server.keys import PrivateKey

SCHEMA_VERSION = 1
KIND = "checkpoint"
_CONTEXT = b"SCEP server audit checkpoint\n"  # so that no other signature of the key passes for one
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


class CheckpointError(Exception):
    """A text is no checkpoint, or its signature does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What was signed.

    Attributes:
        at: when, aware UTC.
        count: events in the chain.
        head: hash of the last of them, 32 octets; GENESIS when there is none.
        signer: whose key signed it.
        text: the JSON that is kept: one line, ASCII.
    """

    at: datetime
    count: int
    head: bytes
    signer: x509.Certificate
    text: str

    @property
    def is_of_a_server(self) -> bool:
        """Whether its signer's certificate is made for documents, as that of a server is and no device's."""
        try:
            usages = self.signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (x509.ExtensionNotFound, ValueError):
            return False
        return x509.ObjectIdentifier(oids.DOCUMENT_SIGNING) in usages


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSigner:
    """A key that signs nothing else, and its certificate, which goes along."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    def sign(self, *, count: int, head: bytes, now: datetime) -> Checkpoint:
        """A checkpoint of now (aware UTC): RSA PKCS#1 v1.5 or ECDSA, with SHA-256."""
        fields = {
            "schema": SCHEMA_VERSION,
            "kind": KIND,
            "time": now.astimezone(UTC).strftime(_TIME),
            "count": count,
            "head": head.hex(),
            "signer": base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode(),
        }
        signature = base64.b64encode(self._signature(_signed(fields))).decode()
        text = _encode(fields | {"signature": signature})
        return Checkpoint(at=now, count=count, head=head, signer=self.certificate, text=text)

    def _signature(self, content: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), SHA256())
        return self.key.sign(content, ec.ECDSA(SHA256()))


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint whose signature holds; whether its signer is ours is the caller's question.

    Raises:
        CheckpointError: it is no checkpoint, or was changed after it was signed.
    """
    try:
        fields = json.loads(text)
        if not isinstance(fields, dict) or fields.get("kind") != KIND or fields["schema"] != SCHEMA_VERSION:
            raise CheckpointError("this is not a checkpoint of an audit trail")
        signature = base64.b64decode(fields.pop("signature"), validate=True)
        signer = x509.load_der_x509_certificate(base64.b64decode(fields["signer"], validate=True))
        at = datetime.strptime(fields["time"], _TIME).replace(tzinfo=UTC)
        count, head = int(fields["count"]), bytes.fromhex(fields["head"])
        _verify(signer, signature, _signed(fields))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise CheckpointError("this is not a checkpoint of an audit trail") from error
    except InvalidSignature as error:
        raise CheckpointError("the checkpoint was changed after it was signed") from error
    return Checkpoint(at=at, count=count, head=head, signer=signer, text=text.strip())


def _signed(fields: Mapping[str, object]) -> bytes:
    return _CONTEXT + _encode(dict(fields)).encode("ascii")


def _verify(signer: x509.Certificate, signature: bytes, content: bytes) -> None:
    key = signer.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, content, padding.PKCS1v15(), SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, content, ec.ECDSA(SHA256()))
    else:
        raise CheckpointError("the checkpoint's signer has a key of a kind that signs none")
