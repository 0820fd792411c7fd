"""What most commands begin with: the org definition read, mistakes shown, secrets resolved, folders found."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli.usage import UsageError
from onboard.errors import OnboardError, SecretUnavailableError, StateError
from onboard.model import Group, Organization
from onboard.secret import Secret

if TYPE_CHECKING:  # commands that touch no key do not pay for loading this
    from onboard.provision import Site
    from onboard.provision.sharing import Shared
    from scep_server.keys import TokenAccess
    from scep_server.sqlite_store import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An org definition and the folders around it."""

    organization: Organization
    org: Path
    state: Path

    @property
    def folder(self) -> Path:
        """The folder of the org file; `pki/` and file: references are in it."""
        return self.org.parent

    def groups(self, names: Sequence[str] | None) -> tuple[Group, ...]:
        """The named groups, or all.

        Raises:
            OnboardError: there is no group of that name.
        """
        known = {group.name: group for group in self.organization.groups}
        unknown = [name for name in names or () if name not in known]
        if unknown:
            msg = f"{self.org} has no group called {', '.join(map(repr, unknown))}"
            raise OnboardError(msg, hint=f"its groups are {', '.join(known)}")
        return tuple(known[name] for name in names) if names else self.organization.groups

    def static_challenge(self, group: Group) -> Secret | None:
        """The group's static challenge, resolved now; None for other types."""
        from onboard.orgfile import resolve_challenge

        return resolve_challenge(group.challenge, os.environ, self.folder)

    def static_challenges(self) -> Mapping[str, Secret]:
        """The static challenge of each group that has one, by name."""
        found = {group.name: self.static_challenge(group) for group in self.organization.groups}
        return {name: challenge for name, challenge in found.items() if challenge is not None}

    def former_challenges(self, group: Group) -> tuple[Shared, ...]:
        """The secrets that the group shared before and that are still taken today, resolved now."""
        from onboard.orgfile import resolve_shared
        from onboard.provision.sharing import Shared

        today = datetime.now(UTC).date()
        return tuple(
            Shared(secret=resolve_shared(former.secret, os.environ, self.folder), until=former.until)
            for former in group.challenge.also_accept
            if former.until >= today
        )

    def tokens(self) -> Mapping[str, Secret]:
        """The token of each sink of the audit trail that has one, resolved now."""
        from onboard.orgfile import resolve

        sinks = [(sink.name, sink.token) for sink in self.organization.audit]
        return {name: resolve(token, os.environ, self.folder) for name, token in sinks if token is not None}

    def site(self, passphrase: Secret | None = None) -> Site:
        """The organization, its folders and the clock, for what touches keys."""
        from onboard.provision import Site, StateFolder

        key = None if passphrase is None else passphrase.reveal().encode()
        return Site(
            organization=self.organization,
            folder=self.folder,
            state=StateFolder(self.state, key, self._tokens()),
            now=datetime.now(UTC),
            entropy=secrets.token_bytes,
        )

    def _tokens(self) -> TokenAccess:
        """How keys on PKCS#11 tokens are reached from here; nothing is opened yet."""
        from scep_server.keys import TokenAccess

        def pin() -> str:
            reference = os.environ.get("ONBOARD_PKCS11_PIN", "")
            if not reference:
                msg = "a key is on a token, and its PIN is not named"
                raise OnboardError(msg, hint="set ONBOARD_PKCS11_PIN to env:NAME or file:PATH")
            return resolve_reference(reference, self.folder, "$ONBOARD_PKCS11_PIN").reveal()

        return TokenAccess(module=os.environ.get("ONBOARD_PKCS11_MODULE", ""), pin=pin)

    @contextmanager
    def store(self) -> Iterator[SqliteStore]:
        """The records of the SCEP server, closed in the end.

        Raises:
            StateError: there is no state, or the database cannot be used.
        """
        from scep_server.sqlite_store import SqliteStore
        from scep_server.store import StoreError

        state = self.site().state
        state.demand()
        try:
            with closing(SqliteStore(state.store)) as store:
                yield store
        except StoreError as error:
            raise StateError(error.reason, hint=error.remedy) from error


def state_folder(org: Path, state: Path | None) -> Path:
    """Where keys and records are: `--state`, `$ONBOARD_STATE`, or `.onboard` beside the org file."""
    return state if state is not None else org.parent / ".onboard"


def open_session(org: Path, state: Path | None = None) -> Session:
    """Read the org definition; warnings go to stderr.

    Raises:
        OrgFileError: the file has mistakes.
    """
    from onboard.orgfile import load

    organization = load(org)
    return Session(organization=organization, org=org, state=state_folder(org, state))


def parse_values(assignments: Sequence[str] | None) -> Mapping[str, str]:
    """`--set VARIABLE=VALUE` options as a mapping.

    Raises:
        UsageError: an option has no '=' or names no variable.
    """
    from onboard.variables import VARIABLES

    values: dict[str, str] = {}
    for assignment in assignments or ():
        name, separator, value = assignment.partition("=")
        if not separator or name not in VARIABLES:
            msg = f"--set {name}: a variable and its value are wanted, as in device.serial=C02XK0AAJGH5"
            raise UsageError(msg, hint=f"variables are {', '.join(VARIABLES)}")
        values[name] = value
    return values


def resolve_reference(text: str, folder: Path, option: str) -> Secret:
    """A secret named on the command line as `env:NAME` or `file:PATH`; never the secret itself.

    Raises:
        UsageError: it is neither.
        SecretUnavailableError: it is not set or cannot be read.
    """
    from onboard.errors import Place
    from onboard.orgfile import resolve
    from onboard.secret import SecretReference, SecretSource

    source, _, name = text.partition(":")
    if source not in ("env", "file") or not name:
        msg = (
            f"{option} takes env:NAME or file:PATH, not the secret itself: it would show in the process list"
        )
        raise UsageError(msg)
    place = Place(path=option)
    reference = SecretReference(source=SecretSource(source), name=name, place=place)
    try:
        return resolve(reference, os.environ, folder)
    except SecretUnavailableError as error:  # its place is an option, not a line
        reason = str(error).removeprefix(f"{place}: ")
        raise SecretUnavailableError(f"{option} {text}: {reason}", hint=error.hint) from error
