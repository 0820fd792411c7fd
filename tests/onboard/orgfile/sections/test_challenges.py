"""The long form of a challenge, and the groups and profiles beside it, as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from support.changes import replaced

from onboard.model import ChallengeType, Organization
from onboard.orgfile import check, loads
from onboard.secret import SecretSource

ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()
STATIC = "      type: static\n      secret: env:ACME_CHALLENGE\n"


def acme(*changes: tuple[str, str]) -> Organization:
    return loads(replaced(ACME, *changes))


def test_everything_that_limits_a_shared_secret():
    """Rotation, end, addresses and quota are read as written."""
    terms = """      until: 2027-06-30
      also_accept:
        - {secret: "file:old.txt", until: "2027-01-31"}
      addresses: [10.0.0.0/8, "2001:db8::/32"]
      uses: 400
"""
    challenge = acme((STATIC, STATIC + terms)).groups[0].challenge
    assert (challenge.type, challenge.until, challenge.uses) == (
        ChallengeType.STATIC,
        date(2027, 6, 30),
        400,
    )
    assert challenge.addresses == ("10.0.0.0/8", "2001:db8::/32")
    (former,) = challenge.also_accept
    assert (former.secret.source, former.secret.name, former.until) == (
        SecretSource.FILE,
        "old.txt",
        date(2027, 1, 31),
    )


@pytest.mark.parametrize(("written", "life"), [("", 7), ("      valid_for: 2d\n", 2)])
def test_an_approval_waits_for_a_week_unless_told_otherwise(written, life):
    """`valid_for` is how long a request waits for a person."""
    challenge = acme((STATIC, STATIC.replace("static", "approval") + written)).groups[0].challenge
    assert (challenge.type, challenge.valid_for) == (ChallengeType.APPROVAL, timedelta(days=life))
    assert challenge.secret is not None


def test_what_a_profile_says_of_live_certificates():
    """Number, grace and superseding are read; without them there is no number, no grace, no end."""
    plain = acme().groups[0].profile
    keys = "    renew_within: 30d\n    max_active: 5\n    renew_after_expiry: 14d\n    supersede_after: 7d\n"
    profile = acme(("    renew_within: 30d\n", keys)).groups[0].profile
    assert (plain.max_active, plain.renew_after_expiry, plain.supersede_after) == (None, None, None)
    limits = {"max_active": 5, "renew_after_expiry": timedelta(days=14), "supersede_after": timedelta(days=7)}
    assert profile == replace(plain, **limits)


def test_old_algorithms_are_a_switch_that_warns():
    """`legacy` is off unless said, and whoever says it is told what it opens."""
    assert acme().groups[0].profile.legacy is False
    text = "    renew_within: 30d\n    legacy: true\n"
    assert acme(("    renew_within: 30d\n", text)).groups[0].profile.legacy is True


def test_names_of_a_renamed_group():
    """Today's key first, then those of before as listed."""
    group = acme(("    vlan: 20\n", "    vlan: 20\n    formerly: [employees, workers]\n")).groups[0]
    assert group.names == ("staff", "employees", "workers")


def test_former_secrets_are_judged_like_todays(tmp_path):
    """`check` warns of one that is unset and refuses one that is too short, at its own line."""
    former = '      also_accept:\n        - {secret: "env:OLD", until: "2027-01-31"}\n'
    path = tmp_path / "org.yaml"
    path.write_text(ACME.replace(STATIC, STATIC + former))
    line = path.read_text().splitlines().index('        - {secret: "env:OLD", until: "2027-01-31"}') + 1
    for old, severity in ((None, "warning"), ("short", "error"), ("0123456789abcdef", "")):
        environ = {"ACME_CHALLENGE": "0123456789abcdef"} | ({} if old is None else {"OLD": old})
        _, mistakes = check(path, environ)
        assert [m.severity.value for m in mistakes] == ([severity] if severity else [])
        assert all(m.place.line == line for m in mistakes)
