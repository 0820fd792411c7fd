"""Redirection of name resolution."""

from __future__ import annotations

import httpx
import pytest

from onboard.rehearse.transport import RedirectingTransport


def send(url: str, hosts: dict[str, str]) -> httpx.Request:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    with httpx.Client(transport=RedirectingTransport(hosts, httpx.MockTransport(answer))) as client:
        client.get(url)
    return seen[0]


def test_only_the_place_changes():
    """Scheme, host and port lead to loopback; path, raw query and Host header are the device's own."""
    url = "https://scep.northwind.example/scep/staff?operation=PKIOperation&message=a+b/c%3D"
    sent = send(url, {"scep.northwind.example": "http://127.0.0.1:8080"})
    assert (sent.url.scheme, sent.url.host, sent.url.port) == ("http", "127.0.0.1", 8080)
    assert sent.url.raw_path == b"/scep/staff?operation=PKIOperation&message=a+b/c%3D"
    assert sent.headers["host"] == "scep.northwind.example"


def test_unknown_host_does_not_resolve():
    """An artifact that names a foreign host reaches nothing."""
    with pytest.raises(httpx.ConnectError, match=r"evil\.example"):
        send("http://evil.example/scep", {"scep.northwind.example": "http://127.0.0.1:8080"})
