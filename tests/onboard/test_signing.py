"""Signing a profile: attached, DER, whole chain, content untouched; bad keys and chains are refused early."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import make_certificate

from onboard.cms import read_signed, verify
from onboard.errors import PkiError
from onboard.signing import Signer, read_signer, sign

CONTENT = b"<plist>\n\tline ends stay LF\n</plist>\n"
ROOT = make_certificate("Root", ca=True)
ISSUING = make_certificate("Issuing", ca=True, issuer=ROOT)
EC = make_certificate("Profiles", issuer=ISSUING)
RSA = make_certificate("Profiles", issuer=ISSUING, rsa_bits=2048)
KEY = RSA.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signer(made=EC, chain=(ISSUING, ROOT), key=None) -> Signer:
    return Signer(
        certificate=made.certificate, key=key or made.key, chain=tuple(link.certificate for link in chain)
    )


@pytest.mark.parametrize("made", [EC, RSA], ids=["EC", "RSA"])
def test_signed_content_comes_back_unchanged(made):
    """The content is inside, byte for byte, with the signer's certificate and its whole chain."""
    signed = read_signed(sign(CONTENT, signer(made)))
    verify(signed)
    assert signed.content == CONTENT
    assert set(signed.certificates) == {made.certificate, ISSUING.certificate, ROOT.certificate}
    (signature,) = signed.signatures
    assert signature.signer == made.certificate


def test_the_root_may_be_left_out():
    """Devices look the root up themselves."""
    assert len(read_signed(sign(CONTENT, signer(chain=(ISSUING,)))).certificates) == 2


def test_a_foreign_key_is_refused():
    """A key that is not the certificate's makes no signer."""
    with pytest.raises(PkiError, match="does not belong to CN=Profiles"):
        signer(key=rsa.generate_private_key(65537, 2048))


def test_a_key_kind_that_apple_does_not_know_is_refused():
    """Ed25519 keys sign no profile."""
    with pytest.raises(PkiError, match="neither RSA nor EC"):
        signer(key=ed25519.Ed25519PrivateKey.generate())


@pytest.mark.parametrize("chain", [(ROOT,), (ROOT, ISSUING), (ISSUING, ISSUING)])
def test_a_chain_that_does_not_link_up_is_refused(chain):
    """Issuers stand nearest first, each having issued the one before."""
    with pytest.raises(PkiError, match="does not link up"):
        signer(chain=chain)


def test_key_stays_out_of_sight():
    """A signer may be printed or logged."""
    assert "key=" not in repr(signer())


def test_a_signer_is_read_from_two_files(tmp_path):
    """The certificate with its issuers behind it, and the key; the result signs."""
    bundle = b"".join(m.certificate.public_bytes(Encoding.PEM) for m in (RSA, ISSUING, ROOT))
    (tmp_path / "signing.pem").write_bytes(bundle)
    (tmp_path / "signing.key").write_bytes(KEY)
    made = read_signer(tmp_path / "signing.pem", tmp_path / "signing.key")
    signed = read_signed(sign(CONTENT, made))
    verify(signed)
    assert len(signed.certificates) == 3


@pytest.mark.parametrize("name", ["signing.pem", "signing.key"])
@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), (b"x", "is not what")])
def test_files_that_make_no_signer_are_named(tmp_path, name, content, said):
    """The error names the file."""
    (tmp_path / "signing.pem").write_bytes(RSA.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "signing.key").write_bytes(KEY)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PkiError, match=f"{name} {said}"):
        read_signer(tmp_path / "signing.pem", tmp_path / "signing.key")
