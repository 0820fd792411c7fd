"""ONC in words: what matters is said, what is secret is not, foreign files are told as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan
from support.snapshots import file_type

from onboard.errors import PayloadError
from onboard.explain import explain
from onboard.explain.chromeos import explain as explain_onc
from onboard.payloads.chromeos import build

SERVER = {"UseSystemCAs": False, "ServerCARefs": ["{ca}"], "DomainSuffixMatch": ["radius.example.org"]}


def told(document: object) -> str:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    sections = explain("f.onc", content)
    return "\n".join(line for section in sections for line in (section.title, *section.sentences))


def wifi(**settings: object) -> dict[str, object]:
    network = {"GUID": "{a}", "Type": "WiFi", "WiFi": {"SSID": "Campus", "AutoConnect": True} | settings}
    return {"NetworkConfigurations": [network]}


def test_our_file_in_words(snapshot):
    """The whole of a network file, as people read it."""
    (artifact,) = [a for a in build(staff_plan(), neutral) if a.kind == "onc"]
    assert told(artifact.content) == snapshot.use_extension(file_type("txt"))


def test_trust_certificate_and_networks_are_told():
    """Who reads it knows which CA and which server the device believes, and what it shows."""
    (artifact,) = [a for a in build(staff_plan(), neutral) if a.kind == "onc"]
    words = told(artifact.content)
    assert "It brings the CA Northwind Root CA" in words
    assert "called radius.northwind.example, with a certificate from the CA Northwind Root CA" in words
    assert "from the CA Northwind Staff Issuing CA" in words
    assert "The file fetches no certificate" in words


@pytest.mark.parametrize(
    "document",
    [
        wifi(Security="WPA-PSK", Passphrase="swordfish"),
        wifi(Security="WPA-EAP", EAP={"Outer": "PEAP", "Identity": "ada", "Password": "swordfish"}),
    ],
)
def test_secrets_are_said_to_be_there_and_not_repeated(document):
    """Explanations are pasted into tickets."""
    words = told(document)
    assert "swordfish" not in words
    assert "in the file" in words


@pytest.mark.parametrize(
    ("eap", "sentence"),
    [
        ({"Outer": "EAP-TLS"}, "any RADIUS server with a certificate from any CA that ChromeOS knows"),
        (
            {"Outer": "EAP-TLS", "UseSystemCAs": False},
            "asks nobody whether the RADIUS server is the right one",
        ),
        ({"Outer": "EAP-TLS", "ClientCertType": "Ref"}, "the certificate that is in the file"),
        ({"Outer": "EAP-TLS", **SERVER}, "a CA that is not in the file ({ca})"),
        ({"Outer": "LEAP"}, "which anybody can break"),
    ],
)
def test_what_a_stranger_set_up_is_told(eap, sentence):
    """Files of other makers are told as they are, weaknesses too."""
    assert sentence in told(wifi(Security="WPA-EAP", EAP=eap))


def test_an_encrypted_file_says_how_to_go_on():
    """Nothing inside can be told, but the command that opens it."""
    assert "onboard onc decrypt" in told({"Type": "EncryptedConfiguration", "Ciphertext": "AAAA"})


def test_limits_of_the_device_are_told():
    """A policy that keeps people from other networks is no detail."""
    settings = {"AllowOnlyPolicyNetworksToConnect": True}
    assert "joins no Wi-Fi but that of policies" in told({"GlobalNetworkConfiguration": settings})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["Type", "WiFi", "EAP", "SSID", "ClientCertPattern", "ServerCARefs", "X509", "GUID"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(networks=JSON, certificates=JSON, settings=JSON)
def test_no_file_is_too_odd(networks, certificates, settings):
    """Whatever stands where, an explanation comes or the file is refused."""
    document = {
        "NetworkConfigurations": networks,
        "Certificates": certificates,
        "GlobalNetworkConfiguration": settings,
    }
    explain_onc("f.onc", json.dumps(document).encode())


def test_a_file_that_cannot_be_read_is_refused():
    """With its name and the place."""
    with pytest.raises(PayloadError, match=r"f\.onc: line 1"):
        explain_onc("f.onc", b'{"Certificates": ')
