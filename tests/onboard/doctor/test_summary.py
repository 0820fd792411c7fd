"""What a person reads: worst first, each trouble once, nothing that steers a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onboard.doctor import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.clients import APPLE, CISCO, WINDOWS
from onboard.doctor.line import plain
from onboard.doctor.summary import HEADERS, paragraphs, rows, verdict


def finding(
    client: str, outcome: Outcome, check: Check = Check.PATH, why: str = "w", cure: str = "c"
) -> Finding:
    return Finding(client=client, check=check, outcome=outcome, why=why, cure=cure)


def test_a_cell_shows_the_worst():
    """Two findings of one client and check show as the worse one."""
    found = [finding(APPLE.name, Outcome.RISK), finding(APPLE.name, Outcome.FAILS)]
    (row,) = rows(found)
    assert dict(zip(HEADERS, row, strict=True))["Apple"] == "fails"


def test_the_same_trouble_is_told_once():
    """Clients with one trouble share a paragraph; the worst comes first."""
    found = [
        finding(APPLE.name, Outcome.RISK),
        finding(CISCO.name, Outcome.RISK),
        finding(EVERY_CLIENT, Outcome.FAILS, why="other"),
        finding(WINDOWS.name, Outcome.OK),
    ]
    first, second = paragraphs(found)
    assert first.startswith("would fail")
    assert f"{APPLE.name}, {CISCO.name}" in second


def test_what_is_right_is_told_on_request():
    """`--all` adds what was seen and is right."""
    found = [finding(APPLE.name, Outcome.OK, why="3 certificates", cure="")]
    assert paragraphs(found) == ()
    (told,) = paragraphs(found, everything=True)
    assert "3 certificates" in told


def test_windows_own_words_are_told():
    """An administrator recognises what Intune shows."""
    path, enrolment = (
        finding(WINDOWS.name, Outcome.FAILS),
        finding(WINDOWS.name, Outcome.FAILS, Check.ENROLMENT),
    )
    assert "SCEP Status 32" in paragraphs([path])[0]
    assert "SCEP Status 16" in paragraphs([enrolment])[0]


def test_the_verdict_names_who_fails():
    """One sentence at the end."""
    assert verdict([finding(CISCO.name, Outcome.FAILS)]) == "Cisco would fail"
    assert verdict([finding(CISCO.name, Outcome.RISK)]) == "no client would fail"
    assert verdict([finding(EVERY_CLIENT, Outcome.FAILS)]) == "every client would fail"
    assert "no server may" in verdict([finding(EVERY_CLIENT, Outcome.UNSAFE)])


@given(st.text(max_size=400))
def test_a_server_s_words_are_one_printable_line(text):
    """Escape sequences and line breaks of a foreign server do not reach the terminal."""
    shown = plain(text)
    assert len(shown) <= 121
    assert all(" " <= letter <= "~" for letter in shown.removesuffix("…"))
