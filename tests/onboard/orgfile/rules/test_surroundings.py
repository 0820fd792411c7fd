"""What `check` finds outside the file: secrets, and certificates of other PKIs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.certificates import make_certificate

from onboard.errors import Severity
from onboard.orgfile import check, load

ROOT = Path(__file__).parents[4]
ACME = (ROOT / "tests" / "orgs" / "acme.yaml").read_text()
ROOT_PEM = ROOT / "examples" / "anchors" / "harbour-radius-root.pem"
STRONG = {"ACME_CHALLENGE": "0123456789abcdef"}


def said(folder: Path, text: str, environ: dict[str, str]) -> list[str]:
    path = folder / "org.yaml"
    path.write_text(text)
    return [f"{m.severity} {m.place.where}: {m.message}" for m in check(path, environ)[1]]


def test_unset_secret_is_a_warning(tmp_path: Path):
    """An unset secret must not fail a check: it is needed where payloads are made, not here."""
    (warning,) = said(tmp_path, ACME, {})
    assert warning.startswith(
        "warning groups.staff.challenge.secret: the environment variable ACME_CHALLENGE"
    )


def test_short_secret_is_an_error_that_does_not_show_it(tmp_path: Path):
    """A challenge that is set and can be guessed must be refused without being shown."""
    (error,) = said(tmp_path, ACME, {"ACME_CHALLENGE": "hunter2"})
    assert error == (
        "error groups.staff.challenge.secret: a static challenge has at least 16 characters; this has 7"
    )


def test_secret_that_windows_cannot_send(tmp_path: Path):
    """A character outside PrintableString must be warned about where Windows is a platform, not elsewhere."""
    environ = {"ACME_CHALLENGE": "under_score_under_score"}
    (warning,) = said(tmp_path, ACME, environ)
    assert "warning" in warning
    assert "under_score" not in warning
    assert said(tmp_path, ACME.replace("[apple, windows]", "[apple]"), environ) == []


@pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), (b"x", "is not a certificate")])
def test_anchor_file_must_be_a_certificate(tmp_path: Path, content: bytes | None, says: str):
    """An anchor without its certificate must be refused: no payload could be made."""
    text = ACME.replace("trust: [root]", "trust: [root, file:other.pem]")
    if content is not None:
        (tmp_path / "other.pem").write_bytes(content)
    (error,) = said(tmp_path, text, STRONG)
    assert error.startswith("error radius.main.trust[1]: ")
    assert says in error


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"x", "is not a certificate"),
        (make_certificate("leaf.example").der, "is not the certificate of an authority"),
        (make_certificate("Their CA", ca=True).der, ""),
    ],
)
def test_somebody_elses_authority_must_be_one(tmp_path: Path, content: bytes | None, says: str):
    """An authority that is only a certificate must be there, and must be one that may issue."""
    text = ACME.replace("radius:\n", "  theirs:\n    certificate: file:theirs.pem\nradius:\n", 1)
    if content is not None:
        (tmp_path / "theirs.pem").write_bytes(content)
    found = said(tmp_path, text, STRONG)
    assert len(found) == bool(says)
    assert all(error.startswith("error authorities.theirs: ") and says in error for error in found)


def test_anchor_file(tmp_path: Path):
    """A root must be taken silently; a certificate below a root with a warning for Windows' sake."""
    text = ACME.replace("trust: [root]", "trust: [file:other.pem]")
    shutil.copy(ROOT_PEM, tmp_path / "other.pem")
    assert said(tmp_path, text, STRONG) == []
    shutil.copy(ROOT / "tests" / "vectors" / "northwind" / "staff.pem", tmp_path / "other.pem")
    (warning,) = said(tmp_path, text, STRONG)
    assert warning.startswith("warning radius.main.trust[0]: ")


def test_load_needs_no_surroundings(tmp_path: Path):
    """`load` must work without secrets and certificates: most commands use a part of them."""
    path = tmp_path / "org.yaml"
    path.write_text(ACME.replace("trust: [root]", "trust: [file:absent.pem]"))
    assert load(path).groups[0].challenge.secret is not None


def test_errors_and_warnings_come_together(tmp_path: Path):
    """One mistake must not hide what the surroundings lack."""
    organization_error, secret_warning = said(tmp_path, ACME.replace("com.acme", "acme"), {})
    assert organization_error.startswith("error organization.identifier")
    assert secret_warning.startswith(Severity.WARNING)
