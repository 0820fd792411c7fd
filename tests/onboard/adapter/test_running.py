"""Whole stories: a Chromebook asks, the adapter answers; Google and Pub/Sub are strict stand-ins."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from cryptography import x509
from support.adapters import answered, common_name, with_profile
from support.chromebooks import CUSTOMER
from support.northwind import NORTHWIND, STAFF

from scep_server.limits import Rate


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


def test_duplicates_give_one_certificate(lab) -> None:
    """Pub/Sub delivers at least once: however often, there is one certificate, and every message is done."""
    chromebook = lab.google.device("one")
    answered(lab, *[chromebook] * 5)
    answered(lab, chromebook)
    assert chromebook.issued
    assert len(lab.records()) == 1
    assert lab.google.called("uploadCertificate") == 1
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


def test_the_rate_of_a_group_holds(lab) -> None:
    """`scep.limits.per_group` counts here as well: what is over it waits, and nothing is refused."""
    settings = lab.settings
    settings = replace(settings, per_group=Rate(per_second=4.0, burst=1.0))
    chromebooks = [lab.google.device(f"d{number}", number=number) for number in range(3)]
    answered(lab, *chromebooks, settings=settings)
    issued = sorted(record.issued for record in lab.records())
    assert all(c.issued for c in chromebooks)
    assert (issued[-1] - issued[0]).total_seconds() > 0.2


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


def test_a_device_may_renew_after_its_group_got_another_name(lab) -> None:
    """What it got when the group was called otherwise is what it renews, and counts once."""
    pupils = NORTHWIND.group("students")
    pupils = replace(pupils, name="pupils", profile=replace(pupils.profile, max_active=1))
    lab.site = replace(lab.site, organization=replace(NORTHWIND, groups=(STAFF, pupils)))
    first = lab.google.device("one", "pupils", directory_id="same")
    answered(lab, first)
    students = replace(pupils, name="students", formerly=("pupils",))
    lab.site = replace(lab.site, organization=replace(NORTHWIND, groups=(STAFF, students)))
    second = lab.google.device("two", number=1, directory_id="same")
    answered(lab, second)
    assert second.issued
    old, new = lab.records()
    assert (old.group, new.group, new.renews) == ("pupils", "students", old.serial)


def test_former_names_of_a_group(lab) -> None:
    """A profile in the console may still say what the group was called before."""
    students = replace(NORTHWIND.group("students"), formerly=("pupils",))
    lab.site = replace(lab.site, organization=replace(NORTHWIND, groups=(STAFF, students)))
    chromebook = lab.google.device("one", "pupils")
    answered(lab, chromebook)
    assert chromebook.issued
    assert [record.group for record in lab.records()] == ["students"]
