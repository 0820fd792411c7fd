"""SCEP over HTTP (RFC 8894 §4): GetCACaps, GetCACert and PKIOperation of one endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from scep_server.errors import UnanswerableError
from scep_server.http.exchange import (
    CA_CERT,
    CA_RA_CERT,
    NEXT_CA_CERT,
    SCEP_MESSAGE,
    Receive,
    Response,
    Scope,
    TooLargeError,
    plain,
    read_body,
)
from scep_server.http.query import Query, decode_message
from scep_server.messages import Operation
from scep_server.service import Endpoint, NotScep, Reply, Service, TryLater

BODY_LIMIT = 65_536  # octets; a request with an RSA-4096 key and a long chain has some 8,000
_NO_STORE = ("cache-control", "no-store")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepResource:
    """What `/scep/GROUP` answers.

    Attributes:
        service: takes the messages.
        body_limit: octets of a message.
    """

    service: Service
    body_limit: int = BODY_LIMIT

    async def respond(
        self, endpoint: Endpoint, query: Query, scope: Scope, receive: Receive, address: str
    ) -> Response:
        """Answer one request; a SCEP FAILURE is HTTP 200, HTTP errors are for what is no SCEP at all."""
        method = scope["method"]
        if method not in {"GET", "HEAD", "POST"}:
            return plain(405, "use GET or POST", ("allow", "GET, HEAD, POST"))
        told = self._told(endpoint, query.operation)
        if told is not None:
            return told
        if is_pki_operation(query, method):
            return await self._operate(endpoint, query, scope, receive, address)
        return plain(400, "unknown operation; this is a SCEP endpoint (RFC 8894)")

    def _told(self, endpoint: Endpoint, operation: str) -> Response | None:
        """What anybody may know; None for another operation."""
        if operation == Operation.GET_CA_CAPS:
            return Response(body=endpoint.capabilities)
        if operation == Operation.GET_CA_CERT:
            media_type = CA_CERT if endpoint.single_certificate else CA_RA_CERT
            return Response(body=endpoint.ca_certificates, media_type=media_type)
        if operation == Operation.GET_NEXT_CA_CERT:
            signed = self.service.next_ca(endpoint)
            return None if signed is None else Response(body=signed, media_type=NEXT_CA_CERT)
        return None

    async def _operate(
        self, endpoint: Endpoint, query: Query, scope: Scope, receive: Receive, address: str
    ) -> Response:
        try:
            message = await self._message(query, scope, receive)
        except TooLargeError:
            return plain(413, "the message is too large", ("connection", "close"))
        except UnanswerableError as error:
            return plain(400, str(error))
        match await self.service.handle(endpoint, message, address):
            case Reply(der):
                return Response(body=der, media_type=SCEP_MESSAGE, headers=(_NO_STORE,))
            case NotScep(text):
                return plain(400, text)
            case TryLater(seconds):
                return plain(503, "try again later", ("retry-after", str(seconds)))

    async def _message(self, query: Query, scope: Scope, receive: Receive) -> bytes:
        if scope["method"] == "POST":
            return await read_body(scope, receive, self.body_limit)
        if len(query.message) > 2 * self.body_limit:
            raise TooLargeError
        return decode_message(query.message)


def is_pki_operation(query: Query, method: str) -> bool:
    """Whether a request carries a message; a POST without an operation is taken for one that does."""
    return query.operation == Operation.PKI_OPERATION or (method == "POST" and not query.operation)


def uses_a_key(query: Query, method: str) -> bool:
    """Whether answering takes a private-key operation, so that an address may ask only so often."""
    return is_pki_operation(query, method) or query.operation == Operation.GET_NEXT_CA_CERT
