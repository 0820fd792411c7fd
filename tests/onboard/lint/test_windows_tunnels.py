"""TEAP and PEAP profiles of others: the tunnel validates the server, the inner method filters by issuer."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.changes import replaced
from support.windows_files import rules

from onboard.explain import explain

_VECTORS = Path(__file__).parents[2] / "vectors" / "windows"
_TEAP = (_VECTORS / "teap-lan.xml").read_text()
_PEAP = (_VECTORS / "peap-tls-lan.xml").read_text()
_PEAP2 = ' xmlns="http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV2"'


def _inner(text: str) -> str:
    start = text.index("<InnerMethodConfig>")
    return text[start : text.index("</InnerMethodConfig>") + len("</InnerMethodConfig>")]


@pytest.mark.parametrize("text", [_TEAP, _PEAP], ids=["teap", "peap"])
def test_good_tunnels_pass(text):
    """A chained TEAP and a PEAP-TLS profile with all defences have no finding, machineOrUser included."""
    assert rules(text) == {}


def test_chaining_takes_two_methods():
    """One inner method chains nothing, three are too many."""
    one = _TEAP.replace(_inner(_TEAP), "", 1)
    three = _TEAP.replace(_inner(_TEAP), _inner(_TEAP) * 2, 1)
    assert rules(one) == {"19": {"error"}}
    assert rules(three) == {"19": {"error"}}


def test_chaining_authenticates_both():
    """With authMode user the machine's method would not be used."""
    assert rules(replaced(_TEAP, ("machineOrUser", "user"))) == {"19": {"error"}}


@pytest.mark.parametrize(
    ("rule", "severity", "changes"),
    [
        ("09", "error", [("<ServerNames>radius.northwind.example</ServerNames>", "")]),
        ("09", "warning", [("<DisablePrompt>true", "<DisablePrompt>false")]),
        ("13", "error", [("radius.northwind.example", "Radius.northwind.example")]),
        ("14", "error", [('<CAHashList Enabled="true">', "<CAHashList>")]),
    ],
)
def test_a_broken_teap_profile_is_named(rule, severity, changes):
    """The tunnel has the duties of EAP-TLS."""
    assert rules(replaced(_TEAP, *changes)) == {rule: {severity}}


def test_a_teap_thumbprint_of_either_length_is_taken():
    """Microsoft's page says SHA-256, its sample holds SHA-1; both are 20 or 32 bytes, nothing between."""
    root = _TEAP[_TEAP.index("<TrustedRootCAHash>") + 19 : _TEAP.index("</TrustedRootCAHash>")]
    assert rules(_TEAP.replace(root, "00" * 32)) == {}
    assert rules(_TEAP.replace(root, "00" * 24)) == {"01": {"error"}}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("09", [("<ServerNames>radius.northwind.example</ServerNames>", "")]),
        ("12", [(f"<PerformServerValidation{_PEAP2}>true", f"<PerformServerValidation{_PEAP2}>false")]),
        ("12", [(f"<AcceptServerName{_PEAP2}>true", f"<AcceptServerName{_PEAP2}>false")]),
        (
            "01",
            [
                ("<FastReconnect>true</FastReconnect><InnerEap", "<InnerEap"),
                ("</EapType></Eap></Config>", "<FastReconnect>true</FastReconnect></EapType></Eap></Config>"),
            ],
        ),
    ],
)
def test_a_broken_peap_profile_is_named(rule, changes):
    """PEAP validates by its extensions, whose order Windows enforces."""
    assert "error" in rules(replaced(_PEAP, *changes))[rule]


def test_tunnels_in_words():
    """What is inside the tunnel is said."""
    told = " ".join(s for section in explain("f", _TEAP.encode()) for s in section.sentences)
    assert "TEAP with EAP-TLS (a certificate) and EAP-TLS (a certificate) inside" in told
    assert "as computer and person at once" in told
    told = " ".join(s for section in explain("f", _PEAP.encode()) for s in section.sentences)
    assert "PEAP with EAP-TLS (a certificate) inside" in told


def test_the_page_s_spelling_of_the_root_is_an_error():
    """Microsoft's page prints eapTeap, its sample and Windows say EapTeap."""
    text = replaced(_TEAP, ("<EapTeap ", "<eapTeap "), ("</EapTeap>", "</eapTeap>"))
    assert "error" in rules(text)["01"]
