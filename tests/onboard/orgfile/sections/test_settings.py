"""Settings of the whole organization: what its name may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from onboard.orgfile import check

_ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()
_ENVIRON = {"ACME_CHALLENGE": "0123456789abcdef"}


def _messages(folder: Path, name: str) -> list[str]:
    path = folder / "org.yaml"
    path.write_text(_ACME.replace("name: Acme\n", f"name: {name}\n", 1))
    return [mistake.message for mistake in check(path, _ENVIRON)[1]]


@pytest.mark.parametrize("name", ["'A ${user.sid} B'", "'${'"])
def test_a_name_holds_no_variable(tmp_path, name):
    """It stands in subjects, where whoever fills in variables would fill this one in."""
    (message,) = _messages(tmp_path, name)
    assert "begins a variable" in message


@pytest.mark.parametrize("name", ["'Money $ & Co. {Ltd}'", "'Sträng \u2018x\u2019 <b>'"])
def test_a_name_may_have_signs(tmp_path, name):
    """A dollar or a brace alone is none."""
    assert _messages(tmp_path, name) == []
