"""The SyncML file, played by a device that knows nothing else; and what cannot be said in it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.csp import parse_x500, play
from support.northwind import STAFF_CHALLENGE, certificates, neutral, staff_plan, students_plan

from onboard.devices.windows.computer import read_windows
from onboard.errors import PayloadError, VariableError
from onboard.names import ATTRIBUTES, AltNameKind
from onboard.options import KeyProtection, WindowsOptions
from onboard.payloads.windows.elements import compact, document
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.notes import notes
from onboard.payloads.windows.request import check_challenge, quote, subject_name
from onboard.payloads.windows.syncml import syncml
from onboard.payloads.windows.wlan import wlan_profile
from onboard.plan import AltNamePart, SubjectPart
from onboard.secret import Secret
from onboard.variables import Template


def _play(plan, spelling=neutral):
    return play(document(syncml(plan, spelling)))


@pytest.mark.parametrize(
    ("plan", "scope", "wires"), [(staff_plan, "User", ["wire"]), (students_plan, "Device", [])]
)
def test_a_device_trusts_then_enrols_then_joins(plan, scope, wires):
    """Roots, issuing CA, one enrolment in the holder's scope, networks: in this order and nothing else."""
    device = _play(plan())
    assert device.log == ["trust Root", "trust CA", "enrol", "wifi Northwind", *wires]
    assert [enrolment.scope for enrolment in device.enrolments] == [scope]


def test_enrolment_says_what_the_profile_says():
    """Everything that the CA will judge is what the plan holds."""
    (enrolment,) = _play(staff_plan()).enrolments
    assert enrolment.url == "https://scep.northwind.example/scep/staff"
    assert enrolment.challenge == STAFF_CHALLENGE.reveal()
    assert enrolment.subject == (("CN", "${user.email}"), ("OU", "staff"), ("O", "Northwind University"))
    assert enrolment.alt_names == ((2, "${user.email}"), (11, "${user.upn}"))
    assert (enrolment.key_bits, enrolment.key_usage) == (2048, 160)
    assert enrolment.ekus == ("1.3.6.1.5.5.7.3.2",)
    assert bytes.fromhex(enrolment.root_sha1) == certificates()["root"].sha1


def test_two_readers_agree():
    """The simulated device that rehearses and the interpreter of the tests read the same enrolment."""
    content = document(syncml(staff_plan(), neutral))
    (ours,) = play(content).enrolments
    theirs = read_windows(content).enrolment
    assert theirs.url == ours.url
    assert [rdn[0].value for rdn in theirs.request.subject] == [value for _, value in ours.subject]
    assert [name.value for name in theirs.request.alt_names] == [value for _, value in ours.alt_names]
    assert theirs.key_bits == ours.key_bits


def test_a_device_goes_on_asking_where_a_person_approves():
    """More than a day of tries instead of a quarter of an hour; nothing of it where nobody has to."""
    plan = staff_plan()
    waiting = document(syncml(replace(plan, scep=replace(plan.scep, waits=True)), neutral))
    found = re.findall(rb"Install/(Retry\w+)</LocURI>.*?<Data>(\d+)</Data>", waiting, re.DOTALL)
    assert found == [(b"RetryCount", b"30"), (b"RetryDelay", b"60")]
    assert play(waiting).enrolments == _play(plan).enrolments
    assert b"Install/Retry" not in document(syncml(plan, neutral))


def test_a_profile_without_alternative_names_sends_none():
    """An empty SubjectAlternativeNames node would be refused; it is left out."""
    (enrolment,) = _play(students_plan()).enrolments
    assert enrolment.alt_names == ()
    assert "SubjectAlternativeNames" not in document(syncml(students_plan(), neutral)).decode()


def test_wifi_profile_is_the_one_of_the_file():
    """The embedded profile and the WLAN file say the same."""
    plan = staff_plan()
    assert _play(plan).wifi == {"Northwind": compact(wlan_profile(plan, plan.networks[0]))}


def test_the_wire_is_the_one_of_the_file():
    """The embedded LAN profile and the file say the same."""
    plan = staff_plan()
    assert _play(plan).wire == compact(lan_profile(plan, plan.networks[1]))


def test_of_several_wires_the_first_is_in_it_and_the_others_are_said():
    """The WiredNetwork CSP holds one profile; what is left out is in the notes."""
    plan = staff_plan()
    other = replace(plan.networks[1], name="lab", server_names=("lab.northwind.example",))
    plan = replace(plan, networks=(*plan.networks, other))
    assert _play(plan).wire == compact(lan_profile(plan, plan.networks[1]))
    assert [line for line in notes(plan) if line.startswith("lab: ") and "desk" in line]


@pytest.mark.parametrize(
    ("protection", "number"),
    [(KeyProtection.TPM, "1"), (KeyProtection.TPM_IF_PRESENT, "2"), (KeyProtection.SOFTWARE, "3")],
)
def test_keys_are_kept_where_the_org_wants_them(protection, number):
    """KeyProtection is that of the group's options."""
    plan = replace(staff_plan(), windows=WindowsOptions(key_protection=protection))
    content = document(syncml(plan, neutral))
    assert (
        re.search(rb"Install/KeyProtection</LocURI>.*?<Data>(\d)</Data>", content, re.DOTALL)[1]
        == number.encode()
    )


def test_the_certificate_node_is_stable():
    """A new challenge or name does not change the node: an MDM that saw a new one would enrol again."""
    plan = staff_plan()
    other = replace(plan, scep=replace(plan.scep, challenge=Secret("x" * 20)), organization_name="Other")
    uris = [
        line
        for text in (document(syncml(plan, neutral)), document(syncml(other, neutral)))
        for line in text.decode().splitlines()
        if "LocURI" in line and line.rstrip().endswith("</LocURI>") and "Enroll" in line
    ]
    assert len(uris) == 2
    assert uris[0] == uris[1]


def test_values_are_quoted_after_spelling():
    """A name with a comma reaches the request as one value."""
    values = {"user.email": "ada+lab@northwind.example", "user.upn": "ada@northwind.example"}
    (enrolment,) = _play(staff_plan(), values.__getitem__).enrolments
    assert enrolment.subject[0] == ("CN", "ada+lab@northwind.example")


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1), min_size=1, max_size=4))
def test_any_value_survives_x500_text(values):
    """Whatever a value holds, CertStrToName reads the same attributes back."""
    text = ",".join(f"OU={quote(value)}" for value in values)
    assert parse_x500(text) == tuple(("OU", value) for value in values)


def test_attributes_have_the_keys_that_windows_reads():
    """State is S and the user id an OID: CertStrToName knows neither ST of RFC 4514 nor UID."""
    plan = staff_plan()
    parts = tuple(
        SubjectPart(type=ATTRIBUTES[key], value=Template(("x",))) for key in ("state", "user_id", "country")
    )
    plan = replace(plan, scep=replace(plan.scep, subject=parts))
    assert subject_name(plan, neutral) == "S=x,OID.0.9.2342.19200300.100.1.1=x,C=x"


def test_a_separator_in_an_alternative_name_is_refused():
    """The CSP splits at ';' and has no escape, so the value would become two."""
    plan = staff_plan()
    uri = AltNamePart(kind=AltNameKind.URI, value=Template(("tag:x;y",)))
    plan = replace(plan, scep=replace(plan.scep, subject_alt_names=(uri,)))
    with pytest.raises(PayloadError, match="separator"):
        syncml(plan, neutral)


@pytest.mark.parametrize(
    "challenge", ["ümlaut-ümlaut-ümlaut", "bell\abell\abell\abell", "line\nline\nline\nline"]
)
def test_a_challenge_windows_cannot_send_is_refused(challenge):
    """The error names the rule and the group, and not a character of the secret."""
    plan = staff_plan()
    plan = replace(plan, scep=replace(plan.scep, challenge=Secret(challenge)))
    with pytest.raises(PayloadError, match=r"staff.*windows-21") as caught:
        syncml(plan, neutral)
    assert challenge not in str(caught.value) + caught.value.hint


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_all_printable_ascii_is_a_challenge(challenge):
    """What `check` only warns about is not refused here; lint warns."""
    check_challenge("staff", challenge)


def test_a_variable_without_spelling_is_an_error():
    """An MDM that has no way to say a variable gets no file."""

    def nothing(name: str) -> str:
        msg = "no spelling"
        raise VariableError(msg, [name])

    with pytest.raises(VariableError):
        syncml(staff_plan(), nothing)
