"""The folder of a stand-alone server: keys, certificates, pepper, database; made once, never overwritten.

RA and OCSP certificates that near their end get a successor for the same key beside them (`ra-staff@2.pem`),
so that what was sealed to the old one is still opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from scep_server.authority import IssuingAuthority, Shape, Urls, certificate_authority, infrastructure, root
from scep_server.cli.settings import EXAMPLE, FILE, GroupSettings, Settings, read_settings
from scep_server.cli.table import SettingsError
from scep_server.cli.upkeep import Upkeep
from scep_server.keys import KeyState, KeyStore, PrivateKey, files, generate
from scep_server.limits import Network
from scep_server.pkimessage import Recipient
from scep_server.revocation import Responder
from scep_server.runtime import Served, ServerConfig
from scep_server.runtime.config import system_clock
from scep_server.service import Endpoint
from scep_server.service.publishing import PublishedAuthority
from scep_server.sqlite_store import SqliteStore
from scep_server.weakkeys import NOTHING_KNOWN, KnownWeak, read_known_weak

AUTHORITY = "ca"
OCSP = "ocsp"
_RENEW_WITHIN = timedelta(days=90)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a stand-alone server lives.

    Attributes:
        path: of the folder.
        clock: now, aware UTC.
    """

    path: Path
    clock: Callable[[], datetime] = system_clock

    @property
    def database(self) -> Path:
        """The store's file."""
        return self.path / "scep.sqlite"

    @property
    def settings_file(self) -> Path:
        """What it grants."""
        return self.path / FILE

    def settings(self) -> Settings:
        """Raises SettingsError."""
        return read_settings(self.settings_file)

    def pepper(self) -> bytes:
        """Key of the challenges' digests; raises SettingsError where `init` has not run."""
        try:
            return (self.path / "pepper").read_bytes()
        except OSError as error:
            raise SettingsError(f"{self.path}: there is no server here; run `init` first") from error

    def init(self) -> Settings:
        """Create what is missing, and successors of what nears its end; new groups get what they need."""
        files.make_folder(self.path.parent)
        for folder in (self.path, self.path / "keys", self.path / "certificates"):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not self.settings_file.exists():
            files.write_new(self.settings_file, EXAMPLE.encode(), mode=0o644)
        if not (self.path / "pepper").exists():
            files.write_new(self.path / "pepper", os.urandom(32), mode=0o600)
        settings = self.settings()
        self.renew(settings)
        return settings

    def renew(self, settings: Settings) -> None:
        """Make the RA and OCSP certificates that are missing or near their end."""
        authority = self._authority(settings)
        self._settle(OCSP, Shape.OCSP_SIGNER, authority)
        for group in settings.groups:
            self._settle(_ra(group), Shape.REGISTRATION_AUTHORITY, authority)

    def certificates(self) -> frozenset[str]:
        """The names of the certificates that are there: another one is news for a running server."""
        return frozenset(path.name for path in (self.path / "certificates").glob("*.pem"))

    def served(self, settings: Settings, pepper: bytes) -> Served:
        """Keys and certificates as they are now.

        Raises:
            SettingsError: a certificate is missing.
            KeyStoreError: a key is.
        """
        authority = self._authority(settings)
        return Served(
            endpoints=tuple(self._endpoint(group, authority, pepper) for group in settings.groups),
            authorities=self._published(settings, authority),
        )

    def config(self, proxies: tuple[Network, ...] = ()) -> ServerConfig:
        """What `runtime.serve` takes; raises SettingsError or KeyStoreError where `init` has not run."""
        settings, pepper = self.settings(), self.pepper()
        self.renew(settings)
        served = self.served(settings, pepper)
        return ServerConfig(
            endpoints=served.endpoints,
            authorities=served.authorities,
            refresh=Upkeep(self, settings, pepper),
            open_store=partial(SqliteStore, self.database),
            pepper=pepper,
            per_address=settings.per_address,
            per_group=settings.per_group,
            trusted_proxies=proxies,
            known_weak=self._known_weak(),
        )

    def _known_weak(self) -> KnownWeak:
        """What `weak-keys.txt` lists; nothing where it is not there."""
        path = self.path / "weak-keys.txt"
        try:
            return read_known_weak(path.read_text(encoding="ascii")) if path.is_file() else NOTHING_KNOWN
        except ValueError as error:
            raise SettingsError(f"{path}: {error}") from error

    def _endpoint(self, group: GroupSettings, authority: IssuingAuthority, pepper: bytes) -> Endpoint:
        certificates, key = self._leaf(_ra(group))
        if not isinstance(key, rsa.RSAPrivateKey):
            raise SettingsError(f"{self.path}: the RA key of {group.name} must be RSA")
        queue = group.challenge.queue(pepper)
        return Endpoint(
            group=group.name,
            authority=authority,
            recipients=tuple(Recipient(certificate=certificate, key=key) for certificate in certificates),
            policy=group.policy,
            static=() if queue else group.challenge.static(pepper),
            approval=queue,
        )

    def _published(self, settings: Settings, authority: IssuingAuthority) -> tuple[PublishedAuthority, ...]:
        (signer, *_), key = self._leaf(OCSP)
        names = (OCSP, *map(_ra, settings.groups))
        made = [certificate for name in names for certificate in self._generations(name)]
        top = authority.chain[-1]
        return (
            PublishedAuthority(
                name=AUTHORITY,
                certificate=authority.certificate,
                signer=authority,
                responder=Responder(issuer=authority.certificate, signer=signer, key=key),
                infrastructure=frozenset(certificate.serial_number for certificate in made),
            ),
            PublishedAuthority(
                name="root",
                certificate=top,
                signer=IssuingAuthority(name="root", certificate=top, key=self._keys.load("root")),
                crl_valid_for=30 * _DAY,
            ),
        )

    @property
    def _keys(self) -> KeyStore:
        return KeyStore(self.path / "keys")

    def _authority(self, settings: Settings) -> IssuingAuthority:
        top_key, now = self._key("root", settings.key), self.clock()
        top = self._made(
            "root",
            lambda: root(
                _name("Root CA"), top_key, path_length=1, valid_for=7300 * _DAY, serial=_serial(), now=now
            ),
        )
        issuer = IssuingAuthority(
            name="root", certificate=top, key=top_key, urls=_urls(settings.url, "root", ocsp=False)
        )
        key = self._key(AUTHORITY, settings.key)
        certificate = self._made(
            AUTHORITY,
            lambda: certificate_authority(
                issuer,
                _name("Issuing CA"),
                key.public_key(),
                path_length=0,
                valid_for=1825 * _DAY,
                serial=_serial(),
                now=now,
            ),
        )
        urls = _urls(settings.url, AUTHORITY, ocsp=True)
        return IssuingAuthority(name=AUTHORITY, certificate=certificate, key=key, chain=(top,), urls=urls)

    def _settle(self, name: str, shape: Shape, authority: IssuingAuthority) -> None:
        key = self._key(name, "rsa-2048" if shape is Shape.REGISTRATION_AUTHORITY else "ec-p256")

        def make() -> x509.Certificate:
            return infrastructure(
                authority,
                shape,
                _name(name),
                key.public_key(),
                valid_for=730 * _DAY,
                serial=_serial(),
                now=self.clock(),
            )

        self._made(name, make)
        found = self._generations(name)
        ends = found[0].not_valid_after_utc
        if ends - self.clock() < _RENEW_WITHIN and ends < authority.certificate.not_valid_after_utc:
            self._made(f"{name}@{len(found) + 1}", make)

    def _leaf(self, name: str) -> tuple[tuple[x509.Certificate, ...], PrivateKey]:
        """The certificates of a leaf that are good now, newest first and at least that one, and their key."""
        newest, *older = self._generations(name)
        alive = [one for one in older if self.clock() < one.not_valid_after_utc]
        return (newest, *alive), self._keys.load(name)

    def _generations(self, name: str) -> tuple[x509.Certificate, ...]:
        """Every certificate of a leaf, newest first."""
        names = [name]
        while (self.path / "certificates" / f"{name}@{len(names) + 1}.pem").exists():
            names.append(f"{name}@{len(names) + 1}")
        return tuple(self._certificate(one) for one in reversed(names))

    def _key(self, name: str, algorithm: str) -> PrivateKey:
        if self._keys.state(name) is KeyState.ABSENT:
            if (self.path / "certificates" / f"{name}.pem").exists():
                raise SettingsError(f"{self.path}: the key of {name} is lost; restore keys/ from a backup")
            self._keys.create(name, generate(algorithm))
        return self._keys.load(name)

    def _made(self, name: str, make: Callable[[], x509.Certificate]) -> x509.Certificate:
        path = self.path / "certificates" / f"{name}.pem"
        if not path.exists():
            files.write_new(path, make().public_bytes(Encoding.PEM), mode=0o644)
        return self._certificate(name)

    def _certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.path / "certificates" / f"{name}.pem").read_bytes())


def _ra(group: GroupSettings) -> str:
    return f"ra-{group.name}"


def _serial() -> int:
    return int.from_bytes(os.urandom(16), "big") >> 1 or 1


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _urls(url: str, name: str, *, ocsp: bool) -> Urls:
    return Urls(
        crl=f"{url}/crl/{name}.crl",
        ocsp=f"{url}/ocsp/{name}" if ocsp else "",
        issuer=f"{url}/ca/{name}.cer",
    )
