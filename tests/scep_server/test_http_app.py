"""HTTP as clients speak it, against a real socket: paths, verbs, versions, headers, limits."""

from __future__ import annotations

import base64
import logging
import socket
from contextlib import closing
from urllib.parse import quote, urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import scep_requests
from support.scep_requests import Shape, enrol, read_reply, rsa_key, self_signed
from support.scep_site import STATIC_SECRET, site, subject_of

from scep_server.limits import Rate
from scep_server.memory_store import MemoryStore
from scep_server.runtime import running_server
from scep_server.store import RevocationReason

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
    bundle = scep_requests.cms.ContentInfo.load(reply.content)["content"]["certificates"]
    here = site()
    expected = (here.ra.certificate, here.authority.certificate, here.root)
    assert [c.chosen.dump() for c in bundle] == [c.public_bytes(Encoding.DER) for c in expected]


@pytest.mark.parametrize(
    "path",
    [
        "/scep/staff",
        "/scep/staff/",
        "/scep/staff/pkiclient.exe",
        "/scep/staff/cgi-bin/pkiclient.exe",
        "/scep/staff/certsrv/mscep/mscep.dll/pkiclient.exe",
        "//scep//staff//pkiclient.exe",
        "/pki/scep/staff",
    ],
)
@pytest.mark.parametrize("host", ["scep.northwind.example", "10.0.0.1", "[::1]", "x"])
def test_every_suffix_prefix_and_host_reaches_the_endpoint(web, url, path, host):
    """Clients append what they like, and proxies name hosts as they like."""
    reply = web.get(f"{url}{path}?operation=GetCACaps&message=default", headers={"host": host})
    assert reply.status_code == 200
    assert b"POSTPKIOperation" in reply.content


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
    pair = self_signed(rsa_key("device"), subject=SUBJECT)
    payload = scep_requests.csr(rsa_key("device"), subject=SUBJECT, challenge="wrong")
    message = enrol(payload, site().ra.certificate, pair, Shape())
    reply = web.post(f"{url}/scep/staff?operation=PKIOperation", content=message)
    assert reply.status_code == 200
    assert read_reply(reply.content, pair).status == "2"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/scep/staff", 400),
        ("GET", "/scep/staff?operation=GetNextCACert", 400),
        ("GET", "/scep/staff?operation=getcacaps", 400),
        ("GET", "/scep/staff?operation=PKIOperation&message=%21%21", 400),
        ("GET", "/scep/staff?operation=PKIOperation", 400),
        ("POST", "/scep/staff?operation=PKIOperation", 400),
        ("PUT", "/scep/staff?operation=PKIOperation", 405),
        ("DELETE", "/scep/staff", 405),
        ("GET", "/scep/nobody?operation=GetCACaps", 404),
        ("GET", "/scep", 404),
        ("GET", "/crl/nobody.crl", 404),
        ("GET", "/crl/staff-ca", 404),
        ("GET", "/ca/nobody.cer", 404),
        ("POST", "/crl/staff-ca.crl", 405),
        ("GET", "/ocsp/nobody/AA==", 404),
        ("PUT", "/ocsp/staff-ca", 405),
    ],
)
def test_what_is_no_scep_gets_an_http_error(web, url, method, path, status):
    """HTTP errors are for what is no SCEP at all."""
    assert web.request(method, url + path).status_code == status


def test_head_has_the_headers_of_get_and_no_body(web, url):
    """Monitoring asks with HEAD."""
    reply = web.head(f"{url}/scep/staff?operation=GetCACaps")
    assert (reply.status_code, reply.content) == (200, b"")
    assert int(reply.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/", "/portal", "/scepter", "/crl", "/pki/anything"])
def test_everything_else_goes_to_the_portal(web, url, path):
    """The server takes only its own paths."""
    assert web.get(url + path).content == b"portal " + path.encode()


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


def test_health_says_only_ok(web, url):
    """No detail for strangers."""
    reply = web.get(f"{url}/healthz")
    assert (reply.status_code, reply.text) == (200, "ok\n")


def test_metrics_are_for_loopback_unless_forwarded(web, url):
    """A proxy on loopback makes nobody local."""
    reply = web.get(f"{url}/metrics")
    assert reply.status_code == 200
    assert 'scep_decisions_total{group="staff",kind="issued"}' in reply.text
    forwarded = web.get(f"{url}/metrics", headers={"x-forwarded-for": "192.0.2.1"})
    assert forwarded.status_code == 403


def test_metrics_are_for_the_bearer_of_the_token(web):
    """The right token opens them from anywhere, a wrong one nowhere."""
    with running_server(site().config(None, metrics_token="right")) as url:
        for token, status in (("right", 200), ("wrong", 403), ("righ", 403)):
            headers = {"x-forwarded-for": "192.0.2.1", "authorization": f"Bearer {token}"}
            assert web.get(f"{url}/metrics", headers=headers).status_code == status


def test_the_issuer_is_published(web, url):
    """DER, as the certificates promise."""
    reply = web.get(f"{url}/ca/staff-ca.cer")
    assert reply.headers["content-type"] == "application/pkix-cert"
    assert x509.load_der_x509_certificate(reply.content) == site().authority.certificate


def _issued(web, url, request_and_pair, store):
    message, _ = request_and_pair
    web.post(f"{url}/scep/staff?operation=PKIOperation", content=message)
    return next(iter(store.certificates()))


def test_a_revocation_shows_in_crl_and_ocsp_at_once(web, url, request_and_pair, store):
    """Good before, revoked after; the ETag changes with it and spares a download without it."""
    record = _issued(web, url, request_and_pair, store)
    address = f"{url}/crl/staff-ca.crl"
    before = web.get(address)
    assert before.headers["content-type"] == "application/pkix-crl"
    tag = before.headers["etag"]
    assert web.get(address, headers={"if-none-match": tag}).status_code == 304
    assert _ocsp(web, url, record).certificate_status is ocsp.OCSPCertStatus.GOOD
    store.revoke(record.serial, RevocationReason.KEY_COMPROMISE, record.issued)
    after = web.get(address, headers={"if-none-match": tag})
    assert after.status_code == 200
    crl = x509.load_der_x509_crl(after.content)
    assert crl.is_signature_valid(site().authority.certificate.public_key())
    assert crl.get_revoked_certificate_by_serial_number(record.serial)
    answer = _ocsp(web, url, record)
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_reason is x509.ReasonFlags.key_compromise


def _ocsp(web, url, record, method="GET"):
    certificate = x509.load_der_x509_certificate(record.der)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, site().authority.certificate, SHA1())
    request = builder.build().public_bytes(Encoding.DER)
    if method == "POST":
        reply = web.post(f"{url}/ocsp/staff-ca", content=request)
    else:
        reply = web.get(f"{url}/ocsp/staff-ca/{quote(base64.b64encode(request).decode(), safe='')}")
    assert reply.headers["content-type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(reply.content)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ocsp_answers_both_verbs(web, url, request_and_pair, store, method):
    """RFC 6960 appendix A has both; garbage gets malformedRequest, not an HTTP error."""
    record = _issued(web, url, request_and_pair, store)
    assert _ocsp(web, url, record, method).response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    garbage = web.post(f"{url}/ocsp/staff-ca", content=b"garbage")
    status = ocsp.load_der_ocsp_response(garbage.content).response_status
    assert (garbage.status_code, status) == (200, ocsp.OCSPResponseStatus.MALFORMED_REQUEST)


def test_requests_are_limited_by_address(web, caplog):
    """Beyond the burst 429 with Retry-After; reading capabilities costs nothing; a proxy is believed."""
    from ipaddress import ip_network

    config = site().config(
        None,
        per_address=Rate(per_second=0.01, burst=2),
        trusted_proxies=(ip_network("127.0.0.0/8"),),
    )
    with caplog.at_level(logging.INFO, "scep_server"), running_server(config) as url:
        address = f"{url}/scep/staff?operation=PKIOperation"
        codes = [web.post(address, content=b"x").status_code for _ in range(4)]
        assert codes == [400, 400, 429, 429]
        hidden = f"{url}/scep/staff?operation=%50KIOperation&message=AAAA"
        assert web.get(hidden).status_code == 429
        limited = web.post(address, content=b"x")
        assert int(limited.headers["retry-after"]) >= 90
        assert web.get(f"{url}/scep/staff?operation=GetCACaps").status_code == 200
        elsewhere = web.post(address, content=b"x", headers={"x-forwarded-for": "192.0.2.9"})
        assert elsewhere.status_code == 400


def test_a_lone_server_answers_404_elsewhere(web):
    """Without a portal there is nothing at other paths, and PKI can be served elsewhere."""
    with running_server(site().config(None, authorities=None)) as url:
        assert web.get(f"{url}/").status_code == 404
        assert web.get(f"{url}/crl/staff-ca.crl").status_code == 404
