"""CMS as OpenSSL sees it: what it writes is read here, what is written here it reads and verifies."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support import scep_requests as client
from support.scep_requests import rsa_key, self_signed

from scep_server import cms, pkimessage
from scep_server.algorithms import AlgorithmPolicy, ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.messages import FailInfo
from scep_server.pkimessage import Failure, Recipient, Success

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
CIPHER_OPTIONS = {
    ContentCipher.AES_128_CBC: "-aes128",
    ContentCipher.AES_192_CBC: "-aes192",
    ContentCipher.AES_256_CBC: "-aes256",
    ContentCipher.DES_EDE3_CBC: "-des3",
}
TRANSPORT_OPTIONS = {
    KeyTransport.PKCS1_V15: [],
    KeyTransport.OAEP_SHA1: ["-keyopt", "rsa_padding_mode:oaep"],
    KeyTransport.OAEP_SHA256: ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"],
    KeyTransport.OAEP_SHA256_MGF1_SHA1: [
        *["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"],
        *["-keyopt", "rsa_mgf1_md:sha1"],
    ],
}
CONTENT = b"a degenerate SignedData, or anything else \x00\xff" * 9


@pytest.fixture
def files(tmp_path):
    """A recipient's certificate and key as files, and as what the server holds."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(rsa_key("ra").public_key())
    pair = self_signed(
        rsa_key("ra"), subject="CN=RA,O=Northwind", serial=2**100 + 1, extensions=[(identifier, False)]
    )
    (tmp_path / "ra.pem").write_bytes(pair.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "ra.key").write_bytes(
        pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return tmp_path, Recipient(certificate=pair.certificate, key=pair.key)


def openssl(folder, *arguments, data=b""):
    done = subprocess.run(["openssl", *arguments], cwd=folder, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("transport", KeyTransport)
@pytest.mark.parametrize("cipher", ContentCipher)
@pytest.mark.parametrize("flags", [[], ["-stream"], ["-keyid"]], ids=["definite", "indefinite", "keyid"])
def test_envelope_of_openssl_is_opened(files, transport, cipher, flags):
    """Every cipher and key transport, as DER, as a stream of indefinite length, and addressed by key."""
    folder, ra = files
    made = openssl(
        folder,
        *["cms", "-encrypt", "-binary", "-outform", "DER", CIPHER_OPTIONS[cipher]],
        *[flag for flag in flags if flag != "-keyid"],
        *["-recip", "ra.pem", *TRANSPORT_OPTIONS[transport]],
        *[flag for flag in flags if flag == "-keyid"],
        data=CONTENT,
    )
    envelope = cms.parse_enveloped_data(made)
    (recipient,) = envelope.recipients
    if flags == ["-keyid"]:
        assert recipient.key_identifier in ra.key_identifiers
    else:
        assert (recipient.issuer, recipient.serial) == (ra.identity.issuer, ra.identity.serial)
    assert recipient.key_transport() is transport
    key = cms.unwrap_key(
        ra.key, recipient.encrypted_key, transport=transport, cipher=cipher, substitute=bytes(32)
    )
    opened = cms.decrypt_content(
        envelope.encrypted_content,
        cipher=cipher,
        key=key,
        initialisation_vector=envelope.initialisation_vector,
    )
    assert opened == (CONTENT, True)


@pytest.mark.parametrize("transport", KeyTransport)
@pytest.mark.parametrize("cipher", ContentCipher)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1000])
def test_envelope_written_here_is_opened_by_openssl(files, transport, cipher, size):
    """The other direction, for every length of padding."""
    folder, ra = files
    key, vector = bytes(range(cipher.key_size)), bytes(cipher.block_size)
    content = bytes(size)
    written = cms.write_enveloped_data(
        recipient=ra.identity.issuer_and_serial,
        transport=transport,
        encrypted_key=ra.key.public_key().encrypt(key, transport.padding),
        cipher=cipher,
        initialisation_vector=vector,
        encrypted_content=cms.encrypt_content(content, cipher=cipher, key=key, initialisation_vector=vector),
    )
    decrypted = openssl(
        folder,
        *["cms", "-decrypt", "-binary", "-inform", "DER", "-recip", "ra.pem", "-inkey", "ra.key"],
        data=written,
    )
    assert decrypted == content


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_reply_is_verified_by_openssl(files, digest):
    """`openssl cms -verify` accepts the signature of SUCCESS and FAILURE, and asn1parse every byte."""
    folder, ra = files
    device = self_signed(rsa_key("device"))
    request = client.enrol(client.csr(rsa_key("device")), ra.certificate, device, digest=digest)
    opened = pkimessage.open_request(
        pkimessage.verify(pkimessage.parse(request)),
        [ra],
        algorithms=AlgorithmPolicy(allow_sha1=True),
        substitute_key=bytes(32),
    )
    options = {"sender_nonce": b"n" * 16, "content_entropy": bytes(48), "signing_time": client.START}
    success = pkimessage.seal(Success(certificates=(device.der,)), opened, ra, **options)
    openssl(folder, "asn1parse", "-inform", "DER", data=success)
    envelope = openssl(
        folder,
        *["cms", "-verify", "-binary", "-inform", "DER", "-CAfile", "ra.pem", "-purpose", "any"],
        data=success,
    )
    assert cms.parse_enveloped_data(envelope).cipher_oid == "2.16.840.1.101.3.4.1.2"
    failure = pkimessage.seal(Failure(fail_info=FailInfo.BAD_REQUEST, text="no"), opened, ra, **options)
    (folder / "empty").write_bytes(b"")
    openssl(
        folder,
        *["cms", "-verify", "-binary", "-inform", "DER", "-CAfile", "ra.pem", "-purpose", "any"],
        *["-content", "empty"],
        data=failure,
    )


def test_bundle_is_read_by_openssl_in_order(files):
    """`openssl pkcs7 -print_certs` shows the certificates in the order in which they were given."""
    folder, _ = files
    pairs = [self_signed(rsa_key("other"), subject=f"CN={name}", serial=n) for n, name in enumerate("bca", 1)]
    bundle = pkimessage.certs_only([pair.der for pair in pairs])
    shown = openssl(folder, "pkcs7", "-inform", "DER", "-print_certs", "-noout", data=bundle).decode()
    subjects = [line.split("=")[-1].strip() for line in shown.splitlines() if line.startswith("subject")]
    assert subjects == ["b", "c", "a"]


@pytest.mark.parametrize("flags", [[], ["-stream"], ["-keyid"]], ids=["definite", "indefinite", "keyid"])
def test_signed_data_of_openssl_is_read(files, flags):
    """Content, certificate and signer come out of what OpenSSL writes, streams included."""
    folder, ra = files
    made = openssl(
        folder,
        *["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-md", "sha256", *flags],
        *["-signer", "ra.pem", "-inkey", "ra.key"],
        data=CONTENT,
    )
    read = cms.parse_signed_data(made)
    assert read.content == CONTENT
    assert read.certificates == (ra.certificate.public_bytes(Encoding.DER),)
    info = read.signer_info
    assert DigestAlgorithm.SHA256.digest(CONTENT) in info.attributes["1.2.840.113549.1.9.4"]
    named = (
        info.key_identifier in ra.key_identifiers
        if flags == ["-keyid"]
        else info.issuer == ra.identity.issuer
    )
    assert named


@pytest.mark.parametrize("with_extension", [True, False])
def test_identity_agrees_with_cryptography(with_extension):
    """Issuer, serial number, key and key identifiers, with and without the extension."""
    key = rsa_key("other")
    stated = x509.SubjectKeyIdentifier(b"chosen at will")
    pair = self_signed(key, serial=2**126 + 7, extensions=[(stated, False)] if with_extension else ())
    identity = cms.identify(pair.der)
    computed = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    assert identity.issuer == pair.certificate.issuer.public_bytes()
    assert identity.serial == pair.certificate.serial_number
    assert identity.key_identifiers == ((stated.digest, computed) if with_extension else (computed,))
