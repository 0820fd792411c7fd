"""CRLs, OCSP and issuer certificates as relying parties fetch them."""

from __future__ import annotations

import base64
import socket
from contextlib import closing
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from support.scep_site import site

from scep_server.store import RevocationReason


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


def test_ocsp_answers_http_1_0_without_a_host(url, web, request_and_pair, store):
    """Cisco ISE and ClearPass ask so; the answer has a length and then the connection ends."""
    record = _issued(web, url, request_and_pair, store)
    certificate = x509.load_der_x509_certificate(record.der)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, site().authority.certificate, SHA1())
    body = builder.build().public_bytes(Encoding.DER)
    parts = urlsplit(url)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
        connection.sendall(
            f"POST /ocsp/staff-ca HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        received = b""
        while part := connection.recv(65536):
            received += part
    head, _, answer = received.partition(b"\r\n\r\n")
    assert f"content-length: {len(answer)}".encode() in head.lower()
    assert ocsp.load_der_ocsp_response(answer).serial_number == record.serial
