"""What is there and when it ends, without making anything and without opening a key."""

from __future__ import annotations

from dataclasses import replace

from onboard.pki import public_path
from onboard.provision import crls
from onboard.provision.foreign import foreign_rows
from onboard.provision.hierarchy import Kind, Leaf, has_crl_file, leaves
from onboard.provision.leaves import Inventory, in_use, inventory
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.site import Site
from scep_server.keys import KeyState

_MISSING = "it is missing: run 'onboard ca init'"


def inspect(site: Site) -> tuple[Row, ...]:
    """A row for everything that can expire, soonest first; what is missing comes before that.

    The outcome is KEPT, SEALED (the key was taken away) or BLOCKED (missing, or expired at `site.now`).

    Raises:
        PkiError: a file holds something else.
        StateError: a file cannot be read.
    """
    rows = []
    stock = inventory(site.state)
    for authority in site.organization.authorities:
        rows.append(_authority(site, authority.name))
        if has_crl_file(site.organization, authority):
            rows.append(_crl(site, authority.name))
    rows += [_leaf(site, leaf, stock) for leaf in leaves(site.organization)]
    rows += foreign_rows(site)
    judged = (_judge(site, row) for row in rows)
    return tuple(sorted(judged, key=lambda row: (row.not_after is not None, row.not_after or site.now)))


def _authority(site: Site, name: str) -> Row:
    certificate = site.certificate(name)
    if certificate is None:
        return Row(kind=Kind.AUTHORITY, name=name, outcome=Outcome.BLOCKED, remark=_missing(site, name))
    sealed = site.state.keys().state(name) is KeyState.SEALED
    outcome = Outcome.SEALED if sealed else Outcome.KEPT
    path = public_path(site.authority(name), site.folder)
    return certificate_row(Kind.AUTHORITY, name, outcome, certificate, file=str(path))


def _missing(site: Site, name: str) -> str:
    authority = site.authority(name)
    if not authority.is_ours:
        return f"it is missing: put the certificate into {authority.certificate}"
    if site.public(name, "csr").is_file():
        return f"its request waits for a signature: then run 'onboard ca import {name} FILE'"
    return _MISSING


def _crl(site: Site, name: str) -> Row:
    crl = crls.read(site, name)
    if crl is None:
        return Row(kind=Kind.CRL, name=name, outcome=Outcome.BLOCKED, remark=_MISSING)
    return crls.row(site, name, Outcome.KEPT, crl)


def _leaf(site: Site, leaf: Leaf, stock: Inventory) -> Row:
    generations = stock.get((leaf.kind, leaf.name), ())
    found = in_use(site, leaf, generations)
    if found is None:
        return Row(kind=leaf.kind, name=leaf.name, outcome=Outcome.BLOCKED, remark=_MISSING)
    whole, certificate = found
    path = site.state.path / leaf.kind.value / f"{whole.stem}.pem"
    return certificate_row(leaf.kind, leaf.name, Outcome.KEPT, certificate, file=str(path))


def _judge(site: Site, row: Row) -> Row:
    if row.not_after is None or site.now < row.not_after:
        return row
    return replace(row, outcome=Outcome.BLOCKED, remark=f"it ended on {row.not_after:%Y-%m-%d}")
