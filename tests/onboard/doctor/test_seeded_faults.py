"""Each fault of a server is found by the right check, for the clients that it stops."""

from __future__ import annotations

import httpx
import pytest
from support.doctor_outcomes import (
    ALL,
    ANDROID,
    APPLE,
    CERTMONGER,
    CHROME,
    CISCO,
    FAILS,
    OK,
    RISK,
    UNKNOWN,
    UNSAFE,
    WINDOWS,
    outcomes,
)

from onboard.devices.scep import der
from onboard.devices.scep.request_shape import Cipher
from onboard.doctor import EVERY_CLIENT, Check, examine

from .conftest import Server, decoded, utf8, visit

SCEP = "2.16.840.1.113733.1.9."


def headers(**fields):
    """Replace header fields of every answer to an operation that is named by its value."""

    def tamper(request, answer):
        for operation, (name, value) in fields.items():
            if f"operation={operation}" in str(request.url):
                answer.headers[name] = value
        return answer

    return tamper


def broken_path(request, answer):
    return httpx.Response(404, text="404 page not found") if ".exe" in request.url.path else answer


def moved(request, _answer):
    return httpx.Response(301, headers={"location": f"https://{request.url.host}/new"})


def form_decoder(request, answer):
    """Reads '+' as a blank, and says so with an HTTP 500."""
    bad = (
        "operation=PKIOperation" in str(request.url) and request.method == "GET" and decoded(request) is None
    )
    return httpx.Response(500, text="illegal base64 data") if bad else answer


def swap(oid: str, value: bytes):
    return lambda attributes: attributes.__setitem__(oid, value)


def echo(attributes):
    attributes[SCEP + "5"] = attributes[SCEP + "6"]


def as_utf8(attributes):
    attributes[SCEP + "3"] = utf8("0")


ALGORITHMS = (
    ({"reply_cipher": Cipher.DES}, {CERTMONGER: FAILS, CISCO: FAILS, APPLE: RISK, ANDROID: RISK}),
    ({"reply_cipher": Cipher.DES3}, {CISCO: FAILS, APPLE: RISK, WINDOWS: RISK}),
)
REPLIES = (
    ({"content_type": "application/x-pki-message; charset=utf-8"}, Check.REPLY, {APPLE: FAILS, WINDOWS: OK}),
    ({"break_reply": as_utf8}, Check.REPLY, {APPLE: FAILS, WINDOWS: OK}),
    ({"break_reply": swap(SCEP + "7", der.printable("other"))}, Check.REPLY, {APPLE: RISK, WINDOWS: FAILS}),
    ({"sign_with": 2}, Check.REPLY, dict.fromkeys(ALL, FAILS)),
    ({"break_reply": echo}, Check.NONCES, dict.fromkeys(ALL, RISK)),
    ({"break_reply": swap(SCEP + "6", der.octets(b"1"))}, Check.NONCES, {APPLE: RISK, CERTMONGER: FAILS}),
    ({"break_reply": lambda a: a.pop(SCEP + "5")}, Check.NONCES, {APPLE: RISK, CERTMONGER: FAILS}),
    ({"status": "3"}, Check.ENROLMENT, {WINDOWS: FAILS, CHROME: FAILS, APPLE: UNKNOWN, CISCO: UNKNOWN}),
    ({"repeats_itself": False}, Check.RETRANSMISSION, dict.fromkeys(ALL, RISK)),
    ({"renews_without_challenge": False}, Check.RENEWAL, dict.fromkeys(ALL, RISK)),
    (
        {"renews_without_challenge": False, "fail_info_text": "challengePassword is wrong"},
        Check.RENEWAL,
        dict.fromkeys(ALL, FAILS),
    ),
    (
        {"renews_without_challenge": False, "fail_info_text": "not before next year"},
        Check.RENEWAL,
        dict.fromkeys(ALL, UNKNOWN) | {ANDROID: RISK},
    ),
    ({"checks_challenge": False}, Check.REFUSAL, {EVERY_CLIENT: UNSAFE}),
    ({"checks_possession": False}, Check.POSSESSION, {EVERY_CLIENT: UNSAFE}),
    ({"same_serials": True}, Check.SERIALS, {EVERY_CLIENT: UNSAFE}),
    ({"names_are_unique": True}, Check.SAME_NAME, {EVERY_CLIENT: FAILS}),
)
QUESTIONS = (
    ({"capabilities": b"AES\r\nSCEPStandard\r\n"}, Check.CAPABILITIES, {APPLE: FAILS, WINDOWS: OK}),
    (
        {"capabilities": b"SCEPStandard\n" + b"X-NOISE\n" * 200},
        Check.CAPABILITIES,
        {CERTMONGER: FAILS, APPLE: OK},
    ),
    ({"capabilities": b"AES\nSHA-256\n"}, Check.CAPABILITIES, {APPLE: RISK, WINDOWS: RISK, CISCO: RISK}),
    ({"capabilities": b"SHA-1\nRenewal\n"}, Check.CAPABILITIES, {EVERY_CLIENT: RISK}),
    ({"capabilities": b"AES\n\nSCEPStandard\n"}, Check.CAPABILITIES, {EVERY_CLIENT: RISK}),
    ({"capabilities": b"aes\nscepstandard\n"}, Check.CAPABILITIES, {EVERY_CLIENT: RISK}),
    (
        {"tamper": headers(GetCACert=("content-type", "application/x-x509-ca-ra-cert; charset=utf-8"))},
        Check.CA_CERTIFICATES,
        {APPLE: FAILS, CERTMONGER: FAILS, WINDOWS: OK, CISCO: OK},
    ),
    (
        {"tamper": headers(GetCACert=("content-type", "application/x-x509-ca-cert"))},
        Check.CA_CERTIFICATES,
        dict.fromkeys(ALL, FAILS),
    ),
    (
        {"tamper": headers(GetCACert=("date", "Mon, 01 Mar 2027 12:20:00 GMT"))},
        Check.CLOCK,
        {EVERY_CLIENT: RISK},
    ),
    ({"tamper": broken_path}, Check.PATH, {WINDOWS: FAILS}),
    ({"tamper": moved}, Check.REACHABLE, dict.fromkeys(ALL, FAILS)),
    ({"tamper": form_decoder}, Check.GET, {APPLE: RISK, CISCO: OK, CERTMONGER: OK}),
)


@pytest.mark.parametrize(("fault", "check", "expected"), QUESTIONS)
def test_a_fault_shows_without_a_challenge(fault, check, expected):
    """The fault is found for the clients that it hits, and not for the others; nothing is asked for."""
    server = Server(**fault)
    found = outcomes(examine(visit(server)).findings, check)
    assert {client: found.get(client) for client in expected} == expected
    assert set(server.asked) <= {"20"}


@pytest.mark.parametrize(("fault", "check", "expected"), REPLIES)
def test_a_fault_shows_by_enrolling(fault, check, expected):
    """The same for faults that only an enrolment brings to light."""
    found = outcomes(examine(visit(Server(**fault), enrol=True)).findings, check)
    assert {client: found.get(client) for client in expected} == expected


@pytest.mark.parametrize(("fault", "expected"), ALGORITHMS)
def test_another_cipher_than_the_request_shows(fault, expected):
    """Single DES stops who cannot read it; any other cipher stops who wants its own back."""
    found = outcomes(examine(visit(Server(**fault), enrol=True)).findings, Check.ALGORITHMS)
    assert {client: found[client] for client in expected} == expected
