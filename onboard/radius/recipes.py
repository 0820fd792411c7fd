"""Policy -> what to type into another RADIUS server: a page for each product, and the trust as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onboard import templating
from onboard.options import RadiusType
from onboard.radius import quoting
from onboard.radius.config_file import ConfigFile
from onboard.radius.policy import Policy

_FILTERS: Mapping[str, templating.Filter] = {"comment": quoting.comment, "cell": quoting.cell}
_PAGES: Mapping[str, frozenset[RadiusType]] = {
    "nps": frozenset({RadiusType.NPS}),
    "ise": frozenset({RadiusType.ISE}),
    "clearpass": frozenset({RadiusType.CLEARPASS}),
    "aruba-central": frozenset({RadiusType.CLEARPASS}),
}


def recipes(policy: Policy) -> tuple[ConfigFile, ...]:
    """The pages for the product that the org names, for every product where it names FreeRADIUS or none.

    Returns:
        `recipes/PRODUCT.md`, and each trusted authority as `recipes/trust/NAME.pem`.
    """
    kind = policy.radius.type
    chosen = [page for page, kinds in _PAGES.items() if kind in kinds]
    return (*_pages(policy, chosen or list(_PAGES)), *_trust(policy))


def _pages(policy: Policy, pages: list[str]) -> Iterator[ConfigFile]:
    authorities = [(c, policy.crl_urls[c.name]) for c in policy.trusted]
    names = {c.name: c.common_name for c in policy.trusted}
    for page in pages:
        content = templating.code(
            f"radius/recipes/{page}.md.j2", _FILTERS, policy=policy, authorities=authorities, names=names
        )
        yield ConfigFile(path=f"recipes/{page}.md", content=content.encode())


def _trust(policy: Policy) -> Iterator[ConfigFile]:
    for certificate in policy.trusted:
        yield ConfigFile(path=f"recipes/trust/{certificate.name}.pem", content=certificate.pem.encode())
