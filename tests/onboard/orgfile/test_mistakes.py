"""tests/mistakes/: copies of tests/orgs/acme.yaml with one mistake each, and the words that people get."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.snapshots import file_type
from syrupy.assertion import SnapshotAssertion

from onboard.errors import Mistake, OrgFileError, Severity
from onboard.orgfile import check, loads

TESTS = Path(__file__).parents[2]
MISTAKES = sorted((TESTS / "mistakes").glob("*.yaml"))
WARNINGS = sorted((TESTS / "mistakes" / "warnings").glob("*.yaml"))
ENVIRON = {"ACME_CHALLENGE": "0123456789abcdef"}


def found(path: Path) -> tuple[Mistake, ...]:
    return check(path, ENVIRON)[1]


def marked_line(path: Path) -> int | None:
    lines = path.read_text().splitlines()
    return next((number for number, line in enumerate(lines, 1) if "# here" in line), None)


def test_the_original_has_no_mistake():
    """What the files are copies of must be right, so that each has the one mistake it is named after."""
    organization, mistakes = check(TESTS / "orgs" / "acme.yaml", ENVIRON)
    assert organization is not None
    assert mistakes == ()


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_one_mistake_is_one_error_at_its_line(path: Path):
    """A mistake must be reported once, where it is, and nothing that merely follows from it."""
    organization, mistakes = check(path, ENVIRON)
    errors = [mistake for mistake in mistakes if mistake.severity is Severity.ERROR]
    assert len(errors) == 1
    assert organization is None
    assert errors[0].place.line == (marked_line(path) or errors[0].place.line)
    assert errors[0].place.path == str(path)
    assert errors[0].place.where


@pytest.mark.parametrize("path", WARNINGS, ids=lambda path: path.stem)
def test_a_warning_does_not_stop_the_work(path: Path):
    """What some clients cannot do, or what is unwise, must be said and let through."""
    organization, mistakes = check(path, ENVIRON)
    assert organization is not None
    assert [mistake.severity for mistake in mistakes] == [Severity.WARNING]
    assert mistakes[0].place.line == marked_line(path)


def test_all_messages(snapshot: SnapshotAssertion):
    """The words of every message are product text: they change on purpose only."""
    blocks = []
    for path in [*MISTAKES, *WARNINGS]:
        lines = [str(mistake).replace(f"{path}", path.name) for mistake in found(path)]
        kinds = [f"  severity: {mistake.severity}" for mistake in found(path)]
        blocks += ["\n".join(pair) for pair in zip(lines, kinds, strict=True)]
    text = "\n\n".join(blocks).replace(str(TESTS), "tests")
    assert text + "\n" == snapshot(extension_class=file_type("txt"))


def test_all_mistakes_of_a_file_in_one_run():
    """Mistakes in every section must come in one run, sorted by position."""
    text = (TESTS / "orgs" / "acme.yaml").read_text()
    for right, wrong in (
        ("identifier: com.acme", "identifier: acme"),
        ("key: ec-p384", "key: ec-p385"),
        ("valid_for: 5y", "valid_for: 5"),
        ("server_names: [radius.acme.example]", "server_names: [10.0.0.1]"),
        ("security: wpa2-enterprise", "security: wpa2"),
        ("holder: user", "holder: person"),
        ("networks: [corp]", "networks: [crop]"),
        ("vlan: 20", "vlan: 5000\n    vlan: 20"),
        ("type: static", "type: statik"),
        ("url: https://scep", "url: ftp://scep"),
        ("mode: captive", "mood: captive"),
        ("[apple-base]", "[apple-base, appel-mdm]"),
    ):
        assert right in text
        text = text.replace(right, wrong, 1)
    with pytest.raises(OrgFileError) as raised:
        loads(text)
    assert [mistake.place.where for mistake in raised.value.mistakes] == [
        "organization.identifier",
        "authorities.root.key",
        "authorities.staff.valid_for",
        "radius.main.server_names[0]",
        "networks.corp.security",
        "profiles.person.holder",
        "groups.staff.networks[0]",
        "groups.staff.vlan",
        "groups.staff.vlan",
        "groups.staff.challenge.type",
        "scep.url",
        "onboarding.mood",
        "onboarding.services[1]",
    ]
