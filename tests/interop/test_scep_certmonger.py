"""certmonger, unprivileged on its own session bus: it enrols once by challenge, then renews by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.scep_site import POLICY, minted, site

from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore

DAEMON = "/usr/lib/certmonger"
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        shutil.which("certmonger-session", path=DAEMON) is None or shutil.which("dbus-run-session") is None,
        reason="certmonger or dbus-run-session is not installed",
    ),
]
# A certificate of ten days is within certmonger's own threshold, so the daemon renews it at once.
SHORT = replace(POLICY, valid_for=timedelta(days=10), renew_within=timedelta(days=10))
STORY = r"""
set -e
printf '#!/bin/sh\ncd "%s" && cp cert.pem copy && mv copy "issued-$(ls issued-* | wc -l)"\n' "$PWD" >keep
chmod +x keep
certmonger-session -n >daemon.log 2>&1 &
daemon=$!
trap 'kill $daemon' EXIT
until getcert list-cas -s >/dev/null 2>&1; do :; done
getcert add-scep-ca -s -c onboard -u "$URL" -N "$PWD/root.pem" -I "$PWD/ca.pem"
# certmonger asks for the certificates in the background; a request that comes before them fails for good
until getcert list-cas -s -c onboard | grep -q 'SCEP CA certificate thumbprint'; do :; done
getcert request -s -c onboard -I wifi -k "$PWD/key.pem" -f "$PWD/cert.pem" -g 2048 -G rsa \
    -N "CN=ada@northwind.example,OU=staff,O=Northwind University" -E ada@northwind.example \
    -u digitalSignature -u keyEncipherment -U id-kp-clientAuth -l "$PWD/challenge" \
    -C "$PWD/keep"
until [ -e issued-1 ]; do
    getcert list -s | grep -q CA_REJECTED && exit 3
    sleep 0.2
done
getcert list -s
"""


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
def test_it_enrols_by_a_one_time_challenge_and_renews_by_its_certificate(tmp_path, algorithm):
    """The challenge is spent once; the renewal goes by the old certificate and keeps the identity."""
    here = site(algorithm)
    challenge, record = minted(1, datetime.now(UTC), user_email="ada@northwind.example")
    store = SqliteStore(tmp_path / "scep.sqlite")
    store.add_challenges([record])
    (tmp_path / "challenge").write_text(challenge)
    for name, certificate in (("root", here.root), ("ca", here.authority.certificate)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    with running_server(here.config(tmp_path / "scep.sqlite", SHORT)) as url:
        story = subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", STORY],
            cwd=tmp_path,
            env={
                "HOME": str(tmp_path),
                "PATH": f"{os.environ['PATH']}:{DAEMON}",
                "URL": f"{url}/scep/staff",
                "LANG": "C",
            },
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )
    assert "status: MONITORING" in story.stdout
    first, second = (
        x509.load_pem_x509_certificate((tmp_path / name).read_bytes()) for name in ("issued-0", "issued-1")
    )
    assert first.subject == second.subject
    renewal = store.certificate(second.serial_number)
    assert (renewal.renews, renewal.identity) == (first.serial_number, "bound")
    assert store.challenges()[0].spent_by == first.serial_number
    second.verify_directly_issued_by(here.authority.certificate)
    store.close()
