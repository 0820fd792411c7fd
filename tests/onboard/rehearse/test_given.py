"""Artifacts read back from a generated folder."""

from __future__ import annotations

import hashlib
import json

import pytest

from onboard.errors import OnboardError
from onboard.rehearse import read_folder


def manifest(folder, content: bytes = b"profile") -> None:
    (folder / "staff.mobileconfig").write_bytes(content)
    entry = {
        "path": "staff.mobileconfig",
        "group": "staff",
        "platform": "apple",
        "kind": "mobileconfig",
        "media_type": "application/x-apple-aspen-config",
        "sha256": hashlib.sha256(b"profile").hexdigest(),
        "secret": True,
    }
    text = json.dumps({"schema": 1, "organization": "edu.northwind", "artifacts": [entry]})
    (folder / "manifest.json").write_text(text)


def test_listed_files_are_read(tmp_path):
    """What the manifest lists is what a device is given."""
    manifest(tmp_path)
    (given,) = read_folder(tmp_path)
    assert (given.group, given.platform, given.kind, given.content) == (
        "staff",
        "apple",
        "mobileconfig",
        b"profile",
    )


def test_changed_file_is_refused(tmp_path):
    """A rehearsal of other bytes than those generated would prove nothing."""
    manifest(tmp_path, b"other")
    with pytest.raises(OnboardError, match="manifest"):
        read_folder(tmp_path)


def test_no_manifest_names_the_cure(tmp_path):
    """A folder without a manifest says what to run."""
    with pytest.raises(OnboardError) as caught:
        read_folder(tmp_path)
    assert "onboard generate" in caught.value.hint


def test_a_secret_is_not_in_the_repr(tmp_path):
    """The content, which may hold a challenge, is in no repr."""
    manifest(tmp_path)
    assert "b'profile'" not in repr(read_folder(tmp_path))
