"""One running server for all tests of HTTP, with a portal beside it."""

from __future__ import annotations

import httpx
import pytest
from support import scep_requests
from support.scep_requests import Shape, enrol, rsa_key, self_signed
from support.scep_site import STATIC_SECRET, site, subject_of

from scep_server.memory_store import MemoryStore
from scep_server.runtime import running_server

SUBJECT = subject_of("ada@northwind.example")


async def portal(scope, receive, send):
    """What onboard would mount beside."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"portal " + scope["path"].encode()})


@pytest.fixture(scope="module")
def store():
    return MemoryStore()


@pytest.fixture(scope="module")
def web():
    with httpx.Client() as client:
        yield client


@pytest.fixture(scope="module")
def url(store):
    config = site().config(None, open_store=lambda: store, prefix="/pki", make_fallback=lambda: portal)
    with running_server(config) as base:
        yield base


@pytest.fixture(scope="module")
def request_and_pair():
    pair = self_signed(rsa_key("device"), subject=SUBJECT)
    payload = scep_requests.csr(rsa_key("device"), subject=SUBJECT, challenge=STATIC_SECRET)
    return enrol(payload, site().ra.certificate, pair, Shape()), pair
