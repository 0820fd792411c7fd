"""`like: OTHER`: everything of another group, then changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.errors import NOWHERE
from onboard.model import Group, Platform
from onboard.orgfile import check, loads
from onboard.orgfile.rollover import Succession, rewritten, successor_of

ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()
ENVIRON = {"ACME_CHALLENGE": "0123456789abcdef"}
CHANGES = {
    "title": "Guests",
    "vlan": "30",
    "networks": "[corp, wire]",
    "platforms": "[linux]",
    "challenge": "{type: one-time}",
    "profile": "device-eap-tls",
    "access_for": "90d",
    "reply": "{Filter-Id: guests}",
    "authority": "staff",
}


def with_groups(*groups: str, before: bool = False) -> str:
    """Acme with more groups, behind the staff or before it."""
    head, tail = ACME.split("groups:\n")
    staff, rest = tail.split("scep:\n")
    parts = (*groups, staff) if before else (staff, *groups)
    return f"{head}groups:\n{''.join(parts)}scep:\n{rest}"


def guests(*lines: str, name: str = "guests", like: str = "staff") -> str:
    """A group that is like another."""
    return "".join(
        f"{line}\n" for line in (f"  {name}:", f"    like: {like}", *(f"    {it}" for it in lines))
    )


def same(one: Group, other: Group) -> bool:
    """Whether two groups differ in nothing but their key."""
    return replace(one, name="", place=NOWHERE) == replace(other, name="", place=NOWHERE)


@pytest.mark.parametrize("before", [False, True])
def test_what_is_not_written_is_as_there(before):
    """Whichever stands first in the file."""
    groups = {group.name: group for group in loads(with_groups(guests(), before=before)).groups}
    assert same(groups["guests"], groups["staff"])
    assert list(groups) == (["guests", "staff"] if before else ["staff", "guests"])


@given(st.sets(st.sampled_from(sorted(CHANGES))))
def test_what_is_written_counts(keys: set[str]):
    """Each key by itself, as if all the others had been copied."""
    lines = [f"{key}: {CHANGES[key]}" for key in sorted(keys)]
    found = loads(with_groups(guests(*lines))).groups[1]
    base = {
        "authority": "staff",
        "profile": "person",
        "networks": "[corp]",
        "vlan": "20",
        "platforms": "[apple, windows]",
        "challenge": "{type: static, secret: 'env:ACME_CHALLENGE'}",
    }
    spelled = base | {key: CHANGES[key] for key in keys}
    copied = "  guests:\n" + "".join(f"    {key}: {value}\n" for key, value in spelled.items())
    assert same(found, loads(with_groups(copied)).groups[1])


def test_title_and_former_keys_are_not_taken_over():
    """Both are of one group alone."""
    text = with_groups(guests()).replace(
        "  staff:\n    authority", "  staff:\n    title: Staff\n    authority"
    )
    text = text.replace("    vlan: 20\n", "    vlan: 20\n    formerly: [people]\n")
    found = loads(text).groups[1]
    assert (found.title, found.formerly) == ("", ())


def test_a_chain_goes_to_its_end():
    """A group may be like one that is like another."""
    text = with_groups(
        guests("vlan: 40", name="c", like="b"), guests("platforms: [linux]", name="b", like="staff")
    )
    groups = {group.name: group for group in loads(text).groups}
    assert (groups["c"].vlan, groups["c"].platforms) == (40, (Platform.LINUX,))
    assert groups["c"].profile.name == "person"


def test_a_long_chain_is_read_without_recursion():
    """As long as a file may be."""
    links = [guests(name=f"g{n}", like=f"g{n + 1}" if n < 1500 else "staff") for n in range(1501)]
    assert len(loads(with_groups(*links)).groups) == 1502


def test_what_both_have_wrong_is_told_once(tmp_path):
    """At the group that says it; the other one merely follows."""
    path = tmp_path / "org.yaml"
    static = "type: static\n      secret: env:ACME_CHALLENGE"
    path.write_text(
        with_groups(guests("vlan: 30"))
        .replace("networks: [corp]", "networks: [corp, wire]")
        .replace(static, "type: one-time")
    )
    text = path.read_text().replace("[apple, windows]", "[windows, android]")
    path.write_text(text)
    _, mistakes = check(path, ENVIRON)
    assert [m.place.where for m in mistakes] == ["groups.staff.networks[1]"]
    path.write_text(text.replace("    vlan: 30\n", "    vlan: 30\n    platforms: [android]\n"))
    _, mistakes = check(path, ENVIRON)
    assert [m.place.where for m in mistakes] == ["groups.staff.networks[1]"]
    path.write_text(
        with_groups(guests("platforms: [android]"))
        .replace("networks: [corp]", "networks: [corp, wire]")
        .replace(static, "type: one-time")
    )
    _, mistakes = check(path, ENVIRON)
    assert [(m.place.where, m.message[:7]) for m in mistakes] == [("groups.guests.networks[1]", "android")]
    assert "like: staff" in path.read_text().splitlines()[mistakes[0].place.line - 1]


def test_a_rollover_goes_on_in_the_group_that_says_it():
    """The list of authorities is written once, and both groups have it."""
    text = with_groups(guests("vlan: 30"))
    organization = loads(text)
    successor = successor_of(organization, organization.authority("staff"))
    new = rewritten(
        text,
        "org.yaml",
        Succession(old=organization.authority("staff"), successor=successor, announce=False),
    )
    assert [[a.name for a in group.authorities] for group in loads(new).groups] == [
        [successor.name, "staff"],
        [successor.name, "staff"],
    ]
    assert new.count("authority:") == text.count("authority:")
