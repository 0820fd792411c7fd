"""`ca init`: creates what is missing of the hierarchy, in issuer order, and never overwrites.

Every step leaves a state that the next run completes: a key is written before its certificate, a certificate
before what it signs. An RSA-2048 key takes 40 to 100 ms, so 1,000 groups take about a minute once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from onboard.errors import StateError
from onboard.provision import authorities, crls, leaves
from onboard.provision.hierarchy import Kind, Leaf, has_crl_file
from onboard.provision.hierarchy import leaves as leaves_of
from onboard.provision.report import Outcome, Row
from onboard.provision.site import Site
from onboard.provision.state import explained, key_trouble
from scep_server.keys import KeyStoreError
from scep_server.keys.files import remove_partial


def init(site: Site) -> tuple[Row, ...]:
    """Create what is missing, renew leaves that near their end, keep everything else.

    Returns:
        A row for each authority, CRL of an offline authority and leaf, in the order of making.

    Raises:
        PkiError: what is there does not fit together (a lost key, a foreign certificate); nothing was made.
        StateError: a folder cannot be written or the disk is full; the next run completes this one.
    """
    site.state.create(site.entropy)
    with site.state.locked(), explained(site.state.path):
        remove_partial(site.folder / "pki")
        try:
            return _init(site)
        except KeyStoreError as error:
            raise key_trouble(error) from error
        except FileExistsError as error:
            raise StateError(f"{error.filename or error}: somebody else made it meanwhile") from error


def _init(site: Site) -> tuple[Row, ...]:
    wanted = leaves_of(site.organization)
    stock = leaves.inventory(site.state)
    current = {leaf: leaves.newest(site, leaf, stock.get((leaf.kind, leaf.name), ())) for leaf in wanted}
    authorities.examine(site, {leaf: found for leaf, found in current.items() if found is not None})
    rows = []
    for authority in site.organization.authorities:
        rows.append(authorities.settle(site, authority))
        if has_crl_file(site.organization, authority):
            rows.append(crls.settle(site, authority.name))
    return (*rows, *_settle_leaves(site, wanted))


def renew(site: Site, kinds: Collection[Kind]) -> tuple[Row, ...]:
    """Renew leaves that near their end, of some kinds only; authorities and CRLs are left alone.

    Returns:
        As `init`.

    Raises:
        PkiError: a certificate and its key do not belong together.
        StateError: somebody else is creating keys just now, or a file cannot be written.
    """
    site.state.demand()
    with site.state.locked(), explained(site.state.path):
        try:
            return _settle_leaves(site, [leaf for leaf in leaves_of(site.organization) if leaf.kind in kinds])
        except KeyStoreError as error:
            raise key_trouble(error) from error


def _settle_leaves(site: Site, wanted: Iterable[Leaf]) -> tuple[Row, ...]:
    issuer_of = cache(site.issuing)
    rows = []
    made: set[tuple[Kind, str]] = set()
    stock = leaves.inventory(site.state)
    for leaf in wanted:
        place = (leaf.kind, leaf.name)
        # An endpoint has an RA for each of its authorities: the next one counts on from this one's number.
        pairs = (leaves.inventory(site.state) if place in made else stock).get(place, ())
        rows.append(leaves.settle(site, leaf, pairs, issuer_of(leaf.issuer)))
        if rows[-1].outcome in (Outcome.CREATED, Outcome.RENEWED):
            made.add(place)
    return tuple(rows)
