"""HTTP requests that the fuzzer begins with: every operation, in every way that a client writes it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

from fuzz.messages import SHAPES, Cast
from support import scep_requests as client
from support.scep_site import STATIC_SECRET, subject_of

SUFFIXES = ("", "/", "/pkiclient.exe", "/cgi-bin/pkiclient.exe", "/certsrv/mscep/mscep.dll/pkiclient.exe")
SUBJECT = subject_of("ada@northwind.example")


def seeds(cast: Cast) -> tuple[bytes, ...]:
    """Requests with their heads, all of which the server understands."""
    enrolments = _enrolments(cast)
    return (
        *_questions(),
        *_published(),
        *_by_get(enrolments["apple"]),
        *(_post(message) for message in enrolments.values()),
        *_other_ways(enrolments["certmonger"]),
        *(_post(message) for message in _other_messages(cast)),
    )


def applicant(cast: Cast) -> client.Pair:
    """Who signs the requests and reads the replies."""
    return client.self_signed(cast.device.key, subject=SUBJECT)


def _enrolments(cast: Cast) -> dict[str, bytes]:
    payload = client.csr(cast.device.key, subject=SUBJECT, challenge=STATIC_SECRET)
    return cast.asks(payload, applicant(cast))


def _other_messages(cast: Cast) -> Iterator[bytes]:
    """Polls, GetCert and GetCRL, and a renewal by a certificate that nobody here issued."""
    signer = applicant(cast)
    name = cast.ra.identity.issuer
    payloads = {
        "17": cast.csr,
        "20": client.tlv(0x30, name + name),
        "21": cast.ra.identity.issuer_and_serial,
        "22": cast.ra.identity.issuer_and_serial,
    }
    for kind, payload in payloads.items():
        yield client.enrol(payload, cast.pair.certificate, signer, SHAPES["certmonger"], message_type=kind)


def _get(target: str, *fields: str, version: str = "1.1", method: str = "GET") -> bytes:
    lines = (f"{method} {target} HTTP/{version}", "Host: scep.northwind.example", *fields, "", "")
    return "\r\n".join(lines).encode()


def _post(body: bytes, *fields: str, target: str = "/scep/staff?operation=PKIOperation") -> bytes:
    return _get(target, *fields, f"Content-Length: {len(body)}", method="POST") + body


def _questions() -> Iterator[bytes]:
    for operation in ("GetCACaps", "GetCACert", "GetNextCACert", "GetCAChain"):
        for suffix in SUFFIXES:
            yield _get(f"/pki/scep/staff{suffix}?operation={operation}&message=")
    yield _get("/scep/staff?message=0&operation=GetCACert", version="1.0")
    yield _get("//scep//staff/?Operation=GetCACaps&x", method="HEAD")
    yield _get("/scep/staff?operation=GetCACaps", method="PUT")
    yield _get(
        "/scep/nobody?operation=GetCACaps", "X-Forwarded-For: 203.0.113.5, [2001:db8::1]:443, 192.0.2.9"
    )


def _published() -> Iterator[bytes]:
    question = base64.b64encode(bytes.fromhex("3000")).decode()
    yield _get("/crl/staff-ca.crl", 'If-None-Match: "0", W/"1", *')
    yield _get("/ca/staff-ca.cer")
    yield _get(f"/ocsp/staff-ca/{quote(question, safe='')}")
    yield _get("/ocsp/staff-ca/", "Content-Length: 2", method="POST") + bytes.fromhex("3000")
    yield _get("/healthz")
    yield _get("/metrics", "Authorization: Bearer a token of the metrics")
    yield _get("/elsewhere", "Connection: Upgrade", "Upgrade: websocket", "Expect: 100-continue")


def _by_get(message: bytes) -> Iterator[bytes]:
    """The spellings of base64 that tests/scep_server/http/test_scep.py names the clients of."""
    text = base64.b64encode(message).decode()
    lines = "%0A".join(quote(text[start : start + 64], safe="") for start in range(0, len(text), 64))
    spellings = (
        quote(text, safe=""),
        text.replace("=", "%3D"),
        quote(text.replace("+", " "), safe=""),
        base64.urlsafe_b64encode(message).decode().rstrip("="),
        lines,
    )
    for spelling in spellings:
        yield _get(f"/scep/staff/pkiclient.exe?operation=PKIOperation&message={spelling}", version="1.0")


def _other_ways(message: bytes) -> Iterator[bytes]:
    """Bodies in chunks, with a length that is not theirs, or without a type; requests on one connection."""
    half = len(message) // 2
    parts = (message[:half], message[half:], b"")
    chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts)
    target = "/scep/staff?operation=PKIOperation"
    yield _get(target, "Transfer-Encoding: chunked", method="POST") + chunks
    yield _get(target, "Content-Length: 9999999999999", method="POST") + message
    yield _get(target, "Content-Length: 100", "Content-Type: multipart/form-data", method="POST") + message
    yield _get(target, "Expect: 100-continue", f"Content-Length: {len(message)}", method="POST") + message
    yield _post(message, "Content-Type: application/x-pki-message", target="/scep/staff")
    yield _get("/scep/staff?operation=GetCACaps") + _post(message) + _get("/healthz")
