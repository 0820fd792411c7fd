"""A SCEP server behind a mock transport that does everything right, or one thing wrong."""

from __future__ import annotations

import base64
import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx
from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from support.scep_certificates import NOW, certificate
from support.scep_received import Received
from support.scep_responder import Responder

from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.doctor import Line, Visit
from onboard.secret import Secret

URL = "http://scep.northwind.example/scep/staff"
CHALLENGE = "correct-horse-battery-staple"
_KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(8)]


@dataclass
class Server(Responder):
    """Checks what a SCEP server has to check; every attribute below breaks one thing."""

    checks_challenge: bool = True
    checks_possession: bool = True
    renews_without_challenge: bool = True
    repeats_itself: bool = True
    same_serials: bool = False
    names_are_unique: bool = False
    refuses_by_500: bool = False
    tamper: Callable[[httpx.Request, httpx.Response], httpx.Response] = lambda _request, answer: answer
    issued: dict[bytes, x509.Certificate] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # message types
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.serials = itertools.count(1 << 90)
        self.lock = threading.Lock()

    def transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self.answered)

    def answered(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            return self.tamper(request, self._answer(request))

    def issue(self, request: Received) -> x509.Certificate:
        if self.repeats_itself and request.csr_der in self.issued:
            return self.issued[request.csr_der]
        info = request.csr["certification_request_info"]
        asked = x509.load_der_x509_csr(request.csr_der)
        made = certificate(
            asked.subject,
            load_der_public_key(info["subject_pk_info"].dump()),
            "Issuing",
            self.ca_key,
            usage=("digital_signature",),
            serial=1 << 90 if self.same_serials else next(self.serials),
            alt_names=_alt_names(asked),
            client=True,
        )
        self.issued[request.csr_der] = made
        self.names.add(asked.subject.rfc4514_string())
        return made

    def _reply(self, request: Received) -> bytes:
        self.asked.append(request.message_type)
        kept = (self.status, self.fail_info)
        refusal = self._refusal(request)
        if refusal:
            self.status, self.fail_info = "2", refusal
        try:
            return super()._reply(request)
        finally:
            self.status, self.fail_info = kept

    def _refusal(self, request: Received) -> str:
        if request.message_type == "20":
            return "4"
        asked = x509.load_der_x509_csr(request.csr_der)
        if self.checks_possession and not _holds(asked):
            return "1"
        if self.names_are_unique and asked.subject.rfc4514_string() in self.names:
            return "2"
        renews = self.renews_without_challenge and request.signer in self.issued.values()
        if self.checks_challenge and not renews and _challenge(request) != CHALLENGE:
            return "2"
        return ""


def _holds(asked: x509.CertificateSigningRequest) -> bool:
    try:
        return asked.is_signature_valid
    except InvalidSignature:
        return False


def _alt_names(asked: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName | None:
    try:
        return asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _challenge(request: Received) -> str:
    for attribute in request.csr["certification_request_info"]["attributes"]:
        if attribute["type"].native == "challenge_password":
            return attribute["values"][0].native
    return ""


def decoded(request: httpx.Request) -> bytes | None:
    """The pkiMessage of a GET as a form decoder reads it: '+' becomes a blank."""
    query = dict(part.partition("=")[::2] for part in request.url.query.decode().split("&"))
    message = unquote(query.get("message", "").replace("+", " "))
    try:
        return base64.b64decode(message.replace("\n", ""), validate=True)
    except ValueError:
        return None


def utf8(value: str) -> bytes:
    return core.UTF8String(value).dump()


def tickets(name: str) -> CertificateRequest:
    return CertificateRequest(
        subject=((NameAttribute("2.5.4.3", f"{name}@northwind.example"),),),
        alt_names=(RequestedName("upn", f"{name}@northwind.example"),),
        challenge=Secret(CHALLENGE),
    )


def visit(server: Server, *, enrol: bool = False, **changes) -> Visit:
    """An examination of the server, with the challenge where `enrol` says so."""
    line = Line(
        url=changes.pop("url", URL),
        transport=server.transport(),
        old_transport=changes.pop("old", server.transport()),
    )
    fields = {
        "line": line,
        "tls_trouble": lambda _old, _verify: "",
        "now": NOW,
        "random": os.urandom,
        "new_key": itertools.cycle(_KEYS).__next__,
        "tickets": tickets if enrol else None,
    }
    return Visit(**(fields | changes))
