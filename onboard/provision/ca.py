"""`ca init`: creates what is missing of the hierarchy, in issuer order, and never overwrites.

Every step leaves a state that the next run completes: a key is written before its certificate, a certificate
before what it signs. Keys of leaves, most of the work for 1,000 groups, are made ahead by all processors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache

from onboard.errors import PkiError, StateError
from onboard.provision import authorities, crls, leaves
from onboard.provision.hierarchy import Kind, Leaf, has_crl_file
from onboard.provision.hierarchy import leaves as leaves_of
from onboard.provision.pepper import demand_pepper
from onboard.provision.report import Outcome, Row
from onboard.provision.site import Site
from onboard.provision.state import explained, key_trouble
from onboard.provision.supply import KeySupply, key_supply
from scep_server.authority import IssuingAuthority
from scep_server.keys import KeyStoreError
from scep_server.keys.files import remove_partial

Progress = Callable[[int, int], None]  # told how many leaves are settled, and of how many

Settle = Callable[
    [Site, Leaf, tuple[leaves.Generation, ...], IssuingAuthority | None, KeySupply], Row
]  # as leaves.settle


def _nobody(done: int, of: int) -> None:
    del done, of


def init(site: Site, progress: Progress = _nobody, *, new_pepper: bool = False) -> tuple[Row, ...]:
    """Create what is missing, renew leaves that near their end, keep everything else.

    Args:
        site: where.
        progress: is told of each leaf.
        new_pepper: make one though the lost one is missed, and revoke the challenges minted under it.

    Returns:
        A row for each authority, CRL of an offline authority and leaf, in the order of making.

    Raises:
        PkiError: what is there does not fit together (a lost key, a foreign certificate); nothing was made.
        StateError: a folder cannot be written or the disk is full; the next run completes this one. Or the
            pepper is lost while challenges are not spent; nothing was made.
    """
    demand_pepper(site.state, site.now, renew=new_pepper)
    site.state.create(site.entropy)
    with site.state.locked(), explained(site.state.path):
        remove_partial(site.folder / "pki")
        try:
            return _init(site, progress)
        except KeyStoreError as error:
            raise key_trouble(error) from error
        except FileExistsError as error:
            raise StateError(f"{error.filename or error}: somebody else made it meanwhile") from error


def _init(site: Site, progress: Progress) -> tuple[Row, ...]:
    wanted = leaves_of(site.organization)
    stock = leaves.inventory(site.state)
    current = {leaf: leaves.newest(site, leaf, stock.get((leaf.kind, leaf.name), ())) for leaf in wanted}
    authorities.examine(site, {leaf: found for leaf, found in current.items() if found is not None})
    rows = []
    for authority in site.organization.authorities:
        rows.append(authorities.settle(site, authority))
        if has_crl_file(site.organization, authority):
            rows.append(crls.settle(site, authority.name))
    return (*rows, *_settle_leaves(site, wanted, progress))


def renew(site: Site, kinds: Collection[Kind]) -> tuple[Row, ...]:
    """Renew leaves that near their end, of some kinds only; authorities and CRLs are left alone.

    Returns:
        As `init`. One that cannot be made, because its authority has ended or its files do not belong
        together, is BLOCKED and keeps no other from being made.

    Raises:
        PkiError: a key does not open.
        StateError: somebody else is creating keys just now, or a file cannot be written.
    """
    site.state.demand()
    with site.state.locked(), explained(site.state.path):
        try:
            due = [leaf for leaf in leaves_of(site.organization) if leaf.kind in kinds]
            return _settle_leaves(site, due, settle=_settle_or_block)
        except KeyStoreError as error:
            raise key_trouble(error) from error


def _settle_or_block(
    site: Site,
    leaf: Leaf,
    pairs: tuple[leaves.Generation, ...],
    issuer: IssuingAuthority | None,
    supply: KeySupply,
) -> Row:
    try:
        return leaves.settle(site, leaf, pairs, issuer, supply)
    except PkiError as error:
        return Row(kind=leaf.kind, name=leaf.name, outcome=Outcome.BLOCKED, remark=str(error))


def _settle_leaves(
    site: Site, wanted: Sequence[Leaf], progress: Progress = _nobody, settle: Settle = leaves.settle
) -> tuple[Row, ...]:
    issuer_of = cache(site.issuing)
    rows: list[Row] = []
    made: set[tuple[Kind, str]] = set()
    stock = leaves.inventory(site.state)
    absent = [leaf.key for leaf in wanted if (leaf.kind, leaf.name) not in stock and issuer_of(leaf.issuer)]
    with key_supply(absent) as supply:
        for leaf in wanted:
            place = (leaf.kind, leaf.name)
            # An endpoint has an RA for each of its authorities: the next one counts on from its number.
            pairs = (leaves.inventory(site.state) if place in made else stock).get(place, ())
            rows.append(settle(site, leaf, pairs, issuer_of(leaf.issuer), supply))
            progress(len(rows), len(wanted))
            if rows[-1].outcome in (Outcome.CREATED, Outcome.RENEWED):
                made.add(place)
    return tuple(rows)
