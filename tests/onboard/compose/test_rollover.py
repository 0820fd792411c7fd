"""Payloads of a group whose authority is being replaced: both chains, and lint is content."""

from __future__ import annotations

import json
import plistlib
from dataclasses import replace

import pytest
from support.certificates import make_certificate
from support.northwind import neutral, staff_plan

from onboard.compose import compose
from onboard.pki import PublicCertificate

_CERTIFICATES = ("com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem")
ROOT = make_certificate("New Root", ca=True)
LATER = make_certificate("Northwind Staff Issuing CA 2", ca=True, issuer=ROOT)
CHAIN = (PublicCertificate(name="staff-2", der=LATER.der), PublicCertificate(name="root-2", der=ROOT.der))


def artifacts(plan) -> dict[str, bytes]:
    return {c.artifact.path: c.artifact.content for c in compose(plan, neutral)}


@pytest.fixture(scope="module")
def during() -> dict[str, bytes]:
    """What is made while certificates of both authorities are in use; everything has passed lint."""
    return artifacts(replace(staff_plan(), also_accepted=(CHAIN,)))


def of(found: dict[str, bytes], ending: str) -> bytes:
    return next(content for path, content in found.items() if path.endswith(ending))


def test_apple_holds_both_chains(during):
    """A device sends the chain of the certificate that it has."""
    payloads = plistlib.loads(of(during, ".mobileconfig"))["PayloadContent"]
    carried = {p["PayloadContent"] for p in payloads if p["PayloadType"] in _CERTIFICATES}
    assert {LATER.der, ROOT.der, staff_plan().issuing.der} <= carried


def test_windows_offers_certificates_of_both(during):
    """CAHashList: a certificate of another issuer is not offered, and the device would be off the network."""
    profiles = [content.decode() for path, content in during.items() if "wlan" in path or "lan-" in path]
    hashes = [signer.sha1.hex(" ") for signer in (staff_plan().issuing, CHAIN[0])]
    assert profiles
    assert all(f"<IssuerHash>{h}</IssuerHash>" in text for text in profiles for h in hashes)


def test_the_windows_script_takes_certificates_of_both(during):
    """It removes what another issuer made."""
    script = of(during, ".ps1").decode()
    listed = script.partition("$IssuingThumbprints = @(")[2].partition(")")[0]
    assert CHAIN[0].sha1.hex().upper() in listed
    assert staff_plan().issuing.sha1.hex().upper() in listed


def test_chromeos_offers_certificates_of_both(during):
    """IssuerCARef names the immediate issuer, so both stand there."""
    networks = json.loads(of(during, ".onc"))["NetworkConfigurations"]
    patterns = [n["WiFi"]["EAP"]["ClientCertPattern"] for n in networks if "WiFi" in n]
    assert patterns
    assert all(len(pattern["IssuerCARef"]) == 2 for pattern in patterns)


def test_pins_and_identifiers_stay(during):
    """SCEP clients pin the root of the authority that issues; no device enrols again."""
    before = plistlib.loads(of(artifacts(staff_plan()), ".mobileconfig"))["PayloadContent"]
    after = plistlib.loads(of(during, ".mobileconfig"))["PayloadContent"]
    scep = [
        [p for p in payloads if p["PayloadType"] == "com.apple.security.scep"] for payloads in (before, after)
    ]
    assert scep[0] == scep[1]
