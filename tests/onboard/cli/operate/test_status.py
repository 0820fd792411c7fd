"""`status`, and the commands of `ca` for other people's CAs and offline ones."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509


def without_onboarding() -> Path:
    """The org without a whitelist, whose facts grow old while these tests stay."""
    org = Path("org.yaml")
    org.write_text(org.read_text().partition("\nonboarding:")[0] + "\n")
    return org


def by_kind(done) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in done.json:
        found.setdefault(row["kind"], []).append(row)
    return found


def test_status_lists_everything_soonest_first(onboard, folder) -> None:
    """Every kind of thing that ends is there, in the order of its end."""
    done = onboard("status", "--format", "json")
    assert done.code == 0
    assert {"authority", "crl", "ra", "ocsp", "radius", "signing", "catalogue"} <= set(by_kind(done))
    ends = [row["not_after"] for row in done.json]
    assert ends == sorted(ends)
    assert all(row["remark"] for row in done.json)


def test_fail_within_exits_by_the_soonest(onboard, folder) -> None:
    """Nothing ends within an hour; the root's CRL ends within two years."""
    without_onboarding()
    assert onboard("status", "--fail-within", "1h").code == 0
    done = onboard("status", "--fail-within", "2y")
    assert done.code == 1
    assert "within 2y" in done.err
    assert onboard("status", "--fail-within", "soon").code == 64


def test_an_unset_secret_and_a_missing_ra_fail_at_any_time(onboard, folder, monkeypatch) -> None:
    """What is missing comes first and fails whatever the time is."""
    without_onboarding()
    monkeypatch.delenv("NORTHWIND_STAFF_CHALLENGE")
    Path(".onboard/ra/students.pem").unlink()
    done = onboard("status", "--fail-within", "1h", "--format", "json")
    assert done.code == 1
    missing = {(row["kind"], row["name"]) for row in done.json if row["state"] == "missing"}
    assert missing == {("secret", "env:NORTHWIND_STAFF_CHALLENGE"), ("ra", "students")}
    assert [row["state"] for row in done.json[:2]] == ["missing", "missing"]


def test_status_before_ca_init(onboard, folder, tmp_path, monkeypatch) -> None:
    """Without any state everything is missing, and that is said rather than raised."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "org.yaml").write_bytes(Path("org.yaml").read_bytes())
    monkeypatch.chdir(bare)
    done = onboard("status", "--format", "json")
    assert done.code == 0
    assert {row["state"] for row in by_kind(done)["authority"]} == {"missing"}


def test_mail_goes_to_whom_the_org_says(onboard, folder) -> None:
    """A message for sendmail: to those of `notify`, about what fails, and none when all is well."""
    org = without_onboarding()
    assert onboard("status", "--fail-within", "2y", "--format", "mail").code == 1
    org.write_text(
        org.read_text().replace("  identifier: edu", "  notify: [pki@northwind.example]\n  identifier: edu")
    )
    done = onboard("status", "--fail-within", "2y", "--format", "mail")
    message = email.message_from_string(done.out)
    assert message["To"] == "pki@northwind.example"
    assert "crl" in message.get_payload(decode=True).decode()
    assert onboard("status", "--fail-within", "1h", "--format", "mail").out == ""


def test_crl_of_an_offline_root(onboard, folder, monkeypatch) -> None:
    """A sealed root revokes a CA for one run; the next CRL keeps the entry and the key stays away."""
    monkeypatch.setenv("PASS", "a long passphrase for the root")
    assert onboard("ca", "seal", "root", "--to", "root.key", "--passphrase", "env:PASS").code == 0
    serial = x509.load_pem_x509_certificate(Path("pki/students.pem").read_bytes()).serial_number
    sealed = ("--sealed", "root.key", "--passphrase", "env:PASS")
    revoke = ("--revoke", f"{serial:x}", "--reason", "ca-compromise")
    assert onboard("ca", "crl", "root", *sealed, *revoke).code == 0
    assert onboard("ca", "crl", "root", *sealed).code == 0
    crl = x509.load_der_x509_crl(Path("pki/root.crl").read_bytes())
    (entry,) = crl
    assert entry.serial_number == serial
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.ca_compromise
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3
    assert crl.next_update_utc > datetime.now(UTC)
    assert not Path(".onboard/keys/root.key").exists()


def test_crl_says_what_it_needs(onboard, folder, monkeypatch) -> None:
    """Without the key, for an authority that groups enrol with, with a reason or serial that is none."""
    monkeypatch.setenv("PASS", "a long passphrase for the root")
    assert onboard("ca", "seal", "root", "--to", "root.key", "--passphrase", "env:PASS").code == 0
    assert "sealed" in onboard("ca", "crl", "root").err
    assert "cert revoke" in onboard("ca", "crl", "staff").err
    assert onboard("ca", "crl", "root", "--reason", "spite").code == 64
    assert onboard("ca", "crl", "root", "--revoke", "xyz").code == 64


def test_request_and_import(onboard, folder) -> None:
    """The request is for the key in the state; what is already there is refused or kept."""
    Path("pki/students.pem").rename("students.crt")
    for made in Path(".onboard/ra").glob("students.*"):
        made.unlink()
    done = onboard("ca", "request", "students")
    assert done.code == 0
    csr = x509.load_pem_x509_csr(done.out.encode())
    certificate = x509.load_pem_x509_certificate(Path("students.crt").read_bytes())
    assert csr.public_key() == certificate.public_key()
    assert onboard("ca", "import", "students", "students.crt").code == 0
    assert (
        onboard("ca", "import", "students", "students.crt", "--format", "json").json[0]["outcome"] == "kept"
    )
    assert onboard("ca", "import", "students", "pki/staff.pem").code == 1
    assert onboard("ca", "import", "students", "nowhere.pem").code == 1
    assert onboard("ca", "request", "students").code == 1
