"""Judges the reply to an enrolment: what one client would make of attributes, algorithms and content."""

from __future__ import annotations

from collections.abc import Iterator

from onboard.devices.scep.request_shape import KeyTransport
from onboard.doctor import envelope as sealed
from onboard.doctor.clients import Client
from onboard.doctor.envelope import Envelope
from onboard.doctor.exchange import Exchange
from onboard.doctor.finding import Check, Finding, Outcome
from onboard.doctor.line import plain
from onboard.doctor.reply import Reply
from onboard.doctor.visit import Seen

_PKI_MESSAGE = "application/x-pki-message"


def judge_reply(seen: Seen, exchange: Exchange) -> Iterator[Finding]:
    """Everything about a CertRep but the certificate itself; the reply must be there."""
    reply = exchange.reply
    if reply is None:
        return
    found = [*_judge_form(seen, exchange, reply), *_judge_nonces(seen.client, exchange, reply)]
    if reply.envelope is not None:
        found += _judge_algorithms(seen, reply, reply.envelope)
        found += _judge_content(seen, exchange, reply.envelope)
    yield from found
    for check in (Check.REPLY, Check.NONCES, Check.ALGORITHMS):
        if all(finding.check is not check for finding in found):
            yield _of(seen.client, check, Outcome.OK, "")


def _judge_form(seen: Seen, exchange: Exchange, reply: Reply) -> Iterator[Finding]:
    client, answer = seen.client, exchange.answer
    sent = answer.content_type if seen.shape.exact_content_type else answer.media_type
    if sent != _PKI_MESSAGE:
        why = f"the content type is {plain(sent)!r}"
        yield _of(client, Check.REPLY, Outcome.FAILS, why, f"send {_PKI_MESSAGE}, bare")
    if not reply.verifies:
        why = "the signature is not the RA's that it chose from GetCACert, or does not hold"
        yield _of(
            client, Check.REPLY, Outcome.FAILS, why, "sign with the certificate that clients encrypt to"
        )
    if reply.message_type != "3":
        why = f"messageType is {plain(reply.message_type)!r}"
        yield _of(client, Check.REPLY, Outcome.FAILS, why, "send 3 (CertRep)")
    if client.printable_only and not reply.printable:
        why = "messageType or pkiStatus is no PrintableString, and it reads no other"
        yield _of(client, Check.REPLY, Outcome.FAILS, why, "use PrintableString (RFC 8894 §3.2.1)")
    if reply.transaction_id != exchange.prepared.transaction_id:
        outcome = Outcome.FAILS if client.matches_transaction else Outcome.RISK
        yield _of(client, Check.REPLY, outcome, "transactionID is another one", "copy that of the request")
    if answer.is_chunked and seen.old:
        why = "the reply is chunked, which HTTP/1.0 does not know"
        yield _of(client, Check.REPLY, Outcome.FAILS, why, "send Content-Length and the body as it is")


def _judge_nonces(client: Client, exchange: Exchange, reply: Reply) -> Iterator[Finding]:
    own = exchange.prepared.sender_nonce
    outcome = Outcome.FAILS if client.matches_nonces else Outcome.RISK
    if reply.recipient_nonce != own:
        why = "recipientNonce is not the senderNonce of the request"
        yield _of(client, Check.NONCES, outcome, why, "copy it, whatever its length (RFC 8894 §3.2.1.5)")
    if not reply.sender_nonce:
        yield _of(client, Check.NONCES, outcome, "there is no senderNonce", "send 16 fresh octets")
    elif reply.sender_nonce == own:
        why = "senderNonce echoes the client's; the RFC wants a fresh one, and replay checks stumble over it"
        yield _of(client, Check.NONCES, Outcome.RISK, why, "send 16 fresh octets (RFC 8894 §3.2.1.5)")


def _judge_algorithms(seen: Seen, reply: Reply, inside: Envelope) -> Iterator[Finding]:
    client = seen.client
    asked_cipher = seen.shape.cipher(seen.capabilities).value
    asked_digest = seen.shape.digest(seen.capabilities).value
    if inside.cipher == sealed.SINGLE_DES:
        yield _judge_des(client, asked_cipher)
    elif inside.cipher != asked_cipher:
        outcome = Outcome.FAILS if client.wants_same_cipher else Outcome.RISK
        why = f"the reply is encrypted with {inside.cipher}, the request with {asked_cipher}"
        yield _of(client, Check.ALGORITHMS, outcome, why, "answer with the cipher of the request")
    if reply.digest == "MD5" and asked_digest != "MD5":
        why = f"the reply is signed with MD5, the request with {asked_digest}"
        yield _of(client, Check.ALGORITHMS, Outcome.FAILS, why, "answer with the digest of the request")
    elif reply.digest != asked_digest:
        why = f"the reply is signed with {reply.digest}, the request with {asked_digest}"
        yield _of(client, Check.ALGORITHMS, Outcome.RISK, why, "answer with the digest of the request")
    if inside.transport == sealed.OAEP:
        yield from _judge_oaep(seen, inside)


def _judge_des(client: Client, asked: str) -> Finding:
    cure = "answer with the cipher of the request; RFC 8894 §2.9 forbids single DES"
    seen = f"the reply is encrypted with single DES, the request with {asked}"
    if client.wants_same_cipher:
        return _of(client, Check.ALGORITHMS, Outcome.FAILS, f"{seen}; it wants its own cipher back", cure)
    if not client.knows_des:
        why = f"{seen}; OpenSSL 3, which it uses, has DES in its legacy provider only"
        return _of(client, Check.ALGORITHMS, Outcome.FAILS, why, cure)
    return _of(client, Check.ALGORITHMS, Outcome.RISK, f"{seen}; anybody can read the certificate", cure)


def _judge_oaep(seen: Seen, inside: Envelope) -> Iterator[Finding]:
    if seen.shape.key_transport is not KeyTransport.OAEP_SHA1:
        why = "the reply's key is wrapped with OAEP, the request's with PKCS#1 v1.5"
        outcome = Outcome.FAILS if seen.client.printable_only else Outcome.RISK  # Apple's CMS has no OAEP
        yield _of(seen.client, Check.ALGORITHMS, outcome, why, "answer with the key transport of the request")
    elif inside.bare_oaep:
        why = "OAEP without its SEQUENCE of parameters, which .NET refuses"
        yield _of(
            seen.client, Check.ALGORITHMS, Outcome.FAILS, why, "write an empty SEQUENCE (RFC 8017 A.2.1)"
        )


def _judge_content(seen: Seen, exchange: Exchange, inside: Envelope) -> Iterator[Finding]:
    client, certificate = seen.client, exchange.certificate
    if inside.constructed:
        outcome = Outcome.FAILS if client.primitive_content else Outcome.RISK
        why = "encryptedContent is constructed ([0] around an OCTET STRING); strict readers refuse it"
        yield _of(client, Check.REPLY, outcome, why, "write it as a primitive [0] (RFC 5652 §6.1)")
    others = len(inside.certificates) - 1
    if certificate is None:
        return
    if inside.certificates[0] != certificate:
        outcome = Outcome.FAILS if seen.shape.leaf_first else Outcome.RISK
        why = "the first certificate of the reply is not the issued one (mismatching public keys)"
        yield _of(client, Check.REPLY, outcome, why, "send the issued certificate alone")
    elif others:
        why = f"{others} more certificate(s) follow the issued one; a sorted SET would put them first"
        yield _of(client, Check.REPLY, Outcome.RISK, why, "send the issued certificate alone")


def _of(client: Client, check: Check, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=client.name, check=check, outcome=outcome, why=why, cure=cure)
