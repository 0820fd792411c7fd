"""Reads the server's certificates out of a handshake that is not encrypted yet (TLS 1.2, RFC 5246 §7.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

_HANDSHAKE, _CERTIFICATE = 22, 11  # ContentType, HandshakeType


def certificates_of(records: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates, the server's own first; empty where there are none (TLS 1.3 encrypts them).

    Args:
        records: everything that the server has sent so far.
    """
    for kind, body in _messages(b"".join(_handshake_bytes(records))):
        if kind == _CERTIFICATE:
            try:
                return tuple(x509.load_der_x509_certificate(der) for der in _entries(body))
            except ValueError:
                return ()
    return ()


def _handshake_bytes(records: bytes) -> Iterator[bytes]:
    """The contents of the records up to the first that is no handshake."""
    at = 0
    while at + 5 <= len(records) and records[at] == _HANDSHAKE:
        length = int.from_bytes(records[at + 3 : at + 5], "big")
        yield records[at + 5 : at + 5 + length]
        at += 5 + length


def _messages(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        length = int.from_bytes(stream[at + 1 : at + 4], "big")
        if at + 4 + length > len(stream):
            return
        yield stream[at], stream[at + 4 : at + 4 + length]
        at += 4 + length


def _entries(body: bytes) -> Iterator[bytes]:
    at = 3  # behind the length of the list
    while at + 3 <= len(body):
        length = int.from_bytes(body[at : at + 3], "big")
        yield body[at + 3 : at + 3 + length]
        at += 3 + length
