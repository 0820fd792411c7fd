"""`scep.toml`: what is granted, and each mistake by its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from scep_server.cli.settings import EXAMPLE, read_settings
from scep_server.cli.table import SettingsError
from scep_server.limits import Rate
from scep_server.messages import AltNameKind
from scep_server.service import ApprovalQueue

PEPPER = bytes(32)
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
    assert [one.secret.reveal() for one in group.challenge.shared] == ["sixteen-characters"]
    assert group.challenge.queue(PEPPER) is None
    assert "sixteen-characters" not in repr(settings)


def test_what_a_profile_may_say_is_read(read):
    """The keys that an EnrollmentProfile of an org has as well."""
    more = "renew_after_expiry = 7\nsupersede_after = 3\nmax_active = 2\n"
    more += "backdate = 24\nminimum_key_bits = 3072\n"
    policy = read(URL + GROUP + more).groups[0].policy
    assert policy.renew_after_expiry == timedelta(days=7)
    assert policy.supersede_after == timedelta(days=3)
    assert policy.max_active == 2
    assert policy.backdate == timedelta(hours=24)
    assert policy.minimum_key_bits == 3072


def test_a_challenge_says_how_long_whence_and_how_often(read, monkeypatch):
    """Today's secret and one of before, each with its end; what they share besides holds for both."""
    monkeypatch.setenv("NEW", "n" * 16)
    monkeypatch.setenv("OLD", "o" * 16)
    challenge = (
        read(
            URL
            + GROUP
            + """
        [groups.devices.challenge]
        secret = "env:NEW"
        until = 2027-12-31
        also_accept = [{ secret = "env:OLD", until = 2027-01-31 }]
        addresses = ["10.0.0.0/8", "2001:db8::/32"]
        uses = 500
        """
        )
        .groups[0]
        .challenge
    )
    new, old = challenge.static(PEPPER)
    assert (new.expires, old.expires) == (datetime(2028, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
    assert new.id != old.id
    assert new.addresses == old.addresses == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert new.uses == old.uses == 500
    assert challenge.queue(PEPPER) is None


def test_requests_can_wait_for_a_person(read, monkeypatch):
    """With a secret that guards the queue, or for anybody who asks."""
    monkeypatch.setenv("GUARD", "g" * 16)
    text = URL + GROUP + '[groups.devices.challenge]\ntype = "approval"\nwaits = 2\n'
    anybody = read(text).groups[0].challenge
    assert anybody.queue(PEPPER) == ApprovalQueue(lasts=timedelta(days=2))
    guarded = read(text + 'secret = "env:GUARD"\n').groups[0].challenge
    assert guarded.queue(PEPPER).guards == guarded.static(PEPPER)


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
        (URL + GROUP + "max_active = 0\n", "max_active must be at least 1"),
        (URL + GROUP + "minimum_key_bits = 1024\n", "at least 2048"),
        (URL + GROUP + "supersede_after = -1\n", "supersede_after must be at least 0"),
        (URL + GROUP + "challenge = {}\n", "secret is missing"),
        (URL + GROUP + 'challenge = { type = "manual" }\n', "static or approval"),
        (URL + GROUP + 'challenge = { type = "approval", addresses = ["10.0.0.1/8"] }\n', "10.0.0.1/8"),
        (URL + GROUP + 'challenge = { type = "approval", addresses = [10] }\n', "array of strings"),
        (
            URL + GROUP + f'challenge = {{ secret = "file:{__file__}", until = "2027-01-01" }}\n',
            "without quotes",
        ),
        (
            URL + GROUP + f'challenge = {{ secret = "file:{__file__}", uses = 0 }}\n',
            "uses must be at least 1",
        ),
        (
            URL
            + GROUP
            + f'challenge = {{ type = "approval", also_accept = [{{ secret = "file:{__file__}" }}] }}\n',
            "until is missing",
        ),
        (URL + GROUP + 'challenge = { type = "approval", colour = 1 }\n', "challenge: colour"),
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
    assert settings.groups[0].challenge.shared[0].secret.reveal() == "sixteen-characters"


def test_an_absent_file_says_how_to_make_one(tmp_path):
    """The first command is named."""
    with pytest.raises(SettingsError, match="init"):
        read_settings(tmp_path / "scep.toml")
