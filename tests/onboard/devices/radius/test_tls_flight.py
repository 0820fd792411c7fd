"""Certificates in a TLS 1.2 handshake: found in whole flights, and never more than that in damaged ones."""

from __future__ import annotations

import ssl
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from support.radius_scene import DAY, issue

from onboard.devices.radius.tls_flight import certificates_of


def flight(tmp_path) -> tuple[bytes, bytes]:
    """What a TLS 1.2 server sends first, and the DER of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "radius")])
    certificate = issue(None, key, name, key.public_key(), (), DAY)
    pem = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.maximum_version = ssl.TLSVersion.TLSv1_2
    server_context.load_cert_chain(pem)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    up, down, ignored = ssl.MemoryBIO(), ssl.MemoryBIO(), ssl.MemoryBIO()
    for side in (
        client_context.wrap_bio(ignored, up),
        server_context.wrap_bio(up, down, server_side=True),
    ):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return down.read(), certificate.public_bytes(Encoding.DER)


def test_certificate_is_found_when_the_flight_is_whole(tmp_path):
    """Before its last octet there is none, afterwards the very one."""
    records, der = flight(tmp_path)
    (found,) = certificates_of(records)
    assert found.public_bytes(Encoding.DER) == der
    assert certificates_of(records[:100]) == ()


@given(st.binary(max_size=400))
def test_any_bytes_are_harmless(data):
    """A length that lies or a certificate that is none gives nothing."""
    assert certificates_of(b"\x16\x03\x03" + len(data).to_bytes(2, "big") + data) == ()
