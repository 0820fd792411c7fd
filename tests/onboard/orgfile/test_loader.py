"""Whole files: the examples, any legal org, any damage to one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.changes import replaced
from support.legal_orgs import Org, as_yaml, legal_orgs
from support.northwind import NORTHWIND

from onboard import resources
from onboard.errors import OrgFileError, Place, Severity
from onboard.model import GardenMode, Organization, Platform, Rate
from onboard.orgfile import check, load, loads
from onboard.secret import SecretSource

ROOT = Path(__file__).parents[3]
NORTHWIND_FILE = ROOT / "examples" / "northwind.yaml"
HARBOUR_FILE = ROOT / "examples" / "harbour-freight.yaml"
ACME = (ROOT / "tests" / "orgs" / "acme.yaml").read_text()


def acme(*changes: tuple[str, str]) -> Organization:
    return loads(replaced(ACME, *changes))


def test_northwind_is_what_payload_tests_build_from():
    """The contract's org must load as the very values that other tests take for it."""
    assert load(NORTHWIND_FILE) == NORTHWIND


def test_northwind_has_warnings_only():
    """The contract's org must be accepted, with a word on what deserves one."""
    organization, mistakes = check(NORTHWIND_FILE, {})
    assert organization == NORTHWIND
    assert {mistake.severity for mistake in mistakes} == {Severity.WARNING}
    assert [mistake.place.where for mistake in mistakes] == [
        "groups.staff.profile",
        "groups.staff.networks[1]",
        "groups.staff.challenge.secret",
    ]


def test_second_example_is_of_another_shape():
    """The second example must hold what the first does not: shared authority, own profile, foreign root."""
    environ = {"HF_SCANNERS_CHALLENGE": "x" * 16, "HF_CLERKS_CHALLENGE": "y" * 16}
    organization, mistakes = check(HARBOUR_FILE, environ)
    assert organization is not None
    assert {mistake.severity for mistake in mistakes} <= {Severity.WARNING}
    assert {group.authority.name for group in organization.groups} == {"devices"}
    assert [profile.name for profile in organization.profiles] == ["machine", "clerk"]
    assert organization.radius[0].trust[0].file == "anchors/harbour-radius-root.pem"
    assert organization.onboarding is not None
    assert organization.onboarding.mode is GardenMode.ZERO_TOUCH
    assert str(organization.networks[0].ssid) == "0815"
    assert organization.pki.url == "http://enrol.harbour.example:8080"
    assert organization.scep.per_group == Rate(5)


def test_starter_has_not_even_a_warning(tmp_path: Path):
    """What `onboard init` writes must be accepted as it stands, also by `check --strict`."""
    path = tmp_path / "org.yaml"
    path.write_text(resources.text("templates", "init/org.yaml"))
    organization, mistakes = check(path, {})
    assert organization is not None
    assert mistakes == ()
    assert organization.groups[0].platforms == tuple(Platform)


def test_starter_examples_in_comments_work():
    """What the starter offers in comments must be right too, once it is uncommented."""
    lines = resources.text("templates", "init/org.yaml").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("#") and "CHANGE" in line) + 1
    uncommented = [_uncomment(line) for line in lines[start:]]
    text = "\n".join([*lines[:start], *uncommented])
    authority = (
        "authorities:\n  kiosks: {issuer: root, common_name: Kiosks CA, key: ec-p256, valid_for: 5y}\n"
    )
    organization = loads(text.replace("authorities:\n", authority))
    assert [group.name for group in organization.groups] == ["staff", "kiosks"]
    assert "kiosk" in [profile.name for profile in organization.profiles]
    assert "desk" in [network.name for network in organization.networks]


def _uncomment(line: str) -> str:
    return line.replace("# ", "", 1) if re.match(r" *# +[a-z_]+:( |$)", line) else line


def test_defaults():
    """What may be left out must have the documented values."""
    organization = acme(
        ("    renew_within: 30d\n", ""), ("    key: rsa-2048\n    valid_for: 365d", "    valid_for: 20d")
    )
    (profile,) = organization.profiles
    assert profile.renew_within == profile.valid_for
    assert profile.extended_key_usages == ("client-auth",)
    assert organization.pki.url == "http://scep.acme.example"
    assert organization.scep.per_group is None
    assert organization.scep.per_address is not None
    assert organization.scep.per_address.per_second >= 50  # a campus behind one NAT address


@pytest.mark.parametrize(
    ("scep", "pki"),
    [
        ("https://scep.example/some/path/", "http://scep.example"),
        ("https://scep.example:8443", "http://scep.example"),
        ("http://scep.example:8080/x", "http://scep.example:8080"),
        ("http://[2001:db8::1]:80", "http://[2001:db8::1]:80"),
    ],
)
def test_default_of_pki(scep: str, pki: str):
    """Revocation must be published on the host of scep.url by http, whatever its path and port."""
    organization = acme(("https://scep.acme.example", scep))
    assert organization.pki.url == pki
    assert organization.scep.url == scep.rstrip("/")


def test_issuers_come_first():
    """Authorities must be in an order in which they can be made, whatever the file's order."""
    root = "  root:\n    common_name: Acme Root\n    key: ec-p384\n    valid_for: 20y\n"
    organization = acme((root, ""), ("radius:\n", f"{root}radius:\n"))
    assert [authority.name for authority in organization.authorities] == ["root", "staff"]
    assert [a.name for a in organization.chain(organization.authority("staff"))] == ["staff", "root"]


def test_endless_chains_are_refused():
    """Authorities above one another without end must be reported, and cost nothing."""
    tiers = "".join(
        f"  t{i}: {{issuer: t{i - 1}, common_name: T{i}, key: ec-p256, valid_for: 5y}}\n" for i in range(2000)
    )
    tiers = tiers.replace("t-1", "root")
    with pytest.raises(OrgFileError, match="more than 8 authorities stand above one another") as raised:
        acme(("radius:\n", f"{tiers}radius:\n"))
    assert raised.value.mistakes[0].place.where == "authorities.t7.issuer"


def test_thousands_of_wrong_references_are_all_reported():
    """Every wrong reference must be reported; only the search for what was meant may give up."""
    profiles = "".join(f"  x{i}: *p\n" for i in range(1000))
    wrong = ", ".join(f"crop{i}" for i in range(3000))
    with pytest.raises(OrgFileError) as raised:
        acme(
            ("  person:\n", "  person: &p\n"),
            ("groups:\n", f"{profiles}groups:\n"),
            ("[corp]", f"[{wrong}]"),
        )
    hints = [mistake.hint for mistake in raised.value.mistakes]
    assert len(hints) == 3000
    assert hints[0] == "did you mean 'corp'?"


def test_own_profile_wins():
    """A profile of the org must replace the product's of the same name."""
    organization = acme(("  person:", "  user-eap-tls:"), ("profile: person", "profile: user-eap-tls"))
    assert organization.groups[0].profile.description == ""


def test_places_name_the_line():
    """Values must remember where they were written, so that later errors can name it."""
    organization = acme()
    assert str(organization.groups[0].place) == "org.yaml:39:3: groups.staff"
    secret = organization.groups[0].challenge.secret
    assert secret is not None
    assert secret.source is SecretSource.ENV
    assert str(secret.place) == "org.yaml:47:15: groups.staff.challenge.secret"


def test_text_stays_text():
    """An SSID that YAML takes for a number must be the SSID."""
    for ssid in ("0123", "on", "1.10", "12:34", "1e3", "'~'"):
        organization = acme(("ssid: Acme\n", f"ssid: {ssid}\n"))
        assert str(organization.networks[0].ssid) == ssid.strip("'")


def test_anchors_and_merge_keys_work():
    """Admins who keep defaults under an x- key must be able to merge them in."""
    organization = acme(
        ("organization:\n", "x-defaults: &defaults\n  authority: staff\n  profile: person\norganization:\n"),
        ("    authority: staff\n    profile: person\n", "    <<: *defaults\n"),
    )
    assert organization.groups[0].authority.name == "staff"


def test_check_reads_beside_the_file(tmp_path: Path):
    """Relative references must start at the folder of the org file, not at the current one."""
    shutil.copytree(ROOT / "examples" / "anchors", tmp_path / "anchors")
    shutil.copy(HARBOUR_FILE, tmp_path / "org.yaml")
    organization, _ = check(tmp_path / "org.yaml", {})
    assert organization is not None
    shutil.rmtree(tmp_path / "anchors")
    organization, mistakes = check(tmp_path / "org.yaml", {})
    assert organization is None
    assert "No such file" in mistakes[0].message


def test_check_of_a_missing_file_is_a_mistake(tmp_path: Path):
    """`check` must report what cannot be opened like any other mistake."""
    organization, mistakes = check(tmp_path / "org.yaml", {})
    assert organization is None
    assert len(mistakes) == 1


@given(legal_orgs(), st.booleans(), st.sampled_from(["", "'", '"']))
def test_any_legal_org_loads(org: Org, flow: bool, quotes: str):
    """Any legal org must load in any style of YAML, with its text unchanged."""
    organization = loads(as_yaml(org, flow=flow, quotes="" if flow else quotes))
    networks, groups = org["networks"], org["groups"]
    assert isinstance(networks, dict)
    assert isinstance(groups, dict)
    assert {n.name: str(n.ssid) for n in organization.networks if n.ssid} == {
        name: network["ssid"] for name, network in networks.items() if "ssid" in network
    }
    assert [group.name for group in organization.groups] == list(groups)
    assert [list(map(str, g.platforms)) for g in organization.groups] == [
        list(g["platforms"]) for g in groups.values()
    ]


_LINES = ACME.splitlines(keepends=True)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The smallest org after a few accidents."""
    lines = list(_LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        accident = draw(st.sampled_from(["delete", "repeat", "swap", "cut", "insert", "indent", "colon"]))
        line = lines[at]
        column = draw(st.integers(0, len(line)))
        if accident == "delete":
            lines[at] = ""
        elif accident == "repeat":
            lines.insert(at, line)
        elif accident == "swap":
            lines[at], lines[-1 - at] = lines[-1 - at], line
        elif accident == "cut":
            lines[at] = line[:column] + "\n"
        elif accident == "insert":
            character = draw(st.sampled_from([*"[]{}:,&*!|>'\"%@`#-?~<$\tx0 ", "\u2028", "é", "\U0001f511"]))
            lines[at] = line[:column] + character + line[column:]
        elif accident == "indent":
            lines[at] = "  " + line
        else:
            lines[at] = line.replace(":", "")
    return "".join(lines)


def mistaken_places(text: str) -> list[Place]:
    """Where the mistakes of `text` are; there is at least one, or an organization."""
    try:
        assert loads(text).groups
    except OrgFileError as error:
        places = [mistake.place for mistake in error.mistakes]
        return places or pytest.fail("refused without a mistake")
    return []


@settings(max_examples=400)
@given(damaged())
def test_any_damage_is_reported_inside_the_file(text: str):
    """Damage must give mistakes with places inside the file, sorted, or a legal org, and nothing else."""
    places = mistaken_places(text)
    assert places == sorted(places)
    lines = re.split("[\n\u2028]", text)  # YAML counts U+2028 as a line end, which editors do not
    for place in places:
        assert 1 <= place.line <= len(lines) + 1
        assert place.column >= 1
        assert place.where


@given(st.recursive(st.text(max_size=5), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=5), x)))
def test_any_yaml_is_judged(data: object):
    """Any YAML at all must be judged without another exception."""
    with pytest.raises(OrgFileError):
        loads(as_yaml({"organization": data, "groups": data, "authorities": {"a": data}, "profiles": data}))
