"""`profile: [a, b]`: one EnrollmentProfile for each holder."""

from __future__ import annotations

from pathlib import Path

import pytest

from onboard.model import Organization
from onboard.orgfile import check, loads
from onboard.variables import Holder

ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()
ENVIRON = {"ACME_CHALLENGE": "0123456789abcdef"}


def acme(profile: str, **replaced: str) -> str:
    """Acme with another value of `profile`."""
    text = ACME.replace("    profile: person\n", f"    profile: {profile}\n")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


def said(text: str, tmp_path: Path) -> tuple[Organization | None, list[str]]:
    """What `check` makes of a file."""
    path = tmp_path / "org.yaml"
    path.write_text(text)
    organization, mistakes = check(path, ENVIRON)
    return organization, [f"{mistake.place.where}: {mistake.message}" for mistake in mistakes]


def test_a_list_of_one_is_that_one():
    """The long form of the same thing."""
    assert loads(acme("[person]")) == loads(ACME)


@pytest.mark.parametrize("names", [("person", "device-eap-tls"), ("device-eap-tls", "person")])
def test_both_are_kept_in_their_order(names):
    """The first comes first for platforms that hold one, and both are profiles of the org."""
    organization = loads(acme(f"[{', '.join(names)}]"))
    (group,) = organization.groups
    assert tuple(profile.name for profile in group.profiles) == names
    assert {profile.holder for profile in group.profiles} == set(Holder)
    assert {profile.name for profile in organization.profiles} >= set(names)


def test_every_rule_judges_both(tmp_path):
    """What a second profile asks is held against authority and platforms like the first."""
    big = """profiles:
  machine:
    holder: device
    subject: {common_name: '${device.serial}', organizational_unit: '${group.name}', user_id: x}
    valid_for: 6y
"""
    text = acme("[person, machine]").replace("profiles:\n", big).replace("[apple, windows]", "[chromeos]")
    _, mistakes = said(text, tmp_path)
    assert [m.partition(": ")[0] for m in mistakes] == ["groups.staff.profile[1]"] * len(mistakes)
    assert len(mistakes) == 2
    assert any("would outlive" in m for m in mistakes)
    assert any("subject attributes other than" in m for m in mistakes)


def test_two_groups_are_still_told_apart_by_each_kind(tmp_path):
    """A second profile without the group's name looks like that of another group."""
    bare = """profiles:
  machine:
    holder: device
    subject: {common_name: '${device.id}'}
    valid_for: 365d
"""
    again = ACME.partition("groups:\n")[2].partition("scep:\n")[0].replace("  staff:", "  guests:")
    again = again.replace("type: static\n      secret: env:ACME_CHALLENGE", "type: one-time")
    text = acme("[person, machine]").replace("profiles:\n", bare)
    text = text.replace("scep:\n", again.replace("profile: person", "profile: [person, machine]") + "scep:\n")
    _, mistakes = said(text.replace("[apple, windows]", "[windows]"), tmp_path)
    assert [m.partition(": ")[0] for m in mistakes] == ["groups.guests.profile[1]"]
    assert "tells their certificates apart" in mistakes[0]


def test_teap_chains_the_two_of_one_group(tmp_path):
    """No second group is needed; with one kind the other is missed."""
    teap = {"    radius: main\n  wire": "    radius: main\n    eap: teap\n  wire"}
    teap |= {
        "  main:\n": "  main:\n    type: other\n",
        "[apple, windows]": "{windows: {minimum: 10.0.19045}}",
    }
    assert said(acme("[person, device-eap-tls]", **teap), tmp_path)[1] == []
    (alone,) = said(acme("person", **teap), tmp_path)[1]
    assert "no group with Windows brings one of a device" in alone


def test_a_profile_that_cannot_be_read_says_nothing_more(tmp_path):
    """What merely follows from a mistake is not reported again."""
    _, mistakes = said(acme("[person, macine]"), tmp_path)
    assert len(mistakes) == 1
    assert "no profile is called 'macine'" in mistakes[0]
