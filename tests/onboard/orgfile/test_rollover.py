"""A rollover written into an org file: the layout stays, and the file says what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from onboard.errors import PkiError
from onboard.orgfile import loads
from onboard.orgfile.rollover import Succession, rewritten, successor_of

ACME = (Path(__file__).parents[2] / "orgs" / "acme.yaml").read_text()
NORTHWIND = (Path(__file__).parents[3] / "examples" / "northwind.yaml").read_text()


ENTRY = """\
  staff:
    issuer: root
    common_name: Acme Staff CA
    key: rsa-2048
    valid_for: 5y
"""


def rotated(text: str, name: str, /, *, announce: bool = False, **names) -> str:
    organization = loads(text)
    old = organization.authority(name)
    successor = successor_of(organization, old, **names)
    return rewritten(text, "org.yaml", Succession(old=old, successor=successor, announce=announce))


def lists(text: str) -> dict[str, list[str]]:
    organization = loads(text)
    groups = {g.name: [a.name for a in g.authorities] for g in organization.groups}
    return groups | {f"radius {r.name}": [a.name for a in r.trust] for r in organization.radius}


def test_the_next_authority_issues_and_the_old_one_is_accepted():
    """One command makes the entry and the list; nothing else of the file changes."""
    text = rotated(NORTHWIND, "staff")
    assert lists(text)["staff"] == ["staff-2", "staff"]
    assert lists(text)["students"] == ["students"]
    made = loads(text).authority("staff-2")
    assert (made.common_name, made.issuer) == ("Northwind Staff Issuing CA 2", "root")
    assert made.key == loads(text).authority("staff").key
    old, new = NORTHWIND.splitlines(), text.splitlines()
    kept = [line for line in old if line in new]
    assert [line.strip().partition("  ")[0] for line in old if line not in kept] == ["authority: staff"]
    assert len(new) == len(old) + 5


def test_announced_first_then_switched():
    """`[old, next]`, and the second time `[next, old]`; a third time there is nothing to do."""
    announced = rotated(NORTHWIND, "staff", announce=True)
    assert lists(announced)["staff"] == ["staff", "staff-2"]
    switched = rotated(announced, "staff")
    assert lists(switched)["staff"] == ["staff-2", "staff"]
    with pytest.raises(PkiError, match="takes the place of 'staff' everywhere already"):
        rotated(switched, "staff")


def test_a_root_is_trusted_second_and_then_first():
    """The RADIUS certificate stays under the old root until every device trusts the new one."""
    both = rotated(NORTHWIND, "root")
    assert lists(both)["radius campus"] == ["root", "root-2"]
    assert loads(both).authority("root-2").is_root
    assert lists(rotated(both, "root"))["radius campus"] == ["root-2", "root"]


def test_an_issuing_authority_moves_below_another_root():
    """`--issuer` names it."""
    text = rotated(rotated(NORTHWIND, "root"), "staff", issuer="root-2")
    assert loads(text).authority("staff-2").issuer == "root-2"


def test_numbers_go_on():
    """staff-2 is followed by staff-3, and names of its own are taken."""
    text = rotated(NORTHWIND, "staff", name="people", common_name='People "CA"')
    assert loads(text).authority("people").common_name == 'People "CA"'
    text = rotated(
        NORTHWIND.replace("staff:\n    issuer", "staff-2:\n    issuer").replace(
            "authority: staff", "authority: staff-2"
        ),
        "staff-2",
    )
    assert lists(text)["staff"] == ["staff-3", "staff-2"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    trust: [root]", "    trust:\n      - root   # ours"),
        ("    authority: staff\n", "    authority: 'staff'  # who\n"),
        ("    authority: staff\n", "    authority:\n      - staff\n"),
        ("    authority: staff\n", "    authority: [ staff ]\n"),
        (
            ENTRY,
            "  staff: {issuer: root, common_name: Acme Staff CA, key: rsa-2048, valid_for: 5y}  # one line\n",
        ),
    ],
)
def test_layouts(before, after):
    """Lists and entries of every usual form are changed where they stand."""
    assert before in ACME
    text = ACME.replace(before, after, 1)
    assert lists(rotated(text, "staff"))["staff"] == ["staff-2", "staff"]
    assert lists(rotated(text, "root"))["radius main"] == ["root", "root-2"]


def test_a_layout_that_does_not_allow_it_is_refused_with_the_lines():
    """A section on one line is left alone; the hint says what to write."""
    start = ACME.index("authorities:\n")
    end = ACME.index("radius:\n")
    one = (
        "authorities: {root: {common_name: R, key: ec-p384, valid_for: 20y}, "
        "staff: {issuer: root, common_name: S, key: rsa-2048, valid_for: 5y}}\n"
    )
    with pytest.raises(PkiError, match="laid out in a way") as raised:
        rotated(ACME[:start] + one + ACME[end:], "staff")
    assert "authority: [staff-2, staff]" in raised.value.hint
    assert "common_name: S 2" in raised.value.hint


def test_a_name_that_cannot_be_is_refused():
    """Keys live in URLs and certificates."""
    with pytest.raises(PkiError, match="cannot be the name"):
        rotated(ACME, "staff", name="Staff CA")
