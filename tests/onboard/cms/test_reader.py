"""Reading signed files: strict DER, every signature checked, damage named and never another exception."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import make_certificate

from onboard.cms import CmsError, is_cms, read_signed, verify

CONTENT = b"what is signed\n"
EC = make_certificate("EC signer")
RSA = make_certificate("RSA signer", rsa_bits=2048)


def signed(*makers, algorithm=None, options=(), encoding=Encoding.DER) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(CONTENT)
    for made in makers or (EC,):
        builder = builder.add_signer(made.certificate, made.key, algorithm or SHA256())
    return builder.sign(encoding, [PKCS7Options.Binary, *options])


@pytest.mark.parametrize("made", [EC, RSA], ids=["EC", "RSA"])
@pytest.mark.parametrize("algorithm", [SHA256(), SHA384(), SHA512()], ids=lambda a: a.name)
@pytest.mark.parametrize("options", [(), (PKCS7Options.NoAttributes,), (PKCS7Options.NoCapabilities,)])
def test_good_signatures_hold(made, algorithm, options):
    """RSA and EC, any SHA-2, with and without signed attributes."""
    message = read_signed(signed(made, algorithm=algorithm, options=options))
    verify(message)
    assert message.content == CONTENT


def test_every_signature_is_checked():
    """With two signers, one bad signature is enough to refuse."""
    good = signed(EC, RSA)
    message = read_signed(good)
    verify(message)
    assert len(message.signatures) == 2
    for signature in message.signatures:
        at = good.index(signature.value) + len(signature.value) - 1
        broken = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        with pytest.raises(CmsError, match="changed after signing"):
            verify(read_signed(broken))


@pytest.mark.parametrize("options", [(), (PKCS7Options.NoAttributes,)], ids=["attributes", "bare"])
def test_changed_content_is_refused(options):
    """One letter is enough."""
    with pytest.raises(CmsError, match="changed after signing"):
        verify(read_signed(signed(options=options).replace(b"what", b"That")))


def test_absent_signer_certificate_is_refused():
    """Without the certificate nobody can check."""
    with pytest.raises(CmsError, match="certificate is not in the file"):
        verify(read_signed(signed(options=[PKCS7Options.NoCerts])))


def test_detached_signature_is_named():
    """The profile must be inside."""
    with pytest.raises(CmsError, match="detached"):
        read_signed(signed(options=[PKCS7Options.DetachedSignature]))


def test_indefinite_length_is_named():
    """BER is what a streaming signer writes, and what devices refuse."""
    good = signed()
    header = 2 + (good[1] & 0x7F)
    with pytest.raises(CmsError, match="BER"):
        read_signed(b"\x30\x80" + good[header:] + b"\x00\x00")


def test_other_cms_is_told_apart():
    """Only SignedData begins like a signed file; text does not."""
    assert is_cms(signed())
    assert not is_cms(signed(encoding=Encoding.PEM))
    assert not is_cms(b"<plist>")
    assert not is_cms(b"")


@pytest.mark.filterwarnings("ignore")  # the certificate library's, about damaged certificates
@given(st.data())
def test_no_damage_raises_anything_else(data):
    """Cut or overwritten anywhere, the file reads, or is refused with a CmsError."""
    start = data.draw(st.integers(0, len(GOOD) - 1))
    noise = data.draw(st.binary(max_size=6))
    end = data.draw(st.sampled_from([len(GOOD), start]))
    broken = GOOD[:start] + noise + GOOD[start + len(noise) : end]
    try:
        verify(read_signed(broken))
    except CmsError:
        return
    assert read_signed(broken).content == CONTENT


GOOD = signed(EC, RSA)
