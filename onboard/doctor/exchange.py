"""Sends one pkiMessage and reads what came back, as far as it can be read."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from onboard.devices.scep.client import Identity, ScepClient
from onboard.devices.scep.csr import CertificateRequest
from onboard.devices.scep.pki_message import PreparedRequest
from onboard.doctor.line import Answer, plain
from onboard.doctor.reply import Reply, UnreadableReplyError, read_reply
from onboard.doctor.visit import Seen, Visit

_FAIL_INFO = {"0": "badAlg", "1": "badMessageCheck", "2": "badRequest", "3": "badTime", "4": "badCertId"}
SUCCESS, FAILURE, PENDING = "0", "2", "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message, its HTTP answer, and the reply in it.

    Attributes:
        prepared: what was sent.
        answer: what HTTP brought.
        reply: the CertRep; None where there is none.
        unreadable: why there is none.
    """

    prepared: PreparedRequest = field(repr=False)
    answer: Answer = field(repr=False)
    reply: Reply | None = field(repr=False)
    unreadable: str = ""

    @property
    def is_granted(self) -> bool:
        """Whether the server says that it issued a certificate."""
        return self.reply is not None and self.reply.pki_status == SUCCESS

    @property
    def certificate(self) -> x509.Certificate | None:
        """The certificate for the key that was asked for, wherever it stands in the reply."""
        if self.reply is None or self.reply.envelope is None:
            return None
        wanted = self.prepared.subject_key.public_key()
        return next((c for c in self.reply.envelope.certificates if _key(c) == wanted), None)

    def told(self) -> str:
        """What came back, for a person."""
        if self.reply is None:
            return self.answer.told() if self.answer.status != 200 else self.unreadable
        if self.reply.pki_status == FAILURE:
            name = _FAIL_INFO.get(self.reply.fail_info, f"failInfo {plain(self.reply.fail_info)!r}")
            text = plain(self.reply.fail_info_text)
            return f"refused with {name}" + (f" ({text})" if text else "")
        if self.reply.pki_status == PENDING:
            return "PENDING"
        return "granted" if self.is_granted else f"pkiStatus {plain(self.reply.pki_status)!r}"

    def same_kind(self, other: Exchange) -> bool:
        """Whether the server understood both alike: the same refusal, however it is wrapped."""
        if self.reply is None or other.reply is None:
            return (
                self.reply is other.reply
                and self.answer.status == other.answer.status
                and self.answer.body == other.answer.body
            )
        return (self.reply.pki_status, self.reply.fail_info) == (
            other.reply.pki_status,
            other.reply.fail_info,
        )


def prepare(
    visit: Visit, seen: Seen, request: CertificateRequest, *, current: Identity | None = None
) -> PreparedRequest:
    """A request of this client for a new key; `current` signs it where it is a renewal.

    The simulated client only writes the message: it travels by the line, which keeps every answer.
    """
    unused = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503)), trust_env=False)
    device = ScepClient(url=visit.url, client=unused, shape=seen.shape, now=visit.now, random=visit.random)
    return device.prepare(seen.endpoint, request, visit.new_key(), current=current)


def send(visit: Visit, seen: Seen, prepared: PreparedRequest, *, post: bool | None = None) -> Exchange:
    """PKIOperation as this client sends it; `post` overrides its habit."""
    posts = seen.posts if post is None else post
    answer = visit.line.send(seen.shape, prepared.message, post=posts, old=seen.old)
    reply, unreadable = None, ""
    try:
        reply = read_reply(answer.body, seen.endpoint.authority.signer, prepared.signer.key)
    except UnreadableReplyError as error:
        unreadable = plain(str(error))
    return Exchange(prepared=prepared, answer=answer, reply=reply, unreadable=unreadable)


def _key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
