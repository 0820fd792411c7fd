"""Authorities whose key or certificate was lost, exchanged, damaged or ended: refused, with the cure."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import NORTHWIND
from support.sites import NOW, at, certificate, contents, new_site

from onboard.errors import PkiError
from onboard.model import Authority, KeyKind
from onboard.pki import read_certificates
from onboard.provision import init


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


def test_an_expired_issuer_is_named(site):
    """What it cannot sign any more is said, with the authority's name."""
    ended = at(site, certificate(site.folder / "pki/staff.pem").not_valid_after_utc + timedelta(days=1))
    (site.state.path / "ra/staff.pem").unlink()
    with pytest.raises(PkiError, match="'staff' expired"):
        init(ended)


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


def test_a_new_name_in_the_org_is_remarked(site):
    """A certificate keeps its name, so whoever edits org.yaml hears why nothing changed, and what would."""
    init(site)
    authorities = tuple(
        replace(one, common_name="Another Name") if one.name == "staff" else one
        for one in site.organization.authorities
    )
    rows = init(replace(site, organization=replace(site.organization, authorities=authorities)))
    remarks = {row.name: row.remark for row in rows if row.kind.value == "authority"}
    assert "'Another Name'" in remarks["staff"]
    assert "ca rotate staff" in remarks["staff"]
    assert remarks["students"] == ""


def test_a_certificate_of_two_authorities_is_refused(site):
    """Payloads made of it would give the devices of one group to the authority of another."""
    init(site)
    shutil.copy(site.folder / "pki/students.pem", site.folder / "pki/staff.pem")
    with pytest.raises(PkiError, match="'staff' and 'students' have the same certificate"):
        read_certificates(site.organization, site.folder)
