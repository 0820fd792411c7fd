"""Help pages as an administrator reads them on a terminal of 80 columns."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from onboard.cli.application import app
from onboard.cli.terminal.help_pages import HEADINGS


def _pages() -> list[str]:
    root = get_command(app)
    found = [""]
    for name, command in root.commands.items():
        found.append(name)
        found += [f"{name} {below}" for below in getattr(command, "commands", {})]
    return found


PAGES = _pages()


@pytest.fixture(autouse=True)
def narrow(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_and_cuts_nothing(onboard, page) -> None:
    """Nothing is longer than the terminal but an example to copy, and no sentence ends in dots."""
    done = onboard(*page.split(), "--help")
    assert (done.code, done.err) == (0, "")
    text, _, _ = done.out.partition("Examples:")
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert [line for line in text.splitlines() if re.search(r"[a-z]\.\.\.$", line)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_of_no_types(onboard, page) -> None:
    """Placeholders are words of the field; nothing shows how Python calls a value."""
    done = onboard(*page.split(), "--help")
    assert re.search(r"<\w+|list\[|\{[A-Z]|int range|[<>]=", done.out) is None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shows_how_it_is_typed(onboard, page) -> None:
    """A page has an example, or commands below it that have one."""
    done = onboard(*page.split(), "--help")
    assert f"onboard {page}".rstrip() in done.out.partition("Examples:")[2] or "COMMAND ..." in done.out


def test_the_first_page_is_ordered_by_purpose(onboard) -> None:
    """Whoever looks for a command reads one heading, not a list of twenty."""
    done = onboard("--help")
    places = [done.out.index(f"\n{heading}:\n") for heading in HEADINGS]
    assert places == sorted(places)
    assert "Exit codes: 0 done" in done.out


def test_shared_options_stand_apart(onboard) -> None:
    """What every command takes comes after what is particular to this one."""
    done = onboard("generate", "--help")
    own, _, shared = done.out.partition("Examples:")[0].partition("Shared options:")
    assert "--mdm" in own
    assert "--mdm" not in shared
    assert "--org" in shared
    assert done.out.startswith("Usage: onboard generate --out DIR [OPTIONS]\n")


@pytest.mark.parametrize("command", ["invite", "plan", "apply", "drift", "destroy"])
def test_what_comes_later_says_so(onboard, folder, command) -> None:
    """A command of the contract that is not there yet is no riddle: it says so, and what serves meanwhile."""
    done = onboard(command, "jamf")
    assert (done.code, done.out) == (64, "")
    assert f"`onboard {command}` is not available yet" in done.err
    assert "  hint: " in done.err
