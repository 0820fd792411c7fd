"""The script: it parses, its values are data, and it knows what to find out by itself."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from defusedxml import ElementTree as SafeET
from support.northwind import STAFF_CHALLENGE, neutral, staff_plan, students_plan
from support.powershell import evaluate, faults, nodes

from onboard.errors import PayloadError, VariableError
from onboard.model import Ssid
from onboard.options import KeyProtection, WindowsOptions
from onboard.payloads.windows.elements import compact
from onboard.payloads.windows.script import script
from onboard.payloads.windows.wlan import wlan_profile
from onboard.secret import Secret

_EVIL = "Uni'; Remove-Item C:\\ -Recurse; $(calc) `\"\u2019 #> <# \n'@ \u00e9"


def _assigned(text: str, name: str) -> str:
    (line,) = re.findall(rf"(?m)^\${name} = (.*)$", text)
    return line


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_the_script_parses(plan):
    """The grammar of PowerShell reads every line."""
    assert faults(script(plan(), neutral)) == []


def test_values_never_become_code():
    """Hostile names give the script the commands that harmless ones give, and the name arrives whole."""
    plan = staff_plan()
    hostile = replace(
        plan,
        organization_name=_EVIL,
        networks=(replace(plan.networks[0], ssid=Ssid("'@;calc \u2019 & <b>")), plan.networks[1]),
    )
    text = script(hostile, neutral)
    assert faults(text) == []
    assert text.isascii()
    assert evaluate(_assigned(text, "Organization")) == _EVIL

    def commands(source: str) -> list[bytes]:
        return sorted(n.text for n in nodes(source, "command_name"))

    assert commands(text) == commands(script(plan, neutral))


def test_profiles_inside_are_the_profiles():
    """A non-ASCII SSID is written with character references and reads as the same profile."""
    plan = staff_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], ssid=Ssid("Caf\u00e9 Uni")),))
    (xml,) = re.findall(r"(?s)@'\n(<WLANProfile.*?)\n'@", script(plan, neutral))
    parsed = SafeET.fromstring(xml)
    ours = SafeET.fromstring(compact(wlan_profile(plan, plan.networks[0])))
    assert [(e.tag, (e.text or "").strip()) for e in parsed.iter()] == [
        (e.tag, e.text or "") for e in ours.iter()
    ]


def test_neutral_script_finds_values_out_itself():
    """Variables stay in the subject and no value is given, so the script resolves or asks."""
    text = script(staff_plan(), neutral)
    assert "Key = 'CN'; Text = '${user.email}'" in text
    assert "Type = 11; Text = '${user.upn}'" in text


def test_an_mdm_dialect_is_not_believed():
    """No MDM fills in variables inside a script: `{{UserName}}` is not a value."""

    def dialect(name: str) -> str:
        return {"user.email": "{{EmailAddress}}", "challenge": "$FLEET_VAR_X"}.get(name) or _refuse(name)

    def _refuse(name: str) -> str:
        msg = "no spelling"
        raise VariableError(msg, [name])

    text = script(students_plan(), dialect)
    assert "Key = 'CN'; Text = '${device.id}'" in text
    assert _assigned(text, "EmbeddedChallenge") == "''"


def test_personal_values_are_carried():
    """With every value known the script asks for nothing."""
    values = {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example"}
    text = script(staff_plan(), values.__getitem__)
    assert "Key = 'CN'; Text = 'ada@northwind.example'" in text
    assert "${user." not in text


def test_challenge_stands_on_the_line_that_the_renewal_copy_blanks():
    """The static challenge is in one assignment only, at the start of its line, so that the copy loses it."""
    text = script(staff_plan(), neutral)
    assert text.count(STAFF_CHALLENGE.reveal()) == 1
    assert evaluate(_assigned(text, "EmbeddedChallenge")) == STAFF_CHALLENGE.reveal()
    assert "StartsWith('$EmbeddedChallenge = ')" in text


def test_one_time_challenge_is_asked_for():
    """Without a challenge the script holds none and names the two ways to give it."""
    text = script(students_plan(), neutral)
    assert _assigned(text, "EmbeddedChallenge") == "''"
    assert "ONBOARD_CHALLENGE" in text


def test_a_challenge_windows_cannot_send_is_refused():
    """The same rule as for SyncML."""
    plan = staff_plan()
    with pytest.raises(PayloadError, match="windows-21"):
        script(replace(plan, scep=replace(plan.scep, challenge=Secret("ümlaut-ümlaut-ümlaut"))), neutral)


def test_the_script_is_given_the_whole_url():
    """CertEnroll appends nothing to the URL, the CSP does."""
    assert _assigned(script(staff_plan(), neutral), "ScepUrl").endswith("/scep/staff/pkiclient.exe'")


def test_the_machine_script_differs_where_it_must():
    """A machine's script runs in machine context."""
    assert _assigned(script(students_plan(), neutral), "ForMachine") == "$true"
    assert _assigned(script(staff_plan(), neutral), "ForMachine") == "$false"


def test_what_differs_from_the_org_is_said():
    """The WPA2 fallback is in the log, not left to be found out."""
    assert "campus: joined with WPA2" in script(staff_plan(), neutral)


@pytest.mark.parametrize(
    ("protection", "providers"),
    [
        (KeyProtection.SOFTWARE, "@('Microsoft Software Key Storage Provider')"),
        (KeyProtection.TPM, "@('Microsoft Platform Crypto Provider')"),
        (
            KeyProtection.TPM_IF_PRESENT,
            "@('Microsoft Platform Crypto Provider', 'Microsoft Software Key Storage Provider')",
        ),
    ],
)
def test_keys_are_made_where_the_org_wants_them(protection, providers):
    """The script tries the providers in order; one that the org did not name is never tried."""
    plan = replace(staff_plan(), windows=WindowsOptions(key_protection=protection))
    assert f"$KeyProviders = {providers}\n" in script(plan, neutral)


def _bodies(source: str) -> dict[str, str]:
    """Each function's text by its name."""
    texts = [node.text.decode() for node in nodes(source, "function_statement")]
    return {re.match(r"function ([\w-]+)", text)[1]: text for text in texts}


def _stand_in_order(text: str, *pieces: str) -> bool:
    places = [text.index(piece) for piece in pieces]
    return places == sorted(places)


def test_an_answer_that_it_waits_is_polled_for():
    """PENDING is no failure: the transaction is kept first, then the same request is asked for again."""
    source = script(students_plan(), neutral)
    assert _assigned(source, "Waiting") == "3"  # X509SCEPDisposition, SCEPDispositionPending
    bodies = _bodies(source)
    assert _stand_in_order(
        bodies["Request-Certificate"],
        ".Enroll(0)",
        "-eq $Waiting",
        ".TransactionId(",
        "Write-State",
        "Wait-Decision",
        "throw",
    )
    assert "while ($disposition -eq $Waiting -and (Get-Date) -lt $until)" in bodies["Wait-Decision"]
    assert ".FetchPending(0)" in bodies["Wait-Decision"]


def test_who_has_to_approve_is_said():
    """A group whose requests wait says so in the script's log; others do not."""
    plan = students_plan()
    waiting = replace(plan, scep=replace(plan.scep, waits=True))
    assert "onboard cert approve" in script(waiting, neutral)
    assert "onboard cert approve" not in script(plan, neutral)


def test_a_later_run_asks_for_the_request_that_waits():
    """By the documented order of IX509SCEPEnrollment; nothing is asked for twice; the task asks hourly."""
    bodies = _bodies(script(students_plan(), neutral))
    assert _stand_in_order(bodies["Open-Request"], ".InitializeForPending($Context)", "'TransactionId'")
    assert _stand_in_order(
        bodies["Resume-Request"],
        "Open-Request",
        "CreateRetrievePendingMessage",
        "ProcessResponseMessage",
        "return $null",
        "$State.Transaction = ''",
    )
    for job in ("Install-Certificate", "Invoke-Renewal"):
        assert _stand_in_order(
            bodies[job], "if ($State.Transaction) {", "Resume-Request", "Request-Certificate"
        )
    assert "-RepetitionInterval (New-TimeSpan -Hours 1)" in bodies["Register-RenewalTask"]
    assert "Stop-Request" in bodies["Invoke-Removal"]


def test_the_script_has_a_place_that_windows_can_make():
    """Long identifiers give a short folder, each its own; a group that was renamed keeps its folder."""
    plan = staff_plan()
    long = replace(plan, organization_identifier=".".join(["x" * 60] * 4))
    other = replace(long, organization_identifier=".".join(["x" * 60] * 3 + ["y" * 60]))
    places = {evaluate(_assigned(script(p, neutral), "Place")) for p in (plan, long, other)}
    assert len(places) == 3
    assert max(map(len, places)) <= 100
    renamed = replace(plan, group="faculty", first_name="staff")
    assert _assigned(script(renamed, neutral), "Place") == _assigned(script(plan, neutral), "Place")


def test_a_challenge_that_some_clients_refuse_is_sent_all_the_same():
    """The server decides; what cannot be sent at all is no printable ASCII and was refused before."""
    plan = staff_plan()
    odd = replace(plan, scep=replace(plan.scep, challenge=Secret("under_score!{$}-and-`more`")))
    text = script(odd, neutral)
    assert evaluate(_assigned(text, "EmbeddedChallenge")) == "under_score!{$}-and-`more`"
    assert r"-cnotmatch '^[\x20-\x7e]+$'" in _bodies(text)["Resolve-Challenge"]
