"""Bytes that are no text, no UTF-8 or no file: each a clear error, at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.errors import Mistake, OrgFileError
from onboard.orgfile.text.source import LIMIT, decode, read


def mistakes(content: bytes) -> tuple[Mistake, ...]:
    try:
        decode(content, "org.yaml")
    except OrgFileError as error:
        return error.mistakes
    return ()


def refusal(content: bytes) -> Mistake:
    (mistake,) = mistakes(content)
    return mistake


def test_missing_file(tmp_path: Path):
    """A missing file must be named, with the command that writes one."""
    with pytest.raises(OrgFileError, match=r"nowhere\.yaml:1:1: \(file\): there is no such file") as raised:
        read(tmp_path / "nowhere.yaml")
    assert "onboard init" in raised.value.mistakes[0].hint


def test_folder_instead_of_file(tmp_path: Path):
    """A folder must be told from a file, with the path that was probably meant."""
    with pytest.raises(OrgFileError, match="this is a folder") as raised:
        read(tmp_path)
    assert str(tmp_path / "org.yaml") in raised.value.mistakes[0].hint


def test_file_below_a_file(tmp_path: Path):
    """Other reasons of the system must come through in its own words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OrgFileError, match="cannot be read: Not a directory"):
        read(tmp_path / "file" / "org.yaml")


def test_byte_order_mark_is_not_text():
    """A UTF-8 byte order mark must vanish: Windows editors write it."""
    assert decode(b"\xef\xbb\xbfversion: 1\r\n", "org.yaml") == "version: 1\r\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(encoding: str):
    """What PowerShell's redirection writes must be recognised, not called binary."""
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert refusal(mark + "version: 1".encode(encoding)).message == f"the file is {encoding[:6].upper()}"


def test_binary():
    """A binary file must be called one."""
    assert "binary" in refusal(b"\x7fELF\x02\x01\x01\0\0\0").message


def test_invalid_utf8_has_its_place():
    """A byte that is not UTF-8 must be reported at its line and column, in characters."""
    mistake = refusal("näme: x\nssid: Bü".encode() + "ro".encode("latin-1") + b"\xfc")
    assert (mistake.place.line, mistake.place.column) == (2, 11)
    assert "0xfc" in mistake.message


def test_control_character_has_its_place():
    """A character that YAML forbids must be reported at its line and column."""
    mistake = refusal(b"a: 1\nb: \x07\n")
    assert (mistake.place.line, mistake.place.column) == (2, 4)
    assert "U+0007" in mistake.message


def test_large_file_is_not_read_to_its_end(tmp_path: Path):
    """50 MB must be refused without parsing them."""
    path = tmp_path / "org.yaml"
    path.write_bytes(b"a: [" + b"*a, " * (50 * 2**20 // 4))
    assert path.stat().st_size > 10 * LIMIT
    with pytest.raises(OrgFileError, match="larger than 4 MiB"):
        read(path)


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes):
    """Any bytes must become text or one mistake inside the file, never another exception."""
    for mistake in mistakes(content):
        assert 1 <= mistake.place.line <= content.count(b"\n") + 1
