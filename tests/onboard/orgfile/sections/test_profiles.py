"""EnrollmentProfiles: those of the product, and what an org may write of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import northwind

from onboard import resources
from onboard.model import EnrollmentProfile, KeyKind
from onboard.names import AltNameKind
from onboard.orgfile import loads
from onboard.orgfile.sections.profiles import built_in_names, read_built_in
from onboard.variables import Holder, Template

ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()


def own(profile: str, *, holder: str = "user") -> EnrollmentProfile:
    """The smallest org's profile, rewritten."""
    start, end = ACME.index("    holder:"), ACME.index("groups:")
    indented = "".join(f"    {line}\n" for line in profile.splitlines())
    return loads(f"{ACME[:start]}    holder: {holder}\n{indented}{ACME[end:]}").profiles[0]


def test_product_profiles_are_the_contract():
    """The product's two profiles must say what the contract says, key by key."""
    assert built_in_names() == ("device-eap-tls", "user-eap-tls")
    assert read_built_in("user-eap-tls") == northwind.USER_EAP_TLS
    assert read_built_in("device-eap-tls") == northwind.DEVICE_EAP_TLS


@pytest.mark.parametrize("name", ["user-eap-tls", "device-eap-tls"])
def test_product_profile_may_be_copied(name: str):
    """A product profile pasted under `profiles:` must be taken there: same keys, same meaning."""
    lines = resources.text("profiles", f"{name}.yaml").splitlines()
    holder = name.partition("-")[0]
    copied = own("\n".join(line for line in lines if not line.startswith("holder")), holder=holder)
    assert copied.subject == read_built_in(name).subject
    assert copied.subject_alt_names == read_built_in(name).subject_alt_names
    assert copied.valid_for == read_built_in(name).valid_for


def test_everything_a_profile_can_say():
    """Lists, mixed text, several attributes of a type and both usages must arrive in their order."""
    profile = own(
        "subject:\n"
        "  common_name: ${user.name} (${user.upn})\n"
        "  organizational_unit: [Staff, '${group.name}']\n"
        "  country: DE\n"
        "subject_alt_names:\n"
        "  uri: ['tag:microsoft.com,2022-09-14:sid:${user.sid}', 'urn:x']\n"
        "  rfc822: ${user.email}\n"
        "values: {user.upn: '*@acme.example', user.sid: S-1-5-21-1-2-3-1001}\n"
        "key: rsa-4096\n"
        "valid_for: 90d\n"
        "renew_within: 90d\n"
        "extended_key_usages: [client-auth, smartcard-logon]\n"
    )
    assert profile.holder is Holder.USER
    assert [(a.type.key, str(a.value)) for a in profile.subject] == [
        ("common_name", "${user.name} (${user.upn})"),
        ("organizational_unit", "Staff"),
        ("organizational_unit", "${group.name}"),
        ("country", "DE"),
    ]
    assert [name.kind for name in profile.subject_alt_names] == [
        AltNameKind.URI,
        AltNameKind.URI,
        AltNameKind.RFC822,
    ]
    assert profile.subject_alt_names[2].value == Template.of("user.email")
    assert profile.values["user.sid"] == "S-1-5-21-1-2-3-1001"
    assert profile.key is KeyKind.RSA_4096
    assert profile.renew_within == profile.valid_for
    assert profile.extended_key_usages == ("client-auth", "smartcard-logon")
