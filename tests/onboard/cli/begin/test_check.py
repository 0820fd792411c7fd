"""`check` says on stderr what works and will still surprise somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

_NOTE = "Not Verified"
_SIGNING = "signing:\n  certificate: file:pki/public.pem\n  key: file:pki/public.key\n"


def test_unsigned_for_ios_is_a_note(onboard, folder) -> None:
    """Without `signing:` iOS shows self-service profiles as not verified: said, and no mistake."""
    done = onboard("check")
    assert done.code == 0
    assert _NOTE in done.err
    assert "`signing:`" in done.err
    assert "signing" not in done.out


def test_json_stays_data_alone(onboard, folder) -> None:
    """Programs read mistakes only."""
    done = onboard("check", "--format", "json")
    assert done.code == 0
    assert _NOTE not in done.out + done.err


@pytest.mark.parametrize("case", ["signed", "no Apple devices"])
def test_silence_where_nobody_sees_it(onboard, folder, case) -> None:
    """Neither an org that signs by a public CA nor one without Apple devices hears of it."""
    org = Path("org.yaml")
    if case == "signed":
        org.write_text(f"{org.read_text()}\n{_SIGNING}")
    else:
        org.write_text(org.read_text().replace("apple, ", ""))
    done = onboard("check")
    assert done.code == 0, done.out
    assert _NOTE not in done.err


def test_mistakes_come_alone(onboard, folder) -> None:
    """While there are mistakes, nothing distracts from them."""
    org = Path("org.yaml")
    org.write_text(org.read_text().replace("platforms:", "platform:", 1))
    done = onboard("check")
    assert done.code == 1
    assert _NOTE not in done.err
