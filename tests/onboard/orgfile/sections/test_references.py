"""References to secrets: read without resolving, resolved with a word on the line where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from onboard.errors import Place, SecretUnavailableError
from onboard.model import Challenge, ChallengeType
from onboard.orgfile.sections.references import read_static_challenge, resolve, resolve_challenge
from onboard.orgfile.text.cursor import Cursor, find
from onboard.orgfile.text.nodes import START, Scalar
from onboard.orgfile.text.report import Report
from onboard.secret import Secret, SecretReference, SecretSource

PLACE = Place(path="org.yaml", line=47, column=15, where="groups.staff.challenge.secret")
LONG = "correct-horse-battery"


def reference(source: SecretSource, name: str) -> SecretReference:
    return SecretReference(source=source, name=name, place=PLACE)


def read(text: str) -> tuple[SecretReference | None, str]:
    cursor = Cursor(Scalar(text, True, START), "x", Report("org.yaml"), START)
    found = find(cursor, read_static_challenge)
    said = " ".join(f"{m.severity}: {m.message} {m.hint}" for m in cursor.report.mistakes)
    return (found.value if found.is_readable else None), said


def test_env_and_file_are_references():
    """A reference must keep its name and say nothing."""
    assert read("env:STAFF") == (SecretReference(source=SecretSource.ENV, name="STAFF"), "")
    assert read("file:s/staff") == (SecretReference(source=SecretSource.FILE, name="s/staff"), "")


def test_literal_is_warned_about_and_never_shown():
    """A literal must be taken with a warning that does not repeat it."""
    found, said = read(LONG)
    assert found is not None
    assert found.literal == Secret(LONG)
    assert said.startswith("warning: ")
    assert LONG not in said + repr(found)


@pytest.mark.parametrize(
    "text", ["fifteen-chars-x", "env:no-such-name", "env:", "file:", "cmd:pass", "keyring:x"]
)
def test_what_is_no_reference(text: str):
    """What can never be resolved, or guessed at once, must be refused without repeating it."""
    found, said = read(text)
    assert found is None
    assert said.startswith("error: ")
    value = text.partition(":")[2] or text
    assert value in {"env:", "file:"} or value not in said


def test_environment(tmp_path: Path):
    """A variable's value must be taken as it is."""
    assert resolve(reference(SecretSource.ENV, "S"), {"S": f" {LONG}\n"}, tmp_path).reveal() == f" {LONG}\n"


@pytest.mark.parametrize(("content", "value"), [("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x", " x")])
def test_file_loses_one_line_end(tmp_path: Path, content: str, value: str):
    """A file's secret must lose exactly the line end that an editor adds."""
    (tmp_path / "secret").write_bytes(content.encode())
    assert resolve(reference(SecretSource.FILE, "secret"), {}, tmp_path).reveal() == value
    assert resolve(reference(SecretSource.FILE, str(tmp_path / "secret")), {}, Path("/")).reveal() == value


def test_literal(tmp_path: Path):
    """A literal must resolve to itself."""
    literal = SecretReference(source=SecretSource.LITERAL, name="", literal=Secret("x"), place=PLACE)
    assert resolve(literal, {}, tmp_path) == Secret("x")


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        (SecretSource.ENV, "UNSET", "UNSET is not set"),
        (SecretSource.ENV, "EMPTY", "EMPTY is empty"),
        (SecretSource.FILE, "absent", "No such file"),
        (SecretSource.FILE, ".", "Is a directory"),
        (SecretSource.FILE, "empty", "is empty"),
        (SecretSource.FILE, "binary", "not UTF-8"),
        (SecretSource.FILE, "huge", "larger than 64 KiB"),
    ],
)
def test_what_cannot_be_resolved_names_its_line(tmp_path: Path, source: SecretSource, name: str, says: str):
    """A secret that is not there must be an error that names the line of the org file and the cure."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "huge").write_text("x" * 70_000)
    with pytest.raises(
        SecretUnavailableError, match=r"org\.yaml:47:15: groups.staff.challenge.secret: "
    ) as raised:
        resolve(reference(source, name), {"EMPTY": ""}, tmp_path)
    assert says in str(raised.value)
    assert raised.value.hint


def test_challenge_must_be_long_and_printable(tmp_path: Path):
    """A resolved static challenge that can be guessed or typed by nobody must be refused where it is used."""
    challenge = Challenge(type=ChallengeType.STATIC, secret=reference(SecretSource.ENV, "S"))
    assert resolve_challenge(challenge, {"S": "x" * 16}, tmp_path) == Secret("x" * 16)
    for value, says in (("x" * 15, "this has 15"), ("x" * 20 + "\n", "printable")):
        with pytest.raises(SecretUnavailableError, match=f"org.yaml:47:15.*{says}"):
            resolve_challenge(challenge, {"S": value}, tmp_path)
    assert resolve_challenge(Challenge(type=ChallengeType.ONE_TIME), {}, tmp_path) is None
