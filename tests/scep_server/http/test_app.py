"""Which path, verb and address gets what."""

from __future__ import annotations

import logging

import pytest
from support.scep_site import site

from scep_server.limits import Rate
from scep_server.runtime import running_server


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


def test_health_says_only_ok(web, url):
    """No detail for strangers."""
    reply = web.get(f"{url}/healthz")
    assert (reply.status_code, reply.text) == (200, "ok\n")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_metrics_are_for_loopback_unless_forwarded(web, url, name):
    """A proxy on loopback makes nobody local."""
    reply = web.get(f"{url}/metrics")
    assert reply.status_code == 200
    assert 'scep_decisions_total{group="staff",kind="issued"}' in reply.text
    forwarded = web.get(f"{url}/metrics", headers={name: "192.0.2.1"})
    assert forwarded.status_code == 403


def test_metrics_are_for_the_bearer_of_the_token(web):
    """The right token opens them from anywhere, a wrong one nowhere."""
    with running_server(site().config(None, metrics_token="right")) as url:
        for token, status in (("right", 200), ("wrong", 403), ("righ", 403)):
            headers = {"x-forwarded-for": "192.0.2.1", "authorization": f"Bearer {token}"}
            assert web.get(f"{url}/metrics", headers=headers).status_code == status


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


def test_what_gets_no_scep_reply_leaves_a_line_with_the_cure(web, tmp_path, caplog):
    """A wrong group is found in the log, without its query; a scan does not fill the log."""
    config = site().config(tmp_path / "scep.sqlite")
    with running_server(config) as url, caplog.at_level(logging.WARNING, logger="scep_server"):
        web.get(f"{url}/scep/nobody?operation=GetCACaps&message=unspeakable")
        for number in range(50):
            web.get(f"{url}/scep/nobody-{number}")
    first, *others = [r.getMessage() for r in caplog.records if "unanswered" in r.getMessage()]
    assert "/scep/nobody" in first
    assert "org definition" in first
    assert "unspeakable" not in first
    assert len(others) < 10
