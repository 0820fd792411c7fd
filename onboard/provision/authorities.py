"""The authorities: what is there, whether it fits together, and making what is missing, in issuer order.

Everything is examined before anything is made, so that a lost state folder is refused whole instead of
growing a second PKI beside the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.errors import PkiError
from onboard.model import Authority, Organization
from onboard.pki import public_path
from onboard.provision.hierarchy import Kind, Leaf, deciphers, path_length
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.site import Site
from onboard.provision.state import explained, key_trouble
from scep_server import authority as issuing
from scep_server.errors import RequestRejectedError
from scep_server.keys import KeyState, KeyStoreError, PrivateKey, TokenUri, generate, public_key_sha256
from scep_server.keys.files import make_folder, replace, write_new


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
        return certificate_row(
            Kind.AUTHORITY,
            authority.name,
            outcome,
            certificate,
            file=str(path),
            remark=_renamed(site, authority, certificate),
        )
    if keys.state(authority.name) is KeyState.ABSENT:
        make_key(site, authority)
    key = keys.load(authority.name)
    issuer = None if authority.is_root else site.issuing(authority.issuer)
    if not authority.is_root and issuer is None:
        return _requested(site, authority, key)
    certificate = _sign(site, authority, key, issuer)
    write_public(path, certificate.public_bytes(Encoding.PEM))
    return certificate_row(Kind.AUTHORITY, authority.name, Outcome.CREATED, certificate, file=str(path))


def make_key(site: Site, authority: Authority) -> None:
    """A new key of the kind that the org names, in the state folder or on a token.

    Raises:
        PkiError: the authority is somebody else's, or would have to open requests with a key on a token.
        KeyStoreError: the token cannot be reached.
        OSError: the state folder cannot be written.
    """
    keys = site.state.keys()
    if authority.key is None:
        raise PkiError(f"{authority.name!r} is somebody else's authority; its key is not made here")
    if not authority.private_key:
        keys.create(authority.name, generate(authority.key.value))
        return
    if deciphers(site.organization, authority):
        raise PkiError(
            f"{authority.place}: devices of a group with single_certificate seal to the key of "
            f"{authority.name!r}, which a token does not open",
            hint="give such groups an authority whose key is a file",
        )
    keys.create_on_token(authority.name, TokenUri.parse(authority.private_key), authority.key.value)


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
        make_folder(path.parent)
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


def _renamed(site: Site, authority: Authority, certificate: x509.Certificate) -> str:
    """Where org.yaml has another name since; an authority of somebody else may have named it as it liked."""
    issued_here = authority.is_root or site.organization.authority(authority.issuer).is_ours
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if not issued_here or any(name.value == authority.common_name for name in names):
        return ""
    return (
        f"org.yaml calls it {authority.common_name!r} now, but a certificate keeps its name;"
        f" 'onboard ca rotate {authority.name}' makes a successor"
    )


def _requested(site: Site, authority: Authority, key: PrivateKey) -> Row:
    path = site.public(authority.name, "csr")
    with explained(path.parent):
        make_folder(path.parent)
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
    sealed = keys.state(authority.name) is KeyState.SEALED
    if keys.state(authority.name) is KeyState.ABSENT:
        return f"{path}: its key is not in {keys.folder} and was not sealed away"
    if bool(authority.private_key) != keys.is_on_token(authority.name) and not sealed:
        here, wanted = (
            ("on a token", "a file") if keys.is_on_token(authority.name) else ("a file", "on a token")
        )
        return f"{path}: its key is {here}, the org says {wanted}; for another key run 'onboard ca rotate'"
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
