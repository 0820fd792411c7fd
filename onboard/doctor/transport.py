"""Judges what is below SCEP: reachability, redirects, paths, HTTP/1.0, TLS, and the server's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from onboard.doctor.clients import CISCO, WINDOWS
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.visit import Seen, Visit

_CLOCK_RISK = timedelta(minutes=5)
_CLOCK_FAULT = timedelta(hours=9)  # Windows' first start: a clock that is behind by as much is seen


def judge_reach(seen: Seen) -> Iterator[Finding]:
    """Whether one client gets an answer of SCEP's at all, at the very path that it asks."""
    answer, client = seen.detour or seen.ca, seen.client
    if answer.error:
        cure = "look at name, port, firewall, TLS"
        yield _of(client.name, _where(seen), Outcome.FAILS, answer.error, cure)
    elif 300 <= answer.status < 400:
        why = f"{answer.told()}; SCEP clients do not follow redirects"
        cure = "answer at this URL, or put the target into the artifacts"
        yield _of(client.name, Check.REACHABLE, Outcome.FAILS, why, cure)
    elif seen.detour is not None and client.speaks_http_10:
        why = f"{answer.told()} where HTTP/1.1 works"
        cure = "let the server or its proxy take HTTP/1.0"
        yield _of(client.name, Check.HTTP_10, Outcome.FAILS, why, cure)
    elif seen.detour is not None:
        why = f"{answer.told()} at …/pkiclient.exe, which it appends (0x80190194 is a 404)"
        cure = "answer below the path as at the path itself (RFC 8894 §4.1)"
        yield _of(client.name, Check.PATH, Outcome.FAILS, why, cure)
    else:
        yield _of(client.name, Check.REACHABLE, Outcome.OK, "")


def judge_http_10(seen: Seen) -> Iterator[Finding]:
    """Whether a client that speaks HTTP/1.0 can read the answers; §4.1 does not ask for HTTP/1.1."""
    if not seen.old or seen.ca.status != 200:
        return
    name = seen.client.name
    if seen.ca.is_chunked or seen.caps.is_chunked:
        why = "the answer is chunked, which HTTP/1.0 does not know"
        yield _of(name, Check.HTTP_10, Outcome.FAILS, why, "send Content-Length and the body as it is")
    else:
        yield _of(name, Check.HTTP_10, Outcome.OK, "")


def _where(seen: Seen) -> Check:
    return Check.HTTP_10 if seen.detour is not None and seen.client.speaks_http_10 else Check.REACHABLE


def judge_path(visit: Visit, seen: Seen) -> Iterator[Finding]:
    """Routers are given a host alone and append the historical path."""
    if seen.client.key != CISCO.key or urlsplit(visit.url).path not in ("", "/"):
        return
    url = f"{visit.url.rstrip('/')}/cgi-bin/pkiclient.exe?operation=GetCACaps"
    answer = visit.line.fetch(url)
    if answer.status != 200:
        yield _of(
            CISCO.name,
            Check.PATH,
            Outcome.FAILS,
            f"{answer.told()} at /cgi-bin/pkiclient.exe, which it appends to a host alone",
            "ignore the path (RFC 8894 §4.1), or give the trustpoint a URL with a path",
        )


def judge_chunks(seen: Seen) -> Iterator[Finding]:
    """Chunks in HTTP/1.1 are legal, and simple clients cannot read them."""
    if seen.ca.is_chunked or seen.caps.is_chunked:
        yield _of(
            EVERY_CLIENT,
            Check.HTTP_10,
            Outcome.RISK,
            "answers are chunked; simple clients (routers, printers) read Content-Length only",
            "send Content-Length",
        )


def judge_clock(visit: Visit, seen: Seen) -> Iterator[Finding]:
    """Whether the server's clock is right: certificates begin by it."""
    try:
        told = parsedate_to_datetime(seen.ca.headers.get("date", ""))
    except ValueError:
        return
    told = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
    yield _judge_difference(told, visit.now)


def _judge_difference(told: datetime, now: datetime) -> Finding:
    difference = told - now
    if abs(difference) < _CLOCK_RISK:
        return _of(EVERY_CLIENT, Check.CLOCK, Outcome.OK, "")
    minutes = round(abs(difference).total_seconds() / 60)
    way = "ahead of" if difference > timedelta() else "behind"
    outcome = Outcome.FAILS if abs(difference) > _CLOCK_FAULT else Outcome.RISK
    why = f"the server's clock is {minutes} min {way} this machine's; certificates begin by it"
    return _of(EVERY_CLIENT, Check.CLOCK, outcome, why, "run NTP on the server")


def judge_tls(visit: Visit) -> Iterator[Finding]:
    """For an https URL: the versions and the trust that clients bring."""
    if urlsplit(visit.url).scheme != "https":
        return
    anything = visit.tls_trouble(False, False)
    if anything:
        yield _of(EVERY_CLIENT, Check.TLS, Outcome.FAILS, anything, "look at the server's TLS")
        return
    old = visit.tls_trouble(True, False)
    if old:
        why = f"no TLS 1.2 ({old}); its SCEP client offers nothing newer (0x80072f7d)"
        yield _of(WINDOWS.name, Check.TLS, Outcome.FAILS, why, "offer TLS 1.2 beside 1.3")
    distrusted = visit.tls_trouble(False, True)
    if distrusted:
        yield _of(
            EVERY_CLIENT,
            Check.TLS,
            Outcome.RISK,
            f"this machine does not trust the certificate ({distrusted}); devices without its root fail",
            "use a public certificate, or plain http: SCEP protects its messages itself (RFC 8894 §7.10)",
        )
    if not old and not distrusted:
        yield _of(EVERY_CLIENT, Check.TLS, Outcome.OK, "")


def _of(client: str, check: Check, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=client, check=check, outcome=outcome, why=why, cure=cure)
