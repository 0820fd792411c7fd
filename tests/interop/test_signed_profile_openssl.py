"""OpenSSL judges the signature of a profile: whom it trusts, what it finds inside."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import make_certificate
from support.northwind import staff_plan

from onboard.cms import CmsError, read_signed, verify
from onboard.lint import lint
from onboard.payloads.apple import build
from onboard.signing import Signer, sign

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
ROOT = make_certificate("Signing Root", ca=True)
ISSUING = make_certificate("Signing CA", ca=True, issuer=ROOT)
CONTENT = build(staff_plan(), lambda name: f"{name}@northwind.example")[0].content


def openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False)


@pytest.mark.parametrize("rsa_bits", [0, 2048], ids=["EC", "RSA"])
def test_openssl_verifies_a_signed_profile(rsa_bits, tmp_path):
    """`openssl cms -verify` trusts it through the chain inside, and gives back the very bytes."""
    made = make_certificate("Profiles", issuer=ISSUING, rsa_bits=rsa_bits)
    chain = (ISSUING.certificate, ROOT.certificate)
    (tmp_path / "signed").write_bytes(
        sign(CONTENT, Signer(certificate=made.certificate, key=made.key, chain=chain))
    )
    (tmp_path / "root.pem").write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    done = openssl(
        *("cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any"),
        *("-in", str(tmp_path / "signed"), "-CAfile", str(tmp_path / "root.pem")),
        *("-out", str(tmp_path / "out")),
    )
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_we_read_what_openssl_signs(tmp_path):
    """What `openssl smime -sign -nodetach -outform der` makes passes lint; what it streams does not."""
    made = make_certificate("Profiles", issuer=ISSUING, rsa_bits=2048)
    (tmp_path / "key.pem").write_bytes(
        made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    for name, certificate in (("leaf", made), ("chain", ISSUING)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "in").write_bytes(CONTENT)

    def signed(*options: str) -> bytes:
        done = openssl(
            *("smime", "-sign", "-nodetach", "-binary", "-outform", "der", "-in", str(tmp_path / "in")),
            *("-signer", str(tmp_path / "leaf.pem"), "-inkey", str(tmp_path / "key.pem")),
            *("-certfile", str(tmp_path / "chain.pem"), "-out", str(tmp_path / "out"), *options),
        )
        assert done.returncode == 0, done.stderr.decode()
        return (tmp_path / "out").read_bytes()

    message = read_signed(signed())
    verify(message)
    assert message.content == CONTENT
    assert lint("a", signed()) == ()
    with pytest.raises(CmsError, match="BER"):
        read_signed(signed("-stream"))
