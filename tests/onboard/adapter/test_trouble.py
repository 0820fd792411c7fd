"""Stories that go wrong: refusals that device and audit trail hear of, and faults that lose nothing."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.adapters import QUICK, answered, with_profile
from support.chromebooks import curve_key, device_key
from support.northwind import USER_EAP_TLS

from onboard.errors import OnboardError
from onboard.names import ATTRIBUTES
from onboard.variables import Template
from scep_server.audit import EventKind
from scep_server.sqlite_store import SqliteStore
from scep_server.store import RevocationReason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"group": "teachers"}, "is no group with Chromebooks here"),
        ({"group": ""}, "is no group with Chromebooks here"),
        ({"group": "staff"}, "has certificates for a person's session"),
        ({"key": curve_key()}, "not RSA"),
        ({"key": device_key(9, 1024)}, "1024 bits"),
        ({"signs": "refuses"}, "did not sign: the device was deprovisioned"),
        ({"signs": "wrongly"}, "not signed by the key"),
        ({"directory_id": "not an id"}, "form of ${device.id}"),
        ({"directory_id": ""}, "Google gives none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals_reach_device_and_trail(lab, change, reason) -> None:
    """What cannot be granted ends the process: a word for the person, the reason for the administrator."""
    chromebook = lab.google.device("one")
    for name, value in change.items():
        setattr(chromebook, name, value)
    answered(lab, chromebook)
    assert not chromebook.issued
    assert "Ask helpdesk@northwind.example." in chromebook.failure
    assert not lab.records()
    event = json.loads(lab.audit()[-1])
    assert (event["kind"], event["transaction"]) == ("refused", "one")
    assert reason in event["reason"]
    assert event.get("remedy") or "form" in reason or "signed by" in reason


def test_a_person_from_elsewhere_is_refused(lab) -> None:
    """The profile's `values` hold for what Google says, as they hold for what a SCEP request says."""
    site = with_profile(lab, values={"user.email": "*@northwind.example"})
    inside = lab.google.user("in", "ada@northwind.example")
    outside = lab.google.user("out", "eve@elsewhere.example", number=1)
    lab.site = site
    answered(lab, inside, outside)
    assert inside.issued
    assert outside.failure
    assert [record.values["user.email"] for record in lab.records()] == ["ada@northwind.example"]


def test_what_google_does_not_know_is_refused(lab) -> None:
    """A subject of the sign-in name is refused with the reason; the address is never taken for it."""
    subject = tuple(
        replace(part, value=Template.of("user.upn")) if part.type is ATTRIBUTES["common_name"] else part
        for part in USER_EAP_TLS.subject
    )
    lab.site = with_profile(lab, subject=subject)
    chromebook = lab.google.user("one", "ada@northwind.example")
    answered(lab, chromebook)
    assert "a name that Google does not know" in chromebook.failure
    assert "${user.upn}" in json.loads(lab.audit()[-1])["reason"]


def test_another_organization_is_left_alone(lab, caplog) -> None:
    """A process of another CA connection is neither claimed nor failed; the log says what to write there."""
    chromebook = lab.google.device("one", organization="edu.southwind")
    with caplog.at_level(logging.INFO):
        answered(lab, chromebook)
    assert not chromebook.claimed_by
    assert not chromebook.is_finished
    assert "edu.southwind" in caplog.text
    assert "edu.northwind" in caplog.text


def test_a_device_that_never_signs(lab) -> None:
    """Patience has an end: the process fails with a word that helps, and nothing is issued."""
    chromebook = lab.google.device("one", signs="never")
    answered(lab, chromebook, pace=replace(QUICK, patience=0.3))
    assert chromebook.failure.startswith("The device did not sign in time; restart it")
    assert not lab.records()


@pytest.mark.parametrize(
    "method", ["certificateProvisioningProcesses/one", "claim", "signData", "operations/"]
)
@pytest.mark.parametrize(("status", "code"), [(429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE"), (500, "")])
def test_trouble_is_waited_out(lab, method, status, code) -> None:
    """A busy Google is asked again, each call of it, and the device notices nothing."""
    lab.google.troubles += [(method, status, code)] * 2
    chromebook = lab.google.device("one")
    answered(lab, chromebook)
    assert chromebook.issued
    assert len(lab.records()) == 1


def test_trouble_without_end_is_left_to_another_delivery(lab) -> None:
    """When Google stays busy the message is given back, not lost; later it succeeds with one certificate."""
    lab.google.troubles += [("uploadCertificate", 503, "UNAVAILABLE")] * 7
    chromebook = lab.google.device("one")
    answered(lab, chromebook)
    assert len(lab.pubsub.given_back) == 1
    assert chromebook.issued
    assert len(lab.records()) == 1


def test_a_refused_token_is_renewed(lab) -> None:
    """A token that Google stops taking is replaced without losing the call."""
    first, second = lab.google.device("one"), lab.google.device("two", number=1)
    with lab.adapter():
        lab.pubsub.wait_acknowledged(lab.pubsub.publish(first.notification()))
        lab.google.forget_tokens()
        lab.pubsub.wait_acknowledged(lab.pubsub.publish(second.notification()))
    assert first.issued
    assert second.issued


def test_a_missing_right_loses_nothing(lab, caplog) -> None:
    """Without the right nothing is acknowledged or failed; with it everything that waited is answered."""
    chromebook = lab.google.device("one")
    lab.google.allowed = False
    with lab.adapter():
        message = lab.pubsub.publish(chromebook.notification())
        lab.pubsub.wait(lambda: lab.pubsub.given_back)
        assert not lab.pubsub.acknowledged
        lab.google.allowed = True
        lab.pubsub.wait_acknowledged(message)
    assert chromebook.issued
    assert "may use the Certificate Provisioning API" in caplog.text


@pytest.mark.parametrize(
    "garbage", [b"", b"{}", b"\xff\xff", b'{"certificateProvisioningProcessId": "../x"}']
)
def test_garbage_does_not_come_again(lab, garbage) -> None:
    """A message that no adapter will ever read is logged and acknowledged."""
    with lab.adapter():
        lab.pubsub.wait_acknowledged(lab.pubsub.publish(garbage))
    assert not lab.google.calls


def test_a_process_that_is_gone(lab) -> None:
    """What Google does not know any more is done: the device asks again by itself."""
    chromebook = lab.google.device("one")
    del lab.google.chromebooks[chromebook.resource]
    answered(lab, chromebook)
    assert not lab.pubsub.open


@pytest.mark.parametrize(
    "conflict", [(409, "ABORTED"), (400, "FAILED_PRECONDITION"), (409, "ALREADY_EXISTS")]
)
def test_another_state_folder_keeps_out(lab, conflict) -> None:
    """What an adapter of another state folder has claimed is not answered, nor forgotten before its end."""
    lab.google.claim_conflict = conflict
    chromebook = lab.google.device("one", claimed_by="somebody else")
    with lab.adapter():
        message = lab.pubsub.publish(chromebook.notification())
        lab.pubsub.wait(lambda: len(lab.pubsub.given_back) > 1)
        assert message in lab.pubsub.open
        chromebook.failure = "the other one failed"
        lab.pubsub.wait_acknowledged(message)
    assert not lab.records()
    assert lab.google.called("signData") == 0


def test_a_certificate_revoked_meanwhile_is_not_delivered(lab) -> None:
    """Between record and delivery an administrator may revoke; the device is told to ask again."""
    chromebook = lab.google.device("one")
    lab.google.troubles += [("uploadCertificate", 503, "UNAVAILABLE")] * 6
    with lab.adapter(pace=replace(QUICK, hold=30.0)):
        message = lab.pubsub.publish(chromebook.notification())
        lab.pubsub.wait(lambda: not lab.google.troubles)
    assert message in lab.pubsub.open
    (record,) = lab.records()
    store = SqliteStore(lab.site.state.store)
    store.revoke(record.serial, RevocationReason.KEY_COMPROMISE, datetime.now(UTC))
    store.close()
    with lab.adapter():
        lab.pubsub.wait_acknowledged(message)
    assert not chromebook.issued
    assert chromebook.failure
    assert [event.kind for event in lab.events][-1] is EventKind.REFUSED


def test_a_subscription_that_is_not_there(lab, monkeypatch) -> None:
    """A wrong subscription ends the adapter with a message instead of silence."""
    monkeypatch.setattr("support.adapters.SUBSCRIPTION", "projects/northwind/subscriptions/typo")
    with pytest.raises(OnboardError, match="does not deliver"), lab.adapter() as thread:
        thread.join(20)
