"""`ca init`: makes what is missing, keeps what is there, refuses what was lost."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import CAMPUS_RADIUS, NORTHWIND, STAFF_CHALLENGE
from support.sites import NOW, at, counter, new_site, provisioned

from onboard.errors import PkiError, StateError
from onboard.model import Authority, KeyKind
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Kind, Loader, Outcome, Site, StateFolder, init, renew
from scep_server.authority import Shape
from scep_server.keys import KeyState

INFRASTRUCTURE = {
    "ocsp/root",
    "ocsp/staff",
    "ocsp/students",
    "ra/staff",
    "ra/students",
    "radius/campus",
    "signing/profiles",
    "audit/checkpoints",
}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def certificate(path: Path) -> x509.Certificate:
    """The certificate in a file."""
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture(name="site")
def _site(tmp_path) -> Site:
    return provisioned(tmp_path)


def test_everything_the_org_needs_is_made(tmp_path):
    """Authorities in pki/, keys and infrastructure in the state folder, the root's CRL; one row each."""
    site = new_site(tmp_path)
    rows = init(site)
    assert {row.outcome for row in rows} == {Outcome.CREATED}
    public = {path.name for path in (tmp_path / "pki").iterdir()}
    assert public == {"root.pem", "staff.pem", "students.pem", "root.crl"}
    for name in ("root", "staff", "students"):
        assert site.state.keys().state(name) is KeyState.PRESENT
    for name in INFRASTRUCTURE:
        assert (site.state.path / f"{name}.key").is_file()
        assert (site.state.path / f"{name}.pem").is_file()
    assert {f"{row.kind}/{row.name}" for row in rows} == INFRASTRUCTURE | {
        "authority/root",
        "authority/staff",
        "authority/students",
        "crl/root",
    }


def test_rows_say_what_an_administrator_compares(site):
    """Subject, key, digests and end of each certificate."""
    row = next(row for row in init(site) if row.kind is Kind.AUTHORITY and row.name == "root")
    root = read_certificates(NORTHWIND, site.folder)["root"]
    assert row.subject == "O=Northwind University,CN=Northwind Root CA"
    assert (row.key, row.sha1, row.sha256) == (
        "ec-p384",
        root.sha1.hex().upper(),
        root.sha256.hex().upper(),
    )
    assert row.not_after == root.not_after


def test_nobody_else_reads_the_state(site):
    """Folder 0700, keys 0600, and git ignores all of it."""
    assert site.state.path.stat().st_mode & 0o777 == 0o700
    assert (site.state.path / ".gitignore").read_text() == "*\n"
    for path in site.state.path.rglob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert (site.state.path / "pepper").stat().st_mode & 0o777 == 0o600


def test_authorities_are_what_the_org_says(site):
    """Keys, lifetimes, names, path lengths and who issued whom."""
    certificates = {name: p.parsed for name, p in read_certificates(NORTHWIND, site.folder).items()}
    for authority in NORTHWIND.authorities:
        made = certificates[authority.name]
        made.verify_directly_issued_by(certificates[authority.issuer or authority.name])
        assert made.public_key().key_size == authority.key.bits
        assert made.not_valid_after_utc - NOW == authority.valid_for
        length = made.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        assert length == (1 if authority.is_root else 0)


def test_infrastructure_is_issued_by_the_right_authority(site):
    """The RA by the group's CA, the RADIUS server by what devices trust."""
    issuers = {"ra/staff": "staff", "ra/students": "students", "radius/campus": "root", "ocsp/root": "root"}
    for leaf, issuer in issuers.items():
        made = certificate(site.state.path / f"{leaf}.pem")
        made.verify_directly_issued_by(certificate(site.folder / "pki" / f"{issuer}.pem"))
    radius = certificate(site.state.path / "radius/campus.pem")
    names = radius.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == list(CAMPUS_RADIUS.server_names)
    usages = radius.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {u.dotted_string for u in usages} == set(Shape.RADIUS_SERVER.value)
    assert (radius.not_valid_after_utc - radius.not_valid_before_utc).days <= 825


def test_serials_are_random_and_positive(site):
    """Each certificate has a serial of its own from the entropy that was given."""
    paths = [*site.state.path.rglob("*.pem"), *(site.folder / "pki").glob("*.pem")]
    serials = Counter(certificate(path).serial_number for path in paths)
    assert set(serials.values()) == {1}
    assert all(0 < serial < 2**127 for serial in serials)


def test_a_second_run_changes_no_file(site):
    """Idempotent to the byte, and it says so."""
    before = contents(site.folder)
    rows = init(site)
    assert contents(site.folder) == before
    assert {row.outcome for row in rows} == {Outcome.KEPT}


def test_a_new_group_gets_what_it_lacks_only(site):
    """Adding an authority and a group makes theirs and touches nothing else."""
    before = contents(site.folder)
    guests = Authority(
        name="guests",
        issuer="root",
        common_name="Northwind Guest CA",
        key=KeyKind.EC_P256,
        valid_for=timedelta(days=365),
    )
    group = replace(NORTHWIND.groups[1], name="guests", authority=guests)
    organization = replace(
        NORTHWIND, authorities=(*NORTHWIND.authorities, guests), groups=(*NORTHWIND.groups, group)
    )
    rows = init(replace(site, organization=organization))
    made = {f"{row.kind}/{row.name}" for row in rows if row.outcome is Outcome.CREATED}
    assert made == {"authority/guests", "ocsp/guests", "ra/guests"}
    after = contents(site.folder)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("lost", ["root", "staff"])
def test_a_lost_key_is_refused(site, lost):
    """A certificate in pki/ whose key is nowhere must not become a second PKI; nothing is touched."""
    (site.state.path / "keys" / f"{lost}.key").unlink()
    before = contents(site.folder)
    with pytest.raises(PkiError, match=rf"pki/{lost}\.pem: its key is not in") as caught:
        init(site)
    assert "backup" in caught.value.hint
    assert contents(site.folder) == before


def test_a_lost_state_folder_is_refused_whole(site):
    """Every authority is named, and no key is made for any of them."""
    shutil.rmtree(site.state.path)
    with pytest.raises(PkiError) as caught:
        init(site)
    for name in ("root", "staff", "students"):
        assert f"{name}.pem: its key is not in" in str(caught.value)
    assert not list(site.state.path.rglob("*.key"))


@pytest.mark.parametrize(
    ("lost", "message"),
    [("root", r"root\.pem: it is gone, but"), ("staff", r"staff\.pem: it is gone, but ocsp/staff\.pem")],
)
def test_a_lost_certificate_is_refused(site, lost, message):
    """A new one with the old key would have another digest, which devices pin."""
    (site.folder / "pki" / f"{lost}.pem").unlink()
    with pytest.raises(PkiError, match=message):
        init(site)
    assert not (site.folder / "pki" / f"{lost}.pem").exists()


def test_a_certificate_of_another_key_is_refused(site):
    """Mixed-up files are found before anything is signed with them."""
    shutil.copy(site.folder / "pki/students.pem", site.folder / "pki/staff.pem")
    with pytest.raises(PkiError, match=r"staff\.pem: it belongs to another key"):
        init(site)


def test_a_certificate_of_another_issuer_is_refused(tmp_path, site):
    """A root that was swapped does not pass because its own key fits."""
    other = new_site(tmp_path / "other")
    other.folder.mkdir()
    init(other)
    for name in ("pki/root.pem", ".onboard/keys/root.key"):
        shutil.copy(other.folder / name, site.folder / name)
    with pytest.raises(PkiError, match=r"staff\.pem: it was not issued by .*root\.pem"):
        init(site)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\n", b"\xff" * 100])
def test_garbage_in_pki_is_named(site, content):
    """The file is named, and kept."""
    (site.folder / "pki/staff.pem").write_bytes(content)
    with pytest.raises(PkiError, match=r"staff\.pem: this is not a certificate"):
        init(site)


@pytest.mark.parametrize("leaf", sorted(INFRASTRUCTURE))
def test_a_leaf_whose_certificate_is_missing_is_completed(site, leaf):
    """A run that was cut off between key and certificate is completed with the same key."""
    key = (site.state.path / f"{leaf}.key").read_bytes()
    (site.state.path / f"{leaf}.pem").unlink()
    rows = init(site)
    assert (site.state.path / f"{leaf}.key").read_bytes() == key
    assert (site.state.path / f"{leaf}.pem").is_file()
    made = [f"{row.kind}/{row.name}" for row in rows if row.outcome is Outcome.CREATED]
    assert made == [leaf]


def test_a_leaf_whose_key_was_lost_gets_a_new_pair(site):
    """An RA is not pinned by anything: a new generation replaces it, and no file is overwritten."""
    (site.state.path / "ra/staff.key").unlink()
    before = (site.state.path / "ra/staff.pem").read_bytes()
    init(site)
    assert (site.state.path / "ra/staff.pem").read_bytes() == before
    assert (site.state.path / "ra/staff@2.key").is_file()
    (recipient,) = Loader.of(site).recipients(NORTHWIND.groups[0])
    assert recipient.certificate == certificate(site.state.path / "ra/staff@2.pem")


def test_a_pair_that_does_not_fit_is_refused(site):
    """An RA that could not open what devices send would strand them."""
    shutil.copy(site.state.path / "ra/students.pem", site.state.path / "ra/staff.pem")
    with pytest.raises(PkiError, match=r"ra/staff\.pem does not belong to the key beside it"):
        init(site)


def test_an_interrupted_first_run_is_completed(tmp_path):
    """Key of the root written, certificate not: the next run uses that key."""
    site = new_site(tmp_path)
    init(site)
    key = (site.state.path / "keys/root.key").read_bytes()
    shutil.rmtree(tmp_path / "pki")
    for folder in ("ra", "ocsp", "radius", "signing", "audit"):
        shutil.rmtree(site.state.path / folder)
    for name in ("staff", "students"):
        (site.state.path / f"keys/{name}.key").unlink()
    rows = init(site)
    assert {row.outcome for row in rows} == {Outcome.CREATED}
    assert (site.state.path / "keys/root.key").read_bytes() == key


@pytest.mark.parametrize("moment", [1, 4, 9, 14, 20, 27, 35, 44])
def test_a_disk_that_fills_up_leaves_a_state_that_the_next_run_completes(tmp_path, monkeypatch, moment):
    """Whenever the disk is full, the error has a cure, no half file is left, and the same command goes on."""
    synced = 0
    real = os.fsync

    def fill_up(descriptor):
        nonlocal synced
        synced += 1
        if synced == moment:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    site = new_site(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StateError, match="No space left") as caught:
            init(site)
    assert "make room" in caught.value.hint
    assert not list(tmp_path.rglob(".partial-*"))
    init(site)
    assert {row.outcome for row in init(site)} == {Outcome.KEPT}


@pytest.mark.parametrize("moment", [3, 12, 25, 40])
def test_a_killed_run_is_completed_by_the_next(tmp_path, moment):
    """SIGKILL at any moment leaves nothing that the next run cannot use."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from support.sites import new_site\n"
        "from onboard.provision import init\n"
        "left = int(sys.argv[2])\n"
        "real = os.fsync\n"
        "def die(descriptor):\n"
        "    global left\n"
        "    left -= 1\n"
        "    os.kill(os.getpid(), 9) if left == 0 else real(descriptor)\n"
        "os.fsync = die\n"
        "init(new_site(Path(sys.argv[1])))\n"
    )
    tests = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(tmp_path), str(moment)]
    result = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(tests)}, check=False)
    assert result.returncode == -signal.SIGKILL
    site = replace(new_site(tmp_path), entropy=os.urandom)
    init(site)
    assert {row.outcome for row in init(site)} == {Outcome.KEPT}
    assert not list(tmp_path.rglob(".partial-*"))


def test_two_runs_at_once_do_not_mix(site):
    """The second one says that it must wait."""
    with (site.state.path / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StateError, match="another onboard"):
            init(site)


def test_a_state_folder_that_cannot_be_is_explained(tmp_path):
    """A file in its place, named with the cure."""
    (tmp_path / "file").write_text("x")
    site = replace(new_site(tmp_path), state=StateFolder(tmp_path / "file" / "state"))
    with pytest.raises(StateError, match="Not a directory") as caught:
        init(site)
    assert "--state" in caught.value.hint


def test_keys_are_encrypted_where_a_passphrase_is_given(tmp_path):
    """All keys, and the next run needs the passphrase."""
    site = new_site(tmp_path)
    locked = replace(site, state=StateFolder(site.state.path, b"correct horse battery"))
    init(locked)
    for path in site.state.path.rglob("*.key"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert {row.outcome for row in init(locked)} == {Outcome.KEPT}
    with pytest.raises(PkiError, match="is encrypted"):
        init(site)


def test_an_ra_is_renewed_beside_the_old_one(site):
    """Near its end a new pair signs, and the old one still opens what was sent to it."""
    later = at(site, NOW + timedelta(days=700))
    renewed = {f"{row.kind}/{row.name}" for row in init(later) if row.outcome is Outcome.RENEWED}
    assert {"ra/staff", "ra/students", "ocsp/staff", "signing/profiles", "crl/root"} <= renewed
    new, old = Loader.of(later).recipients(NORTHWIND.groups[0])
    assert old.certificate == certificate(site.state.path / "ra/staff.pem")
    assert new.certificate.not_valid_after_utc > old.certificate.not_valid_after_utc
    assert new.key.public_key() == new.certificate.public_key()
    assert {row.outcome for row in init(later)} == {Outcome.KEPT}
    ended = at(site, NOW + timedelta(days=731))
    assert len(Loader.of(ended).recipients(NORTHWIND.groups[0])) == 1


def test_a_renewal_changes_no_payload(site):
    """Everything that builders get stays equal when RA, OCSP, RADIUS and signing certificates are renewed."""

    def plans():
        certificates = read_certificates(NORTHWIND, site.folder)
        return [make_plan(NORTHWIND, group, certificates, STAFF_CHALLENGE) for group in NORTHWIND.groups]

    before = plans()
    assert Outcome.RENEWED in {row.outcome for row in init(at(site, NOW + timedelta(days=740)))}
    assert plans() == before


def test_a_leaf_that_ends_with_its_issuer_is_not_renewed_for_ever(site):
    """Close to the end of the CA another certificate would end at the same time."""
    end = certificate(site.folder / "pki/staff.pem").not_valid_after_utc
    last = at(site, end - timedelta(days=30))
    init(last)
    assert not [row for row in init(last) if row.outcome is Outcome.RENEWED]


def test_a_radius_server_follows_its_names(site):
    """A changed name gets a new certificate; the old one stays for the server that still runs with it."""
    radius = replace(CAMPUS_RADIUS, server_names=("radius2.northwind.example",))
    organization = replace(NORTHWIND, radius=(radius,))
    rows = init(replace(site, organization=organization))
    (renewed,) = [row for row in rows if row.outcome is Outcome.RENEWED]
    assert renewed.file.endswith("radius/campus@2.pem")
    assert (site.state.path / "radius/campus.pem").is_file()


def test_an_expired_issuer_is_named(site):
    """What it cannot sign any more is said, with the authority's name."""
    ended = at(site, certificate(site.folder / "pki/staff.pem").not_valid_after_utc + timedelta(days=1))
    (site.state.path / "ra/staff.pem").unlink()
    with pytest.raises(PkiError, match="'staff' expired"):
        init(ended)


def test_an_expired_issuer_keeps_no_other_from_renewing(site):
    """The upkeep of a server goes on past it: the other authority's RA is made, and the row says why not."""
    ended = certificate(site.folder / "pki/staff.pem").not_valid_after_utc - timedelta(days=1)
    (site.folder / "pki/students.pem").unlink()
    (site.state.path / "keys/students.key").unlink()
    for folder in ("ra", "ocsp"):
        (site.state.path / folder / "students.key").unlink()
        (site.state.path / folder / "students.pem").unlink()
    init(at(site, ended))  # an authority of students that outlives that of staff
    (site.state.path / "ra/staff@2.pem").unlink()
    rows = {row.name: row for row in renew(at(site, ended + timedelta(days=700)), {Kind.RA})}
    assert rows["students"].outcome is Outcome.RENEWED
    assert rows["staff"].outcome is Outcome.BLOCKED
    assert "'staff' expired" in rows["staff"].remark


def test_a_name_that_no_certificate_holds_is_refused(tmp_path):
    """X.520 bounds, before a key is wasted on it."""
    organization = replace(NORTHWIND, name="x" * 65)
    with pytest.raises(PkiError, match="65 characters"):
        init(new_site(tmp_path, organization))


def test_entropy_and_clock_are_arguments(tmp_path):
    """Serials come from the entropy that was given, dates from the clock."""
    site = replace(new_site(tmp_path), entropy=counter())
    init(site)
    root = certificate(tmp_path / "pki/root.pem")
    assert root.serial_number == int.from_bytes((2 << 64).to_bytes(16, "big"), "big") >> 1
    assert root.not_valid_before_utc == NOW - timedelta(hours=1)


def test_a_damaged_authority_key_is_named_with_its_certificate(site):
    """Among all other contradictions, before anything is made."""
    (site.state.path / "keys/staff.key").write_bytes(b"garbage")
    before = contents(site.folder)
    with pytest.raises(PkiError, match=r"staff\.key"):
        init(site)
    assert contents(site.folder) == before


def test_a_sealed_authority_whose_certificate_is_gone_is_refused(site, tmp_path):
    """It cannot be made again without the key, and must not be made with another."""
    site.state.keys().seal("root", tmp_path / "root.sealed", b"correct horse battery")
    (site.folder / "pki/root.pem").unlink()
    with pytest.raises(PkiError, match=r"root\.pem: it is gone, and its key was sealed away"):
        init(site)


def test_an_authority_below_an_expired_one_cannot_be_made(site):
    """The place in the org file is named."""
    late = Authority(
        name="late", issuer="root", common_name="Late", key=KeyKind.EC_P256, valid_for=timedelta(days=1)
    )
    organization = replace(NORTHWIND, authorities=(*NORTHWIND.authorities, late), groups=())
    ended = replace(at(site, NOW + timedelta(days=20 * 365 + 1)), organization=organization)
    with pytest.raises(PkiError, match="authority 'late' cannot be made: the authority 'root' expired"):
        init(ended)


def test_a_crl_of_another_program_is_continued(site):
    """One without a number or reasons is followed by number 1, and its entries stay revoked."""
    key = site.state.keys().load("root")
    foreign = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(site.certificate("root").subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=30))
        .add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(77).revocation_date(NOW).build()
        )
        .sign(key, hashes.SHA384())
    )
    (site.folder / "pki/root.crl").write_bytes(foreign.public_bytes(Encoding.PEM))
    (row,) = [row for row in init(site) if row.outcome is Outcome.RENEWED]
    assert row.kind is Kind.CRL
    crl = x509.load_der_x509_crl((site.folder / "pki/root.crl").read_bytes())
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
    assert crl.get_revoked_certificate_by_serial_number(77).revocation_date_utc == NOW
