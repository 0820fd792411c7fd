"""`audit`: verify, export and checkpoint of the trail that commands and the server write."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import jsonschema
import pytest


@pytest.fixture
def trail(onboard, folder) -> Path:
    """An audit trail of four events."""
    for _ in range(4):
        assert onboard("challenge", "new", "students").code == 0
    return Path(".onboard/store.sqlite3")


def change(trail: Path, statement: str) -> None:
    with sqlite3.connect(trail) as database:
        database.execute(statement)
    database.close()


def test_a_whole_trail_holds(onboard, trail) -> None:
    """It says how many events there are, and the last hash."""
    done = onboard("audit", "verify", "--format", "json")
    assert done.code == 0
    assert (done.json["count"], done.json["fault"]) == (4, "")


def test_a_changed_event_is_found(onboard, trail) -> None:
    """And named; scripts get it as JSON too."""
    change(trail, "update audit set entry = replace(entry, 'students', 'staff') where sequence = 3")
    done = onboard("audit", "verify", "--format", "json")
    assert done.code == 1
    assert "event 3" in done.json["fault"]


def test_a_cut_tail_is_found_with_a_checkpoint_alone(onboard, trail) -> None:
    """The shorter chain holds in itself."""
    Path("kept.json").write_text(onboard("audit", "checkpoint").out)
    assert onboard("audit", "verify", "--checkpoint", "kept.json").code == 0
    assert onboard("challenge", "new", "students").code == 0
    assert onboard("audit", "verify", "--checkpoint", "kept.json").code == 0
    change(trail, "delete from audit where sequence > 2")
    assert onboard("audit", "verify").code == 0
    done = onboard("audit", "verify", "--checkpoint", "kept.json")
    assert done.code == 1
    assert "counts 4 events, and 2 are here" in done.err


def test_the_newest_checkpoint_of_a_log_counts(onboard, trail) -> None:
    """What a sink has received can be given as it is: events and checkpoints, line by line."""
    lines = [onboard("audit", "export").out, onboard("audit", "checkpoint").out]
    assert onboard("challenge", "new", "students").code == 0
    lines.append(onboard("audit", "checkpoint").out)
    Path("received.jsonl").write_text("".join(lines))
    change(trail, "delete from audit where sequence > 4")
    done = onboard("audit", "verify", "--checkpoint", "received.jsonl")
    assert "counts 5 events, and 4 are here" in done.err


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text.replace('"count":4', '"count":3'), "changed after it was signed"),
        (lambda text: "nothing", "not a checkpoint"),
        (lambda text: "", "not a checkpoint"),
    ],
)
def test_a_checkpoint_must_be_ours_and_whole(onboard, trail, spoil, says) -> None:
    """Who cuts the tail may not bring a checkpoint of his own."""
    Path("kept.json").write_text(spoil(onboard("audit", "checkpoint").out))
    done = onboard("audit", "verify", "--checkpoint", "kept.json")
    assert done.code == 1
    assert says in done.err


def test_a_strangers_checkpoint_is_refused(onboard, trail) -> None:
    """Signed well, and not under an authority of the org."""
    from datetime import UTC, datetime

    from support.certificates import make_certificate

    from scep_server.reporting import CheckpointSigner

    made = make_certificate("Stranger")
    signer = CheckpointSigner(certificate=made.certificate, key=made.key)
    text = signer.sign(count=0, head=bytes(32), now=datetime.now(UTC)).text
    Path("kept.json").write_text(text)
    done = onboard("audit", "verify", "--checkpoint", "kept.json")
    assert done.code == 1
    assert "not signed by this organization" in done.err


def test_only_the_servers_key_signs_checkpoints(onboard, trail) -> None:
    """Every device has a key under an authority of the org, and so has whoever signs profiles."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from scep_server.reporting import CheckpointSigner

    folder = Path(".onboard/signing")
    certificate = x509.load_pem_x509_certificate((folder / "profiles.pem").read_bytes())
    key = load_pem_private_key((folder / "profiles.key").read_bytes(), None)
    signer = CheckpointSigner(certificate=certificate, key=key)
    Path("kept.json").write_text(signer.sign(count=0, head=bytes(32), now=datetime.now(UTC)).text)
    done = onboard("audit", "verify", "--checkpoint", "kept.json")
    assert done.code == 1
    assert "not signed by this organization" in done.err


@pytest.mark.parametrize("entry", ["nothing", "[]", '{"sequence": 1}', "[" * 5000])
def test_an_event_that_is_none_is_found(onboard, trail, entry) -> None:
    """Who knows how the chain is made can hash anything into it."""
    import hashlib

    with sqlite3.connect(trail) as database:
        (head,) = database.execute("select hash from audit where sequence = 4").fetchone()
        digest = hashlib.sha256(head + entry.encode()).digest()
        database.execute("insert into audit values (5, ?, ?)", (entry, digest))
    database.close()
    done = onboard("audit", "verify", "--format", "json")
    assert done.code == 1
    assert "event 5" in done.json["fault"]


def test_export_follows_the_schema(onboard, trail) -> None:
    """One event a line, and `audit schema` describes each."""
    schema = onboard("audit", "schema").json
    lines = onboard("audit", "export").out.splitlines()
    assert len(lines) == 4
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    assert all(
        line.startswith("CEF:0|") for line in onboard("audit", "export", "--format", "cef").out.splitlines()
    )
    assert "@timestamp" in json.loads(onboard("audit", "export", "--format", "ecs").out.splitlines()[0])


def test_export_since(onboard, trail) -> None:
    """A date, a time, or how long ago."""
    assert len(onboard("audit", "export", "--since", "1h").out.splitlines()) == 4
    assert len(onboard("audit", "export", "--since", "2020-01-01").out.splitlines()) == 4
    assert onboard("audit", "export", "--since", "2999-01-01T00:00:00+01:00").out == ""
    assert onboard("audit", "export", "--since", "yesterday").code == 64
    assert onboard("audit", "export", "--format", "xml").code == 64
