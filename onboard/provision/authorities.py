"""The authorities: what is there, whether it fits together, and making what is missing, in issuer order.

Everything is examined before anything is made, so that a lost state folder is refused whole instead of
growing a second PKI beside the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.errors import PkiError
from onboard.model import Authority, Organization
from onboard.pki import load_pem, public_path
from onboard.provision.hierarchy import Kind, Leaf, deciphers, path_length, urls
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.state import Entropy, StateFolder, explained, key_trouble
from scep_server import authority as issuing
from scep_server.errors import RequestRejectedError
from scep_server.keys import KeyState, KeyStoreError, PrivateKey, generate, public_key_sha256
from scep_server.keys.files import replace, write_new


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


def examine(site: Site, leaves: Mapping[Leaf, x509.Certificate]) -> None:
    """Make sure that what is there fits together.

    Args:
        site: where.
        leaves: the infrastructure certificates that exist; they prove that their issuer had a certificate.

    Raises:
        PkiError: every contradiction, one a line.
    """
    problems = []
    for authority in site.organization.authorities:
        certificate = site.certificate(authority.name)
        if not authority.is_ours:
            problems += [] if certificate else [_absent(site, authority)]
            continue
        try:
            problem = (
                _lost_certificate(site, authority, leaves)
                if certificate is None
                else _misfit(site, authority, certificate)
            )
        except KeyStoreError as error:
            if error.locked:
                raise key_trouble(error) from error
            problem = f"{error}" + (f" ({error.hint})" if error.hint else "")
        if problem:
            problems.append(problem)
    if problems:
        raise PkiError(
            "\n".join(problems),
            hint="nothing was changed: restore the state folder or pki/ from a backup. To give one up, "
            "move its pki/NAME.pem away: every device then needs a new payload and a new certificate",
        )


def settle(site: Site, authority: Authority) -> Row:
    """Keep an authority that is there, or make it.

    Raises:
        PkiError: the issuer cannot sign it.
        StateError: a file cannot be written.
    """
    keys, path = site.state.keys(), site.public(authority.name)
    certificate = site.certificate(authority.name)
    if certificate is not None and not authority.is_ours:
        path = public_path(authority, site.folder)
        return certificate_row(Kind.AUTHORITY, authority.name, Outcome.KEPT, certificate, file=str(path))
    if certificate is not None:
        sealed = keys.state(authority.name) is KeyState.SEALED
        outcome = Outcome.SEALED if sealed else Outcome.KEPT
        return certificate_row(Kind.AUTHORITY, authority.name, outcome, certificate, file=str(path))
    if keys.state(authority.name) is KeyState.ABSENT:
        keys.create(authority.name, new_key(authority))
    key = keys.load(authority.name)
    issuer = None if authority.is_root else site.issuing(authority.issuer)
    if not authority.is_root and issuer is None:
        return _requested(site, authority, key)
    certificate = _sign(site, authority, key, issuer)
    write_public(path, certificate.public_bytes(Encoding.PEM))
    return certificate_row(Kind.AUTHORITY, authority.name, Outcome.CREATED, certificate, file=str(path))


def new_key(authority: Authority) -> PrivateKey:
    """A new key of the kind that the org names.

    Raises:
        PkiError: the authority is somebody else's.
    """
    if authority.key is None:
        raise PkiError(f"{authority.name!r} is somebody else's authority; its key is not made here")
    return generate(authority.key.value)


def subject(organization: Organization, common_name: str) -> x509.Name:
    """CN and O; CN alone is left out where it is empty.

    Raises:
        PkiError: a name is longer than X.520 allows.
    """
    pairs = ((x509.NameOID.COMMON_NAME, common_name), (x509.NameOID.ORGANIZATION_NAME, organization.name))
    for _, text in pairs:
        if len(text) > 64:
            raise PkiError(f"{text!r} has {len(text)} characters, a certificate's name holds 64 (X.520)")
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text])


def write_public(path: Path, content: bytes) -> None:
    """Create a public file (0644) in `pki/`, which is made if it is not there.

    Raises:
        StateError: it exists, or cannot be written.
    """
    with explained(path.parent):
        path.parent.mkdir(exist_ok=True)
        write_new(path, content, mode=0o644)


def request_pem(site: Site, authority: Authority, key: PrivateKey) -> bytes:
    """The PKCS#10 request of an authority, PEM."""
    name = subject(site.organization, authority.common_name)
    length = path_length(site.organization, authority)
    request = issuing.signing_request(
        name, key, path_length=length, deciphers=deciphers(site.organization, authority)
    )
    return request.public_bytes(Encoding.PEM)


def _sign(
    site: Site, authority: Authority, key: PrivateKey, issuer: issuing.IssuingAuthority | None
) -> x509.Certificate:
    name = subject(site.organization, authority.common_name)
    length, opens = path_length(site.organization, authority), deciphers(site.organization, authority)
    lifetime, serial, now = authority.valid_for or timedelta(), site.serial(), site.now
    try:
        if issuer is None:
            return issuing.root(
                name,
                key,
                path_length=length,
                deciphers=opens,
                valid_for=lifetime,
                serial=serial,
                now=now,
            )
        return issuing.certificate_authority(
            issuer,
            name,
            key.public_key(),
            path_length=length,
            deciphers=opens,
            valid_for=lifetime,
            serial=serial,
            now=now,
        )
    except (RequestRejectedError, ValueError) as error:
        raise PkiError(f"{authority.place}: authority {authority.name!r} cannot be made: {error}") from error


def _requested(site: Site, authority: Authority, key: PrivateKey) -> Row:
    path = site.public(authority.name, "csr")
    with explained(path.parent):
        path.parent.mkdir(exist_ok=True)
        replace(path, request_pem(site, authority, key), mode=0o644)
    return Row(
        kind=Kind.AUTHORITY,
        name=authority.name,
        outcome=Outcome.BLOCKED,
        file=str(path),
        remark=f"the key of its issuer {authority.issuer!r} is not here: let it sign this request, then "
        f"run 'onboard ca import {authority.name} FILE'",
    )


def _misfit(site: Site, authority: Authority, certificate: x509.Certificate) -> str:
    path, keys = site.public(authority.name), site.state.keys()
    if keys.state(authority.name) is KeyState.ABSENT:
        return f"{path}: its key is not in {keys.folder} and was not sealed away"
    public_key = certificate.public_key()
    digest = public_key_sha256(public_key)  # type: ignore[arg-type]  # hashes whatever has an encoding
    if digest != keys.public_key_sha256(authority.name):
        return f"{path}: it belongs to another key than {keys.folder / authority.name}.key"
    issuer = certificate if authority.is_root else site.certificate(authority.issuer)
    if issuer is None:
        return f"{_path(site, authority.issuer)}: it is gone, but {path} was issued by it"
    if not is_issued_by(certificate, issuer):
        return f"{path}: it was not issued by {_path(site, authority.issuer or authority.name)}"
    return ""


def _path(site: Site, name: str) -> Path:
    return public_path(site.authority(name), site.folder)


def _absent(site: Site, authority: Authority) -> str:
    return f"{authority.place}: {_path(site, authority.name)} is not there: put its certificate there"


def _lost_certificate(site: Site, authority: Authority, leaves: Mapping[Leaf, x509.Certificate]) -> str:
    """Why a missing certificate was lost rather than never made; a new one would have another digest."""
    path, keys = site.public(authority.name), site.state.keys()
    if keys.state(authority.name) is KeyState.SEALED:
        return f"{path}: it is gone, and its key was sealed away"
    issued = [
        f"{leaf.kind}/{leaf.name}.pem"
        for leaf, certificate in leaves.items()
        if leaf.issuer == authority.name and names(site, authority.name, certificate)
    ]
    if issued:
        return f"{path}: it is gone, but {issued[0]} was issued by it; payloads pin the very certificate"
    return ""


def names(site: Site, authority: str, certificate: x509.Certificate) -> bool:
    """Whether a certificate says that an authority issued it; for when the authority's own is not there."""
    wanted = subject(site.organization, site.authority(authority).common_name)
    return certificate.issuer == wanted


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether names and signature say so; dates do not matter."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
