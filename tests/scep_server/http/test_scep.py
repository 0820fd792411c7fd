"""SCEP over HTTP as clients speak it, against a real socket: spellings, versions, headers, sizes."""

from __future__ import annotations

import base64
import socket
from contextlib import closing
from dataclasses import replace
from urllib.parse import quote, urlsplit

import httpx
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import scep_requests
from support.issuance import OU
from support.scep_requests import Shape, enrol, read_reply, rsa_key, self_signed
from support.scep_site import POLICY, STATIC_SECRET, site, subject_of

from scep_server.pkimessage import Recipient
from scep_server.policy import Pattern
from scep_server.runtime import running_server
from scep_server.service import Alternate


def raw(url: str, request: bytes) -> bytes:
    """Everything a server sends to exactly these octets until it closes."""
    parts = urlsplit(url)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_capabilities_are_lines_without_cr_blank_or_end(web, url):
    """LF between keywords and nothing else, a bare media type, and a Content-Length."""
    reply = web.get(f"{url}/scep/staff?operation=GetCACaps")
    assert reply.content == b"AES\nPOSTPKIOperation\nRenewal\nSCEPStandard\nSHA-256\nSHA-384\nSHA-512"
    assert reply.headers["content-type"] == "text/plain"
    assert int(reply.headers["content-length"]) == len(reply.content)


def test_ca_certificates_are_ra_issuer_root_in_this_order(web, url):
    """Clients take the first that fits, so the order is a promise."""
    reply = web.get(f"{url}/scep/staff?operation=GetCACert")
    assert reply.headers["content-type"] == "application/x-x509-ca-ra-cert"
    bundle = cms.ContentInfo.load(reply.content)["content"]["certificates"]
    here = site()
    expected = (here.ra.certificate, here.authority.certificate, here.root)
    assert [c.chosen.dump() for c in bundle] == [c.public_bytes(Encoding.DER) for c in expected]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "application/x-pki-message"},
        {"content-type": "application/octet-stream"},
        {"content-type": "multipart/form-data; nonsense"},
    ],
)
@pytest.mark.parametrize("query", ["?operation=PKIOperation", "", "?operation=PKIOperation&message=x"])
def test_a_post_is_taken_with_any_content_type(url, request_and_pair, headers, query):
    """StrongSwan sends an empty one, sscep none."""
    message, pair = request_and_pair
    client = httpx.Client()
    request = client.build_request("POST", f"{url}/scep/staff{query}", content=message, headers=headers)
    reply = client.send(request)
    client.close()
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/x-pki-message"
    assert "transfer-encoding" not in reply.headers
    assert read_reply(reply.content, pair).status == "0"


def _spellings(message: bytes) -> dict[str, str]:
    text = base64.b64encode(message).decode()
    lines = "%0A".join(text[i : i + 64] for i in range(0, len(text), 64))
    return {
        "percent": quote(text, safe=""),
        "literal plus": text.replace("=", "%3D"),
        "space": text.replace("+", "%20").replace("=", "%3D"),
        "lines": lines.replace("+", "%2B"),
        "url-safe": base64.urlsafe_b64encode(message).decode().rstrip("="),
    }


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("spelling", ["percent", "literal plus", "space", "lines", "url-safe"])
def test_a_get_is_taken_in_every_spelling(url, request_and_pair, spelling, version):
    """Over HTTP/1.0 without any header as well, and the answer is never chunked."""
    message, pair = request_and_pair
    line = f"GET /scep/staff?operation=PKIOperation&message={_spellings(message)[spelling]} {version}\r\n"
    received = raw(url, f"{line}Connection: close\r\n\r\n".encode())
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"chunked" not in head.lower()
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert read_reply(body, pair).status == "0"


def test_a_refusal_is_http_200(web, url):
    """A FAILURE is SCEP, not HTTP."""
    pair = self_signed(rsa_key("device"), subject=subject_of("ada@northwind.example"))
    payload = scep_requests.csr(
        rsa_key("device"), subject=subject_of("ada@northwind.example"), challenge="wrong"
    )
    message = enrol(payload, site().ra.certificate, pair, Shape())
    reply = web.post(f"{url}/scep/staff?operation=PKIOperation", content=message)
    assert reply.status_code == 200
    assert read_reply(reply.content, pair).status == "2"


def test_a_large_body_is_refused_before_it_is_read(web, url):
    """Announced or streamed, beyond 64 KiB it ends with 413."""
    address = f"{url}/scep/staff?operation=PKIOperation"
    assert web.post(address, content=bytes(65_537)).status_code == 413
    head = b"POST /scep/staff?operation=PKIOperation HTTP/1.1\r\nHost: x\r\n"
    announced = raw(url, head + b"Content-Length: 99999999999999999999\r\nConnection: close\r\n\r\n")
    assert announced.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    streamed = raw(
        url, head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk + b"1\r\nx\r\n"
    )
    assert streamed.startswith(b"HTTP/1.1 413")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(garbage=st.binary(min_size=1, max_size=300))
def test_garbage_on_the_wire_does_no_harm(web, url, garbage):
    """Whatever is sent as a body or a query, the server answers and lives."""
    assert web.post(f"{url}/scep/staff", content=garbage).status_code == 400
    query = quote(garbage, safe="+/=")
    assert web.get(f"{url}/scep/staff?operation=PKIOperation&message={query}").status_code == 400
    assert web.get(f"{url}/healthz").status_code == 200


def test_the_next_ca_is_announced_while_there_is_one(web):
    """By capability, and signed by the current RA under its own media type (RFC 8894 §4.7)."""
    here, other = site(), site("ec-p256")
    coming = Alternate(authority=other.authority, recipient=here.another_ra())
    config = here.config(None, endpoints=(here.endpoint(next=coming),))
    with running_server(config) as url:
        assert b"GetNextCACert" in web.get(f"{url}/scep/staff?operation=GetCACaps").content.split(b"\n")
        reply = web.get(f"{url}/scep/staff?operation=GetNextCACert")
    assert reply.headers["content-type"] == "application/x-x509-next-ca-cert"
    outer = cms.ContentInfo.load(reply.content)["content"]
    assert outer["certificates"][0].chosen.dump() == here.ra.certificate.public_bytes(Encoding.DER)
    inner = cms.ContentInfo.load(outer["encap_content_info"]["content"].native)["content"]
    expected = (coming.recipient.certificate, other.authority.certificate, other.root)
    assert [c.chosen.dump() for c in inner["certificates"]] == [
        c.public_bytes(Encoding.DER) for c in expected
    ]


def test_a_single_certificate_is_the_cas_own(web):
    """Where a group says so, GetCACert is the CA alone under its own media type; the CA opens and signs."""
    here = site()
    itself = Recipient(certificate=here.authority.certificate, key=here.authority.key)
    endpoint = here.endpoint(single_certificate=True, recipients=(itself, here.ra))
    with running_server(here.config(None, endpoints=(endpoint,))) as url:
        reply = web.get(f"{url}/scep/staff?operation=GetCACert")
        assert reply.headers["content-type"] == "application/x-x509-ca-cert"
        assert reply.content == here.authority.certificate.public_bytes(Encoding.DER)
        subject = subject_of("ada@northwind.example")
        pair = self_signed(rsa_key("device"), subject=subject)
        payload = scep_requests.csr(rsa_key("device"), subject=subject, challenge=STATIC_SECRET)
        for recipient in (itself, here.ra):  # devices of before go on sealing to the RA
            sealed = enrol(payload, recipient.certificate, pair, Shape())
            answer = web.post(f"{url}/scep/staff?operation=PKIOperation", content=sealed)
            opened = read_reply(answer.content, pair)
            assert opened.status == "0"
            assert opened.signer == recipient.certificate.public_bytes(Encoding.DER)


def test_a_single_certificate_that_is_no_ca_is_refused():
    """Devices would seal to the CA; an RA in its place could not be found by them."""
    with pytest.raises(ValueError, match="seals to the CA"):
        site().endpoint(single_certificate=True)


def test_a_former_name_goes_on_answering(web):
    """A renamed group's old URL serves old payloads, which ask for the name of their day."""
    here = site()
    today = replace(POLICY, subject=(POLICY.subject[0], (OU, Pattern(("personnel",))), POLICY.subject[2]))
    renamed = {"group": "personnel", "formerly": ("staff",)}
    endpoints = (here.endpoint(today, **renamed), here.endpoint(POLICY, name="staff", **renamed))
    with running_server(here.config(None, endpoints=endpoints)) as url:
        for name in ("staff", "personnel"):
            subject = f"CN=ada@northwind.example,OU={name},O=Northwind University"
            pair = self_signed(rsa_key(name), subject=subject)
            payload = scep_requests.csr(rsa_key(name), subject=subject, challenge=STATIC_SECRET)
            sealed = enrol(payload, here.ra.certificate, pair, Shape())
            answer = web.post(f"{url}/scep/{name}?operation=PKIOperation", content=sealed)
            assert read_reply(answer.content, pair).status == "0"
        assert b'group="personnel",kind="issued"} 2' in web.get(f"{url}/metrics").content
