"""The script that keeps the CRLs current, in a hierarchy of three tiers."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from support.certificates import Made, make_certificate
from support.northwind import CAMPUS_RADIUS, NORTHWIND, certificates

from onboard.pki import PublicCertificate
from onboard.radius import Settings, build, make_policy, write_folder
from onboard.radius.openssl_names import name_hash

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not (shutil.which("curl") and shutil.which("openssl")), reason="curl or openssl is not installed"
    ),
]
_DAY = timedelta(days=1)


def crl(issuer: Made, *revoked: Made) -> x509.CertificateRevocationList:
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(now - _DAY).next_update(now + _DAY)
    for made in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(made.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now - _DAY).build())
    return builder.sign(issuer.key, SHA256())


def test_everybody_below_a_revoked_authority_is_kept_out(tmp_path):
    """Where the root revokes the middle, the CRLs below it go too, run after run; later they come back."""
    root = make_certificate("Root", ca=True)
    middle = make_certificate("Middle", ca=True, issuer=root)
    low = make_certificate("Low", ca=True, issuer=middle)
    other = make_certificate("Other", ca=True, issuer=root)
    tiers = {"low": low, "other": other, "middle": middle, "root": root}
    files = {name: tmp_path / f"{name}.der" for name in tiers}
    for name, made in tiers.items():
        files[name].write_bytes(crl(made).public_bytes(Encoding.DER))
    policy = replace(
        make_policy(NORTHWIND, CAMPUS_RADIUS, certificates()),
        rules=(),
        trusted=tuple(PublicCertificate(name=name, der=made.der) for name, made in tiers.items()),
        crl_urls={name: path.as_uri() for name, path in files.items()},
    )
    good = {name: crl(made) for name, made in tiers.items()}
    write_folder(tmp_path, build(policy, Settings(folder=str(tmp_path)), None, good))
    for revoked, there in (((middle,), {"other", "root"}), ((middle,), {"other", "root"}), ((), set(tiers))):
        files["root"].write_bytes(crl(root, *revoked).public_bytes(Encoding.DER))
        done = subprocess.run([tmp_path / "refresh-crls"], capture_output=True, text=True, check=True)
        places = {
            name: tmp_path / "trust" / f"{name_hash(m.certificate.subject)}.r0" for name, m in tiers.items()
        }
        if (
            revoked
        ):  # the first run of `refresh-crls` reads the root's new CRL before it asks about the others
            assert "low is revoked, or one above it is" in done.stderr
        assert {name for name, place in places.items() if place.is_file()} == there
