"""A Linux computer reads the enrolment script and NetworkManager's keyfiles."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.filled import files
from support.northwind import certificates

from onboard.devices.errors import DeviceError
from onboard.devices.linux.computer import read_linux
from onboard.devices.linux.keyfile import Installed, read_connection
from onboard.devices.linux.shell_settings import escape_dn, read_settings, rewrite_settings
from onboard.devices.settings import Medium

SCRIPT = files("linux")["certmonger"][0].decode()
CONNECTIONS = files("linux")["networkmanager"]

HAND_WRITTEN = """[connection]
id=Example
type=wifi

[wifi]
ssid=69;120;

[wifi-security]
key-mgmt=wpa-eap

[802-1x]
eap=tls;
identity=ada
ca-cert=/ca.pem
client-cert=/cert.pem
private-key=/key.pem
domain-suffix-match=example.org;example.net
"""


def connection(text: str):
    root = (certificates()["root"].parsed,)
    return read_connection(
        text.encode(), Installed(trust={"/ca.pem": root}, own=frozenset({"/cert.pem", "/key.pem"}))
    )


def test_reads_what_the_generator_wrote():
    """The script gives enrolment and trust, the keyfiles give the networks that use both."""
    settings = read_linux(SCRIPT.encode(), CONNECTIONS)
    assert settings.enrolment is not None
    assert settings.enrolment.url == "https://scep.northwind.example/scep/staff"
    assert settings.enrolment.pin is not None
    assert settings.enrolment.pin.matches(certificates()["root"].parsed)
    assert [a.value for rdn in settings.enrolment.request.subject for a in rdn] == [
        "ada@northwind.example",
        "staff",
        "Northwind University",
    ]
    assert [(n.medium, n.ssid) for n in settings.networks] == [
        (Medium.WIFI, b"Northwind"),
        (Medium.ETHERNET, b""),
    ]
    assert settings.networks[0].anchors == (certificates()["root"].parsed,)


def test_hand_written_keyfile():
    """An SSID as decimal bytes, several suffixes."""
    network = connection(HAND_WRITTEN)
    assert network.ssid == b"Ex"
    assert network.server_names.names == ("example.org", "example.net")


def test_unfilled_script_has_no_challenge_of_its_own():
    """A one-time challenge stays a place until it is filled in."""
    assert "${" not in read_settings(files("linux", "students")["certmonger"][0])["challenge"]


KEYFILE_FAULTS = {
    "key-mgmt=wpa-eap": ("key-mgmt=wpa-psk", "key-mgmt"),
    "eap=tls;": ("eap=peap;", "eap"),
    "ca-cert=/ca.pem": ("ca-cert=/other.pem", "ca-cert"),
    "client-cert=/cert.pem": ("client-cert=/other.pem", "client-cert"),
    "private-key=/key.pem": ("", "private-key"),
    "identity=ada": ("", "identity"),
    "domain-suffix-match=example.org;example.net": ("subject-match=example.org", "domain-match"),
    "ssid=69;120;": ("ssid=" + "1;" * 33, "ssid"),
}


@pytest.mark.parametrize("line", KEYFILE_FAULTS)
def test_each_fault_of_a_keyfile_is_named(line):
    """A key that NetworkManager would refuse, or that leads nowhere, is named."""
    new, named = KEYFILE_FAULTS[line]
    with pytest.raises(DeviceError, match=named):
        connection(HAND_WRITTEN.replace(line, new))


SETTINGS_FAULTS = {
    "scep_url": "",
    "root_sha256": "AB" * 32,
    "challenge": "",
    "subject": "serialNumber=1",
    "key_bits": "1024",
    "folder": "/elsewhere",
}


@pytest.mark.parametrize("name", SETTINGS_FAULTS)
def test_each_fault_of_a_setting_is_named(name):
    """A setting that certmonger or the script would refuse is named."""
    broken = re.sub(
        rf"^{name}='.*'$", f"{name}='{SETTINGS_FAULTS[name]}'", SCRIPT, count=1, flags=re.MULTILINE
    )
    with pytest.raises(DeviceError, match="client-cert" if name == "folder" else name):
        read_linux(broken.encode(), CONNECTIONS)


@pytest.mark.parametrize(
    "line", ["key_bits=$(id)", 'key_bits="$x"', "key_bits=1 2", "key bits='1'", "key_bits='1"]
)
def test_settings_are_quoted_words_only(line):
    """Anything that a shell would expand is refused: it is not what would be read."""
    broken = re.sub(r"^key_bits='.*'$", lambda _: line, SCRIPT, count=1, flags=re.MULTILINE)
    with pytest.raises(DeviceError, match="settings"):
        read_settings(broken.encode())


def test_unescaped_comma_in_the_subject_is_refused():
    """Without a backslash certmonger puts what follows into the common name."""
    broken = SCRIPT.replace("O=Northwind University", "O=Northwind=University")
    with pytest.raises(DeviceError, match="special character"):
        read_linux(broken.encode(), CONNECTIONS)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40))
def test_settings_come_back_whatever_they_hold(value):
    """Quotation marks, backslashes and dollars survive being written and read."""
    written = rewrite_settings(SCRIPT.encode(), lambda name, old: value if name == "organization" else old)
    assert read_settings(written)["organization"] == value


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20
    )
)
def test_escaped_names_come_back(value):
    """Whatever a person is called, the subject holds it."""
    subject = f"CN={escape_dn(value)},O=x"
    written = rewrite_settings(SCRIPT.encode(), lambda name, old: subject if name == "subject" else old)
    settings = read_linux(written, CONNECTIONS)
    assert settings.enrolment is not None
    assert settings.enrolment.request.subject[0][0].value == value
