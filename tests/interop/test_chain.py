"""Other people's verifiers judge every certificate, CRL and OCSP answer that is made."""

from __future__ import annotations

import shutil
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.issuance import approval
from support.northwind import NORTHWIND
from support.sites import new_site

from onboard.model import KeyKind, Organization
from onboard.provision import Loader, Site, crls, init, issuance_policy
from scep_server.revocation import CertificateStatus, Responder, Standing, answer

pytestmark = pytest.mark.interop
STRONGSWAN_EC = Path("/usr/lib/ipsec/plugins/libstrongswan-openssl.so")
SERIAL = 0x7FEEDDCCBBAA99887766554433221100


def tool(name: str) -> str:
    """The path of a program; skips where it is not installed."""
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed")
    return path


def run(*command: str, stdin: bytes = b"") -> str:
    """What a program says; fails with it if the program does."""
    result = subprocess.run(command, input=stdin, capture_output=True, check=False)
    output = (result.stdout + result.stderr).decode()
    assert result.returncode == 0, output
    return output


def provision(folder: Path, organization: Organization) -> Site:
    """An org that was provisioned now, because verifiers look at the clock; with CRLs of all authorities."""
    folder.mkdir(exist_ok=True)
    site = new_site(folder, organization, now=datetime.now(UTC))
    init(site)
    for name in ("staff", "students"):
        crls.sign(site, Loader.of(site).issuing(name), None)  # as the server does for those that groups use
    return site


def device_certificates(site: Site) -> dict[str, Path]:
    """A device's certificate of each group, beside the org."""
    found = {}
    for group in site.organization.groups:
        policy = issuance_policy(site.organization, group)
        asked = approval(extended_key_usages=policy.extended_key_usages, backdate=policy.backdate)
        issued = Loader.of(site).issuing(group.authority.name).issue(asked, serial=SERIAL, now=site.now)
        path = site.folder / f"device-{group.name}.pem"
        path.write_bytes(issued.public_bytes(Encoding.PEM))
        found[group.name] = path
    return found


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory) -> Site:
    return provision(tmp_path_factory.mktemp("org"), NORTHWIND)


@pytest.fixture(name="devices", scope="module")
def _devices(site) -> dict[str, Path]:
    return device_certificates(site)


def leaves(site: Site, devices: dict[str, Path]) -> list[tuple[Path, str, str]]:
    """Each leaf with its issuing authority and OpenSSL's purpose for it."""
    state = site.state.path
    return [
        (devices["staff"], "staff", "sslclient"),
        (devices["students"], "students", "sslclient"),
        (state / "ra/staff.pem", "staff", "smimesign"),
        (state / "ra/students.pem", "students", "smimesign"),
        (state / "radius/campus.pem", "root", "sslserver"),
        (state / "ocsp/root.pem", "root", "ocsphelper"),
        (state / "ocsp/staff.pem", "staff", "ocsphelper"),
        (state / "ocsp/students.pem", "students", "ocsphelper"),
        (state / "signing/profiles.pem", "staff", "smimesign"),
    ]


def crl_pem(site: Site, name: str) -> Path:
    """An authority's CRL as PEM."""
    path = site.folder / f"{name}.crl.pem"
    crl = x509.load_der_x509_crl((site.folder / "pki" / f"{name}.crl").read_bytes())
    path.write_bytes(crl.public_bytes(Encoding.PEM))
    return path


def test_openssl_accepts_every_chain_strictly(site, devices):
    """RFC 5280 to the letter (-x509_strict), each for its purpose, with CRLs of the whole chain."""
    openssl, pki = tool("openssl"), site.folder / "pki"
    for leaf, issuer, purpose in leaves(site, devices):
        command = [openssl, "verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(pki / "root.pem")]
        crls = ["-crl_check_all", "-CRLfile", str(crl_pem(site, "root"))]
        if issuer != "root":
            command += ["-untrusted", str(pki / f"{issuer}.pem")]
            crls += ["-CRLfile", str(crl_pem(site, issuer))]
        assert "OK" in run(*command, *crls, str(leaf)), leaf


def test_openssl_refuses_infrastructure_as_a_client(site, devices):
    """Nothing but a device's certificate passes for a client."""
    openssl, pki = tool("openssl"), site.folder / "pki"
    for leaf, issuer, purpose in leaves(site, devices):
        if purpose == "sslclient":
            continue
        command = [openssl, "verify", "-purpose", "sslclient", "-CAfile", str(pki / "root.pem")]
        command += [] if issuer == "root" else ["-untrusted", str(pki / f"{issuer}.pem")]
        result = subprocess.run([*command, str(leaf)], capture_output=True, check=False)
        assert result.returncode != 0, leaf
        assert b"unsuitable certificate purpose" in result.stderr + result.stdout, leaf


def test_strongswan_accepts_every_chain(tmp_path):
    """`pki --verify` with the CRLs of the chain at hand.

    Its RSA comes with Debian's strongswan-pki; its EC with the openssl plugin, so EC is tried where that is.
    """
    pki_tool = tool("pki")
    rsa = replace(
        NORTHWIND,
        authorities=tuple(replace(a, key=KeyKind.RSA_2048) for a in NORTHWIND.authorities),
    )
    for organization in (rsa, NORTHWIND) if STRONGSWAN_EC.exists() else (rsa,):
        site = provision(tmp_path / organization.authorities[0].key, organization)
        for leaf, issuer, _ in leaves(site, device_certificates(site)):
            pki = site.folder / "pki"
            command = [pki_tool, "--verify", "--in", str(leaf), "--cacert", str(pki / "root.pem")]
            command += [] if issuer == "root" else ["--cacert", str(pki / f"{issuer}.pem")]
            for name in sorted({"root", issuer}):
                command += ["--crl", str(pki / f"{name}.crl")]
            assert "certificate trusted, lifetimes valid, certificate not revoked" in run(*command), leaf


def test_a_message_signed_by_the_ra_verifies_with_openssls_defaults(site):
    """Clients built on OpenSSL ask a CMS signer for the S/MIME purpose; the RA must have it."""
    openssl, state, pki = tool("openssl"), site.state.path, site.folder / "pki"
    pair = ["-signer", str(state / "ra/staff.pem"), "-inkey", str(state / "ra/staff.key")]
    chain = ["-certfile", str(pki / "staff.pem")]
    signed = run(openssl, "cms", "-sign", "-nodetach", *pair, *chain, "-outform", "PEM", stdin=b"CertRep")
    message = site.folder / "signed.pem"
    message.write_text(signed)
    anchors = ["-CAfile", str(pki / "root.pem")]
    assert "CertRep" in run(openssl, "cms", "-verify", "-inform", "PEM", "-in", str(message), *anchors)


@pytest.fixture(name="responder_url")
def _responder_url(site, request):
    """An HTTP server on loopback that answers OCSP for one authority."""
    name = request.getfixturevalue("name")
    issuer, signer = site.certificate(name), Loader.of(site).ocsp_signer(name)
    responder = Responder(issuer=issuer, signer=signer.certificate, key=signer.key)

    def look_up(serial: int) -> CertificateStatus:
        if serial == 0x1234:
            return CertificateStatus(standing=Standing.GOOD)
        return CertificateStatus(standing=Standing.REVOKED, revoked_at=site.now, reason=1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            body = answer(asked, responder, look_up, now=site.now)
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["root", "staff", "students"])
def test_openssl_accepts_ocsp_answers(site, name, responder_url):
    """Good and revoked in one answer, signed by the delegate, with a nonce that OpenSSL compares."""
    openssl, pki = tool("openssl"), site.folder / "pki"
    ask = ["-issuer", str(pki / f"{name}.pem"), "-serial", "0x1234", "-serial", "0x99", "-nonce"]
    anchors = ["-CAfile", str(pki / "root.pem"), "-verify_other", str(pki / f"{name}.pem")]
    output = run(openssl, "ocsp", *ask, *anchors, "-url", responder_url)
    assert "Response verify OK" in output
    assert "0x1234: good" in output
    assert "0x99: revoked" in output
    assert "Reason: keyCompromise" in output
    assert "WARNING" not in output  # no nonce in response


def test_openssl_reads_every_extension(site, devices):
    """No certificate has an extension that OpenSSL cannot decode."""
    openssl = tool("openssl")
    for leaf, _, _ in leaves(site, devices):
        text = run(openssl, "x509", "-in", str(leaf), "-noout", "-text")
        assert "<Not Supported>" not in text
        assert "Parse Error" not in text
