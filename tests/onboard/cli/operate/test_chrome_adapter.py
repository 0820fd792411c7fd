"""`chrome-adapter` as a process: it listens, survives being killed at the worst moment, and ends cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.google_server import Google, running_google
from support.pubsub_server import SUBSCRIPTION, PubSub, running_pubsub
from support.serving import CHALLENGE


@pytest.fixture
def google() -> Iterator[Google]:
    with running_google() as found:
        yield found


@pytest.fixture
def pubsub() -> Iterator[PubSub]:
    with running_pubsub() as found:
        found.redeliver_after = 1.0
        yield found


@contextmanager
def adapter(folder: Path, google: Google, pubsub: PubSub) -> Iterator[subprocess.Popen[str]]:
    """The command, once it has said that it listens; whatever it says later is in `said`."""
    (folder / "google.json").write_text(google.service_account())
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "onboard", "chrome-adapter", "--api", google.url),
            *("--subscription", SUBSCRIPTION, "--credentials", "file:google.json"),
        ],
        cwd=folder,
        env=os.environ | {"NORTHWIND_STAFF_CHALLENGE": CHALLENGE, "PUBSUB_EMULATOR_HOST": pubsub.address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.said = []  # type: ignore[attr-defined]  # for the test's eyes
    reader = None
    try:
        for line in process.stderr or ():
            process.said.append(line)  # type: ignore[attr-defined]
            if line == f"listening to {SUBSCRIPTION}\n":
                break
        else:
            pytest.fail("".join(process.said))  # type: ignore[attr-defined]
        reader = threading.Thread(target=lambda: process.said.extend(process.stderr or ()))  # type: ignore[attr-defined]
        reader.start()
        yield process
    finally:
        process.kill()
        process.wait()
        if reader is not None:
            reader.join()
        if process.stderr is not None:
            process.stderr.close()


def ends(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(timeout=30)


@pytest.mark.slow
def test_answers_and_ends(folder, google, pubsub, onboard) -> None:
    """A Chromebook is answered, `cert list` shows its certificate, and SIGTERM ends the command with 0."""
    chromebook = google.device("one")
    with adapter(folder, google, pubsub) as process:
        pubsub.wait_acknowledged(pubsub.publish(chromebook.notification()))
        assert ends(process, signal.SIGTERM) == 0
    (row,) = onboard("cert", "list", "--format", "json").json
    assert (row["group"], row["identity"], row["status"]) == ("students", "bound", "valid")
    assert int(row["serial"], 16) == chromebook.certificate.serial_number
    decisions = [json.loads(line.split(" ", 4)[4]) for line in process.said if "{" in line]
    assert [decision["kind"] for decision in decisions] == ["issued", "delivered"]


@pytest.mark.slow
def test_an_interrupt_is_told(folder, google, pubsub) -> None:
    """SIGINT ends it as it ends every command: 130."""
    with adapter(folder, google, pubsub) as process:
        assert ends(process, signal.SIGINT) == 130


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["uploadCertificate", "signData", "claim"])
def test_killed_in_the_middle(folder, google, pubsub, onboard, moment) -> None:
    """Killed between any two steps, the next one goes on: one certificate, delivered, nothing left over."""
    chromebook = google.device("one")
    with adapter(folder, google, pubsub) as process:
        google.before[moment] = process.kill
        message = pubsub.publish(chromebook.notification())
        process.wait(timeout=30)
    google.before.clear()
    chromebook.issued = ""  # the call that was under way when it was killed has not reached Google
    assert message in pubsub.open
    before = onboard("cert", "list", "--format", "json").json
    assert len(before) == (1 if moment == "uploadCertificate" else 0)
    with adapter(folder, google, pubsub) as process:
        pubsub.wait_acknowledged(message)
        assert ends(process, signal.SIGTERM) == 0
    (row,) = onboard("cert", "list", "--format", "json").json
    assert int(row["serial"], 16) == chromebook.certificate.serial_number


@pytest.mark.slow
def test_the_key_stays_secret(folder, google, pubsub) -> None:
    """Neither the service account's key nor a token is in what the command says."""
    chromebook = google.device("one")
    with adapter(folder, google, pubsub) as process:
        pubsub.wait_acknowledged(pubsub.publish(chromebook.notification()))
        ends(process, signal.SIGTERM)
    said = "".join(process.said)
    assert "ya29" not in said
    assert "PRIVATE KEY" not in said
    assert not re.search(r"[A-Za-z0-9+/]{100}", said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--subscription", "onboard"), "is not like projects/PROJECT/subscriptions/NAME"),
        (("--subscription", SUBSCRIPTION, "--credentials", "file:no.json"), "no.json"),
        (("--subscription", SUBSCRIPTION, "--credentials", "env:GOOGLE_KEY"), "no key of a service account"),
        (("--subscription", SUBSCRIPTION, "--credentials", '{"private_key"'), "env:NAME or file:PATH"),
    ],
)
def test_mistakes_are_told(folder, onboard, monkeypatch, arguments, said) -> None:
    """A wrong option ends the command with what is wrong, and never with the secret itself."""
    monkeypatch.setenv("GOOGLE_KEY", '{"private_key": "hush-hush"}')
    done = onboard("chrome-adapter", *arguments)
    assert done.code in (1, 64)
    assert said in " ".join(done.err.split())
    assert "hush-hush" not in done.err


def test_without_googles_libraries(folder) -> None:
    """Where the extra is not installed, the command says how to install it; every other command works."""
    script = (
        "import sys; sys.modules['google.auth'] = None; sys.modules['google.cloud'] = None\n"
        "from onboard.cli import main\n"
        f"sys.argv = ['onboard', 'chrome-adapter', '--subscription', '{SUBSCRIPTION}']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'onboard[google]'" in done.stderr
    assert "Traceback" not in done.stderr
