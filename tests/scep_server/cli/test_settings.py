"""`scep.toml`: what is granted, and each mistake by its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scep_server.cli.settings import EXAMPLE, SettingsError, read_settings
from scep_server.limits import Rate
from scep_server.messages import AltNameKind

GROUP = '[groups.devices]\nsubject = { CN = "${device.id}" }\n'
URL = 'url = "http://scep.example/"\n'


@pytest.fixture
def read(tmp_path):
    def reading(text: str):
        path = tmp_path / "scep.toml"
        path.write_text(text)
        return read_settings(path)

    return reading


def test_the_example_is_valid(read):
    """What `init` writes is accepted as it stands."""
    settings = read(EXAMPLE)
    assert [group.name for group in settings.groups] == ["devices"]
    assert settings.per_address == Rate(per_second=50, burst=500)
    assert settings.per_group is None


def test_everything_is_read(read, monkeypatch):
    """Subject, names, forms, times, algorithms and the challenge of a group."""
    monkeypatch.setenv("STAFF_CHALLENGE", "sixteen-characters")
    settings = read(
        URL
        + """
        [groups.staff]
        subject = { CN = "${user.email}", OU = "staff" }
        alt_names = { rfc822 = "${user.email}", uri = "urn:x:${user.email}:y" }
        forms = { "user.email" = "[a-z]+@example" }
        values = { "user.email" = "*@example" }
        valid_for = 10
        renew_within = 5
        allow_sha1 = true
        challenge = "env:STAFF_CHALLENGE"
        """
    )
    (group,) = settings.groups
    policy = group.policy
    assert settings.url == "http://scep.example"
    assert [(oid, str(pattern)) for oid, pattern in policy.subject] == [
        ("2.5.4.3", "${user.email}"),
        ("2.5.4.11", "staff"),
    ]
    assert [(rule.kind, str(rule.pattern)) for rule in policy.alt_names] == [
        (AltNameKind.RFC822, "${user.email}"),
        (AltNameKind.URI, "urn:x:${user.email}:y"),
    ]
    assert policy.forms == {"user.email": "[a-z]+@example"}
    assert (policy.valid_for, policy.renew_within) == (timedelta(days=10), timedelta(days=5))
    assert (policy.algorithms.allow_sha1, policy.algorithms.allow_3des) == (True, False)
    assert group.challenge.reveal() == "sixteen-characters"
    assert "sixteen-characters" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "url is missing"),
        (URL, "groups: there is none"),
        ("url = 1\n" + GROUP, "url must be of type str"),
        ("url = \n", "line 1"),
        (URL + "colour = 1\n" + GROUP, "colour is not a key"),
        (URL + GROUP + "colour = 1\n", "groups: devices: colour"),
        (URL + '[groups.Devices]\nsubject = { CN = "x" }\n', "a-z"),
        (URL + '[groups.x]\nsubject = { XX = "x" }\n', "XX is none of CN"),
        (URL + GROUP + 'alt_names = { ip = "x" }\n', "ip is none of rfc822"),
        (URL + GROUP + 'forms = { "device.id" = "[" }\n', "device.id"),
        (URL + GROUP + 'challenge = "env:NO_SUCH_VARIABLE_HERE"\n', "env:NAME"),
        (URL + GROUP + 'challenge = "secret"\n', "env:NAME"),
        (URL + GROUP + "valid_for = true\n", "valid_for must be of type int"),
        (URL + '[limits]\nper_address = "fast"\n' + GROUP, "per_address"),
        (URL + "[limits]\nper_hour = 1\n" + GROUP, "per_hour"),
    ],
)
def test_each_mistake_names_its_place(read, text, words):
    """And what would be right, where that is short."""
    with pytest.raises(SettingsError, match=r"scep\.toml|groups|limits") as caught:
        read(text)
    assert words in str(caught.value)


def test_a_short_challenge_is_refused(read, monkeypatch):
    """Fifteen characters can be guessed sooner."""
    monkeypatch.setenv("SHORT", "x" * 15)
    with pytest.raises(SettingsError, match="16") as caught:
        read(URL + GROUP + 'challenge = "env:SHORT"\n')
    assert "x" * 15 not in str(caught.value)


def test_a_challenge_can_come_from_a_file(read, tmp_path):
    """Line ends at its end do not count."""
    (tmp_path / "secret").write_text("sixteen-characters\n")
    settings = read(URL + GROUP + f'challenge = "file:{tmp_path / "secret"}"\n')
    assert settings.groups[0].challenge.reveal() == "sixteen-characters"


def test_an_absent_file_says_how_to_make_one(tmp_path):
    """The first command is named."""
    with pytest.raises(SettingsError, match="init"):
        read_settings(tmp_path / "scep.toml")
