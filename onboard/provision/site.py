"""Where a command of `ca` works, and with what: the org, its folders, the clock, and the keys at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from onboard.errors import PkiError
from onboard.model import Authority, Organization
from onboard.pki import load_pem, public_path
from onboard.provision.hierarchy import urls
from onboard.provision.state import Entropy, StateFolder, explained
from scep_server import authority as issuing
from scep_server.keys import KeyState, PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a command of `ca` works, and with what.

    Attributes:
        organization: whose hierarchy.
        folder: the folder that holds the org file; public certificates are in its `pki/`.
        state: the state folder.
        now: aware UTC.
        entropy: random octets, for serial numbers.
        unsealed: keys that are at hand for this run only, by authority.
    """

    organization: Organization
    folder: Path
    state: StateFolder
    now: datetime
    entropy: Entropy
    unsealed: Mapping[str, PrivateKey] = field(default_factory=dict, repr=False)

    def serial(self) -> int:
        """127 random bits, positive (RFC 5280 §4.1.2.2)."""
        return int.from_bytes(self.entropy(16), "big") >> 1 or 1

    def authority(self, name: str) -> Authority:
        """One of the org's authorities.

        Raises:
            PkiError: there is none of that name.
        """
        try:
            return self.organization.authority(name)
        except KeyError:
            known = ", ".join(authority.name for authority in self.organization.authorities)
            raise PkiError(f"there is no authority {name!r} in this org", hint=f"it has {known}") from None

    def own(self, name: str) -> Authority:
        """One of the org's authorities whose key is ours.

        Raises:
            PkiError: there is none of that name, or it is somebody else's.
        """
        authority = self.authority(name)
        if not authority.is_ours:
            raise PkiError(
                f"{name!r} is somebody else's authority, known by {authority.certificate} alone",
                hint="ask whoever has its key",
            )
        return authority

    def public(self, name: str, suffix: str = "pem") -> Path:
        """`pki/NAME.pem`, or another public file of an authority."""
        return self.folder / "pki" / f"{name}.{suffix}"

    def certificate(self, name: str) -> x509.Certificate | None:
        """The certificate of an authority; None: not there yet.

        Raises:
            PkiError: the file holds something else.
        """
        path = public_path(self.authority(name), self.folder)
        with explained(path.parent):
            return load_pem(name, path.read_bytes(), str(path)).parsed if path.is_file() else None

    def at_hand(self, name: str) -> bool:
        """Whether this run can sign with an authority's key."""
        return name in self.unsealed or self.state.keys().state(name) is KeyState.PRESENT

    def key(self, name: str) -> PrivateKey:
        """The key of an authority (KeyStoreError if it is not at hand)."""
        return self.unsealed[name] if name in self.unsealed else self.state.keys().load(name)

    def issuing(self, name: str) -> issuing.IssuingAuthority | None:
        """An authority that can sign now; None where its certificate or key is not at hand.

        Raises:
            PkiError: certificate and key do not belong together, or a file holds something else.
            KeyStoreError: the key does not open.
        """
        certificate = self.certificate(name)
        if certificate is None or not self.at_hand(name):
            return None
        key = self.key(name)
        if key.public_key() != certificate.public_key():
            raise PkiError(
                f"{self.public(name)} belongs to another key than the one in {self.state.keys().folder}",
                hint="restore that file, or the state folder, from a backup",
            )
        chain = self.organization.chain(self.organization.authority(name))[1:]
        issuers = (self.certificate(issuer.name) for issuer in chain)
        return issuing.IssuingAuthority(
            name=name,
            certificate=certificate,
            key=key,
            chain=tuple(issuer for issuer in issuers if issuer is not None),
            urls=urls(self.organization, name),
        )
