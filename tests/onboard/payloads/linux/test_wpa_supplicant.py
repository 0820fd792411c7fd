"""wpa_supplicant configuration: pinned servers, text that cannot break out, one file for the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.lint import wpa_supplicant as judge
from onboard.model import Security, Ssid
from onboard.payloads.linux.wpa_supplicant import build, text, word


def with_network(**change):
    plan = students_plan()
    return replace(plan, networks=(replace(plan.networks[0], **change),))


@pytest.mark.parametrize("position", [0, 1])
def test_configuration_as_file(position, snapshot):
    """The configuration of a group is these files, and lint has nothing to say about them."""
    artifact = build(staff_plan(), neutral)[position]
    assert judge.lint(artifact.path, artifact.content) == ()
    assert artifact.content.decode() == snapshot(extension_class=file_type("conf"))


def test_no_wire_no_file():
    """A group without a wired network has one file."""
    assert [artifact.path for artifact in build(students_plan(), neutral)] == [
        "students/linux/wpa_supplicant.conf"
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain text;", '"plain text;"'),
        ('say "x"', "7361792022782 2".replace(" ", "")),
        ("\\n", "5c6e"),
        ("é", "c3a9"),
        ('x"\n}\nnetwork={', "78220a7d0a6e6574776f726b3d7b"),
    ],
)
def test_text_fields(value, written):
    """What could end the quotation is written as bytes."""
    assert text(value) == written


def test_bare_words_are_ours():
    """Nothing but a word of our tables stands bare."""
    with pytest.raises(ValueError, match="bare value"):
        word("CCMP\npsk=x")


@pytest.mark.parametrize("security", Security)
def test_every_security_passes_lint(security):
    """Each security has its key management, and 192-bit its frames."""
    (artifact,) = build(with_network(security=security, ssid=Ssid('"}')), neutral)
    assert judge.lint(artifact.path, artifact.content) == ()


def test_wildcards_are_suffixes():
    """A wildcard makes all names suffixes."""
    (artifact,) = build(with_network(server_names=("*.a.example", "b.example")), neutral)
    assert b'domain_suffix_match="a.example;b.example"' in artifact.content
