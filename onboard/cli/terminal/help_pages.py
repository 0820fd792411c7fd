"""Help pages: arguments as they are typed, own options before shared ones, commands by purpose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typer.core import TyperArgument, TyperCommand, TyperGroup

from onboard.cli.terminal import interrupting
from onboard.cli.usage import NotYetError, UsageError

if TYPE_CHECKING:  # typer keeps its copy of click private, and its signatures name it
    from typer._click import Context, HelpFormatter
    from typer._click.core import Command, Parameter

HEADINGS = ("Begin", "Payloads", "Certificates and challenges", "Network", "Run", "Prove")  # in this order
_SHARED = frozenset({"--org", "--state", "--key-passphrase", "--format", "--help"})
_PLACEHOLDERS = {"path": "PATH", "str": "TEXT", "int": "N", "int range": "N", "float range": "N"}
_RANGE = re.compile(r"(?:; )?(?:[\d.]+<=?)?x[<>]=?[\d.]+")

# What the contract names and a later version brings: command -> what serves meanwhile.
_LATER = {
    "invite": "make personal payloads with: onboard generate --out DIR --group GROUP --for NAME",
    "plan": "write an MDM's payloads with: onboard generate --out DIR --mdm NAME, then: onboard diff OLD NEW",
    "apply": "write an MDM's payloads with: onboard generate --out DIR --mdm NAME, and upload them",
    "drift": "compare what the MDM exports with: onboard diff OLD NEW",
    "destroy": "remove the profiles in the MDM; their identifiers begin with `organization.identifier`",
}


class Page(TyperCommand):
    """The help page of one command."""

    def invoke(self, ctx: Context) -> object:
        """Let the command begin."""
        interrupting.let_clean_up()
        with _named(ctx):
            return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """What is typed after the command's name."""
        return _usage(self, ctx)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Arguments, the command's own options, and those that it shares with others."""
        _write_parameters(self, ctx, formatter)


class Pages(TyperGroup):
    """The help page of a group of commands."""

    def invoke(self, ctx: Context) -> object:
        """Let the command begin; a group may be one itself, as `radius` is."""
        if ctx.parent is not None:
            interrupting.let_clean_up()
        with _named(ctx):
            return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """What is typed after the group's name."""
        return [*_usage(self, ctx), "COMMAND ..."]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Commands first, because they are what is looked for."""
        self.format_commands(ctx, formatter)
        _write_parameters(self, ctx, formatter)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Each command with its first sentence, whole, under the heading of its purpose."""
        sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in HEADINGS}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                heading = str(getattr(command, "rich_help_panel", None) or "Commands")
                sections.setdefault(heading, []).append((name, _sentence(command)))
        width = max((len(name) for rows in sections.values() for name, _ in rows), default=0)
        for heading in (heading for heading, rows in sections.items() if rows):
            with formatter.section(heading):
                rows = sections[heading]
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The command that is meant.

        Raises:
            NotYetError: the contract names it, and a later version brings it.
        """
        if ctx.parent is None and args and args[0] in _LATER:
            raise NotYetError(f"`onboard {args[0]}`", hint=_LATER[args[0]])
        return super().resolve_command(ctx, args)


@contextmanager
def _named(ctx: Context) -> Iterator[None]:
    """Name the page of the command that was typed wrongly, where no better hint is known."""
    try:
        yield
    except UsageError as error:
        error.hint = error.hint or f"see '{ctx.command_path} --help'"
        raise


def _usage(command: TyperCommand | TyperGroup, ctx: Context) -> list[str]:
    pieces = []
    for parameter in command.get_params(ctx):
        if isinstance(parameter, TyperArgument):
            name = _placeholder(parameter, ctx)
            pieces.append(name if parameter.required or name.startswith("[") else f"[{name}]")
        elif parameter.required:
            pieces.append(f"{_short_first(parameter.opts)[-1]} {_placeholder(parameter, ctx)}")
    return [*pieces, "[OPTIONS]"]


def _write_parameters(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    arguments: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        found = parameter.get_help_record(ctx)
        if found is None:
            continue
        row = (_typed(parameter, ctx), _plain(found[1]))
        if isinstance(parameter, TyperArgument):
            arguments.append(row)
        else:
            (shared if _SHARED.intersection(parameter.opts) else own).append(row)
    if len(shared) == 1 or not own:  # nothing to keep apart
        own, shared = [*own, *shared], []
    for heading, rows in (("Arguments", arguments), ("Options", own), ("Shared options", shared)):
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows)


def _typed(parameter: Parameter, ctx: Context) -> str:
    if isinstance(parameter, TyperArgument):
        return _placeholder(parameter, ctx).strip("[]")
    names = ", ".join(_short_first(parameter.opts))
    return names if getattr(parameter, "is_flag", False) else f"{names} {_placeholder(parameter, ctx)}"


def _short_first(options: Iterable[str]) -> list[str]:
    return sorted(options, key=lambda option: (option.startswith("--"), option))


def _placeholder(parameter: Parameter, ctx: Context) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    kind = str(getattr(parameter, "display_type", lambda _: "")(ctx)).strip("<>")
    return _PLACEHOLDERS.get(kind, kind)


def _plain(text: str) -> str:
    """Without the bounds that typer writes as inequalities, and without saying `required` twice."""
    return (
        _RANGE.sub("", text)
        .replace("[required]", "")
        .replace("; required]", "]")
        .replace("  []", "")
        .rstrip()
    )


def _sentence(command: Command) -> str:
    text = command.short_help or (command.help or "").strip().partition("\n\n")[0]
    return " ".join(text.split())
