"""From artifacts to results, against a responder with the org's own hierarchy."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import NORTHWIND, STAFF, neutral
from support.scep_certificates import NOW
from support.scep_responder import Responder

from onboard.devices import errors as e
from onboard.payloads import android, apple, chromeos, linux, windows
from onboard.pki import PublicCertificate
from onboard.plan import make_plan
from onboard.rehearse import Given, Stage, rehearse
from onboard.rehearse.result import all_ok
from onboard.rehearse.stage import Outcome
from onboard.secret import Secret

VALUES = {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example"}
BUILDERS = {"apple": apple, "windows": windows, "chromeos": chromeos, "android": android, "linux": linux}


def artifacts(responder: Responder, *platforms: str, challenge: Secret | None) -> tuple[Given, ...]:
    public = {
        name: PublicCertificate(name=name, der=certificate.public_bytes(Encoding.DER))
        for name, certificate in (("root", responder.root), ("staff", responder.ca))
    }
    plan = make_plan(NORTHWIND, STAFF, public, challenge)
    return tuple(Given.of(a) for p in platforms or BUILDERS for a in BUILDERS[p].build(plan, neutral))


def stage(responder: Responder, **more) -> Stage:
    return Stage(client=responder.client(), values=lambda group, platform: VALUES, now=NOW, **more)


def play(responder: Responder, *platforms: str, **more):
    given = artifacts(responder, *platforms, challenge=Secret("correct-horse-battery-staple"))
    return rehearse(given, stage(responder, **more))


def test_every_platform_enrols_from_its_artifact_alone():
    """Each platform that can enrol does so, on every network of the group, with its pinned CA."""
    results = play(Responder())
    assert all_ok(results)
    rows = {(r.platform, r.network): r for r in results}
    assert {p for p, _ in rows} == set(BUILDERS)
    assert all(r.enrolled for (platform, _), r in rows.items() if platform != "android")
    assert all(rows[p, "Northwind"].pinned for p in ("apple", "windows", "linux"))
    assert len([1 for p, _ in rows if p == "apple"]) == 2


def test_progress_tells_every_row_in_order():
    """A row is told as soon as it is known."""
    seen = []
    assert play(Responder(), "apple", progress=seen.append) == tuple(seen)
    assert len(seen) == 2


def test_refusal_is_told_with_the_servers_words():
    """A refusal names failInfo and its text, and the row is not ok."""
    (first, *_) = play(Responder(status="2", fail_info="2", fail_info_text="wrong challenge"), "apple")
    assert (first.ok, first.enrolled, first.read) == (False, False, True)
    assert "badRequest: wrong challenge" in first.reason


def test_another_ca_is_told():
    """Artifacts of one hierarchy against the server of another: the pin does not match."""
    given = artifacts(Responder(), "windows", challenge=Secret("x" * 20))
    (first, *_) = rehearse(given, stage(Responder()))
    assert first.pinned is False
    assert "the artifact pins" in first.reason


def test_variable_without_a_value_is_named():
    """A one-time challenge that nobody minted is named with its file."""
    responder = Responder()
    given = artifacts(responder, "apple", challenge=None)
    (row,) = rehearse(given, stage(responder))
    assert "${challenge}" in row.reason
    assert "mobileconfig" in row.reason
    assert not row.read


def test_one_time_challenge_is_filled_in():
    """The challenge reaches the server as the MDM or portal would have put it into the artifact."""
    responder = Responder()
    given = artifacts(responder, challenge=None)
    values = {**VALUES, "challenge": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    results = rehearse(
        given, Stage(client=responder.client(), values=lambda group, platform: values, now=NOW)
    )
    assert all_ok(results)
    attributes = [r.csr["certification_request_info"]["attributes"] for r in responder.received]
    challenges = [
        a["values"][0].native for held in attributes for a in held if a["type"].native == "challenge_password"
    ]
    assert challenges == ["ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 4


class Radius:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def authenticate(self, group, network, identity, chain, site=""):
        assert identity.certificate.public_key() == identity.key.public_key()
        return self.outcome


def staff_vlan(group: str, network: str, site: str) -> int:
    assert (group, site) == ("staff", "")
    return 20


def test_vlan_is_compared_with_the_org():
    """An accepted device in the wrong VLAN is no success."""
    (row, *_) = play(
        Responder(), "apple", authenticator=Radius(Outcome(accepted=True, vlan=30)), vlans=staff_vlan
    )
    assert (row.authenticated, row.vlan, row.ok) == (True, 30, False)
    assert "VLAN 30" in row.reason
    (row, *_) = play(
        Responder(), "apple", authenticator=Radius(Outcome(accepted=True, vlan=20)), vlans=staff_vlan
    )
    assert row.ok


def test_a_site_with_a_vlan_of_its_own_has_its_own_row():
    """A server that gives a site the network's VLAN fails that row and no other."""
    rows = play(
        Responder(),
        "apple",
        authenticator=Radius(Outcome(accepted=True, vlan=20)),
        vlans=lambda group, network, site: 1020 if site else 20,
        sites=lambda group, label: ["berlin"] if label == "Northwind" else [],
    )
    assert [(row.network, row.ok) for row in rows] == [
        ("Northwind", True),
        ("Northwind@berlin", False),
        ("Wired network (desk)", True),
    ]
    assert "1020" in rows[1].reason


def test_rejection_by_radius_is_told():
    """A rejected device is enrolled and not ok."""
    radius = Radius(Outcome(accepted=False, reason="certificate revoked"))
    (row, *_) = play(Responder(), "linux", authenticator=radius)
    assert (row.enrolled, row.authenticated, row.ok, row.reason) == (
        True,
        False,
        False,
        "certificate revoked",
    )


def test_identity_filter_is_applied():
    """Windows does not offer a certificate whose issuer the profile does not list."""
    responder = Responder()
    given = artifacts(responder, "windows", challenge=Secret("x" * 20))
    wrong = [
        replace(
            g,
            content=re.sub(
                rb"(IssuerHash&gt;|IssuerHash>)[0-9a-f ]+", rb"\g<1>" + b" ".join([b"00"] * 20), g.content
            ),
        )
        for g in given
    ]
    (row, *_) = rehearse(tuple(wrong), stage(responder))
    assert row.enrolled
    assert "CAHashList" in row.reason


def test_json_has_the_fields_of_the_contract():
    """The contract's fields, with nulls where nothing was tried."""
    (row, *_) = play(Responder(), "apple")
    assert (
        row.to_json().items()
        >= {
            "group": "staff",
            "platform": "apple",
            "network": "Northwind",
            "enrolled": True,
            "authenticated": None,
            "vlan": None,
            "ok": True,
            "reason": "",
        }.items()
    )


def test_nothing_rehearsed_is_not_ok():
    """An empty table proves nothing."""
    assert not all_ok(())


@pytest.mark.parametrize("error", [e.ScepError, e.DeviceError])
def test_errors_end_commands_with_a_message(error):
    """Every complaint of a device is one that a command prints, not a traceback."""
    assert error.exit_code == 1
