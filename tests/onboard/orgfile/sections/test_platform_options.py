"""`platforms` as a list and as a mapping, and what Windows is told in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from onboard.errors import OrgFileError
from onboard.model import Organization, Platform
from onboard.options import EapMethod, KeyProtection, RadiusType, WindowsOptions
from onboard.orgfile import loads

ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()
LIST = "platforms: [apple, windows]"


def changed(*changes: tuple[str, str]) -> Organization:
    text = ACME
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return loads(text)


def test_a_list_has_the_defaults():
    """Without options keys are in software, and no build is known."""
    (group,) = changed().groups
    assert group.windows == WindowsOptions(minimum=None, key_protection=KeyProtection.SOFTWARE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{windows: {}, apple: {}}", WindowsOptions()),
        ("{apple: {}, windows: {minimum: 10.0.19045}}", WindowsOptions(minimum=19045)),
        ("{windows: {minimum: '10.0.22631'}}", WindowsOptions(minimum=22631)),
        ("{windows: {key_protection: tpm}}", WindowsOptions(key_protection=KeyProtection.TPM)),
        (
            "{windows: {key_protection: tpm-if-present, minimum: 10.0.26100}}",
            WindowsOptions(minimum=26100, key_protection=KeyProtection.TPM_IF_PRESENT),
        ),
        ("{apple: {}}", WindowsOptions()),
    ],
)
def test_a_mapping_says_what_windows_gets(text, expected):
    """Each option is read; platforms keep the order of the file."""
    (group,) = changed((LIST, f"platforms: {text}")).groups
    assert group.windows == expected
    keys = [key for key in ("apple", "windows") if f"{key}:" in text]
    assert list(group.platforms) == sorted(map(Platform, keys), key=lambda p: text.index(f"{p.value}:"))


def test_options_may_come_from_an_anchor():
    """YAML's merge keys work here as everywhere else."""
    shared = "x-common: &all {windows: {key_protection: tpm}}\n"
    text = shared + ACME.replace(LIST, "platforms: {<<: *all, linux: {}}")
    (group,) = loads(text).groups
    assert group.windows.key_protection is KeyProtection.TPM
    assert set(group.platforms) == {Platform.WINDOWS, Platform.LINUX}


def test_a_mistake_in_options_leaves_the_rest_readable():
    """Two mistakes of two platforms are reported in one run, and nothing that follows from them."""
    with pytest.raises(OrgFileError) as caught:
        changed((LIST, "platforms: {windows: {minimum: '11'}, linux: {key_protection: tpm}}"))
    assert [m.place.where for m in caught.value.mistakes] == [
        "groups.staff.platforms.windows.minimum",
        "groups.staff.platforms.linux.key_protection",
    ]


def test_methods_and_servers_are_read():
    """What Windows does on a network, and which product answers."""
    organization = changed(
        ("    server_names:", "    type: clearpass\n    server_names:"),
        (
            "    ssid: Acme\n",
            "    ssid: Acme\n    eap: peap-tls\n    fips: true\n    mac_randomization: true\n",
        ),
    )
    assert organization.radius[0].type is RadiusType.CLEARPASS
    corp, wire = organization.networks
    assert (corp.eap, corp.fips, corp.mac_randomization) == (EapMethod.PEAP_TLS, True, True)
    assert (wire.eap, wire.fips, wire.mac_randomization) == (EapMethod.TLS, False, False)


def test_teap_is_fine_with_groups_of_both_holders():
    """People and computers on one network, all of them new enough: no mistake and no warning."""
    computers = """  pcs:
    authority: staff
    profile: device-eap-tls
    networks: [corp]
    platforms: {windows: {minimum: 10.0.19041}}
    challenge: {type: one-time}
scep:"""
    organization = changed(
        ("    server_names:", "    type: ise\n    server_names:"),
        ("    ssid: Acme\n", "    ssid: Acme\n    eap: teap\n"),
        (LIST, "platforms: {windows: {minimum: 10.0.19041}}"),
        ("scep:", computers),
    )
    assert [group.name for group in organization.groups] == ["staff", "pcs"]
