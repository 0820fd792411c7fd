"""A Windows device that has nothing but the SyncML file of `onboard generate` gets its certificate.

The device is the tests' own reading of the CSPs (support/csp.py), not the one that `rehearse` plays.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from defusedxml import ElementTree as SafeET
from support import csp

from onboard.cli.session import open_session
from onboard.devices.errors import ScepFailureError
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.scep.client import ScepClient
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.devices.scep.request_shape import WINDOWS
from onboard.rehearse import redirecting_client
from onboard.secret import Secret
from onboard.serve import configure
from scep_server.runtime import running_server

pytestmark = pytest.mark.slow

CHALLENGE = "Zw7-quiet-river-stone-lamp"
HOSTS = ("scep.northwind.example", "pki.northwind.example")
OIDS = {"CN": "2.5.4.3", "OU": "2.5.4.11", "O": "2.5.4.10"}
KINDS = {2: "rfc822", 3: "dns", 7: "uri", 11: "upn"}
TLS3 = "{http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV3}"
PERSON = "ada@northwind.example"


def enrol(enrolment: csp.Enrolment) -> x509.Certificate:
    """Ask the server of the organization in the working directory for what the device would ask."""
    site = open_session(Path("org.yaml")).site()
    request = CertificateRequest(
        subject=tuple((NameAttribute(OIDS[key], value),) for key, value in enrolment.subject),
        alt_names=tuple(RequestedName(KINDS[number], value) for number, value in enrolment.alt_names),
        challenge=Secret(enrolment.challenge),
        key_usage=("digital_signature", "key_encipherment"),
        extended_key_usage=enrolment.ekus,
    )
    key = rsa.generate_private_key(public_exponent=65537, key_size=enrolment.key_bits)
    pin = Fingerprint(bytes.fromhex(enrolment.root_sha1))
    with running_server(configure(site, {"staff": Secret(CHALLENGE)})) as url:
        client = redirecting_client(dict.fromkeys(HOSTS, url))
        device = ScepClient(url=enrolment.url, client=client, shape=WINDOWS, now=datetime.now(UTC))
        try:
            return device.enroll(device.discover(pin), request, key).certificate
        finally:
            client.close()


def fits_the_networks(device: csp.Device, certificate: x509.Certificate) -> bool:
    """Whether every WLAN profile's issuer filter names a delivered CA that signed the certificate."""
    for text in device.wifi.values():
        hashes = [
            node.text.replace(" ", "").upper() for node in SafeET.fromstring(text).iter(f"{TLS3}IssuerHash")
        ]
        signers = [x509.load_der_x509_certificate(device.intermediates[sha1]) for sha1 in hashes]
        for signer in signers:
            certificate.verify_directly_issued_by(signer)
        if not signers:
            return False
    return bool(device.wifi)


def test_a_person_enrols_with_the_groups_challenge(onboard, folder):
    """The neutral file with the variables filled in as an MDM does, and the static challenge inside."""
    assert onboard("generate", "--out", "out", "--group", "staff", "--platform", "windows").code == 0
    text = Path("out/staff/windows/staff.syncml.xml").read_text()
    device = csp.play(text.replace("${user.email}", PERSON).replace("${user.upn}", PERSON).encode())
    (enrolment,) = device.enrolments
    certificate = enrol(enrolment)
    assert [a.value for a in certificate.subject] == [PERSON, "staff", "Northwind University"]
    assert fits_the_networks(device, certificate)


def test_a_device_enrols_once_with_a_minted_challenge(onboard, folder):
    """The place of the one-time challenge is filled; the second request with it is refused."""
    assert onboard("generate", "--out", "out", "--group", "students", "--platform", "windows").code == 0
    challenge = onboard("challenge", "new", "students").out.strip()
    text = Path("out/students/windows/students.syncml.xml").read_text()
    device = csp.play(text.replace("${challenge}", challenge).replace("${device.id}", "lab-17").encode())
    (enrolment,) = device.enrolments
    certificate = enrol(enrolment)
    assert [a.value for a in certificate.subject] == ["lab-17", "students", "Northwind University"]
    assert fits_the_networks(device, certificate)
    with pytest.raises(ScepFailureError):
        enrol(enrolment)


def test_a_personal_file_needs_nothing_filled_in(onboard, folder):
    """`--for` leaves no variable and no place to fill; the pinned root is the committed one."""
    done = onboard("generate", "--out", "out", "--group", "staff", "--platform", "windows", "--for", PERSON)
    assert done.code == 0, done.err
    (path,) = Path("out").rglob("*.syncml.xml")
    content = path.read_bytes()
    assert b"${" not in content
    assert CHALLENGE.encode() not in content
    device = csp.play(content)
    (enrolment,) = device.enrolments
    assert enrol(enrolment).subject.rfc4514_string().endswith(f"CN={PERSON}")
    committed = x509.load_pem_x509_certificate(Path("pki/root.pem").read_bytes())
    assert x509.load_der_x509_certificate(device.roots[enrolment.root_sha1]) == committed
