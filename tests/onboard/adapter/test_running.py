"""Whole stories: a Chromebook asks, the adapter answers; Google and Pub/Sub are strict stand-ins."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from support.adapters import QUICK
from support.chromebooks import CUSTOMER, curve_key, device_key
from support.northwind import NORTHWIND, STAFF, USER_EAP_TLS

from onboard.errors import OnboardError
from onboard.names import ATTRIBUTES
from onboard.variables import Template
from scep_server.audit import EventKind
from scep_server.limits import Rate
from scep_server.sqlite_store import SqliteStore
from scep_server.store import RevocationReason


def answered(lab, *chromebooks, **more) -> None:
    """Tell one adapter of these, and wait until it has acknowledged them all."""
    with lab.adapter(**more):
        lab.pubsub.wait_acknowledged(*[lab.pubsub.publish(c.notification()) for c in chromebooks])


def common_name(certificate: x509.Certificate) -> str:
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def with_profile(lab, **changes):
    """The lab's site with another profile for people."""
    staff = replace(STAFF, profile=replace(USER_EAP_TLS, **changes))
    return replace(lab.site, organization=replace(NORTHWIND, groups=(staff, NORTHWIND.group("students"))))


def test_a_device_gets_its_certificate(lab) -> None:
    """A device's certificate names it by Google's directory id, is recorded as bound, and is delivered."""
    chromebook = lab.google.device("one")
    answered(lab, chromebook)
    assert not chromebook.failure
    assert common_name(chromebook.certificate) == "dir-one"
    (record,) = lab.records()
    assert (record.group, record.issuer, record.identity) == ("students", "students", "bound")
    assert dict(record.values) == {"device.id": "dir-one"}
    assert record.serial == chromebook.certificate.serial_number
    authority = x509.load_pem_x509_certificate((lab.site.folder / "pki" / "students.pem").read_bytes())
    chromebook.certificate.verify_directly_issued_by(authority)
    assert chromebook.certificate.public_key() == chromebook.key.public_key()


def test_a_person_gets_a_certificate(lab) -> None:
    """A person's certificate has the address that Google knows; the name that Google lacks is left out."""
    chromebook = lab.google.user("two", "ada@northwind.example")
    answered(lab, chromebook)
    assert common_name(chromebook.certificate) == "ada@northwind.example"
    names = chromebook.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [(type(name), name.value) for name in names] == [(x509.RFC822Name, "ada@northwind.example")]
    (record,) = lab.records()
    assert (record.group, record.identity) == ("staff", "bound")


def test_calls_in_their_order(lab) -> None:
    """Read, claim, sign, look until it is signed, upload: nothing else is called, and nothing twice."""
    chromebook = lab.google.device("one", pending=3)
    answered(lab, chromebook)
    shown = [path.removeprefix(chromebook.resource) for _, path, _ in lab.google.calls]
    looks = ["/operations/sign-1"] * 3
    assert shown == ["", ":claim", ":signData", *looks, ":uploadCertificate"]
    assert all(verb == ("POST" if ":" in path else "GET") for verb, path, _ in lab.google.calls)


def test_the_audit_trail_tells_the_story(lab) -> None:
    """The trail holds what vouched and what was issued, under the id of the process, and the chain holds."""
    answered(lab, lab.google.device("one"))
    events = [json.loads(text) for text in lab.audit()]
    assert [event["kind"] for event in events] == ["challenge-minted", "issued"]
    issued = events[-1]
    assert (issued["message_type"], issued["transaction"]) == ("ChromeOS", "one")
    assert issued["challenge"] == events[0]["challenge"]
    assert issued["identity"] == "bound"


def test_scep_profiles_are_served_too(lab) -> None:
    """A SCEP profile finds its group by the template's name: the group's own, or its profile's."""
    by_group = lab.google.device("one", "students", scep=True)
    by_profile = lab.google.user("two", "ada@northwind.example", "user-eap-tls", scep=True)
    answered(lab, by_group, by_profile)
    assert common_name(by_group.certificate) == "dir-one"
    assert common_name(by_profile.certificate) == "ada@northwind.example"


def test_protobuf_is_read_as_well(lab) -> None:
    """A notification in protobuf's own encoding leads to the same certificate."""
    chromebook = lab.google.device("one")
    data = b"\x0a\x03one\x12" + bytes([len(CUSTOMER)]) + CUSTOMER.encode()
    with lab.adapter():
        lab.pubsub.wait_acknowledged(lab.pubsub.publish(data))
    assert chromebook.issued


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


def test_duplicates_give_one_certificate(lab) -> None:
    """Pub/Sub delivers at least once: however often, there is one certificate, and every message is done."""
    chromebook = lab.google.device("one")
    answered(lab, *[chromebook] * 5)
    answered(lab, chromebook)
    assert chromebook.issued
    assert len(lab.records()) == 1
    assert lab.google.called("uploadCertificate") == 1
    assert not lab.pubsub.open


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


def test_two_side_by_side(lab) -> None:
    """Two adapters on one state folder share the work: each process has exactly one certificate."""
    chromebooks = [lab.google.device(f"d{number}", number=number % 3, pending=1) for number in range(16)]
    with lab.adapter(), lab.adapter():
        messages = [lab.pubsub.publish(c.notification()) for c in chromebooks * 2]
        lab.pubsub.wait_acknowledged(*messages, seconds=60)
    assert all(c.issued for c in chromebooks)
    records = lab.records()
    assert len(records) == len(chromebooks)
    assert {r.serial for r in records} == {c.certificate.serial_number for c in chromebooks}


def test_both_at_the_same_process(lab) -> None:
    """Even when both have come as far as issuing at the same moment, one certificate is on record."""
    chromebook = lab.google.device("one")
    with lab.adapter(), lab.adapter():
        lab.pubsub.redeliver_after = 0.01  # each delivery is taken from its holder at once
        message = lab.pubsub.publish(chromebook.notification())
        lab.pubsub.wait(lambda: message in lab.pubsub.acknowledged or lab.pubsub.deliveries(message) > 3)
        lab.pubsub.redeliver_after = 10.0
        lab.pubsub.wait_acknowledged(message)
    (record,) = lab.records()
    assert record.serial == chromebook.certificate.serial_number


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


def test_stopping_gives_back_what_waits(lab) -> None:
    """An adapter that stops does not wait for a device; the next one goes on without asking it again."""
    chromebook = lab.google.device("one", signs="never")
    with lab.adapter():
        message = lab.pubsub.publish(chromebook.notification())
        lab.pubsub.wait(lambda: lab.google.called("signData"))
    assert message in lab.pubsub.open
    assert not chromebook.is_finished
    chromebook.signs = "at once"
    with lab.adapter():
        lab.pubsub.wait_acknowledged(message)
    assert chromebook.issued
    assert lab.google.called("signData") == 1


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


def test_the_rate_of_a_group_holds(lab) -> None:
    """`scep.limits.per_group` counts here as well: what is over it waits, and nothing is refused."""
    settings = lab.settings
    settings = replace(settings, per_group=Rate(per_second=4.0, burst=1.0))
    chromebooks = [lab.google.device(f"d{number}", number=number) for number in range(3)]
    answered(lab, *chromebooks, settings=settings)
    issued = sorted(record.issued for record in lab.records())
    assert all(c.issued for c in chromebooks)
    assert (issued[-1] - issued[0]).total_seconds() > 0.2


def test_a_subscription_that_is_not_there(lab, monkeypatch) -> None:
    """A wrong subscription ends the adapter with a message instead of silence."""
    monkeypatch.setattr("support.adapters.SUBSCRIPTION", "projects/northwind/subscriptions/typo")
    with pytest.raises(OnboardError, match="does not deliver"), lab.adapter() as thread:
        thread.join(20)


def test_nothing_secret_is_logged(lab, caplog) -> None:
    """Tokens, keys and vouchers' names stay out of the log at every level."""
    with caplog.at_level(logging.DEBUG, "onboard"), caplog.at_level(logging.DEBUG, "scep_server"):
        answered(lab, lab.google.device("one"))
    assert "delivered" in caplog.text
    assert lab.google.tokens
    assert not any(token in caplog.text for token in lab.google.tokens)
    assert "PRIVATE KEY" not in caplog.text
    assert lab.settings.key.hex() not in caplog.text


def test_one_live_certificate_for_each_person(lab) -> None:
    """`max_active` holds: with one allowed, a person's second Chromebook is refused with the reason."""
    lab.site = with_profile(lab, max_active=1)
    first = lab.google.user("one", "ada@northwind.example")
    second = lab.google.user("two", "ada@northwind.example", number=1)
    answered(lab, first)
    answered(lab, second)
    assert first.issued
    assert second.failure
    assert "max_active" in json.loads(lab.audit()[-1])["reason"]


def test_a_device_may_renew(lab) -> None:
    """A device that renews does not stand in its own way: the old certificate is recorded as renewed."""
    students = NORTHWIND.group("students")
    students = replace(students, profile=replace(students.profile, max_active=1))
    lab.site = replace(lab.site, organization=replace(NORTHWIND, groups=(STAFF, students)))
    first = lab.google.device("one", directory_id="same")
    second = lab.google.device("two", number=1, directory_id="same")
    answered(lab, first)
    answered(lab, second)
    assert second.issued
    old, new = lab.records()
    assert new.renews == old.serial


def test_former_names_of_a_group(lab) -> None:
    """A profile in the console may still say what the group was called before."""
    students = replace(NORTHWIND.group("students"), formerly=("pupils",))
    lab.site = replace(lab.site, organization=replace(NORTHWIND, groups=(STAFF, students)))
    chromebook = lab.google.device("one", "pupils")
    answered(lab, chromebook)
    assert chromebook.issued
    assert [record.group for record in lab.records()] == ["students"]
