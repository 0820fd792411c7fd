"""Taking the root's key away, and working without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from support.northwind import CAMPUS_RADIUS, NORTHWIND
from support.sites import NOW, at, new_site, provisioned

from onboard.errors import PkiError, StateError
from onboard.model import Anchor, Authority, KeyKind, Radius
from onboard.provision import Kind, Loader, Outcome, Site, init, seal, sign_crl, unseal
from onboard.secret import Secret

PASSPHRASE = Secret("correct horse battery")


@pytest.fixture(name="site")
def _site(tmp_path) -> Site:
    return provisioned(tmp_path / "org")


@pytest.fixture(name="sealed")
def _sealed(site, tmp_path) -> Site:
    seal(site, "root", tmp_path / "root.sealed", PASSPHRASE)
    return site


def blocked(site: Site) -> dict[str, str]:
    """What an `init` could not do, with the remark."""
    return {f"{r.kind}/{r.name}": r.remark for r in init(site) if r.outcome is Outcome.BLOCKED}


def test_sealing_says_where_the_key_is(site, tmp_path):
    """One row, and the key is gone from the state folder."""
    row = seal(site, "root", tmp_path / "root.sealed", PASSPHRASE)
    assert (row.outcome, row.name, row.key) == (Outcome.SEALED, "root", "ec-p384")
    assert str(tmp_path / "root.sealed") in row.remark
    assert not (site.state.path / "keys/root.key").exists()


def test_everything_goes_on_without_the_root(sealed):
    """`ca init` keeps all, issuing CAs load, RAs load."""
    outcomes = {f"{r.kind}/{r.name}": r.outcome for r in init(sealed)}
    assert outcomes.pop("authority/root") is Outcome.SEALED
    assert set(outcomes.values()) == {Outcome.KEPT}
    loader = Loader.of(sealed)
    for group in NORTHWIND.groups:
        assert loader.issuing(group.authority.name).chain[-1] == sealed.certificate("root")
        assert loader.recipients(group)
    with pytest.raises(PkiError, match="key was sealed away"):
        loader.issuing("root")


def test_leaves_of_online_authorities_are_renewed_without_the_root(sealed):
    """RAs need their issuing CA only; what needs the root is named, and stays as it is."""
    later = at(sealed, NOW + timedelta(days=760))
    rows = {f"{r.kind}/{r.name}": r for r in init(later)}
    assert rows["ra/staff"].outcome is Outcome.RENEWED
    for name in ("ocsp/root", "radius/campus", "crl/root"):
        assert rows[name].outcome is Outcome.BLOCKED
        assert "'root' is needed" in rows[name].remark
    assert rows["radius/campus"].sha256


def test_what_is_new_and_needs_the_root_is_blocked_not_failed(sealed):
    """A new authority gets a key and a request; what depends on it waits; everything else works."""
    guests = Authority(
        name="guests",
        issuer="root",
        common_name="Guests",
        key=KeyKind.EC_P256,
        valid_for=timedelta(days=365),
    )
    other = Radius(name="lab", server_names=("lab.example",), trust=(Anchor(authority="root"),))
    organization = replace(
        NORTHWIND, authorities=(*NORTHWIND.authorities, guests), radius=(CAMPUS_RADIUS, other)
    )
    site = replace(sealed, organization=organization)
    found = blocked(site)
    assert set(found) == {"authority/guests", "ocsp/guests", "radius/lab", "crl/guests"}
    assert "ca import guests" in found["authority/guests"]
    request = x509.load_pem_x509_csr((site.folder / "pki/guests.csr").read_bytes())
    assert request.is_signature_valid
    assert set(blocked(site)) == set(found)


def test_the_root_comes_back_for_one_run(sealed, tmp_path):
    """With the sealed file at hand, `ca init` makes what was blocked, and the key stays away."""
    key = unseal(sealed.state, "root", tmp_path / "root.sealed", PASSPHRASE)
    later = replace(at(sealed, NOW + timedelta(days=760)), unsealed={"root": key})
    assert blocked(later) == {}
    assert not (sealed.state.path / "keys/root.key").exists()
    assert "unsealed" not in repr(later)


def test_a_sealed_root_signs_its_next_crl(sealed, tmp_path):
    """Its number rises, and what was revoked before stays revoked."""
    key = unseal(sealed.state, "root", tmp_path / "root.sealed", PASSPHRASE)
    with pytest.raises(PkiError, match="are needed to sign its CRL") as caught:
        sign_crl(sealed, "root")
    assert "sealed file" in caught.value.hint
    row = sign_crl(replace(at(sealed, NOW + timedelta(days=300)), unsealed={"root": key}), "root")
    assert (row.kind, row.outcome) == (Kind.CRL, Outcome.RENEWED)
    crl = x509.load_der_x509_crl((sealed.folder / "pki/root.crl").read_bytes())
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    assert crl.next_update_utc == NOW + timedelta(days=665)


def test_nothing_is_sealed_before_everything_is_signed(tmp_path):
    """The root is still needed while something under it is missing."""
    site = new_site(tmp_path)
    with pytest.raises(PkiError, match="is not made yet, and needs this key"):
        seal(site, "root", tmp_path / "root.sealed", PASSPHRASE)
    site = provisioned(tmp_path)
    for path, name in (
        (site.state.path / "radius/campus.pem", r"radius/campus\.pem"),
        (site.folder / "pki/staff.pem", r"pki/staff\.pem"),
        (site.folder / "pki/root.crl", r"pki/root\.crl"),
    ):
        path.unlink()
        with pytest.raises(PkiError, match=name):
            seal(site, "root", tmp_path / "root.sealed", PASSPHRASE)
    assert (site.state.path / "keys/root.key").is_file()


def test_sealing_an_issuing_authority_says_what_stops(site, tmp_path):
    """It is allowed, and whose enrolment ends is told."""
    row = seal(site, "staff", tmp_path / "staff.sealed", PASSPHRASE)
    assert "nobody can enrol in staff" in row.remark


def test_a_key_is_sealed_once(sealed, tmp_path):
    """The second time it is not here."""
    with pytest.raises(PkiError, match="was sealed away"):
        seal(sealed, "root", tmp_path / "again", PASSPHRASE)


@pytest.mark.parametrize("passphrase", ["short", "another wrong passphrase"])
def test_a_wrong_passphrase_opens_nothing(sealed, tmp_path, passphrase):
    """And is not repeated in the message."""
    with pytest.raises(PkiError, match="does not open it") as caught:
        unseal(sealed.state, "root", tmp_path / "root.sealed", Secret(passphrase))
    assert passphrase not in str(caught.value)


def test_only_sealed_keys_are_unsealed(site, tmp_path):
    """A key that is here is used from here."""
    with pytest.raises(PkiError, match="was not sealed"):
        unseal(site.state, "root", tmp_path / "x", PASSPHRASE)
    with pytest.raises(StateError, match="there is no state"):
        unseal(new_site(tmp_path / "nowhere").state, "root", tmp_path / "x", PASSPHRASE)


def test_a_destination_that_cannot_be_written_leaves_the_key(site, tmp_path):
    """The error is about the destination."""
    with pytest.raises(StateError, match=r"nowhere cannot be used"):
        seal(site, "root", tmp_path / "nowhere" / "file", PASSPHRASE)
    assert (site.state.path / "keys/root.key").is_file()
