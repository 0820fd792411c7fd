"""OpenSSL reads what every simulated client family sends: signature, envelope and request."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.scep_certificates import KEYS, NOW
from support.scep_responder import Responder

from onboard.devices.scep import request_shape as shapes
from onboard.devices.scep.client import ScepClient
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.secret import Secret

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
REQUEST = CertificateRequest(
    subject=((NameAttribute("2.5.4.3", "ada@northwind.example"),),),
    alt_names=(RequestedName("upn", "ada@northwind.example"),),
    challenge=Secret("correct-horse-battery-staple"),
    key_usage=("digital_signature",),
    extended_key_usage=("1.3.6.1.5.5.7.3.2",),
)


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("shape", shapes.FAMILIES, ids=lambda s: s.name)
def test_openssl_opens_the_request(shape, tmp_path):
    """`openssl cms` verifies the signature and decrypts the envelope; `openssl req` verifies the CSR."""
    responder = Responder()
    device = ScepClient(url="http://scep.northwind.example", client=responder.client(), shape=shape, now=NOW)
    prepared = device.prepare(device.discover(None), REQUEST, KEYS[1])
    ra, key = tmp_path / "ra.pem", tmp_path / "ra.key"
    ra.write_bytes(responder.ra.public_bytes(Encoding.PEM))
    key.write_bytes(KEYS[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    envelope = openssl("cms", "-verify", "-noverify", "-binary", "-inform", "DER", given=prepared.message)
    sealed_to = ["-recip", str(ra), "-inkey", str(key)]
    csr = openssl("cms", "-decrypt", "-binary", "-inform", "DER", *sealed_to, given=envelope)
    text = openssl("req", "-inform", "DER", "-noout", "-text", "-verify", given=csr).decode()
    assert "ada@northwind.example" in text
    assert "challengePassword" in text
    assert "TLS Web Client Authentication" in text
