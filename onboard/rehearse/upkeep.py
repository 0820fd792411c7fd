"""What the org's server would have seen to by a later day: renewed keys, in a folder of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from onboard.errors import PkiError
from onboard.model import Group, Organization
from onboard.provision import Site, StateFolder, renew
from onboard.provision.serving import Loader
from onboard.provision.state import explained
from onboard.serve.upkeep import KINDS

_OWN = frozenset({".lock", "store.sqlite3", "store.sqlite3-wal", "store.sqlite3-shm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A site after `serve` has kept it up.

    Attributes:
        site: with a state folder that holds what was renewed.
        closed: why the endpoint of a group cannot be served, by group.
    """

    site: Site
    closed: Mapping[str, str] = field(default_factory=dict)

    @property
    def served(self) -> Organization:
        """The organization with those groups whose endpoints can be served."""
        everybody = self.site.organization
        return replace(everybody, groups=tuple(g for g in everybody.groups if g.name not in self.closed))


def keep_up(site: Site, folder: Path) -> Kept:
    """The site on its day (`now`), RA and the like renewed where `serve` would have renewed them.

    Nothing of the state folder is changed or copied: what is new lies in `folder`, beside links to the rest.

    Raises:
        PkiError: a certificate and its key do not belong together.
        StateError: the state folder cannot be read.
    """
    there = replace(site, state=_beside(site.state, folder))
    renew(there, KINDS)
    loader = Loader.of(there)
    closed = {g.name: why for g in site.organization.groups if (why := _trouble(loader, g))}
    return Kept(site=there, closed=closed)


def _trouble(loader: Loader, group: Group) -> str:
    """Why a group's endpoint cannot be served; empty where it can."""
    try:
        ends = loader.issuing(group.authority.name).certificate.not_valid_after_utc
        if loader.site.now >= ends:
            return f"the authority {group.authority.name!r} ended on {ends:%Y-%m-%d}"
        loader.recipients(group)
    except PkiError as error:
        return str(error)
    return ""


def _beside(state: StateFolder, folder: Path) -> StateFolder:
    """A folder in which every file is a link to the one in the state folder; new ones stay there."""
    with explained(state.path):
        folder.mkdir(mode=0o700, parents=True)
        for path in state.path.iterdir():
            if path.is_dir():
                (folder / path.name).mkdir(mode=0o700)
                for inner in path.iterdir():
                    (folder / path.name / inner.name).symlink_to(inner.resolve())
            elif path.name not in _OWN:
                (folder / path.name).symlink_to(path.resolve())
    return replace(state, path=folder)
