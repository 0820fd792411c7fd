"""Without a challenge: polls for nothing, and looks whether the server understands each client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.scep.request_shape import PLAIN, GetEncoding
from onboard.doctor.exchange import Exchange, send
from onboard.doctor.finding import Check, Finding, Outcome
from onboard.doctor.messages import poll
from onboard.doctor.visit import Seen, Visit

_ENCODINGS: Mapping[GetEncoding, str] = {
    GetEncoding.PERCENT: "base64 with every reserved character escaped",
    GetEncoding.LITERAL_PLUS: "base64 with '+' as it is, which form decoders read as a blank",
    GetEncoding.LINE_BREAKS: "base64 with %0A after every 64 characters",
}
_PLUS_CURE = "decode the raw query: take '+' and blank for '+', skip line breaks (RFC 8894 §4.1)"
_UNDERSTANDS = "decrypt and answer with a CertRep, also where the answer is no (RFC 8894 §3.3.2)"


def probe(visit: Visit, everyone: Sequence[Seen]) -> Iterator[Finding]:
    """Each client's poll, against that of a plain client."""
    usable = [seen for seen in everyone if seen.authority is not None]
    if not usable:
        return
    key = visit.new_key()
    plain_client = _as_plain(usable[0])
    baseline = send(visit, plain_client, poll(visit, plain_client, key), post=True)
    for seen in usable:
        visit.progress(f"{seen.client.name}: a poll")
        yield _judge_message(visit, seen, key, baseline)
        yield from _judge_get(visit, seen, key)


def _as_plain(seen: Seen) -> Seen:
    """The same endpoint for a client without any quirk."""
    return replace(seen, client=replace(seen.client, shape=PLAIN))


def _judge_message(visit: Visit, seen: Seen, key: rsa.RSAPrivateKey, baseline: Exchange) -> Finding:
    mine = send(visit, seen, poll(visit, seen, key))
    name = seen.client.name
    if mine.reply is not None and mine.reply.fail_info == "0":
        cure = f"accept what {name} sends ({seen.algorithms}) for the groups that have it"
        return _of(name, Check.MESSAGE, Outcome.FAILS, f"its message is {mine.told()}", cure)
    if mine.reply is not None:
        return _of(name, Check.MESSAGE, Outcome.OK, f"a poll for nothing is {mine.told()}")
    if baseline.reply is not None:
        why = f"its message ({seen.algorithms}) is not understood: {mine.told()}"
        return _of(name, Check.MESSAGE, Outcome.FAILS, why, _UNDERSTANDS)
    if mine.same_kind(baseline):
        why = (
            f"a poll for nothing gets {mine.told()} from any client: nothing can be told without a challenge"
        )
        return _of(name, Check.MESSAGE, Outcome.UNKNOWN, why, _UNDERSTANDS)
    why = f"its message ({seen.algorithms}) gets {mine.told()}; a plain client's gets {baseline.told()}"
    return _of(name, Check.MESSAGE, Outcome.FAILS, why, _UNDERSTANDS)


def _judge_get(visit: Visit, seen: Seen, key: rsa.RSAPrivateKey) -> Iterator[Finding]:
    """The client's way of writing base64 in a GET, against the safest way, with the very same message."""
    shape = seen.shape
    prepared = poll(visit, seen, key)
    escaped = replace(
        seen, client=replace(seen.client, shape=replace(shape, get_encoding=GetEncoding.PERCENT))
    )
    safe = send(visit, escaped, prepared, post=False)
    mine = send(visit, seen, prepared, post=False)
    wording = _ENCODINGS[shape.get_encoding]
    always = not seen.posts
    if not mine.same_kind(safe):
        outcome = Outcome.FAILS if always else Outcome.RISK
        why = f"{wording}: {mine.told()}"
        yield _of(seen.client.name, Check.GET, outcome, why, _PLUS_CURE)
    elif always and safe.answer.status in (405, 414, 501):
        why = f"{safe.answer.told()} for PKIOperation by GET, the only way that it knows"
        yield _of(seen.client.name, Check.GET, Outcome.FAILS, why, "take PKIOperation by GET up to 16 KiB")
    else:
        yield _of(seen.client.name, Check.GET, Outcome.OK, wording)


def _of(client: str, check: Check, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=client, check=check, outcome=outcome, why=why, cure=cure)
