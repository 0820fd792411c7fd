"""`ca init`: creates what is missing of the hierarchy, in issuer order, and never overwrites.

Every step leaves a state that the next run completes: a key is written before its certificate, a certificate
before what it signs. An RSA-2048 key takes 40 to 100 ms, so 1,000 groups take about a minute once.
"""

from __future__ import annotations

from functools import cache

from onboard.errors import StateError
from onboard.provision import authorities, crls, leaves
from onboard.provision.authorities import Site
from onboard.provision.hierarchy import is_offline
from onboard.provision.hierarchy import leaves as wanted_leaves
from onboard.provision.report import Row
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
    wanted = wanted_leaves(site.organization)
    stock = leaves.inventory(site.state)
    current = {
        leaf: leaves.newest(site.state, leaf, stock.get((leaf.kind, leaf.name), ())) for leaf in wanted
    }
    authorities.examine(site, {leaf: found for leaf, found in current.items() if found is not None})
    rows = []
    for authority in site.organization.authorities:
        rows.append(authorities.settle(site, authority))
        if is_offline(site.organization, authority):
            rows.append(crls.settle(site, authority.name))
    issuer_of = cache(site.issuing)
    for leaf in wanted:
        pairs = stock.get((leaf.kind, leaf.name), ())
        rows.append(leaves.settle(site, leaf, pairs, issuer_of(leaf.issuer)))
    return tuple(rows)
