"""`onboard rehearse` and `onboard radius`."""

from __future__ import annotations

import re
import socket
import stat

import pytest
from cryptography import x509

from onboard.cli.session import open_session
from onboard.rehearse import radius_server
from onboard.secret import Secret
from onboard.serve import configure
from scep_server.runtime import running_server

CHALLENGE = "Zw7-quiet-river-stone-lamp"  # as the fixture `folder` sets it
FIELDS = {"group", "platform", "network", "enrolled", "authenticated", "vlan", "ok", "reason"}


@pytest.fixture
def without_radius(monkeypatch):
    """A machine without FreeRADIUS and eapol_test: an empty PATH."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(radius_server, "_SYSTEM_FOLDERS", ())


def test_every_device_of_the_example_gets_through(onboard, folder, without_radius):
    """Each group and platform has a row for each network, named as in org.yaml; null is not tried."""
    done = onboard("rehearse", "--format", "json")
    assert done.code == 0, done.err
    assert all(row.keys() >= FIELDS for row in done.json)
    assert all(row["ok"] for row in done.json)
    rows = {(row["group"], row["platform"], row["network"]) for row in done.json}
    assert {
        ("staff", "apple", "campus"),
        ("staff", "apple", "desk"),
        ("students", "windows", "campus"),
    } <= rows
    assert {(row["authenticated"], row["vlan"]) for row in done.json} == {(None, None)}
    assert "apt install freeradius eapoltest" in done.err


def test_nothing_stays_behind(onboard, folder, without_radius):
    """A rehearsal leaves no record: its server is thrown away."""
    assert onboard("rehearse", "--platform", "apple").code == 0
    assert onboard("cert", "list", "--format", "json").json == []


def test_groups_and_platforms_are_chosen(onboard, folder, without_radius):
    """--group and --platform narrow it down."""
    done = onboard("rehearse", "--group", "students", "--platform", "windows", "--format", "json")
    assert {(row["group"], row["platform"]) for row in done.json} == {("students", "windows")}


def test_no_such_platform_is_an_error(onboard, folder, without_radius):
    """An empty table proves nothing and does not pass."""
    done = onboard("rehearse", "--group", "students", "--platform", "linux")
    assert done.code == 1
    assert "nothing to rehearse" in done.err


def test_a_device_that_fails_is_told(onboard, folder, without_radius):
    """A live server that does not answer fails every device, each with the reason, and the command."""
    org = (folder / "org.yaml").read_text()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        (folder / "org.yaml").write_text(org.replace("https://scep.northwind.example", url))
        done = onboard("rehearse", "--live", "--platform", "apple", "--format", "json")
    assert done.code == 1
    assert all("cannot be reached" in row["reason"] for row in done.json)
    assert {row["failed"] for row in done.json} == {"reach"}
    assert all(re.search(r"org\.yaml:\d+:\d+: scep", row["where"]) for row in done.json)


def test_the_whole_of_it_in_text(onboard, folder, without_radius):
    """People get a table."""
    done = onboard("rehearse", "--group", "staff", "--platform", "linux")
    assert re.search(
        r"staff\s+linux\s+campus\s+yes\s+yes\s+yes\s+-\s+-\s+certmonger, from \d{4}-\d\d-\d\d\s+ok", done.out
    )


def test_radius_writes_a_folder_that_is_complete(onboard, folder):
    """Server certificate and key, trust and a CRL for every authority, nothing secret readable by others."""
    done = onboard("radius", "--out", "radius")
    assert done.code == 0, done.err
    place = folder / "radius"
    assert stat.S_IMODE((place / "certs/server.key").stat().st_mode) == 0o600
    names = x509.load_pem_x509_certificate((place / "certs/server.pem").read_bytes()).extensions
    alt_names = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alt_names.get_values_for_type(x509.DNSName) == ["radius.northwind.example"]
    assert len(list((place / "trust").glob("*.0"))) == len(list((place / "trust").glob("*.r0"))) == 3
    assert f"confdir = {place}\n" in (place / "radiusd.conf").read_text()
    secret = re.compile(rb"Zw7-quiet-river-stone-lamp")
    assert not [p for p in place.rglob("*") if p.is_file() and secret.search(p.read_bytes())]


def test_radius_twice_gives_the_same_files(onboard, folder):
    """Nothing but what changed is different in a second run."""

    def written() -> dict[str, bytes]:
        assert onboard("radius", "--out", "radius").code == 0
        return {str(p): p.read_bytes() for p in (folder / "radius").rglob("*") if p.is_file()}

    assert written() == written()


def test_radius_of_no_such_name_lists_them(onboard, folder):
    """A wrong name is told with the right ones."""
    done = onboard("radius", "--out", "radius", "--name", "elsewhere")
    assert done.code == 1
    assert "campus" in done.err


def test_radius_refuses_a_certificate_that_devices_would_refuse(onboard, folder):
    """A certificate of another name is told with the names that the payloads demand; nothing is written."""
    state = folder / ".onboard"
    pair = ["--certificate", state / "ocsp/staff.pem", "--key", state / "ocsp/staff.key"]
    done = onboard("radius", "--out", "radius", *pair)
    assert done.code == 1
    assert "serverAuth" in done.err
    assert not (folder / "radius").exists()


def test_radius_takes_a_certificate_from_files(onboard, folder):
    """What `ca init` made is as good when it is given by hand."""
    pair = [
        "--certificate",
        folder / ".onboard/radius/campus.pem",
        "--key",
        folder / ".onboard/radius/campus.key",
    ]
    assert onboard("radius", "--out", "radius", *pair).code == 0
    assert (folder / "radius/certs/server.key").is_file()


def test_the_table_is_a_page_as_well(onboard, folder, without_radius):
    """One file, nothing loaded from elsewhere, every row in it."""
    assert onboard("rehearse", "--platform", "apple", "--html", "report.html").code == 0
    page = (folder / "report.html").read_text()
    assert page.count('scope="row"') == 3
    assert "src=" not in page
    assert "href=" not in page


def test_live_enrols_at_the_running_server(onboard, folder, without_radius):
    """--live goes to the org's own server: its challenges are spent there and its records stay."""
    session = open_session(folder / "org.yaml")
    challenges = {"staff": Secret(CHALLENGE)}
    with running_server(configure(session.site(), challenges)) as url:
        org = (folder / "org.yaml").read_text()
        (folder / "org.yaml").write_text(org.replace("https://scep.northwind.example", url))
        done = onboard("rehearse", "--live", "--platform", "apple", "--format", "json")
        issued = onboard("cert", "list", "--format", "json").json
    assert done.code == 0, done.out
    assert {(row["group"], row["enrolled"]) for row in done.json} == {("staff", True), ("students", True)}
    assert {row["group"] for row in issued} == {"staff", "students"}
    assert {row["identity"] for row in issued} == {"asserted", "bound"}


def test_what_one_device_cannot_show_is_said(onboard, folder, without_radius):
    """A one-time challenge in the connector works once; the row says so."""
    done = onboard("rehearse", "--platform", "chromeos", "--format", "json")
    remarks = {(row["group"], row["reason"]) for row in done.json}
    assert ("staff", "") in remarks
    assert any(group == "students" and "first Chromebook" in reason for group, reason in remarks)
