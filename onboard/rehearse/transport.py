"""Redirects name resolution and nothing else: the artifact's host leads to a loopback address.

The path, the query and the Host header stay what the device sent, so the server sees a real request.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx


class RedirectingTransport(httpx.BaseTransport):
    """Sends requests for known hosts to other base URLs; an unknown host does not resolve."""

    def __init__(self, hosts: Mapping[str, str], inner: httpx.BaseTransport | None = None) -> None:
        """Redirect.

        Args:
            hosts: base URL (scheme, host and port) by the host name in the artifact.
            inner: what carries the request; plain HTTP by default.
        """
        self._hosts = {host.lower(): httpx.URL(base) for host, base in hosts.items()}
        self._inner = inner or httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Called by httpx."""
        base = self._hosts.get(request.url.host)
        if base is None:
            msg = f"the name {request.url.host} leads to no server of this rehearsal"
            raise httpx.ConnectError(msg, request=request)
        url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        redirected = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return self._inner.handle_request(redirected)

    def close(self) -> None:
        """Called by httpx."""
        self._inner.close()


def redirecting_client(hosts: Mapping[str, str], timeout: float = 30.0) -> httpx.Client:
    """An httpx client on a RedirectingTransport; close it after use."""
    return httpx.Client(transport=RedirectingTransport(hosts), timeout=timeout)
