"""`generate`: the same bytes for the same input, secrets where they belong, and clear refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import make_certificate

from onboard.cms import read_signed


def tree(folder: str | Path) -> dict[str, bytes]:
    root = Path(folder)
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def kinds(folder: str) -> list[tuple[str, str, str]]:
    manifest = json.loads(Path(folder, "manifest.json").read_text())
    return [(a["group"], a["platform"], a["kind"]) for a in manifest["artifacts"]]


def test_two_runs_give_the_same_bytes(onboard, folder) -> None:
    """The same input gives the same bytes."""
    assert onboard("generate", "--out", "a").code == 0
    assert onboard("generate", "--out", "b").code == 0
    assert tree("a") == tree("b")


def test_state_and_keys_are_not_needed(onboard, folder) -> None:
    """`generate` works where only the org, pki/ and the secrets are."""
    onboard("generate", "--out", "a")
    shutil.rmtree(".onboard")
    assert onboard("generate", "--out", "b").code == 0
    assert tree("a") == tree("b")


@pytest.mark.parametrize(
    ("group", "platform", "wanted"),
    [
        ("staff", "apple", ["mobileconfig"]),
        ("staff", "windows", ["lan-profile", "script", "syncml", "wlan-profile"]),
        ("students", "windows", ["script", "syncml", "wlan-profile"]),
        ("staff", "chromeos", ["chrome-policy", "chrome-scep-profile", "onc"]),
        ("staff", "android", ["amapi", "eap-config"]),
    ],
)
def test_kinds_are_those_of_the_contract(onboard, folder, group, platform, wanted) -> None:
    """Each group gets the kinds that the contract lists for a platform; some more are for administrators."""
    onboard("generate", "--out", "out", "--group", group, "--platform", platform)
    more = {"gpo", "instructions", "provisioning-package", "chrome-provisioning", "amapi-before"}
    assert sorted(kind for _, _, kind in kinds("out") if kind not in more) == wanted


def test_linux_has_networks_and_enrolment(onboard, folder) -> None:
    """Linux gets one NetworkManager file for each network and one certmonger script."""
    onboard("generate", "--out", "out", "--platform", "linux")
    found = [kind for _, _, kind in kinds("out")]
    assert (found.count("networkmanager"), found.count("certmonger")) == (2, 1)


def test_unset_secret_names_the_line(onboard, folder, monkeypatch) -> None:
    """A secret that is used and not set is an error that names its line; nothing is written."""
    monkeypatch.delenv("NORTHWIND_STAFF_CHALLENGE")
    done = onboard("generate", "--out", "out")
    assert done.code == 1
    assert "org.yaml:49:" in done.err
    assert "NORTHWIND_STAFF_CHALLENGE" in done.err
    assert not Path("out").exists()


def test_a_group_without_that_secret_still_works(onboard, folder, monkeypatch) -> None:
    """Only the secrets that are embedded are needed."""
    monkeypatch.delenv("NORTHWIND_STAFF_CHALLENGE")
    assert onboard("generate", "--out", "out", "--group", "students").code == 0


def test_missing_pki_names_the_cure(onboard, folder) -> None:
    """Without pki/ the error says which certificate is absent and what makes it."""
    shutil.rmtree("pki")
    done = onboard("generate", "--out", "out")
    assert done.code == 1
    assert "pki/" in done.err
    assert "ca init" in done.err


def test_unknown_group_is_named(onboard, folder) -> None:
    """A group that the org does not have is an error that lists those it has."""
    done = onboard("generate", "--out", "out", "--group", "stuff")
    assert done.code == 1
    assert "stuff" in done.err
    assert "students" in done.err


def test_mistakes_in_the_org_stop_it(onboard, folder) -> None:
    """A broken org definition is reported as by `check`, on stderr."""
    Path("org.yaml").write_text("organization: {}\n")
    done = onboard("generate", "--out", "out")
    assert (done.code, done.out) == (1, "")
    assert "org.yaml:1:" in done.err


def test_output_folder_that_is_a_file(onboard, folder) -> None:
    """An --out that cannot be a folder is named."""
    Path("out").write_text("a file")
    done = onboard("generate", "--out", "out")
    assert done.code == 1
    assert "out" in done.err
    assert "Traceback" not in done.err


def test_personal_payload_is_whole_and_signed(onboard, folder) -> None:
    """A personal profile has every value, a minted challenge and a signature."""
    arguments = ["--group", "staff", "--platform", "apple", "--for", "ada@northwind.example"]
    assert onboard("generate", "--out", "ada", *arguments).code == 0
    content = Path("ada/staff/apple/staff.mobileconfig").read_bytes()
    profile = read_signed(content).content
    assert b"ada@northwind.example" in profile
    assert b"${" not in profile
    assert b"Zw7-quiet-river-stone-lamp" not in content


def test_personal_payloads_never_share_a_challenge(onboard, folder) -> None:
    """Each artifact that holds a challenge has minted one of its own, bound to the person."""
    onboard("generate", "--out", "ada", "--group", "staff", "--for", "ada@northwind.example")
    secret = [a for a in json.loads(Path("ada/manifest.json").read_text())["artifacts"] if a["secret"]]
    minted = onboard("challenge", "list", "--format", "json").json
    assert len(minted) == len(secret) > 1
    assert all(one["bound"]["user.email"] == "ada@northwind.example" for one in minted)


def test_personal_payload_names_missing_values(onboard, folder) -> None:
    """Without the value that the profile needs, the error names the variable and how to give it."""
    done = onboard("generate", "--out", "x", "--group", "staff", "--for", "Ada")
    assert done.code == 1
    assert "user.email" in done.err
    assert "--set" in done.err
    assert onboard("challenge", "list", "--format", "json").json == []


def test_device_id_is_minted(onboard, folder) -> None:
    """A device profile gets an id when nobody set one, and another for each device."""
    onboard("generate", "--out", "x", "--group", "students", "--for", "Lab 7")
    bound = [one["bound"]["device.id"] for one in onboard("challenge", "list", "--format", "json").json]
    assert len(set(bound)) == 3  # apple, windows, chromeos


def test_set_without_for_is_refused(onboard, folder) -> None:
    """`--set` belongs to personal payloads; an MDM's would drop the value without a word."""
    for way in ((), ("--mdm", "jamf")):
        refused = onboard("generate", "--out", "x", "--set", "user.name=Ada", *way)
        assert refused.code == 64
        assert "--for NAME" in refused.err


def test_many_one_time_groups_are_counted_and_not_listed(onboard, folder) -> None:
    """A thousand names would hide the sentence that matters."""
    group = "  g{}: {{authority: staff, profile: device-eap-tls, networks: [campus], platforms: [apple], "
    group += "challenge: {{type: one-time}}}}\n"
    org = Path("org.yaml")
    groups = "".join(group.format(number) for number in range(12))
    org.write_text(org.read_text().replace("groups:", f"groups:\n{groups}", 1))
    done = onboard("generate", "--out", "out", "--platform", "apple")
    assert done.code == 0, done.err
    assert "g7 and 5 more groups: one-time challenges" in done.err


def test_the_orgs_own_signer_signs(onboard, folder) -> None:
    """Files under `signing:` sign personal profiles; without them a person is told what devices say."""
    plain = onboard(
        "generate", "--out", "a", "--group", "staff", "--platform", "apple", "--for", "a@b.example"
    )
    assert "not verified" in plain.err
    made = make_certificate("Northwind Profiles", rsa_bits=2048)
    Path("s.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path("s.key").write_bytes(key)
    with Path("org.yaml").open("a") as org:
        org.write("signing: {certificate: file:s.pem, key: file:s.key}\n")
    done = onboard(
        "generate", "--out", "b", "--group", "staff", "--platform", "apple", "--for", "a@b.example"
    )
    assert done.code == 0, done.err
    assert "not verified" not in done.err
    signed = read_signed(Path("b/staff/apple/staff.mobileconfig").read_bytes())
    assert signed.certificates == (made.certificate,)


def test_declarations_only_when_asked(onboard, folder) -> None:
    """They stand in the manifest beside the profile, secrets for their owner, and go with the next run."""
    asked = ("generate", "--out", "out", "--platform", "apple")
    done = onboard(*asked, "--declarative", "https://mdm.northwind.example/files")
    assert done.code == 0
    assert "enrolled devices" in done.err
    assert [kind for group, _, kind in kinds("out") if group == "staff"] == [
        "apple-declaration",
        "apple-declaration",
        "apple-declaration",
        "apple-credential",
        "mobileconfig",
    ]
    credential = Path("out/staff/apple/declarative/scep.credential.json")
    assert credential.stat().st_mode & 0o777 == 0o600
    assert onboard("lint", "out").code == 0
    assert onboard(*asked).code == 0
    assert {kind for _, _, kind in kinds("out")} == {"mobileconfig"}
    assert not credential.exists()


@pytest.mark.parametrize(
    ("more", "said", "code"),
    [
        (("--mdm", "fleet"), "neutral", 64),
        (("--for", "ada@northwind.example"), "neutral", 64),
        (("--platform", "windows"), "Apple devices", 1),
    ],
)
def test_declarations_of_nothing(onboard, folder, more, said, code) -> None:
    """Where there is nothing to declare, the option is refused and nothing is written."""
    done = onboard("generate", "--out", "out", "--declarative", "https://mdm.northwind.example", *more)
    assert done.code == code
    assert said in done.err
    assert not Path("out").exists()


@pytest.mark.parametrize("how", [[], ["--for", "ada"], ["--mdm", "fleet"]])
def test_a_platform_that_no_group_has_is_told(onboard, folder, how) -> None:
    """A typing slip in a script must not look like a folder of payloads."""
    done = onboard("generate", "--out", "out", "--group", "students", "--platform", "linux", *how)
    assert (done.code, done.out) == (1, "")
    assert "they are for apple, windows, chromeos" in done.err
    assert not (folder / "out").exists()
