"""`ca request` and `ca import`: an authority of ours that somebody else's CA signs; and `ca crl`."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.errors import PkiError
from onboard.model import Authority
from onboard.pki import load_pem
from onboard.provision import crls
from onboard.provision.authorities import is_issued_by, make_key, request_pem, write_public
from onboard.provision.crls import Reason
from onboard.provision.hierarchy import Kind, is_offline, path_length
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.site import Site
from onboard.provision.state import key_trouble
from scep_server.keys import KeyState, KeyStoreError, public_key_sha256


def request(site: Site, name: str) -> bytes:
    """The PKCS#10 request of an authority, PEM; its key is made if there is none.

    Raises:
        PkiError: the authority has a certificate already, or its key was sealed away.
        StateError: the key cannot be written.
    """
    authority = site.own(name)
    if site.certificate(name) is not None:
        raise PkiError(f"{site.public(name)} is there already and in use")
    site.state.create(site.entropy)
    with site.state.locked():
        keys = site.state.keys()
        if keys.state(name) is KeyState.ABSENT:
            make_key(site, authority)
        try:
            return request_pem(site, authority, keys.load(name))
        except KeyStoreError as error:
            raise key_trouble(error) from error


def import_certificate(site: Site, name: str, pem: bytes, source: str) -> Row:
    """Take the certificate that somebody else's CA made of our request into `pki/NAME.pem`.

    Args:
        site: where.
        name: of the authority.
        pem: the certificate, PEM or DER.
        source: where it comes from, for messages.

    Raises:
        PkiError: it is not for our key, no CA certificate that may issue, not by the issuer that the org
            names, expired, or there is another one already.
        StateError: it cannot be written.
    """
    authority = site.own(name)
    certificate = load_pem(name, pem, source).parsed
    _judge(site, authority, certificate, source)
    path = site.public(name)
    present = site.certificate(name)
    if present is not None and present != certificate:
        raise PkiError(f"{path} holds another certificate", hint="move it away if it was never used")
    if present is None:
        write_public(path, certificate.public_bytes(Encoding.PEM))
    outcome = Outcome.CREATED if present is None else Outcome.KEPT
    return certificate_row(Kind.AUTHORITY, name, outcome, certificate, file=str(path))


def sign_crl(site: Site, name: str, revoke: Mapping[int, Reason] | None = None) -> Row:
    """Sign the next CRL of an authority whose key is at hand, or in `site.unsealed`, into `pki/NAME.crl`.

    Args:
        site: where.
        name: of the authority.
        revoke: serials that are revoked from now on, with the reason.

    Raises:
        PkiError: its certificate or key is not at hand.
        StateError: it cannot be written; the current one stands.
    """
    if not is_offline(site.organization, site.own(name)):
        raise PkiError(
            f"'onboard serve' signs the CRL of {name!r}, because groups enrol with it",
            hint="revoke its certificates with 'onboard cert revoke'",
        )
    try:
        issuer = site.issuing(name)
    except KeyStoreError as error:
        raise key_trouble(error) from error
    if issuer is None:
        raise PkiError(
            f"the certificate and the key of {name!r} are needed to sign its CRL",
            hint="if the key was sealed away, name the sealed file",
        )
    return crls.sign(site, issuer, crls.read(site, name), revoke=revoke)


def _judge(site: Site, authority: Authority, certificate: x509.Certificate, source: str) -> None:
    keys = site.state.keys()
    if keys.state(authority.name) is KeyState.ABSENT:
        raise PkiError(f"there is no key for {authority.name!r}", hint=f"onboard ca request {authority.name}")
    digest = public_key_sha256(certificate.public_key())  # type: ignore[arg-type]  # hashes any key
    if digest != keys.public_key_sha256(authority.name):
        raise PkiError(f"{source}: this certificate is for another key than our request")
    if site.now >= certificate.not_valid_after_utc:
        raise PkiError(f"{source}: this certificate has expired")
    _judge_usage(site, authority, certificate, source)
    issuer = certificate if authority.is_root else site.certificate(authority.issuer)
    if issuer is not None and not is_issued_by(certificate, issuer):
        raise PkiError(
            f"{source}: this was not issued by the authority {authority.issuer or authority.name!r}"
        )


def _judge_usage(site: Site, authority: Authority, certificate: x509.Certificate, source: str) -> None:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise PkiError(f"{source}: a CA certificate has basic constraints and a key usage") from error
    if not constraints.ca or not usage.key_cert_sign or not usage.crl_sign:
        raise PkiError(f"{source}: this certificate may not sign certificates and CRLs")
    length = path_length(site.organization, authority)
    if constraints.path_length is not None and constraints.path_length < length:
        raise PkiError(
            f"{source}: path length {constraints.path_length} leaves no room for the authorities below it",
            hint=f"ask for a path length of {length}",
        )
