"""The state folder: what lies where, who may read it, and what to do when it cannot be used.

DIR/                0700, the owner's alone
  .gitignore        `*`: nothing of it is ever committed
  .lock             held by whoever creates keys
  pepper            32 random octets: key of the challenges' digests
  keys/NAME.key     of authority NAME; NAME.sealed where it was taken away, NAME.token where a token has it
  ra/GROUP.key      RA of a SCEP endpoint, with its certificate GROUP.pem
  ocsp/NAME.key     OCSP signer of authority NAME, with NAME.pem
  radius/NAME.key   RADIUS server certificate, with NAME.pem
  signing/profiles.key   signs mobileconfigs, with profiles.pem
  audit/checkpoints.key  signs checkpoints of the audit trail, with checkpoints.pem
  outbox/NAME.json  how much of the audit trail a sink has; checkpoint.json, the newest checkpoint
  crl/NAME.crl      CRLs as the server publishes them
  weak-keys.txt     keys of devices that are never certified; the administrator's to write
  https.json        where the certificates of `serve --tls-cert` lie
  store.sqlite3     challenges, certificates, audit trail

A renewed pair lies beside the old one as `GROUP@2.key`, `GROUP@3.key`...: an old RA still opens what was sent
to it. Public certificates of authorities are not here but in `pki/` beside the org file, to be committed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from onboard.errors import PkiError, StateError
from scep_server.keys import KeyStore, KeyStoreError, TokenAccess
from scep_server.keys.files import make_folder, remove_partial, write_new
from scep_server.weakkeys import NOTHING_KNOWN, KnownWeak, read_known_weak

Entropy = Callable[[int], bytes]  # that many random octets

_KEY_FOLDERS = ("keys", "ra", "ocsp", "radius", "signing", "audit")
FOLDERS = (*_KEY_FOLDERS, "crl", "outbox")  # a running server writes to the last two
_PEPPER_OCTETS = 32
_CURES = {
    errno.ENOSPC: "make room on the disk and run the command again; nothing was left half-written",
    errno.EDQUOT: "the disk quota is spent: make room and run the command again",
    errno.EACCES: "let the user that runs onboard own the folder, or choose another with --state",
    errno.EPERM: "let the user that runs onboard own the folder, or choose another with --state",
    errno.EROFS: "the file system is mounted read-only: choose another folder with --state",
    errno.EEXIST: "a file is where a folder should be: move it away or choose another folder with --state",
    errno.ENOTDIR: "a file is where a folder should be: move it away or choose another folder with --state",
}


@dataclass(frozen=True, slots=True)
class StateFolder:
    """A state folder, there or not.

    Attributes:
        path: DIR.
        passphrase: encrypts new keys and opens encrypted ones; None keeps keys in the clear, 0600.
        tokens: how keys on PKCS#11 tokens are reached.
    """

    path: Path
    passphrase: bytes | None = field(default=None, repr=False)
    tokens: TokenAccess = field(default_factory=TokenAccess, repr=False)

    def keys(self, folder: str = "keys") -> KeyStore:
        """The keys of one of FOLDERS."""
        return KeyStore(self.path / folder, self.passphrase, self.tokens)

    @property
    def store(self) -> Path:
        """The SQLite database of the SCEP server."""
        return self.path / "store.sqlite3"

    @property
    def crls(self) -> Path:
        """Where the server keeps the CRLs that it publishes."""
        return self.path / "crl"

    @property
    def outbox(self) -> Path:
        """Where the server keeps how far each sink of the audit trail is."""
        return self.path / "outbox"

    def pepper(self) -> bytes:
        """The key of the challenges' digests.

        Raises:
            StateError: the folder was not created yet, cannot be read, or the file is damaged.
        """
        with explained(self.path):
            self.demand()
            pepper = (self.path / "pepper").read_bytes()
        if len(pepper) != _PEPPER_OCTETS:
            raise StateError(
                f"{self.path / 'pepper'} is damaged: it holds {len(pepper)} octets, not {_PEPPER_OCTETS}",
                hint="restore it from a backup; if there is none, delete it and run 'onboard ca init "
                "--new-pepper': every minted challenge is then worth nothing",
            )
        return pepper

    def known_weak(self) -> KnownWeak:
        """Keys of devices that are never certified, as `weak-keys.txt` lists them; none without that file.

        Raises:
            StateError: it cannot be read, or a line is no key.
        """
        path = self.path / "weak-keys.txt"
        with explained(self.path):
            if not path.is_file():
                return NOTHING_KNOWN
            content = path.read_bytes()
        try:
            return read_known_weak(content.decode("ascii"))
        except ValueError as error:
            raise StateError(f"{path}: {error}", hint="correct the line, or take it out") from error

    def demand(self) -> None:
        """Make sure that the folder is there.

        Raises:
            StateError: it is not.
        """
        with explained(self.path):
            if not (self.path / "pepper").is_file():
                raise StateError(
                    f"there is no state in {self.path}",
                    hint="run 'onboard ca init' first, or say where the state is with --state",
                )

    def create(self, entropy: Entropy) -> None:
        """Make what is missing of the layout; touch nothing that is there.

        Raises:
            StateError: the folder cannot be made or written, or somebody else is at it.
        """
        with explained(self.path):
            make_folder(self.path.parent)
            self.path.mkdir(mode=0o700, exist_ok=True)
            self.path.chmod(0o700)
        with self.locked(), explained(self.path):
            for name in FOLDERS:
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
            self._write_once(".gitignore", b"*\n")
            self._write_once("pepper", entropy(_PEPPER_OCTETS))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from creating keys meanwhile, and clear what a killed run left.

        Raises:
            StateError: somebody else is at it, or the folder cannot be written.
        """
        with explained(self.path), (self.path / ".lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StateError(
                    f"another onboard is creating keys in {self.path}", hint="wait for it and run this again"
                ) from error
            for folder in (self.path, *(self.path / name for name in _KEY_FOLDERS)):
                remove_partial(folder)
            yield

    def _write_once(self, name: str, content: bytes) -> None:
        if not (self.path / name).exists():
            with contextlib.suppress(FileExistsError):
                write_new(self.path / name, content, mode=0o600)


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system says about files in `folder` into a StateError with a cure."""
    try:
        yield
    except OSError as error:
        hint = _CURES.get(error.errno or 0, f"see to {folder} and run the command again")
        raise StateError(f"{folder} cannot be used: {error.strerror or error}", hint=hint) from error


def key_trouble(error: KeyStoreError) -> PkiError:
    """What a key store says, as an error of onboard: with the option that names a passphrase."""
    hint = "name the keys' passphrase with --key-passphrase env:NAME or file:PATH"
    return PkiError(str(error), hint=hint if error.locked else error.hint)
