"""CRLs, OCSP and issuer certificates over HTTP, at the addresses inside the certificates issued."""

from __future__ import annotations

import asyncio
import binascii
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote_to_bytes

from scep_server.http.exchange import (
    CERTIFICATE,
    CRL,
    OCSP_RESPONSE,
    Receive,
    Response,
    Scope,
    TooLargeError,
    header,
    plain,
    read_body,
)
from scep_server.service.directory import Directory
from scep_server.store import StoreUnavailableError

LOGGER = logging.getLogger("scep_server")
OCSP_LIMIT = 8_192  # octets; a request for one certificate has about 100
_ABSENT = plain(404, "no such authority here")
_GET_ONLY = plain(405, "use GET", ("allow", "GET, HEAD"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiResource:
    """What `/crl/`, `/ocsp/` and `/ca/` answer.

    Attributes:
        directory: knows the authorities.
        clock: now, aware UTC.
    """

    directory: Directory
    clock: Callable[[], datetime]

    async def crl(self, scope: Scope, name: str) -> Response:
        """`AUTHORITY.crl`, with ETag and the time until the next one (RFC 5280 §4.2.1.13).

        In a thread, because a long CRL may have to be made first.
        """
        if not name.endswith(".crl"):
            return _ABSENT
        try:
            published = await asyncio.to_thread(self.directory.published_crl, name.removesuffix(".crl"))
        except StoreUnavailableError as error:
            LOGGER.error("%s; %s", error.reason, error.remedy)  # noqa: TRY400 - the cause is in the reason
            return plain(503, "try again later", ("retry-after", "30"))
        if published is None:
            return _ABSENT
        if scope["method"] not in {"GET", "HEAD"}:
            return _GET_ONLY
        tag = f'"{published.tag}"'
        left = max(0, int((published.next_update - self.clock()).total_seconds()))
        headers = (
            ("etag", tag),
            ("cache-control", f"public, max-age={min(left, 300)}"),
            ("last-modified", format_datetime(published.this_update.astimezone(UTC), usegmt=True)),
        )
        if _names(header(scope, b"if-none-match"), tag):
            return Response(status=304, media_type=CRL, headers=headers)
        return Response(body=published.der, media_type=CRL, headers=headers)

    def certificate(self, scope: Scope, name: str) -> Response:
        """`AUTHORITY.cer`, DER (RFC 5280 §4.2.2.1)."""
        der = self.directory.certificate(name.removesuffix(".cer")) if name.endswith(".cer") else None
        if der is None:
            return _ABSENT
        if scope["method"] not in {"GET", "HEAD"}:
            return _GET_ONLY
        return Response(body=der, media_type=CERTIFICATE, headers=(("cache-control", "public, max-age=300"),))

    async def ocsp(self, scope: Scope, receive: Receive, name: str, tail: str) -> Response:
        """RFC 6960 appendix A: DER by POST, or base64 in the path by GET."""
        try:
            request = await _ocsp_request(scope, receive, tail)
        except TooLargeError:
            return plain(413, "the OCSP request is too large", ("connection", "close"))
        if request is None:
            return plain(405, "use GET or POST", ("allow", "GET, POST"))
        answer = self.directory.ocsp(name, request)
        if answer is None:
            return _ABSENT
        return Response(body=answer, media_type=OCSP_RESPONSE, headers=(("cache-control", "no-store"),))


async def _ocsp_request(scope: Scope, receive: Receive, tail: str) -> bytes | None:
    """The DER of the request; garbage stays garbage, for which the responder has its own answer."""
    if scope["method"] == "POST":
        return await read_body(scope, receive, OCSP_LIMIT)
    if scope["method"] not in {"GET", "HEAD"}:
        return None
    if len(tail) > 2 * OCSP_LIMIT:
        raise TooLargeError
    text = unquote_to_bytes(tail).translate(bytes.maketrans(b"-_ ", b"+/+"), b"\r\n\t").rstrip(b"=")
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def _names(if_none_match: bytes | None, tag: str) -> bool:
    if if_none_match is None:
        return False
    offered = [part.strip().removeprefix("W/") for part in if_none_match.decode("latin-1").split(",")]
    return tag in offered or "*" in offered
