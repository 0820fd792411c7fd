"""`cert pending|approve|reject` and `challenge rotate`, with a real service on the same records."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import scep_requests
from support.scep_requests import Shape, enrol, read_reply, rsa_key, self_signed
from support.serving import CHALLENGE

from onboard.cli.session import open_session
from onboard.serve import configure
from scep_server.service import Service, World
from scep_server.service.enrolling import Enrolling
from scep_server.service.publishing import Publisher
from scep_server.sqlite_store import SqliteStore

SUBJECT = "CN=ada@northwind.example,OU=staff,O=Northwind University"


class Directly:
    def __init__(self, store) -> None:
        self._store = store

    async def record(self, entry):
        return self._store.record([entry], datetime.now(UTC))[0]


@pytest.fixture
def waiting(folder):
    """The example org whose staff wait for a person."""
    text = Path("org.yaml").read_text()
    assert "      type: static" in text
    head, tail = text.split("      type: static", 1)
    Path("org.yaml").write_text(f"{head}      type: approval{tail}")
    text = Path("org.yaml").read_text()
    platforms = "platforms: [apple, windows, chromeos, android, linux]"
    assert platforms in text
    Path("org.yaml").write_text(text.replace(platforms, "platforms: [apple, windows, android, linux]"))
    return folder


def ask(challenge: str | None = CHALLENGE, *, poll: bool = False, key_name="device", subject=SUBJECT):
    """One request to the org's service, as a server process beside the command line would answer it."""
    session = open_session(Path("org.yaml"))
    (staff, _) = session.organization.groups
    config = configure(session.site(), {"staff": session.static_challenge(staff)})
    endpoint = next(e for e in config.endpoints if e.name == "staff")
    pair = self_signed(rsa_key(key_name), subject=subject)
    payload = b"" if poll else scep_requests.csr(pair.key, challenge=challenge, subject=subject)
    shape = Shape(message_type="20" if poll else "19")
    with closing(SqliteStore(Path(".onboard/store.sqlite3"))) as store:
        world = World(
            clock=lambda: datetime.now(UTC),
            seconds=lambda: 0.0,
            entropy=secrets.token_bytes,
            observe=lambda _: None,
        )
        enrolling = Enrolling(store=store, recorder=Directly(store), pepper=config.pepper, world=world)
        service = Service(enrolling=enrolling, crls=Publisher({}, store, world.clock))
        message = enrol(payload, endpoint.recipients[0].certificate, pair, shape)
        return read_reply(asyncio.run(service.handle(endpoint, message, "192.0.2.1")).message, pair)


def pending(onboard, *arguments):
    return onboard("cert", "pending", *arguments, "--format", "json").json


def test_a_person_lets_a_device_in(onboard, waiting) -> None:
    """Listed with what one needs to decide; approved; the poll gets it; it shows in `cert list` as bound."""
    assert ask().status == "3"
    (request,) = pending(onboard, "staff")
    assert request["state"] == "waiting"
    assert request["values"]["user.email"] == "ada@northwind.example"
    assert len(request["public_key_sha256"]) == 64
    assert request["id"] in onboard("cert", "pending").out
    assert ask(poll=True).status == "3"
    done = onboard("cert", "approve", request["id"])
    assert (done.code, request["subject"] in done.err) == (0, True)
    assert ask(poll=True).status == "0"
    (certificate,) = onboard("cert", "list", "staff", "--format", "json").json
    assert (certificate["identity"], certificate["subject"]) == ("bound", request["subject"])
    assert pending(onboard)[0]["serial"] == certificate["serial"]
    assert onboard("cert", "approve", request["id"]).code == 1


def test_a_person_keeps_a_device_out(onboard, waiting) -> None:
    """The device is told the reason; what was approved can be taken back; the command says what is wrong."""
    ask()
    (request,) = pending(onboard)
    assert onboard("cert", "approve", request["id"]).code == 0
    assert onboard("cert", "reject", request["id"], "--reason", "unknown device").code == 0
    assert "unknown device" in ask(poll=True).fail_info_text
    done = onboard("cert", "reject", request["id"])
    assert (done.code, "rejected already" in done.err) == (1, True)
    assert onboard("cert", "reject", request["id"], "--reason", "two\nlines").code == 64


def test_all_or_nothing_is_decided(onboard, waiting) -> None:
    """An id that nobody has stops the command before it decides on the others."""
    ask()
    (request,) = pending(onboard)
    done = onboard("cert", "approve", request["id"], "nonsense")
    assert (done.code, "nonsense" in done.err) == (1, True)
    assert pending(onboard)[0]["state"] == "waiting"


def test_without_the_secret_nobody_waits(onboard, waiting) -> None:
    """The group's secret stands before the queue."""
    assert ask(challenge=None).status == "2"
    assert pending(onboard) == []


def test_rotate_says_what_changes_and_what_goes_on(onboard, folder) -> None:
    """The artifacts that hold the secret, its id, its live certificates; never the secret itself."""
    ask()
    done = onboard("challenge", "rotate", "staff")
    assert done.code == 0
    assert CHALLENGE not in done.out + done.err
    assert "env:NORTHWIND_STAFF_CHALLENGE_OLD" in done.out
    facts = onboard("challenge", "rotate", "staff", "--format", "json").json
    assert (facts["live"], facts["group"]) == (1, "staff")
    assert onboard("generate", "--out", "out").code == 0
    manifest = json.loads(Path("out/manifest.json").read_text())["artifacts"]
    secret = {a["path"] for a in manifest if a["secret"] and a["group"] == "staff"}
    assert set(facts["artifacts"]) == secret


def test_a_leak_is_answered_by_what_the_secret_gave(onboard, folder) -> None:
    """`--dry-run` lists and touches nothing; without it they are revoked; older and others stay."""
    ask()
    ask(key_name="second", subject=SUBJECT.replace("ada", "bob"))
    today, tomorrow = (f"{datetime.now(UTC) + timedelta(days=n):%Y-%m-%d}" for n in (0, 1))
    listed = onboard("challenge", "rotate", "staff", "--revoke-since", today, "--dry-run", "--format", "json")
    assert [row["status"] for row in listed.json] == ["valid", "valid"]
    assert onboard("challenge", "rotate", "staff", "--revoke-since", tomorrow, "--format", "json").json == []
    other = onboard("challenge", "rotate", "staff", "--revoke-since", today, "--id", "static-00000000")
    assert (other.code, listed.json[0]["challenge"] in other.err) == (0, True)
    states = {row["status"] for row in onboard("cert", "list", "--format", "json").json}
    assert states == {"valid"}
    done = onboard("challenge", "rotate", "staff", "--revoke-since", today, "--reason", "privilege-withdrawn")
    assert (done.code, "2 certificates" in done.err) == (0, True)
    states = {row["status"] for row in onboard("cert", "list", "--format", "json").json}
    assert states == {"revoked"}


def test_a_group_without_a_secret_has_nothing_to_rotate(onboard, folder) -> None:
    """For one-time challenges the command names what there is instead."""
    done = onboard("challenge", "rotate", "students")
    assert (done.code, "challenge revoke" in done.err) == (1, True)
    assert onboard("challenge", "rotate", "students", "--revoke-since", "2026-01-01").code == 1
    assert onboard("challenge", "rotate", "staff", "--dry-run").code == 64
    assert onboard("challenge", "rotate", "staff", "--revoke-since", "yesterday").code == 64
