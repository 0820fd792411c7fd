"""The table of what clients cannot do, and how `check` uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from onboard.capabilities import LIMITATIONS, Extent, Feature, limitations
from onboard.errors import OrgFileError
from onboard.model import Platform
from onboard.orgfile import check, loads

ACME_FILE = Path(__file__).parents[1] / "orgs" / "acme.yaml"
ACME = ACME_FILE.read_text()


def test_rows_say_why_and_whence():
    """Each limitation must be of a platform that exists and give its reason and source."""
    for row in LIMITATIONS.values():
        assert row.platform in set(Platform)
        assert row.reason
        assert row.source


def test_lookup_keeps_the_order_of_platforms():
    """Limitations must come in the order in which the group names its platforms."""
    found = limitations([Platform.LINUX, Platform.CHROMEOS, Platform.APPLE], Feature.WPA3_ENTERPRISE_192)
    assert [row.platform for row in found] == ["linux", "chromeos", "apple"]
    assert [row.extent for row in found] == [Extent.SOME, Extent.NONE, Extent.SOME]
    assert limitations(list(Platform), Feature.ETHERNET)[0].extent is Extent.OMITTED


def strong(platforms: str) -> str:
    """An org whose only network is 192-bit, with every key strong enough."""
    text = ACME.replace("security: wpa2-enterprise", "security: wpa3-enterprise-192")
    text = text.replace("key: rsa-2048\n    valid_for: 5y", "key: rsa-3072\n    valid_for: 5y")
    return text.replace("key: rsa-2048", "key: rsa-4096").replace("[apple, windows]", f"[{platforms}]")


def errors(text: str) -> list[str]:
    with pytest.raises(OrgFileError) as raised:
        loads(text)
    return [mistake.message for mistake in raised.value.mistakes]


def test_192_bit_mode_works_with_strong_keys():
    """192-bit mode must be taken where every certificate of both chains is strong enough."""
    assert loads(strong("apple, windows, android, linux")).groups


def test_192_bit_mode_needs_every_key_strong():
    """Each weak key of both chains must be named."""
    text = strong("linux").replace("key: ec-p384", "key: ec-p256").replace("key: rsa-3072", "key: rsa-2048")
    assert errors(text.replace("key: rsa-4096", "key: rsa-2048")) == [
        "192-bit mode refuses the ec-p256 key of authority 'root'",
        "192-bit mode refuses the rsa-2048 key of authority 'staff'",
        "192-bit mode refuses the rsa-2048 keys of profile 'person'",
    ]


def test_192_bit_mode_is_refused_for_chromeos():
    """What no client of a platform can do must be refused, whatever else the group has."""
    (message,) = errors(strong("linux, chromeos"))
    assert message.startswith("no client on chromeos can do WPA3-Enterprise in 192-bit mode")


def test_wires_alone_leave_nothing_for_android():
    """A platform for which no network is left must be refused; beside Wi-Fi it goes without the wire."""
    (message,) = errors(ACME.replace("[corp]", "[wire]").replace("[apple, windows]", "[android]"))
    assert message.startswith("no network is left for android")
    assert loads(ACME.replace("[corp]", "[corp, wire]").replace("[apple, windows]", "[android]")).groups


@pytest.mark.parametrize(
    ("platforms", "names", "says"),
    [
        ("linux", "uri: 'urn:x:${user.email}'", "linux goes without alternative names of kind uri"),
        ("apple", "upn: ['${user.upn}', '${user.email}']", "apple goes without more than one"),
        ("windows", "uri: 'urn:x:${user.email}'", None),
        ("windows", "upn: ['${user.upn}', '${user.email}']", None),
    ],
)
def test_alternative_names(tmp_path: Path, platforms: str, names: str, says: str | None):
    """An alternative name that a platform cannot ask for must be warned about, not refused."""
    path = tmp_path / "org.yaml"
    text = ACME.replace("    values:\n", f"    subject_alt_names: {{{names}}}\n    values:\n")
    text = text.replace(
        "      user.email: '*@acme.example'\n", "      user.email: '*'\n      user.upn: '*'\n"
    )
    path.write_text(text.replace("[apple, windows]", f"[{platforms}]"))
    organization, mistakes = check(path, {"ACME_CHALLENGE": "x" * 16})
    assert organization is not None
    warned = [m.message for m in mistakes if m.place.where == "groups.staff.profile"]
    assert [says] == [message[: len(says)] for message in warned] if says else warned == []
