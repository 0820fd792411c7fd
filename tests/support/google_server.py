"""A stand-in for Google: its token service and its Certificate Provisioning API, for Chromebooks that sign.

It keeps the rules that Google documents (who may call, one claim, sign only when claimed, one end) and, where
the official schemas are at hand, holds every request and every answer against the discovery document.
"""

from __future__ import annotations

import base64
import functools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import uvicorn
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.chromebooks import EC, RSA, Chromebook, device_key
from support.discovery import provisioning

from scep_server.runtime import listen

SCOPE = "https://www.googleapis.com/auth/chrome.management.certprov.provisioningprocess"
EMAIL = "adapter@northwind.iam.gserviceaccount.com"
_AUDIENCE = "https://oauth2.googleapis.com/token"  # whatever token_uri the key names


class GoogleError(Exception):
    """An answer with google.rpc.Status."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


@functools.cache
def account_key() -> rsa.RSAPrivateKey:
    """Of the adapter's service account."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Google:
    """The service.

    Attributes:
        calls: every call that was answered with success, as (verb, path after /v1/, body).
        troubles: answers for the next calls, as (part of a path, status, code); each is used once.
        claims: of `claim` by others than the first.
    """

    url: str = ""
    chromebooks: dict[str, Chromebook] = field(default_factory=dict)
    calls: list[tuple[str, str, object]] = field(default_factory=list)
    troubles: list[tuple[str, int, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    allowed: bool = True
    claim_conflict: tuple[int, str] = (409, "ABORTED")
    before: dict[str, object] = field(default_factory=dict)  # method -> called before it is answered
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, chromebook: Chromebook) -> Chromebook:
        self.chromebooks[chromebook.resource] = chromebook
        return chromebook

    def device(self, identifier: str, group: str = "students", number: int = 0, **more) -> Chromebook:
        """A managed Chromebook that asks for itself."""
        fields = {"serial": f"5CD{identifier}", "directory_id": f"dir-{identifier}"} | more
        return self.add(Chromebook(id=identifier, group=group, key=device_key(number), **fields))

    def user(self, identifier: str, email: str, group: str = "staff", number: int = 0, **more) -> Chromebook:
        """A person's session on a managed Chromebook."""
        return self.device(identifier, group, number, email=email, **more)

    def called(self, method: str) -> int:
        """How often a method was answered with success."""
        return sum(path.endswith(f":{method}") for _, path, _ in self.calls)

    def forget_tokens(self) -> None:
        """From now on every token that was given is refused."""
        self.tokens.clear()

    def service_account(self) -> str:
        """The JSON that Google Cloud gives for a service account."""
        pem = account_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "northwind",
                "private_key_id": "1",
                "private_key": pem,
                "client_email": EMAIL,
                "client_id": "1",
                "token_uri": f"{self.url}/token",
            }
        )

    # the token service

    async def token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = _verified(form["assertion"][0])
        if claims is None or claims["iss"] != EMAIL or claims["aud"] != _AUDIENCE:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if claims["exp"] < time.time():
            return JSONResponse({"error": "invalid_grant", "error_description": "expired"}, 400)
        token = f"ya29.{len(self.tokens)}-{time.monotonic_ns()}"
        if claims["scope"] == SCOPE:  # one for another service is no good here
            self.tokens.add(token)
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    # the API

    async def answer(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        raw = await request.body()
        hook = self.before.get(path.rpartition(":")[2])
        if callable(hook):
            hook()
        with self.lock:
            try:
                body = json.loads(raw) if raw else None
                answer = self._answer(request, path, body)
            except GoogleError as error:
                status = {"code": error.status, "message": str(error), "status": error.code}
                return JSONResponse({"error": status}, error.status)
            self.calls.append((request.method, path.removeprefix("v1/"), body))
        return JSONResponse(answer)

    def _answer(self, request: Request, path: str, body: object) -> object:
        self._authorize(request)
        for trouble in self.troubles:
            if trouble[0] in path:
                self.troubles.remove(trouble)
                raise GoogleError(trouble[1], trouble[2], "trouble")
        discovery = provisioning()
        try:
            if discovery is not None:
                discovery.check_request(request.method, path, body)
        except AssertionError as error:
            raise GoogleError(400, "INVALID_ARGUMENT", f"not in the discovery document: {error}") from error
        answer = self._route(request.method, path.removeprefix("v1/"), body)
        if discovery is not None:
            discovery.check_answer(request.method, path, answer)
        return answer

    def _authorize(self, request: Request) -> None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise GoogleError(401, "UNAUTHENTICATED", "no valid token")
        if not self.allowed:
            raise GoogleError(403, "PERMISSION_DENIED", "the account may not")

    def _route(self, verb: str, path: str, body: object) -> object:
        resource, _, method = path.partition(":")
        resource, _, operation = resource.partition("/operations/")
        chromebook = self.chromebooks.get(resource)
        if chromebook is None:
            raise GoogleError(404, "NOT_FOUND", "Requested entity was not found.")
        known = {
            ("GET", ""): lambda: self._operation(chromebook) if operation else self._get(chromebook),
            ("POST", "claim"): lambda: self._claim(chromebook, _body(body, "callerInstanceId")),
            ("POST", "signData"): lambda: self._sign(
                chromebook, _body(body, "signData", "signatureAlgorithm")
            ),
            ("POST", "uploadCertificate"): lambda: self._upload(chromebook, _body(body, "certificatePem")),
            ("POST", "setFailure"): lambda: self._fail(chromebook, _body(body, "errorMessage")),
        }
        if (verb, method) not in known:
            raise GoogleError(404, "NOT_FOUND", f"{verb} {path}")
        return known[verb, method]()

    def _get(self, chromebook: Chromebook) -> dict:
        chromebook.progress()
        return chromebook.document()

    def _claim(self, chromebook: Chromebook, body: dict) -> dict:
        if chromebook.claimed_by not in ("", body["callerInstanceId"]):
            raise GoogleError(*self.claim_conflict, "claimed by another instance")
        chromebook.claimed_by = body["callerInstanceId"]
        return {}

    def _sign(self, chromebook: Chromebook, body: dict) -> dict:
        self._demand_ours(chromebook)
        if chromebook.sign_data:
            raise GoogleError(400, "FAILED_PRECONDITION", "the client was asked to sign before")
        is_rsa = isinstance(chromebook.key, rsa.RSAPrivateKey)
        if body["signatureAlgorithm"] != (RSA if is_rsa else EC):
            raise GoogleError(400, "INVALID_ARGUMENT", "the algorithm does not fit the key")
        chromebook.sign_data = base64.b64decode(body["signData"], validate=True)
        return self._operation(chromebook)

    def _operation(self, chromebook: Chromebook) -> dict:
        if not chromebook.sign_data:
            raise GoogleError(404, "NOT_FOUND", "no such operation")
        chromebook.progress()
        name = f"{chromebook.resource}/operations/sign-1"
        metadata = {"@type": "type.googleapis.com/SignDataMetadata", "startTime": "2026-11-25T12:00:01Z"}
        running = {"name": name, "metadata": metadata}
        if chromebook.operation_error:
            return running | {"done": True, "error": {"code": 9, "message": chromebook.operation_error}}
        if not chromebook.signature:
            return running
        response = {
            "@type": "type.googleapis.com/SignDataResponse",
            "certificateProvisioningProcess": chromebook.document(),
        }
        return running | {"done": True, "response": response}

    def _upload(self, chromebook: Chromebook, body: dict) -> dict:
        self._demand_ours(chromebook)
        found = x509.load_pem_x509_certificates(body["certificatePem"].encode())
        if len(found) != 1 or found[0].public_key() != chromebook.key.public_key():
            raise GoogleError(400, "INVALID_ARGUMENT", "not one certificate of the client's key")
        chromebook.issued = body["certificatePem"]
        return {}

    def _fail(self, chromebook: Chromebook, body: dict) -> dict:
        self._demand_ours(chromebook)
        chromebook.failure = body["errorMessage"]
        return {}

    def _demand_ours(self, chromebook: Chromebook) -> None:
        if not chromebook.claimed_by:
            raise GoogleError(400, "FAILED_PRECONDITION", "claim it first")
        if chromebook.is_finished:
            raise GoogleError(400, "FAILED_PRECONDITION", "it is finished")


def _body(body: object, *names: str) -> dict:
    """The body of a request that has exactly these texts, none of them empty."""
    if not isinstance(body, dict) or set(body) != set(names):
        raise GoogleError(400, "INVALID_ARGUMENT", f"the body must have {', '.join(names)}")
    if not all(isinstance(text, str) and text for text in body.values()):
        raise GoogleError(400, "INVALID_ARGUMENT", "a field is empty")
    return body


def _verified(assertion: str) -> dict | None:
    """The claims of a JWT (RFC 7519) that the service account signed."""
    head, claims, signature = assertion.split(".")
    try:
        account_key().public_key().verify(
            _unpadded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return None
    return json.loads(_unpadded(claims))


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def running_google() -> Iterator[Google]:
    """Serve on a free loopback port."""
    google = Google()
    application = Starlette(
        routes=[
            Route("/token", google.token, methods=["POST"]),
            Route("/{path:path}", google.answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
    )
    listening = listen("127.0.0.1", 0)
    google.url = "http://{}:{}".format(*listening.getsockname())
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_config=None, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield google
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
