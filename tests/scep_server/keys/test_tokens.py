"""Keys on a PKCS#11 token sign like any other, and never leave it."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.softhsm import LIBRARY, PIN, needs_softhsm, token

from scep_server.authority import IssuingAuthority, Shape, certificate_authority, infrastructure, root
from scep_server.keys import KeyState, KeyStore, KeyStoreError, TokenAccess, TokenUri, generate
from scep_server.keys.tokens import find_or_make
from scep_server.revocation.crl import build_crl

pytestmark = needs_softhsm
NOW = datetime(2026, 6, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def access():
    token()
    return TokenAccess(module=LIBRARY, pin=lambda: PIN)


def uri(name: str) -> TokenUri:
    return TokenUri.parse(f"pkcs11:token={token().replace(' ', '%20')};object={name}")


def test_a_token_leaves_no_fault_for_others(tmp_path, access):
    """In a process that opens its first token, TLS does not fail for what the token's library left behind."""
    key, name = generate("ec-p256"), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Of TLS")])
    anchor = root(name, key, path_length=0, valid_for=YEAR, serial=1, now=NOW)
    (tmp_path / "anchor.der").write_bytes(anchor.public_bytes(Encoding.DER))
    script = f"""
import ssl
from pathlib import Path
from scep_server.keys import TokenAccess, TokenUri
from scep_server.keys.tokens import find_or_make
access = TokenAccess(module={access.module!r}, pin=lambda: {PIN!r})
find_or_make(access, TokenUri.parse({uri("beside TLS").text!r}), "ec-p256")
anchor = Path({str(tmp_path / "anchor.der")!r}).read_bytes()
ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=anchor)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.fixture
def store(tmp_path, access):
    return KeyStore(tmp_path, tokens=access)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "rsa-3072", "ec-p256", "ec-p384"])
def test_a_key_on_a_token_is_an_authority(store, algorithm):
    """It signs itself, an authority below, a leaf and a CRL, and everything verifies."""
    store.create_on_token("ca", uri(f"ca-{algorithm}"), algorithm)
    key, name = store.load("ca"), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "On a token")])
    top = root(name, key, path_length=1, valid_for=YEAR, serial=1, now=NOW)
    top.verify_directly_issued_by(top)
    issuer = IssuingAuthority(name="root", certificate=top, key=key)
    below = generate("ec-p256")
    for made in (
        certificate_authority(
            issuer, name, below.public_key(), path_length=0, valid_for=YEAR, serial=2, now=NOW
        ),
        infrastructure(
            issuer, Shape.OCSP_SIGNER, name, below.public_key(), valid_for=YEAR, serial=3, now=NOW
        ),
    ):
        made.verify_directly_issued_by(top)
    crl = build_crl(issuer, [], number=1, this_update=NOW, next_update=NOW + YEAR)
    assert x509.load_der_x509_crl(crl).is_signature_valid(top.public_key())


def test_the_same_key_is_found_again(store, tmp_path, access):
    """A run that was cut off between token and folder finds what it made."""
    made = find_or_make(access, uri("again"), "ec-p256")
    store.create_on_token("ca", uri("again"), "ec-p256")
    assert store.load("ca").public_key() == made.public_key()
    assert store.state("ca") is KeyState.PRESENT
    with pytest.raises(FileExistsError):
        store.create_on_token("ca", uri("again"), "ec-p256")


def test_it_never_leaves(store, tmp_path, access):
    """Neither by encoding, nor by sealing, nor by opening what somebody sends."""
    store.create_on_token("ca", uri("stays"), "rsa-2048")
    key = store.load("ca")
    assert copy.copy(key) is copy.deepcopy(key) is key
    for attempt in (
        lambda: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.private_numbers,
        lambda: key.decrypt(bytes(256), padding.PKCS1v15()),
        lambda: store.seal("ca", tmp_path / "out", b"a long passphrase"),
    ):
        with pytest.raises(KeyStoreError):
            attempt()
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="PKCS#1"):
        key.sign(b"x", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def test_forked_workers_and_threads_sign(store):
    """Each process has a session of its own, and threads take turns in it."""
    store.create_on_token("ca", uri("forked"), "ec-p256")
    key = store.load("ca")

    def sign() -> None:
        key.public_key().verify(
            key.sign(b"data", ec.ECDSA(hashes.SHA256())), b"data", ec.ECDSA(hashes.SHA256())
        )

    sign()
    pid = os.fork()
    if pid == 0:
        try:
            sign()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(sign) for _ in range(80)]:
            done.result()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"module": ""}, "no PKCS#11 library"),
        ({"module": "/nowhere.so"}, "does not sign"),
        ({"pin": lambda: "wrong"}, "does not sign"),
    ],
)
def test_what_is_missing_is_named(access, changes, words):
    """With what to do about it; the PIN is in no message."""
    wrong = TokenAccess(**({"module": access.module, "pin": access.pin} | changes))
    with pytest.raises(KeyStoreError, match=words) as caught:
        find_or_make(wrong, TokenUri.parse("pkcs11:token=another;object=x"), "ec-p256")
    assert caught.value.hint
    assert PIN not in str(caught.value)


def test_a_key_of_another_kind_is_refused(access):
    """The org says what kind its authority has."""
    find_or_make(access, uri("kind"), "ec-p256")
    with pytest.raises(KeyStoreError, match=r"is ec-p256, not ec-p384"):
        find_or_make(access, uri("kind"), "ec-p384")


@pytest.mark.parametrize(
    "text",
    ["", "file:x", "pkcs11:", "pkcs11:token=a", "pkcs11:token=a;object=", "pkcs11:token=a;object=b;id=%01"],
)
def test_other_uris_are_refused(text):
    """Token and object are all that is read, so nothing else may be there and mean something."""
    with pytest.raises(ValueError, match="token=LABEL"):
        TokenUri.parse(text)
