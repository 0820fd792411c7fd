"""Private keys in files."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scep_server.keys import KeyState, KeyStore, KeyStoreError, generate, public_key_sha256

PASSPHRASE = b"correct horse battery"


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256", "ec-p384"])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_key_comes_back_as_it_was(tmp_path, algorithm, passphrase):
    """Create and load, in the clear and encrypted; only the owner can read the file."""
    store, key = KeyStore(tmp_path, passphrase), generate(algorithm)
    store.create("root", key)
    assert store.load("root").private_numbers() == key.private_numbers()
    assert store.state("root") is KeyState.PRESENT
    assert store.public_key_sha256("root") == public_key_sha256(key.public_key())
    path = tmp_path / "root.key"
    assert path.stat().st_mode & 0o777 == 0o600
    header = path.read_text().splitlines()[0]
    assert header == f"-----BEGIN {'ENCRYPTED ' if passphrase else ''}PRIVATE KEY-----"


@pytest.mark.parametrize(("algorithm", "size"), [("rsa-3072", 3072), ("rsa-4096", 4096), ("ec-p384", 384)])
def test_keys_have_the_size_asked_for(algorithm, size):
    """Names of algorithms mean what they say."""
    assert generate(algorithm).key_size == size


@pytest.mark.parametrize("algorithm", ["rsa-1024", "ec-p521", "ed25519", ""])
def test_no_other_algorithm_is_made(algorithm):
    """Weak and exotic keys cannot be asked for."""
    with pytest.raises(ValueError, match="no such key algorithm"):
        generate(algorithm)


def test_a_key_is_never_overwritten(tmp_path):
    """A second key of one name fails, and the first stays."""
    store, first = KeyStore(tmp_path), generate("ec-p256")
    store.create("root", first)
    with pytest.raises(FileExistsError):
        store.create("root", generate("ec-p256"))
    assert store.load("root").private_numbers() == first.private_numbers()


@pytest.mark.parametrize("name", ["../root", "a/b", "", ".hidden", "UPPER", "a\n"])
def test_a_name_never_leaves_the_folder(tmp_path, name):
    """Names come from org files and become paths."""
    with pytest.raises(ValueError, match="no key can be called"):
        KeyStore(tmp_path).state(name)


def test_a_key_that_others_can_read_is_refused(tmp_path):
    """The cure is named."""
    store = KeyStore(tmp_path)
    store.create("root", generate("ec-p256"))
    (tmp_path / "root.key").chmod(0o640)
    with pytest.raises(KeyStoreError, match="others can read") as caught:
        store.load("root")
    assert caught.value.hint.startswith("chmod 600 ")


def test_passphrases_are_asked_for_and_judged(tmp_path):
    """Missing and wrong passphrases are told apart, and no message repeats one."""
    KeyStore(tmp_path, PASSPHRASE).create("root", generate("ec-p256"))
    with pytest.raises(KeyStoreError, match="is encrypted"):
        KeyStore(tmp_path).load("root")
    with pytest.raises(KeyStoreError, match="passphrase does not open it") as caught:
        KeyStore(tmp_path, b"wrong passphrase").load("root")
    assert "wrong passphrase" not in str(caught.value)
    assert "correct horse" not in repr(KeyStore(tmp_path, PASSPHRASE))


def test_a_passphrase_does_not_hinder_keys_in_the_clear(tmp_path):
    """Setting a passphrase later encrypts new keys and still opens old ones."""
    KeyStore(tmp_path).create("root", generate("ec-p256"))
    assert KeyStore(tmp_path, PASSPHRASE).load("root")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no PKCS#8 key"),
        (b"\xff\x00garbage", "no PKCS#8 key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no PKCS#8 key"),
        (
            ed25519.Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ),
            "neither RSA nor EC",
        ),
    ],
)
def test_damaged_and_foreign_keys_are_named(tmp_path, content, reason):
    """The file is named and what is wrong with it."""
    path = tmp_path / "root.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyStoreError, match=reason):
        KeyStore(tmp_path).load("root")


def test_an_absent_key_is_absent(tmp_path):
    """Nothing is made by asking."""
    store = KeyStore(tmp_path)
    assert store.state("root") is KeyState.ABSENT
    with pytest.raises(KeyStoreError, match="is not there"):
        store.load("root")


def test_sealing_moves_a_key_away_and_remembers_which(tmp_path):
    """The key leaves the folder encrypted; its public half is still known, and no second one can be made."""
    store, key = KeyStore(tmp_path / "keys"), generate("ec-p384")
    store.folder.mkdir()
    store.create("root", key)
    store.seal("root", tmp_path / "root.sealed", PASSPHRASE)
    assert store.state("root") is KeyState.SEALED
    assert not (store.folder / "root.key").exists()
    assert store.public_key_sha256("root") == public_key_sha256(key.public_key())
    assert (tmp_path / "root.sealed").stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in (tmp_path / "root.sealed").read_bytes()
    with pytest.raises(KeyStoreError, match="was sealed away"):
        store.load("root")
    with pytest.raises(FileExistsError):
        store.create("root", generate("ec-p384"))
    again = store.load_sealed("root", tmp_path / "root.sealed", PASSPHRASE)
    assert again.private_numbers() == key.private_numbers()


def test_openssl_opens_a_sealed_key(tmp_path):
    """A key in a safe must not need this program in twenty years."""
    store = KeyStore(tmp_path)
    store.create("root", generate("ec-p384"))
    store.seal("root", tmp_path / "out.pem", PASSPHRASE)
    command = ["openssl", "pkey", "-in", str(tmp_path / "out.pem"), "-passin", "stdin", "-noout", "-check"]
    try:
        result = subprocess.run(command, input=PASSPHRASE, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert result.returncode == 0, result.stderr


def test_an_encrypted_key_is_sealed_under_the_new_passphrase(tmp_path):
    """The folder's passphrase and the sealed file's are two things."""
    store = KeyStore(tmp_path, b"the folder's passphrase")
    store.create("root", generate("ec-p256"))
    store.seal("root", tmp_path / "out.pem", PASSPHRASE)
    assert store.load_sealed("root", tmp_path / "out.pem", PASSPHRASE)


def test_sealing_never_overwrites(tmp_path):
    """Another file in the way is kept, and so is the key."""
    store = KeyStore(tmp_path)
    store.create("root", generate("ec-p256"))
    store.create("other", generate("ec-p256"))
    store.seal("other", tmp_path / "out.pem", PASSPHRASE)
    before = (tmp_path / "out.pem").read_bytes()
    with pytest.raises(KeyStoreError, match="holds another key"):
        store.seal("root", tmp_path / "out.pem", PASSPHRASE)
    assert (tmp_path / "out.pem").read_bytes() == before
    assert store.state("root") is KeyState.PRESENT


def test_sealing_that_was_cut_off_is_repeated(tmp_path):
    """After a crash with the file written and the key still there, the same command ends the work."""
    store, key = KeyStore(tmp_path), generate("ec-p256")
    store.create("root", key)
    pem = (tmp_path / "root.key").read_bytes()
    store.seal("root", tmp_path / "out.pem", PASSPHRASE)
    (tmp_path / "root.key").write_bytes(pem)
    (tmp_path / "root.key").chmod(0o600)
    assert store.state("root") is KeyState.PRESENT
    store.seal("root", tmp_path / "out.pem", PASSPHRASE)
    assert store.state("root") is KeyState.SEALED


def test_a_key_is_not_sealed_where_nothing_can_be_written(tmp_path):
    """The key stays when the destination fails."""
    store = KeyStore(tmp_path)
    store.create("root", generate("ec-p256"))
    with pytest.raises(FileNotFoundError):
        store.seal("root", tmp_path / "nowhere" / "out.pem", PASSPHRASE)
    assert store.state("root") is KeyState.PRESENT


def test_a_short_passphrase_does_not_seal(tmp_path):
    """The file travels; a guess must not open it."""
    store = KeyStore(tmp_path)
    store.create("root", generate("ec-p256"))
    with pytest.raises(KeyStoreError, match="at least 12"):
        store.seal("root", tmp_path / "out.pem", b"short")
    assert not (tmp_path / "out.pem").exists()


def test_another_key_is_not_the_sealed_one(tmp_path):
    """Signing with a wrong key would make a CRL that nobody accepts."""
    store = KeyStore(tmp_path)
    for name in ("root", "other"):
        store.create(name, generate("ec-p256"))
        store.seal(name, tmp_path / f"{name}.pem", PASSPHRASE)
    with pytest.raises(KeyStoreError, match="another key than 'root'"):
        store.load_sealed("root", tmp_path / "other.pem", PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"public_key_sha256": "xyz"}', b"{}"])
def test_a_damaged_marker_is_named(tmp_path, content):
    """A marker that says nothing is reported, not believed."""
    (tmp_path / "root.sealed").write_bytes(content)
    with pytest.raises(KeyStoreError, match=r"root\.sealed is damaged"):
        KeyStore(tmp_path).public_key_sha256("root")
