"""The enrolment script as it is, with the real certmonger of a login session, against a real socket.

D-Bus starts that certmonger when the script first asks for it, and ends it with the session.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from support.issuance import DEVICE
from support.northwind import neutral, staff_plan, students_plan
from support.scep_site import STATIC_SECRET, YEAR, site

from onboard.payloads.linux.certmonger import build
from onboard.pki import PublicCertificate
from onboard.secret import Secret
from scep_server.runtime import running_server

DAEMON = "/usr/lib/certmonger/certmonger-session"
TOOLS = ("getcert", "openssl", "dbus-run-session")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not all(shutil.which(tool) for tool in TOOLS) or not os.path.exists(DAEMON),  # noqa: PTH110 -- a constant
        reason="certmonger, openssl or dbus is not installed",
    ),
]
HERE, ELSEWHERE = site(), site("ec-p256", "rsa-2048")


def public(name: str, certificate: x509.Certificate) -> PublicCertificate:
    return PublicCertificate(name=name, der=certificate.public_bytes(Encoding.DER))


def plan_for(url: str, *, pki=HERE, challenge: str | None = STATIC_SECRET, plan=None):
    plan = plan or students_plan()
    root = public("root", pki.root)
    return replace(
        plan,
        issuing=public("staff", pki.authority.certificate),
        issuers=(root,),
        networks=tuple(replace(network, anchors=(root,)) for network in plan.networks),
        scep=replace(plan.scep, url=f"{url}/scep/staff", challenge=challenge and Secret(challenge)),
    )


def run(tmp_path, plan, *arguments, after="") -> subprocess.CompletedProcess:
    """Run the script in a session of its own; `after` is shell text that runs in the same session."""
    (artifact,) = build(plan, neutral)
    (tmp_path / "enrol.sh").write_bytes(artifact.content)
    (tmp_path / "home").mkdir(exist_ok=True)
    story = f"""
        sh enrol.sh --session --folder {tmp_path}/kept "$@" || exit $?
        {after}
    """
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", textwrap.dedent(story), "sh", *arguments],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def certificate(tmp_path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((tmp_path / "kept" / "certificate.pem").read_bytes())


def test_it_enrols(tmp_path):
    """Key, certificate and trust lie where the network files look; the challenge is gone."""
    with running_server(HERE.config(None, DEVICE)) as url:
        done = run(tmp_path, plan_for(url), "device.id=lab-017")
    assert done.returncode == 0, done.stderr
    found = certificate(tmp_path)
    assert {name.rfc4514_string() for name in found.subject.rdns} == {
        "CN=lab-017",
        "OU=students",
        "O=Northwind University",
    }
    key = tmp_path / "kept" / "key.pem"
    assert load_pem_private_key(key.read_bytes(), None).public_key() == found.public_key()
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "kept" / "challenge").read_text() == "\n"
    assert STATIC_SECRET not in done.stdout + done.stderr
    trust = (tmp_path / "kept" / "trust-campus.pem").read_bytes()
    assert x509.load_pem_x509_certificate(trust) == HERE.root


def test_a_person_enrols_by_address(tmp_path):
    """An address goes into subject and alternative name, although certmonger encodes its @ against X.520."""
    with running_server(HERE.config(None)) as url:
        done = run(tmp_path, plan_for(url, plan=staff_plan()), "user.email=ada@northwind.example")
    assert done.returncode == 0, done.stderr
    found = certificate(tmp_path)
    assert "CN=ada@northwind.example" in {name.rfc4514_string() for name in found.subject.rdns}
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["ada@northwind.example"]


def test_an_elliptic_authority_enrols(tmp_path):
    """The issuing CA may be elliptic: only the RA, which certmonger writes to, must be RSA."""
    with running_server(ELSEWHERE.config(None, DEVICE)) as url:
        done = run(tmp_path, plan_for(url, pki=ELSEWHERE), "device.id=lab-017")
    assert done.returncode == 0, done.stderr
    assert certificate(tmp_path).issuer == ELSEWHERE.authority.certificate.subject


def test_it_renews(tmp_path):
    """A renewal goes by itself, without a challenge, through the same helper."""
    after = f"""
        cp {tmp_path}/kept/certificate.pem first.pem
        getcert resubmit -s -i wifi-students -w >/dev/null
        getcert list -s -i wifi-students
    """
    with running_server(HERE.config(None, replace(DEVICE, renew_within=YEAR))) as url:
        done = run(tmp_path, plan_for(url), "device.id=lab-017", after=after)
    assert "status: MONITORING" in done.stdout, done.stdout + done.stderr
    first = x509.load_pem_x509_certificate((tmp_path / "first.pem").read_bytes())
    assert certificate(tmp_path).serial_number != first.serial_number
    assert certificate(tmp_path).subject == first.subject


def test_another_root_gets_no_challenge(tmp_path):
    """A server that does not lead to the pinned root is refused before anything is sent to it."""
    with running_server(ELSEWHERE.config(None, DEVICE)) as url:
        done = run(tmp_path, plan_for(url, pki=HERE), "device.id=lab-017")
    assert done.returncode == 1
    assert "does not belong to the pinned root" in done.stderr
    assert not (tmp_path / "kept" / "challenge").exists()


def test_a_wrong_challenge_is_told(tmp_path):
    """A refusal ends the script with the reason that certmonger has, and leaves no challenge behind."""
    with running_server(HERE.config(None, DEVICE)) as url:
        done = run(tmp_path, plan_for(url, challenge="wrong-wrong-wrong"), "device.id=lab-017")
    assert done.returncode == 1
    assert "not enrolled" in done.stderr
    assert "ca-error" in done.stderr
    assert (tmp_path / "kept" / "challenge").read_text() == "\n"


def test_values_come_from_the_command_line_or_the_computer(tmp_path):
    """A computer's id is made once and kept; a person's address must be given, and its absence is said."""
    person = plan_for("http://127.0.0.1:1", plan=staff_plan())
    done = run(tmp_path, person)
    assert (done.returncode, "add user.email=VALUE" in done.stderr) == (1, True)
    for _ in range(2):
        done = run(tmp_path, plan_for("http://127.0.0.1:1"))
        assert (done.returncode, "cannot be reached" in done.stderr) == (1, True)
    assert len((tmp_path / "kept" / "device.id").read_text().strip()) == 36


def test_one_time_challenge_by_file(tmp_path):
    """A challenge comes in a file, never on the command line, and without one the script stops."""
    (tmp_path / "challenge").write_text(f"{STATIC_SECRET}\n")
    with running_server(HERE.config(None, DEVICE)) as url:
        plan = plan_for(url, challenge=None)
        refused = run(tmp_path, plan, "device.id=lab-017")
        misused = run(tmp_path, plan, "device.id=lab-017", f"challenge={STATIC_SECRET}")
        done = run(tmp_path, plan, "device.id=lab-017", "--challenge-file", "challenge")
    assert (refused.returncode, "--challenge-file" in refused.stderr) == (1, True)
    assert (misused.returncode, "--challenge-file" in misused.stderr) == (64, True)
    assert done.returncode == 0, done.stderr
