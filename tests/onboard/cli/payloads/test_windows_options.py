"""What an org says of Windows, from org.yaml to the files."""

from __future__ import annotations

from pathlib import Path

LIST = "platforms: [apple, windows, chromeos, android, linux]"
OPTIONS = "platforms: {windows: {minimum: 10.0.19045, key_protection: tpm}, apple: {}}"

SID = "tag:microsoft.com,2022-09-14:sid:${user.sid}"
PROFILE = f"""
profiles:
  user-eap-tls:
    holder: user
    subject: {{common_name: '${{user.upn}}', organizational_unit: '${{group.name}}'}}
    subject_alt_names: {{upn: '${{user.upn}}', uri: '{SID}'}}
    valid_for: 300d
"""


def change(old: str, new: str) -> None:
    text = Path("org.yaml").read_text()
    assert text.count(old) == 1
    Path("org.yaml").write_text(text.replace(old, new))


def test_options_reach_the_files(onboard, folder):
    """A TPM for the key and old computers that know no WPA3: said in org.yaml, found in SyncML and script."""
    change(LIST, OPTIONS)
    change("security: wpa2-wpa3-enterprise", "security: wpa3-enterprise")
    done = onboard("generate", "--out", "out", "--group", "staff", "--platform", "windows")
    assert done.code == 0, done.err
    syncml = Path("out/staff/windows/staff.syncml.xml").read_text()
    assert "&lt;authentication&gt;WPA2&lt;/authentication&gt;" in syncml
    assert "Microsoft Platform Crypto Provider" in Path("out/staff/windows/staff.ps1").read_text()
    assert "older than Windows 11" in Path("out/staff/windows/README.md").read_text()
    checked = onboard("check", "--format", "json")
    assert checked.code == 0, checked.err
    assert any("gets one of WPA2" in mistake["message"] for mistake in checked.json)


def test_freeradius_files_are_written_for_freeradius_alone(onboard, folder):
    """An entry of another product gets the recipe for it, and no configuration of FreeRADIUS."""
    change(
        "    server_names: [radius.northwind.example]",
        "    type: ise\n    server_names: [radius.northwind.example]",
    )
    done = onboard("radius", "--out", "out", "--name", "campus")
    assert (done.code, "type ise" in done.err) == (0, True)
    written = {path.name for path in Path("out").rglob("*") if path.is_file()}
    assert written
    assert not written & {"radiusd.conf", "eap", "clients.conf"}


def test_an_org_with_nps_must_say_whose_a_certificate_is(onboard, folder):
    """Without a security identifier the org is refused; with one, the script finds it out on the computer."""
    change(
        "    server_names: [radius.northwind.example]",
        "    type: nps\n    server_names: [radius.northwind.example]",
    )
    done = onboard("check")
    assert done.code == 1
    assert SID in done.err + done.out
    change("\ngroups:", PROFILE + "\ngroups:")
    checked = onboard("check")
    assert checked.code == 0, checked.err
    assert onboard("generate", "--out", "out", "--group", "staff", "--platform", "windows").code == 0
    assert f"Type = 7; Text = '{SID}'" in Path("out/staff/windows/staff.ps1").read_text()
    assert f"7+{SID}" in Path("out/staff/windows/staff.syncml.xml").read_text()
