"""`onboard doctor` as typed: options that fit together, groups of the org, what is printed."""

from __future__ import annotations

import json
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from onboard.cli.session import open_session
from onboard.pki import read_certificates
from onboard.serve import configure
from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore

NOWHERE = "http://127.0.0.1:9/scep/staff"  # the discard port: nothing listens


@pytest.fixture
def served(folder):
    """The org's own server over its state folder; its URL."""
    session = open_session(folder / "org.yaml")
    static = {group.name: session.static_challenge(group) for group in session.organization.groups}
    config = configure(session.site(), {name: secret for name, secret in static.items() if secret})
    with running_server(config) as url:
        yield url


@pytest.mark.parametrize("group", ["staff", "students"])
def test_a_group_brings_subject_challenge_and_pin(onboard, folder, served, group):
    """With --group nothing else is wanted, whether its challenge is static or minted for each enrolment."""
    done = onboard("doctor", f"{served}/scep/{group}", "--group", group, "--format", "json")
    enrolments = {row["client"]: row["outcome"] for row in done.json if row["check"] == "enrolment"}
    assert set(enrolments.values()) == {"ok"}
    assert len(enrolments) == 6
    renewals = [r["why"] for r in done.json if (r["check"], r["outcome"]) == ("renewal", "not judged")]
    assert len(renewals) == 6
    assert all("can be renewed from" in why for why in renewals)  # the profile's renew_within
    assert done.code == 0, [row for row in done.json if row["outcome"] in ("would fail", "unsafe")]
    assert "revoke them" in done.err


def test_the_records_show_what_was_issued(onboard, folder, served):
    """The serials that doctor names are those that the server knows."""
    done = onboard("doctor", f"{served}/scep/staff", "--group", "staff")
    named = set(done.err.rpartition("revoke them:")[2].split())
    with closing(SqliteStore(open_session(folder / "org.yaml").site().state.store)) as store:
        known = {f"{certificate.serial:x}" for certificate in store.certificates()}
    assert named == known


def test_without_a_challenge_nothing_is_issued(onboard, folder, served):
    """The plain form only asks; the table has a column for each client and a verdict."""
    done = onboard("doctor", f"{served}/scep/staff")
    assert done.code == 0
    assert done.out.splitlines()[0].split()[:3] == ["check", "Apple", "Windows"]
    assert done.out.rstrip().endswith("no client would fail")
    assert onboard("cert", "list", "--format", "json").json == []


def test_all_tells_what_is_right(onboard, folder, served):
    """--all adds the fingerprint that artifacts should pin."""
    root = read_certificates(open_session(folder / "org.yaml").organization, folder)["root"]
    done = onboard("doctor", f"{served}/scep/staff", "--all")
    assert root.parsed.fingerprint(SHA256()).hex() in done.out


def test_a_fingerprint_of_another_ca_fails(onboard, folder, served):
    """The pin of the command line is compared, with colons or without."""
    done = onboard("doctor", f"{served}/scep/staff", "--fingerprint", ":".join(["ab"] * 32))
    assert done.code == 1
    assert "ab" * 32 in done.out


def test_nobody_at_home_is_exit_1(onboard, folder):
    """A server that does not answer fails every client."""
    done = onboard("doctor", NOWHERE, "--format", "json")
    assert done.code == 1
    assert {row["outcome"] for row in done.json} == {"would fail"}
    assert done.json[0].keys() == {"client", "check", "outcome", "why", "cure", "sign"}
    assert json.dumps(done.json)
    assert urlsplit(NOWHERE).port == 9


@pytest.mark.parametrize(
    "arguments",
    [
        ("ftp://scep.example/scep",),
        ("http://",),
        (NOWHERE, "--subject", "CN=x"),
        (NOWHERE, "--challenge", "env:NORTHWIND_STAFF_CHALLENGE"),
        (NOWHERE, "--challenge", "the-secret-itself", "--subject", "CN=x"),
        (NOWHERE, "--san", "upn:a@b.example"),
        (NOWHERE, "--group", "staff", "--subject", "CN=x"),
        (NOWHERE, "--fingerprint", "xyz"),
        (NOWHERE, "--fingerprint", "abcd"),
    ],
)
def test_what_does_not_fit_together_is_refused(onboard, folder, arguments):
    """Before anything is asked of the server, with a sentence and no traceback."""
    done = onboard("doctor", *arguments)
    assert done.code == 64
    assert done.err.startswith("error: ")
    assert done.out == ""


def test_a_group_that_the_org_has_not_is_refused(onboard, folder):
    """The command line is right and the org is not: exit code 1, with the groups that there are."""
    done = onboard("doctor", NOWHERE, "--group", "nobody")
    assert (done.code, done.out) == (1, "")
    assert "staff" in done.err


@pytest.mark.parametrize(
    ("asked", "cure"),
    [
        ("1206", "onboard lint"),
        ("0x87D1FDE8", "netsh wlan show profiles"),
        ("SCEP 16", "deliver the root before the certificate"),
        ("SCEP 32", "WinHTTP"),
        ("TPM RSA-PSS", "key_protection: software"),
        ("TLS 1.3 NPS", "AllowTLS1_3"),
    ],
)
def test_what_a_device_shows_is_answered_with_cause_and_cure(onboard, asked, cure):
    """In place of a URL stands what was seen; no server is asked, and JSON says the same."""
    done = onboard("doctor", asked)
    assert done.code == 0, done.err
    assert cure in done.out.partition("cure:")[2]
    (first, *_) = onboard("doctor", asked, "--format", "json").json
    assert set(first) == {"sign", "cause", "cure"}
    assert cure in first["cure"]


def test_a_signed_number_is_what_intune_shows(onboard):
    """Intune shows 0x87D1FDE8 as a negative number too."""
    assert "remediation failed" in onboard("doctor", "--", "-2016281112").out


def test_what_is_neither_url_nor_known_is_refused_with_both_cures(onboard):
    """A URL without its scheme, or a number that nothing is known of."""
    for text in ("scep.example.org/scep/staff", "4711"):
        done = onboard("doctor", text)
        assert done.code == 1
        assert "no http or https URL" in done.err
        assert "0x87D1FDE8" in done.err
