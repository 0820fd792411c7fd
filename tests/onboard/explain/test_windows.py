"""Windows files in words: what matters is said, what is secret is not, foreign files are told as they are."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.changes import replaced
from support.northwind import STAFF_CHALLENGE, certificates, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.errors import PayloadError
from onboard.explain import explain
from onboard.payloads.windows import build

VECTORS = Path(__file__).parents[2] / "vectors" / "windows"


def file(kind: str, plan=None) -> str:
    (artifact,) = [a for a in build(plan or staff_plan(), neutral) if a.kind == kind]
    return artifact.content.decode()


def told(document: str) -> str:
    sections = explain("f.xml", document.encode())
    return "\n".join(line for section in sections for line in (section.title, *section.sentences))


def test_syncml_in_words(snapshot):
    """The whole of a SyncML file, as people read it."""
    assert told(file("syncml")) == snapshot.use_extension(file_type("txt"))


def test_a_challenge_is_said_to_be_there_and_not_repeated():
    """Explanations are pasted into tickets."""
    words = told(file("syncml"))
    assert "whoever reads the file has it" in words
    assert STAFF_CHALLENGE.reveal() not in words


def test_a_place_of_a_challenge_is_named():
    """A one-time challenge is filled in by somebody else."""
    assert "${challenge}" in told(file("syncml", students_plan()))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (">true</DisableUserPrompt", ">false</DisableUserPrompt", "people are asked"),
        ("<authMode>user<", "<authMode>machineOrUser<", "until somebody signs in"),
        ("<authMode>user</authMode>", "", "until somebody signs in"),
        ("<connectionMode>auto<", "<connectionMode>manual<", "may be told to join"),
        ("<nonBroadcast>false<", "<nonBroadcast>true<", "everywhere it goes"),
        ("<authentication>WPA2<", "<authentication>WPA3ENT192<", "192-bit"),
        ("<enableRandomization>false<", "<enableRandomization>true<", "a random hardware address"),
        ('<CAHashList Enabled="true">', '<CAHashList Enabled="false">', "the one it likes"),
        ("<hex>4E6F72746877696E64</hex>", "<hex>436166C3A9</hex>", "Caf\u00e9"),
    ],
)
def test_what_a_wlan_profile_changes_is_said(old, new, said):
    """Each setting that people feel has its words."""
    text = file("wlan-profile")
    assert said not in told(text)
    assert said in told(replaced(text, (old, new)))


def test_the_wire_says_whether_it_is_enforced():
    """Enforced means no other port, which matters at home."""
    text = file("lan-profile")
    assert "where the port asks" in told(text)
    assert "no other port" in told(text.replace("<OneXEnforced>false", "<OneXEnforced>true"))


def test_pins_are_named():
    """Whom the device believes and what it shows are told by thumbprint."""
    words = told(file("wlan-profile"))
    assert certificates()["root"].sha1.hex() in words
    assert certificates()["staff"].sha1.hex() in words


@pytest.mark.parametrize(("vector", "method"), [("teap-lan.xml", "TEAP"), ("peap-tls-lan.xml", "PEAP")])
def test_a_tunnel_is_told_once(vector, method):
    """The name and the root that tunnel and inside share are said once; chaining is said."""
    words = told((VECTORS / vector).read_text())
    assert f"It uses {method} with EAP-TLS" in words
    assert words.count("radius.northwind.example") == 1
    assert words.count("the root with SHA-1") == 1
    assert ("as computer and person at once" in words) == (method == "TEAP")


def test_fips_mode_is_told():
    """Whoever reads it knows that some drivers stay out."""
    fips = '<FIPSMode xmlns="http://www.microsoft.com/networking/WLAN/profile/v2">true</FIPSMode>'
    document = file("wlan-profile").replace("</authEncryption>", f"{fips}</authEncryption>")
    assert "FIPS 140" in told(document)
    assert "FIPS 140" not in told(file("wlan-profile"))


def test_a_network_password_is_not_repeated():
    """A key in the profile is said to be there."""
    text = file("wlan-profile").replace(
        "</authEncryption>",
        "</authEncryption><sharedKey><keyType>passPhrase</keyType><protected>false</protected>"
        "<keyMaterial>kein-geheimnis</keyMaterial></sharedKey>",
    )
    assert "password stands in the profile" in told(text)
    assert "kein-geheimnis" not in told(text)


def test_foreign_commands_are_told():
    """What a SyncML file does beside trust, certificate and Wi-Fi is named."""
    foreign = (
        "<Add><CmdID>99</CmdID><Item><Target><LocURI>./Device/Vendor/MSFT/Policy/Config/Eap/AllowTLS1_3"
        "</LocURI></Target></Item></Add>"
    )
    assert "AllowTLS1_3" in told(file("syncml").replace("<Final />", foreign + "<Final />"))


def test_a_package_in_words():
    """A provisioning package says which network it brings."""
    assert "joins the Wi-Fi network “Northwind-Start” (Open)" in told(file("provisioning-package"))


def test_an_unreadable_file_is_an_error():
    """A cut-off file cannot be explained, and says so with its name."""
    with pytest.raises(PayloadError, match=r"f\.xml"):
        told(file("wlan-profile")[:-20])


_FILES = [file(kind).encode() for kind in ("wlan-profile", "lan-profile", "syncml")]


@given(st.data())
def test_damage_is_an_error_or_words(data):
    """No damage to a file ends in anything but words or a PayloadError."""
    content = data.draw(st.sampled_from(_FILES))
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=6)) + content[at + data.draw(st.integers(0, 30)) :]
    with contextlib.suppress(PayloadError):
        explain("f.xml", damaged)
