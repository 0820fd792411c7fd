"""`ca seal`: takes an authority's key away; and bringing it back for one run."""

from __future__ import annotations

from pathlib import Path

from onboard.errors import PkiError
from onboard.model import Authority
from onboard.provision.hierarchy import Kind, has_crl_file, leaves
from onboard.provision.leaves import in_use, inventory
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.site import Site
from onboard.provision.state import StateFolder, explained, key_trouble
from onboard.secret import Secret
from scep_server.keys import KeyState, KeyStoreError, PrivateKey


def seal(site: Site, name: str, to: Path, passphrase: Secret) -> Row:
    """Move an authority's key out of the state folder into an encrypted file; all but signing goes on.

    Args:
        site: where.
        name: of the authority.
        to: the new file, 0600; never overwritten.
        passphrase: encrypts it, at least 12 characters; without it the key is lost.

    Raises:
        PkiError: what only this key can sign is not all made, the key is not here, or `to` is taken.
        StateError: a file cannot be written; the key is still here.
    """
    authority = site.own(name)
    certificate = site.certificate(name)
    unmade = _unmade(site, authority)
    if certificate is None or unmade:
        missing = unmade or f"the certificate of {name!r}"
        raise PkiError(f"{missing} is not made yet, and needs this key", hint="run 'onboard ca init' first")
    with site.state.locked(), explained(to.parent):
        try:
            site.state.keys().seal(name, to, passphrase.reveal().encode())
        except KeyStoreError as error:
            raise key_trouble(error) from error
    path = str(site.public(name))
    return certificate_row(
        Kind.AUTHORITY, name, Outcome.SEALED, certificate, file=path, remark=_remark(site, name, to)
    )


def _unmade(site: Site, authority: Authority) -> str:
    """What the authority still has to sign; empty when everything is there."""
    name = authority.name
    if has_crl_file(site.organization, authority) and not site.public(name, "crl").is_file():
        return f"pki/{name}.crl"
    for child in site.organization.authorities:
        if child.issuer == name and site.certificate(child.name) is None:
            return f"pki/{child.name}.pem"
    stock = inventory(site.state)
    for leaf in leaves(site.organization):
        pairs = stock.get((leaf.kind, leaf.name), ())
        if leaf.issuer == name and in_use(site, leaf, pairs) is None:
            return f"{leaf.kind}/{leaf.name}.pem"
    return ""


def _remark(site: Site, name: str, to: Path) -> str:
    groups = [group.name for group in site.organization.groups if group.authority.name == name]
    kept = f"the key is in {to}: keep it and its passphrase apart from this machine"
    return kept if not groups else f"{kept}; nobody can enrol in {', '.join(groups)} without it"


def unseal(state: StateFolder, name: str, file: Path, passphrase: Secret) -> PrivateKey:
    """A sealed key for this run (`Site.unsealed`); it is not brought back into the state folder.

    Raises:
        PkiError: it was not sealed, the file cannot be opened, or it holds another key.
        StateError: the state folder cannot be read.
    """
    state.demand()
    with explained(state.path):
        if state.keys().state(name) is not KeyState.SEALED:
            raise PkiError(f"the key of {name!r} was not sealed")
        try:
            return state.keys().load_sealed(name, file, passphrase.reveal().encode())
        except KeyStoreError as error:
            raise key_trouble(error) from error
