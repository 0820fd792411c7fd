"""SCEP over HTTP as each family speaks it (RFC 8894 §4.1): operations, GET encodings, content types."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from onboard.devices.errors import ScepTransportError
from onboard.devices.scep.request_shape import GetEncoding, RequestShape

PKI_MESSAGE = "application/x-pki-message"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A body with its media type."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepHttp:
    """One SCEP URL, one family of clients."""

    url: str
    client: httpx.Client
    shape: RequestShape
    identifier: str = ""  # the CA identifier of the artifact (Apple's Name); replaces the family's message

    def get(self, operation: str) -> HttpReply:
        """GetCACaps or GetCACert.

        Raises:
            ScepTransportError: no answer, or an HTTP error.
        """
        message = self.identifier or self.shape.message
        query = f"operation={operation}"
        if message is not None:
            query += f"&message={quote(message, safe='')}"
        return self._send("GET", self._address(query), b"")

    def post(self, message: bytes) -> HttpReply:
        """PKIOperation by POST; raises ScepTransportError."""
        return self._send("POST", self._address("operation=PKIOperation"), message)

    def get_message(self, message: bytes) -> HttpReply:
        """PKIOperation by GET, base64 as this family writes it; raises ScepTransportError."""
        text = base64.b64encode(message).decode()
        match self.shape.get_encoding:
            case GetEncoding.PERCENT:
                encoded = quote(text, safe="")
            case GetEncoding.LITERAL_PLUS:
                encoded = text.replace("=", "%3D")
            case GetEncoding.LINE_BREAKS:
                lines = (text[at : at + 64] for at in range(0, len(text), 64))
                encoded = "%0A".join(quote(line, safe="") for line in lines) + "%0A"
        return self._send("GET", self._address(f"operation=PKIOperation&message={encoded}"), b"")

    def _address(self, query: str) -> str:
        address = self.url.rstrip("/") if self.shape.url_suffix else self.url
        return f"{address}{self.shape.url_suffix}{'&' if '?' in address else '?'}{query}"

    def _send(self, method: str, address: str, body: bytes) -> HttpReply:
        headers = {"User-Agent": self.shape.user_agent or self.shape.name}
        if method == "POST" and self.shape.content_type:
            headers["Content-Type"] = self.shape.content_type
        try:
            response = self.client.request(
                method, address, headers=headers, content=body or None, follow_redirects=False
            )
        except httpx.HTTPError as error:
            msg = f"{self.url} cannot be reached: {error}"
            raise ScepTransportError(msg) from error
        if response.status_code != 200:
            msg = f"{self.url} answered HTTP {response.status_code} where SCEP demands 200"
            raise ScepTransportError(msg)
        return HttpReply(self._media_type(response.headers.get("content-type", "")), response.content)

    def _media_type(self, header: str) -> str:
        return header if self.shape.exact_content_type else header.split(";", maxsplit=1)[0].strip().lower()
