"""References to secrets (`env:NAME`, `file:PATH`, a literal): reads them, and resolves them when used.

Environment and folder are arguments of resolving, so that only the caller knows the world.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from onboard.errors import SecretUnavailableError
from onboard.model import Challenge
from onboard.orgfile.text.cursor import NOT_YET, Cursor
from onboard.secret import Secret, SecretReference, SecretSource

MINIMUM_CHALLENGE = (
    16  # characters; a static challenge is guessed from anywhere, its entropy is the only wall
)
_HINT = "write env:NAME or file:PATH"
_LARGEST = 64 * 1024  # bytes of a secret file; more is a wrong path


def read_static_challenge(cursor: Cursor) -> SecretReference:
    """A reference to a group's static challenge; nothing is resolved, and a literal appears in no message."""
    named = _named(cursor)
    if named is not None:
        return named
    text = cursor.text("env:NAME or file:PATH")
    if problem := weakness(Secret(text)):
        cursor.fail(problem, WEAKNESS_HINT)
    cursor.warn(
        "the secret itself stands in this file", f"{_HINT}, and change the secret: it was readable here"
    )
    return SecretReference(
        source=SecretSource.LITERAL, name="", literal=Secret(text), place=cursor.value_place
    )


def read_reference(cursor: Cursor) -> SecretReference:
    """A reference to a secret that another program reads as well; a literal is refused and not repeated."""
    named = _named(cursor)
    if named is None:
        cursor.fail("the secret itself has no place in this file", f"{_HINT}, and change the secret")
    return named


def _named(cursor: Cursor) -> SecretReference | None:
    """`env:NAME` or `file:PATH`; None for anything else."""
    text = cursor.text("env:NAME or file:PATH")
    scheme, _, rest = text.partition(":")
    if scheme in {"keyring", "cmd"}:
        cursor.fail(f"'{scheme}:' is {NOT_YET} here", _HINT)
    if scheme == "env":
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", rest):
            cursor.fail(
                "what follows 'env:' is not the name of an environment variable", "letters, digits and '_'"
            )
        return SecretReference(source=SecretSource.ENV, name=rest, place=cursor.value_place)
    if scheme == "file":
        if not rest.strip():
            cursor.fail("'file:' names no file", "write file:PATH, relative to this file")
        return SecretReference(source=SecretSource.FILE, name=rest.strip(), place=cursor.value_place)
    return None


def resolve(reference: SecretReference, environ: Mapping[str, str], folder: Path) -> Secret:
    """The secret's value.

    Args:
        reference: as the org definition names it.
        environ: the environment to look in.
        folder: the folder that holds the org file; relative `file:` paths start there.

    Raises:
        SecretUnavailableError: it is not set, empty or unreadable; the message names the org file's line.
    """
    if reference.source is SecretSource.LITERAL:
        if reference.literal is None:
            msg = f"{reference.place}: a literal secret without text"
            raise SecretUnavailableError(msg)
        return reference.literal
    problem, value = (
        _from_environment(reference.name, environ)
        if reference.source is SecretSource.ENV
        else _from_file(folder / reference.name)
    )
    if problem:
        raise SecretUnavailableError(f"{reference.place}: {problem}", hint=_hint(reference))
    return Secret(value)


def resolve_challenge(challenge: Challenge, environ: Mapping[str, str], folder: Path) -> Secret | None:
    """A group's static challenge, long enough to be one; None where challenges are one-time.

    Raises:
        SecretUnavailableError: as `resolve`, or it is shorter than 16 characters.
    """
    return None if challenge.secret is None else resolve_shared(challenge.secret, environ, folder)


def resolve_shared(reference: SecretReference, environ: Mapping[str, str], folder: Path) -> Secret:
    """A secret that a group shares or shared, long enough to be one.

    Raises:
        SecretUnavailableError: as `resolve`, or it is shorter than 16 characters.
    """
    secret = resolve(reference, environ, folder)
    if problem := weakness(secret):
        raise SecretUnavailableError(f"{reference.place}: {problem}", hint=WEAKNESS_HINT)
    return secret


WEAKNESS_HINT = "make one with 'openssl rand -hex 16'"


def weakness(secret: Secret) -> str:
    """What makes `secret` unfit as a static challenge; empty when it is fit."""
    if len(secret) < MINIMUM_CHALLENGE:
        return f"a static challenge has at least {MINIMUM_CHALLENGE} characters; this has {len(secret)}"
    if not secret.reveal().isprintable():
        return "a static challenge is one line of printable characters"
    return ""


def _from_environment(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    if name not in environ:
        return f"the environment variable {name} is not set", ""
    if not environ[name]:
        return f"the environment variable {name} is empty", ""
    return "", environ[name]


def _from_file(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        text = content.decode()
    except OSError as error:
        return f"the secret file {path} cannot be read: {error.strerror}", ""
    except UnicodeDecodeError:
        return f"the secret file {path} is not UTF-8 text", ""
    if len(content) > _LARGEST:
        return f"the secret file {path} is larger than {_LARGEST // 1024} KiB", ""
    value = text.removesuffix("\n").removesuffix("\r")
    return ("", value) if value else (f"the secret file {path} is empty", "")


def _hint(reference: SecretReference) -> str:
    if reference.source is SecretSource.ENV:
        return f"export {reference.name}, or write file:PATH"
    return "write the secret there, readable by you alone (chmod 600)"
