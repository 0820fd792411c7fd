"""The ASGI application: finds the resource of a path on every Host, limits by address, answers."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scep_server.http.exchange import (
    METRICS,
    ASGIApp,
    DisconnectedError,
    Receive,
    Response,
    Scope,
    Send,
    address_of,
    header,
    plain,
    send_response,
)
from scep_server.http.pki import PkiResource
from scep_server.http.query import read_query
from scep_server.http.scep import ScepResource, uses_a_key
from scep_server.http.unanswered import Unanswered
from scep_server.limits import Network, TokenBuckets, bucket_key
from scep_server.service import Endpoint

_LOOPBACK = frozenset({"127.0.0.1", "::1", ""})
_FORWARDED = frozenset({b"x-forwarded-for", b"x-real-ip", b"forwarded", b"via"})  # one of these names a proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """SCEP, CRLs, OCSP, issuer certificates, health and metrics; everything else goes to `fallback`.

    Attributes:
        scep: answers at `/scep/GROUP`, with any suffix.
        endpoints: by name.
        pki: answers at `/crl/`, `/ocsp/`, `/ca/`; None: not served here.
        health: whether keys and store work; may block, so it runs in a thread.
        metrics: Prometheus text.
        metrics_token: who brings it as Bearer may read the metrics from anywhere.
        limiter: requests that lead to private-key operations, by address; None: no limit.
        seconds: a monotonic clock.
        trusted_proxies: whose X-Forwarded-For is believed.
        prefix: path of the public URL; every path answers with and without it.
        fallback: gets what is none of these; None: 404.
        unanswered: is told of requests to `/scep` that got an HTTP error.
    """

    scep: ScepResource
    endpoints: Mapping[str, Endpoint]
    pki: PkiResource | None
    health: Callable[[], bool]
    metrics: Callable[[], str]
    metrics_token: str = field(default="", repr=False)
    limiter: TokenBuckets | None
    seconds: Callable[[], float]
    trusted_proxies: Sequence[Network] = ()
    prefix: str = ""
    fallback: ASGIApp | None = None
    unanswered: Unanswered = field(default_factory=Unanswered)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        segments = self._segments(scope)
        if scope["type"] != "http" or not self._is_ours(segments):
            await self._pass_on(scope, receive, send)
            return
        try:
            response = await self._respond(segments, scope, receive)
        except DisconnectedError:
            return
        if segments[0] == "scep":
            address = address_of(scope, self.trusted_proxies)
            self.unanswered.note(scope["path"], response, address, self.seconds())
        await send_response(send, response, head=scope["method"] == "HEAD")

    def _segments(self, scope: Scope) -> tuple[str, ...]:
        """Parts of the path; doubled slashes count once, as some clients join URL and suffix carelessly."""
        if scope["type"] != "http":
            return ()
        path = scope["path"]
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            path = path[len(self.prefix) :]
        return tuple(part for part in path.split("/") if part)

    def _is_ours(self, segments: tuple[str, ...]) -> bool:
        match segments:
            case ("scep", *_):
                return True
            case ("crl" | "ca" | "ocsp", _, *_):
                return self.pki is not None
            case ("healthz" | "metrics",):
                return True
            case _:
                return False

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.fallback is not None:
            await self.fallback(scope, receive, send)
        elif scope["type"] == "http":
            await send_response(send, plain(404, "nothing is here"), head=scope["method"] == "HEAD")

    async def _respond(self, segments: tuple[str, ...], scope: Scope, receive: Receive) -> Response:
        match segments:
            case ("scep", group, *_) if group in self.endpoints:
                return await self._scep(self.endpoints[group], scope, receive)
            case ("healthz",):
                return await self._healthz()
            case ("metrics",):
                return self._metrics(scope)
            case ("crl" | "ca" | "ocsp" as kind, name, *_) if self.pki:
                return await self._published(self.pki, kind, name, scope, receive)
            case _:
                return plain(404, "no such endpoint here")

    async def _published(
        self, pki: PkiResource, kind: str, name: str, scope: Scope, receive: Receive
    ) -> Response:
        if kind == "crl":
            return await pki.crl(scope, name)
        if kind == "ca":
            return pki.certificate(scope, name)
        return await self._ocsp(pki, name, scope, receive)

    async def _scep(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Response:
        address = address_of(scope, self.trusted_proxies)
        query = read_query(scope["query_string"])
        if uses_a_key(query, scope["method"]):
            refused = self._limited(address)
            if refused is not None:
                await self.scep.service.turned_away(endpoint, address)
                return refused
        return await self.scep.respond(endpoint, query, scope, receive, address)

    async def _ocsp(self, pki: PkiResource, name: str, scope: Scope, receive: Receive) -> Response:
        refused = self._limited(address_of(scope, self.trusted_proxies))
        if refused is not None:
            return refused
        raw = scope.get("raw_path") or scope["path"].encode()
        tail = raw.decode("latin-1").partition(f"/ocsp/{name}")[2].removeprefix("/")
        return await pki.ocsp(scope, receive, name, tail)

    def _limited(self, address: str) -> Response | None:
        if self.limiter is None:
            return None
        key, now = bucket_key(address), self.seconds()
        if self.limiter.take(key, now):
            return None
        seconds = max(1, round(self.limiter.wait(key, now) + 0.5))
        return plain(429, "too many requests from this address", ("retry-after", str(seconds)))

    async def _healthz(self) -> Response:
        if await asyncio.to_thread(self.health):
            return plain(200, "ok")
        return plain(503, "not ok")

    def _metrics(self, scope: Scope) -> Response:
        client = scope.get("client")
        near = (str(client[0]) if client else "") in _LOOPBACK
        near = near and not any(name in _FORWARDED for name, _ in scope["headers"])
        token = (header(scope, b"authorization") or b"").removeprefix(b"Bearer ")
        known = bool(self.metrics_token) and hmac.compare_digest(token, self.metrics_token.encode())
        if not (near or known):
            return plain(403, "metrics are for loopback, or for whoever has the token")
        return Response(body=self.metrics().encode(), media_type=METRICS)
