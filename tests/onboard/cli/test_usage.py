"""What typer cannot see of a line that was typed wrongly, and what the contract promises for later."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("generate --out x --for ada@x.example --mdm fleet", "choose one"),
        ("generate --out x --set user.email=a@x.example", "--for NAME"),
        ("generate --out x --for ada --set nonsense=1", "device.serial="),
        ("generate --out x --provisioning-profile 1", "--mdm google-chrome"),
        ("challenge new staff --set user.email", "device.serial="),
        ("ca init --key-passphrase secret", "env:NAME or file:PATH"),
        ("serve --tls-cert a.pem", "go together"),
        ("serve --only nonsense", "scep, pki"),
        ("serve --trusted-proxy nonsense", "--trusted-proxy"),
    ],
)
def test_options_that_do_not_fit_are_usage(onboard, folder, line, says) -> None:
    """Exit code 64, whether typer finds it or the command does; nothing is written."""
    done = onboard(*line.split())
    assert (done.code, done.out) == (64, "")
    assert says in done.err
    assert "  hint: " in done.err  # what to do, or the page of the command
    assert not (folder / "x").exists()


@pytest.mark.parametrize(
    "line", ["whitelist --controller meraki", "serve --http-redirect 80", "serve --only portal"]
)
def test_an_option_that_comes_later_says_so(onboard, folder, line) -> None:
    """It is told apart from one that was misspelt, with what to do meanwhile."""
    done = onboard(*line.split())
    assert (done.code, done.out) == (64, "")
    assert "is not available yet" in done.err
    assert "  hint: " in done.err


def test_a_challenge_as_json(onboard, folder) -> None:
    """Scripts get the challenge with the id to revoke it by."""
    done = onboard("challenge", "new", "staff", "--for", "ada@northwind.example", "--format", "json")
    assert re.fullmatch("[A-Z2-7]{26}", done.json["challenge"])
    assert done.json["bound"]["user.email"] == "ada@northwind.example"
    (listed,) = onboard("challenge", "list", "--format", "json").json
    assert listed["id"] == done.json["id"]
    assert done.json["challenge"] not in str(listed)


def test_sealing_as_json(onboard, folder, monkeypatch) -> None:
    """What was sealed is data as with every command of `ca`."""
    monkeypatch.setenv("ROOT_PASSPHRASE", "a passphrase for the root")
    done = onboard(
        "ca", "seal", "root", "--to", "root.key", "--passphrase", "env:ROOT_PASSPHRASE", "--format", "json"
    )
    assert [(row["kind"], row["name"], row["outcome"]) for row in done.json] == [
        ("authority", "root", "sealed")
    ]
