"""strongSwan's `pki` enrols with what the Apple payload says, at a server that `onboard` runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from cryptography import x509
from support.commands import onboard, scep_settings, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("pki") is None, reason="strongSwan's pki is not installed"),
]
EXAMPLE = Path(__file__).parents[2] / "examples" / "northwind.yaml"
SECRET = "quiet river stone lamp 27"
VALUES = {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The example with RSA authorities, since some packages of strongSwan come without any EC code."""
    folder = tmp_path_factory.mktemp("northwind")
    text = EXAMPLE.read_text(encoding="utf-8").replace("ec-p384", "rsa-3072").replace("ec-p256", "rsa-2048")
    text = text.replace("env:NORTHWIND_STAFF_CHALLENGE", "file:challenge.txt")
    (folder / "org.yaml").write_text(text, encoding="utf-8")
    (folder / "challenge.txt").write_text(SECRET, encoding="utf-8")
    onboard("ca", "init", folder=folder)
    onboard("generate", "--out", "payloads", folder=folder)
    onboard("generate", "--out", "ada", "--for", VALUES["user.email"], folder=folder)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with serving(folder) as running:
        yield running


def pki(*arguments: str, folder: Path, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["pki", *arguments], cwd=folder, capture_output=True, check=check, timeout=60)


def enrol(base: str, settings, folder: Path, *, challenge: str = "") -> subprocess.CompletedProcess[bytes]:
    """Fetch the CA certificates and enrol, as the settings of a payload say."""
    folder.mkdir()
    url = base + urllib.parse.urlsplit(settings["URL"]).path
    kind, size = settings["Key Type"].lower(), str(settings["Keysize"])
    key = pki("--gen", "--type", kind, "--size", size, "--outform", "pem", folder=folder)
    (folder / "key.pem").write_bytes(key.stdout)
    pki("--scepca", "--url", url, "--caout", "ca.pem", "--raout", "ra.pem", "--outform", "pem", folder=folder)
    name = ", ".join(f"{kind}={filled(value)}" for rdn in settings["Subject"] for kind, value in rdn)
    line = ["--scep", "--url", url, "--in", "key.pem", "--dn", name, "--outform", "pem"]
    line += ["--password", challenge or settings["Challenge"]]
    line += ["--cacert-enc", "ra.pem", "--cacert-sig", "ra.pem"]
    for path in sorted(folder.glob("ca*.pem")):
        line += ["--cacert", path.name]
    email = settings.get("SubjectAltName", {}).get("rfc822Name")
    if email:
        line += ["--san", filled(email)]
    return pki(*line, folder=folder, check=False)


def filled(text: str) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda match: VALUES[match[1]], text)


def test_the_payload_of_a_group_enrols(folder, server, tmp_path) -> None:
    """Variables filled in as an MDM would, the group's static challenge taken from the payload."""
    settings = scep_settings(folder / "payloads/staff/apple/staff.mobileconfig")
    done = enrol(server[0], settings, tmp_path / "device")
    assert done.returncode == 0, done.stderr
    certificate = x509.load_pem_x509_certificate(done.stdout)
    assert certificate.subject.rfc4514_string() == "O=Northwind University,OU=staff,CN=ada@northwind.example"


def test_a_wrong_challenge_is_refused(folder, server, tmp_path) -> None:
    """The client says badRequest and the log what to compare."""
    settings = scep_settings(folder / "payloads/staff/apple/staff.mobileconfig")
    done = enrol(server[0], settings, tmp_path / "device", challenge="not the challenge at all")
    assert done.returncode != 0
    assert b"badRequest" in done.stderr
    assert "compare the payload's challenge" in server[1].read_text()


@pytest.mark.parametrize("group", ["staff", "students"])
def test_a_personal_payload_enrols_once(folder, server, tmp_path, group) -> None:
    """Signed, with everything filled in; the same payload on a second device is refused with an alarm."""
    signed = folder / f"ada/{group}/apple/{group}.mobileconfig"
    line = ["openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", str(signed)]
    opened = tmp_path / "opened.mobileconfig"
    opened.write_bytes(subprocess.run(line, capture_output=True, check=True).stdout)
    settings = scep_settings(opened)
    assert "${" not in str(settings)
    first = enrol(server[0], settings, tmp_path / "first")
    assert first.returncode == 0, first.stderr
    before = len(server[1].read_text())
    assert enrol(server[0], settings, tmp_path / "second").returncode != 0
    assert '"kind":"alarm"' in server[1].read_text()[before:]
