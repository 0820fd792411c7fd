"""Whatever a client sends in whatever order: a refusal has failInfo and text, its event reason and remedy."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network

from asn1crypto import cms
from cryptography import x509
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support import scep_requests
from support.scep_desk import ADA, Desk
from support.scep_keys import ARC, PkiAttribute
from support.scep_requests import Pair, Shape, ec_key, enrol, message, rsa_key, self_signed, tlv
from support.scep_site import PEPPER, POLICY, STATIC_SECRET, minted, subject_of

from scep_server.audit import EventKind, verify
from scep_server.challenges import StaticChallenge, digest
from scep_server.errors import UnprovenSenderError
from scep_server.messages import ChallengePassword
from scep_server.service import ApprovalQueue, NotScep
from scep_server.service import Reply as Sealed
from scep_server.store import PendingState, RevocationReason

GUARD = "open-sesame-open-sesame"
ENDED = "a-secret-that-ended-long-ago"
FAR = "a-secret-of-another-network"
FAIL_INFO_TEXT = "1.3.6.1.5.5.7.24.1"
PEOPLE = [ADA, "bob@northwind.example"]
SUBJECTS = [
    *map(subject_of, PEOPLE),
    "CN=ada@northwind.example",
    "CN=ada@northwind.example,OU=students,O=Northwind University",
    "CN=ada@northwind.example,OU=staff,O=Northwind University,L=Town",
]
SHAPES = [
    Shape(),
    Shape(cipher="3des"),
    Shape(cipher="des"),
    Shape(cipher="rc2"),
    Shape(digest="md5"),
    Shape(digest="sha1"),
    Shape(transport="oaep-sha1"),
    Shape(transport="oaep-sha512"),
    Shape(nonce=None),
    Shape(message_type="3"),
    Shape(message_type="18"),
    Shape(message_type=None),
    Shape(transaction_id=None),
    Shape(message_type="17"),
    Shape(message_type="21"),
    Shape(message_type="22"),
]


def shared(text: str, **changes) -> StaticChallenge:
    return StaticChallenge(id=f"static-{text[:4]}", digest=digest(ChallengePassword(text), PEPPER), **changes)


@functools.cache
def csr(key_name: str, subject: str, challenge: str | None, bits: int) -> bytes:
    key = ec_key(key_name) if bits == 256 else rsa_key(f"{key_name} {bits}", bits)
    return scep_requests.csr(key, challenge=challenge, subject=subject)


def signed_attributes(der: bytes) -> dict[str, object]:
    """What a CertRep says of itself, whoever it is addressed to."""
    (info,) = cms.ContentInfo.load(der)["content"]["signer_infos"]
    generic = (PkiAttribute.load(attribute.dump()) for attribute in info["signed_attrs"])
    return {one["type"].dotted: one["values"][0].parse().native for one in generic}


@dataclass(frozen=True)
class Sent:
    """One answer and what was told of it."""

    status: str
    fail_info: str | None
    text: str | None
    event: object


class Traffic(RuleBasedStateMachine):
    """Clients, an administrator and time, on one endpoint of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self.challenges: list[str] = [STATIC_SECRET, GUARD, ENDED, FAR, "A" * 26]
        self.identities: list[Pair] = []
        self.number = 0

    @initialize(waits=st.booleans(), guarded=st.booleans(), strict=st.booleans())
    def open(self, waits, guarded, strict):
        self.desk = Desk()
        now = self.desk.now
        static = (
            replace(self.desk.here.static, uses=3),
            shared(ENDED, expires=now),
            shared(FAR, addresses=(ip_network("10.0.0.0/8"),)),
        )
        queue = ApprovalQueue(guards=(shared(GUARD),) if guarded else (), room=2)
        policy = replace(
            POLICY,
            max_active=2 if strict else None,
            renew_after_expiry=timedelta(days=3),
            supersede_after=timedelta(days=3) if strict else None,
        )
        self.desk.endpoint = self.desk.here.endpoint(policy, static=static, approval=queue if waits else None)

    def send(self, raw: bytes, pair: Pair, address: str = "192.0.2.1", *, whole: bool = True):
        before = len(self.desk.seen)
        answer = self.desk.ask(raw, address)
        events = self.desk.seen[before:]
        if isinstance(answer, NotScep):
            (event,) = events
            self.sent.append(Sent("http", None, answer.text, event))
            return None
        assert isinstance(answer, Sealed)
        assert events, "every decision is told"
        attributes = signed_attributes(answer.message)
        status, fail_info, text = (attributes.get(oid) for oid in (ARC + "3", ARC + "4", FAIL_INFO_TEXT))
        self.sent.append(Sent(status, fail_info, text, events[0]))
        return scep_requests.read_reply(answer.message, pair) if status == "0" and whole else None

    @rule(
        shape=st.sampled_from([Shape(), Shape(transaction_id="T2"), Shape(message_type="17")]),
        subject=st.sampled_from(SUBJECTS[:1] * 3 + SUBJECTS),
        key_name=st.sampled_from("xyz"),
        address=st.sampled_from(["192.0.2.1", "203.0.113.9", "10.1.1.1"]),
        data=st.data(),
    )
    def ask(self, shape, subject, key_name, address, data):
        """A request that can be read: some challenge or none, signed with an own or an issued certificate."""
        challenge = data.draw(st.sampled_from([None, "", *self.challenges]))
        own = self_signed(rsa_key(f"{key_name} 2048"), subject=subject_of(ADA))
        signer = data.draw(st.sampled_from([own, own, *self.identities]))
        payload = csr(key_name, subject, challenge, 2048)
        reply = self.send(enrol(payload, self.desk.here.ra.certificate, signer, shape), signer, address)
        if reply is not None:
            issued = x509.load_der_x509_certificate(reply.certificates[0])
            self.identities.append(Pair(rsa_key(f"{key_name} 2048"), issued))

    @rule(
        shape=st.sampled_from(SHAPES),
        bits=st.sampled_from([2048, 1024, 256]),
        challenge=st.sampled_from([None, STATIC_SECRET]),
        data=st.data(),
    )
    def ask_oddly(self, shape, bits, challenge, data):
        """A request of a form or for a thing that this endpoint does not know."""
        pair = self_signed(rsa_key("odd 2048"), subject=subject_of(ADA))
        payload = csr("odd", subject_of(ADA), challenge, bits)
        if shape.message_type in ("21", "22"):
            known = [record.serial for record in self.desk.store.certificates()]
            serial = data.draw(st.sampled_from([1, 2**150, *known]))
            payload = tlv(0x30, x509.Name([]).public_bytes() + tlv(2, b"\x00" + serial.to_bytes(20, "big")))
        self.send(enrol(payload, self.desk.here.ra.certificate, pair, shape), pair)

    @rule(key_name=st.sampled_from("xyz"), payload=st.binary(max_size=40))
    def poll(self, key_name, payload):
        """A CertPoll of somebody who waits, or of nobody."""
        pair = self_signed(rsa_key(f"{key_name} 2048"), subject=subject_of(ADA), serial=9)
        self.send(enrol(payload, self.desk.here.ra.certificate, pair, Shape(message_type="20")), pair)

    @rule(place=st.integers(0, 3000), bit=st.integers(0, 7), resign=st.booleans())
    def damage(self, place, bit, resign):
        """A message that was changed on the way, or by somebody who signs it again."""
        pair = self_signed(rsa_key("x 2048"), subject=subject_of(ADA))
        payload = csr("x", subject_of(ADA), STATIC_SECRET, 2048)
        sealed = scep_requests.envelope(payload, self.desk.here.ra.certificate, Shape())
        raw = bytearray(sealed if resign else message(sealed, pair, Shape()))
        raw[place % len(raw)] ^= 1 << bit
        self.send(message(bytes(raw), pair, Shape()) if resign else bytes(raw), pair, whole=False)

    @rule(
        person=st.sampled_from(PEOPLE), minutes=st.integers(0, 90), group=st.sampled_from(["staff", "other"])
    )
    def mint(self, person, minutes, group):
        """Somebody mints a challenge."""
        self.number += 1
        life = timedelta(minutes=minutes)
        text, record = minted(self.number, self.desk.now, group=group, valid_for=life, user_email=person)
        self.desk.store.add_challenges([record])
        self.challenges.append(text)

    def waiting(self) -> list[str]:
        queued = self.desk.store.pending(self.desk.now)
        return [request.id for request in queued if request.state is PendingState.WAITING]

    @precondition(waiting)
    @rule(data=st.data(), approved=st.booleans(), reason=st.sampled_from(["", "no"]))
    def decide(self, data, approved, reason):
        """Somebody approves a request that waits, or rejects it."""
        store, now, chosen = self.desk.store, self.desk.now, data.draw(st.sampled_from(self.waiting()))
        if approved:
            assert store.approve(chosen, now, now + timedelta(days=1))
        else:
            assert store.reject(chosen, reason, now)

    @precondition(lambda self: self.identities)
    @rule(data=st.data())
    def revoke(self, data):
        """Somebody revokes a certificate, perhaps once more."""
        serial = data.draw(st.sampled_from(self.identities)).certificate.serial_number
        self.desk.store.revoke(serial, RevocationReason.UNSPECIFIED, self.desk.now)

    @rule(days=st.sampled_from([0, 1, 8, 340, 367]))
    def wait(self, days):
        """Time passes."""
        self.desk.now += timedelta(days=days, minutes=1)
        self.desk.seconds += 60 + 86_400 * days
        self.desk.store.supersede(self.desk.now)

    @invariant()
    def told(self):
        """What must be true of everything that was answered."""
        for sent in self.sent:
            event = sent.event
            if sent.status in ("0", "3"):
                expected = {"0": {"issued", "repeated", "delivered"}, "3": {"queued"}}[sent.status]
                assert event.kind.value in expected
                continue
            assert event.kind in (EventKind.REFUSED, EventKind.ALARM)
            assert event.reason
            assert event.remedy
            if sent.status == "2":
                assert sent.fail_info in set("01234")
                assert sent.text
                assert event.fail_info
            if sent.fail_info == "1":
                assert sent.text == UnprovenSenderError.PUBLIC
        self.sent.clear()

    def teardown(self):
        """In the end the books are in order."""
        if hasattr(self, "desk"):
            assert not verify(self.desk.store.audit()).fault
            spent = [c.spent_by for c in self.desk.store.challenges() if c.spent_by]
            assert len(spent) == len(set(spent))
            given = [r for r in self.desk.store.certificates() if r.challenge == "static-staff"]
            assert sum(record.renews is None for record in given) <= 3


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
