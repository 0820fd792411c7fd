"""`onc` and what `lint` knows of network files: levels, folders, and files behind a passphrase."""

from __future__ import annotations

import json

import pytest

GLOBAL = {"NetworkConfigurations": [], "GlobalNetworkConfiguration": {"BlockedHexSSIDs": ["41"]}}


@pytest.fixture
def payloads(folder, onboard):
    assert onboard("generate", "--out", "payloads", "--group", "staff").code == 0
    return folder / "payloads"


def test_there_and_back(folder, payloads, onboard, monkeypatch) -> None:
    """What is encrypted is not readable, passes lint, and comes out byte for byte with the passphrase."""
    monkeypatch.setenv("CARRY", "correct horse")
    plain = payloads / "staff" / "chromeos" / "staff.onc"
    done = onboard("onc", "encrypt", plain, "--passphrase", "env:CARRY")
    assert done.code == 0
    assert "Northwind" not in done.out
    (folder / "carried.onc").write_text(done.out)
    assert onboard("lint", "carried.onc").code == 0
    back = onboard("onc", "decrypt", "carried.onc", "--passphrase", "env:CARRY")
    assert back.out.encode() == plain.read_bytes()
    assert onboard("onc", "encrypt", plain, "--passphrase", "env:CARRY").out != done.out


def test_a_wrong_passphrase(folder, payloads, onboard, monkeypatch) -> None:
    """A wrong passphrase is told as such, and nothing is printed."""
    monkeypatch.setenv("CARRY", "correct horse")
    monkeypatch.setenv("OTHER", "battery staple")
    plain = payloads / "staff" / "chromeos" / "staff.onc"
    (folder / "carried.onc").write_text(onboard("onc", "encrypt", plain, "--passphrase", "env:CARRY").out)
    done = onboard("onc", "decrypt", "carried.onc", "--passphrase", "env:OTHER")
    assert (done.code, done.out) == (1, "")
    assert "passphrase is wrong" in done.err


def test_the_passphrase_is_never_an_argument(payloads, onboard) -> None:
    """A passphrase in the command line would show in the process list, so it is refused."""
    done = onboard("onc", "encrypt", payloads / "staff/chromeos/staff.onc", "--passphrase", "hush")
    assert done.code == 64
    assert "env:NAME or file:PATH" in done.err


def test_what_could_not_be_imported_is_not_encrypted(folder, onboard, monkeypatch) -> None:
    """A file that ChromeOS would refuse behind its passphrase is refused before."""
    monkeypatch.setenv("CARRY", "correct horse")
    (folder / "policy.onc").write_text(json.dumps(GLOBAL))
    done = onboard("onc", "encrypt", "policy.onc", "--passphrase", "env:CARRY")
    assert (done.code, done.out) == (1, "")
    assert "onc-006" in done.err


@pytest.mark.parametrize(
    ("level", "rules"), [("device", set()), ("user", {"onc-036"}), ("import", {"onc-006"})]
)
def test_levels_are_judged_apart(folder, onboard, level, rules) -> None:
    """The same file is good as device policy, says too much as user policy, and is no import at all."""
    (folder / "policy.onc").write_text(json.dumps(GLOBAL))
    found = onboard("lint", "--onc-level", level, "policy.onc", "--format", "json").json
    assert {f["rule"] for f in found if f["severity"] == "error"} == rules


def test_folders(folder, payloads, onboard) -> None:
    """A folder is judged as its files are; what is no payload, such as the manifest, is left out."""
    done = onboard("lint", "payloads")
    assert done.code == 0
    listed = [a["path"] for a in json.loads((payloads / "manifest.json").read_text())["artifacts"]]
    assert f"{len(listed)} files, 0 errors" in done.err
    (payloads / "staff" / "chromeos" / "staff.onc").write_text(json.dumps({"NetworkConfigurations": 1}))
    done = onboard("lint", "payloads", "--format", "json")
    assert done.code == 1
    assert {f["path"] for f in done.json if f["severity"] == "error"} == {"payloads/staff/chromeos/staff.onc"}


def test_an_empty_folder(folder, onboard) -> None:
    """A folder without payloads is a mistake, not a success."""
    (folder / "empty").mkdir()
    done = onboard("lint", "empty")
    assert done.code == 1
    assert "holds no payload" in done.err
