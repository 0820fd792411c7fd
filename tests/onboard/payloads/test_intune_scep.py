"""What Intune's SCEP profiles say: names, keys, and what Intune would refuse."""

from __future__ import annotations

import base64
import json
import plistlib
from dataclasses import replace
from datetime import timedelta

import pytest
from support.intune import SPELLINGS, bodies, bundles, spelled
from support.northwind import STAFF_CHALLENGE, staff_plan, students_plan

from onboard.apple_options import AcmeServer, AppleOptions
from onboard.errors import PayloadError, VariableError
from onboard.model import Platform
from onboard.names import ATTRIBUTES, AltNameKind
from onboard.options import KeyProtection, WindowsOptions
from onboard.payloads.intune import build
from onboard.plan import AltNamePart, SubjectPart
from onboard.variables import Template


def test_a_native_scep_profile_never_carries_a_challenge():
    """Where Intune vouches, the static challenge is in no file."""
    for artifact in build(staff_plan(), spelled, validated=True):
        assert STAFF_CHALLENGE.reveal().encode() not in artifact.content
        assert not artifact.secret
        assert (
            "challenge"
            not in json.dumps([e["body"] for e in json.loads(artifact.content)["objects"]]).lower()
        )


def test_a_group_with_acme_gives_intune_its_profile_with_scep():
    """The second profile is for devices that are known one by one, which a custom profile does not know."""
    acme = AcmeServer(directory="https://acme.northwind.example/directory")
    plan = replace(staff_plan(), apple=AppleOptions(acme=acme))
    body = bodies(bundles(plan, validated=False)["apple"])["ios-custom"]
    types = {p["PayloadType"] for p in plistlib.loads(base64.b64decode(body["payload"]))["PayloadContent"]}
    assert "com.apple.security.scep" in types


@pytest.mark.parametrize(
    ("protection", "storage"),
    [
        (KeyProtection.TPM, "useTpmKspOtherwiseFail"),
        (KeyProtection.TPM_IF_PRESENT, "useTpmKspOtherwiseUseSoftwareKsp"),
        (KeyProtection.SOFTWARE, "useSoftwareKsp"),
    ],
)
def test_keys_are_kept_where_the_org_wants_them(protection, storage):
    """Intune's key storage provider is that of the group's options."""
    plan = replace(staff_plan(), windows=WindowsOptions(key_protection=protection))
    assert bodies(bundles(plan, validated=True)["windows"])["windows-scep"]["keyStorageProvider"] == storage


def test_scep_says_what_the_profile_says():
    """Subject, names, validity, renewal and key are those of the EnrollmentProfile."""
    body = bodies(bundles(staff_plan(), validated=True)["windows"])["windows-scep"]
    assert body["subjectNameFormatString"] == "CN={{EmailAddress}},OU=staff,O=Northwind University"
    assert body["customSubjectAlternativeNames"] == [
        {"sanType": "emailAddress", "name": "{{EmailAddress}}"},
        {"sanType": "userPrincipalName", "name": "{{UserPrincipalName}}"},
    ]
    assert (body["certificateValidityPeriodScale"], body["certificateValidityPeriodValue"]) == ("days", 365)
    assert body["renewalThresholdPercentage"] == 8
    assert (body["keySize"], body["certificateStore"]) == ("size2048", "user")
    assert body["scepServerUrls"] == ["https://scep.northwind.example/scep/staff"]


def test_a_security_identifier_is_intunes_own_variable():
    """Strong mapping: Intune puts the tag around its variable itself, so the variable stands alone."""
    plan = staff_plan()
    uri = AltNamePart(
        kind=AltNameKind.URI, value=Template.parse("tag:microsoft.com,2022-09-14:sid:${user.sid}")
    )
    plan = replace(plan, scep=replace(plan.scep, subject_alt_names=(uri,)))
    table = {**SPELLINGS, "user.sid": "{{OnPremisesSecurityIdentifier}}"}
    (artifact, *_) = build(plan, table.__getitem__, validated=True)
    body = bodies(json.loads(artifact.content))["windows-scep"]
    assert body["customSubjectAlternativeNames"] == [
        {"sanType": "universalResourceIdentifier", "name": "{{OnPremisesSecurityIdentifier}}"}
    ]


def test_a_literal_with_a_comma_is_quoted_and_a_variable_is_not():
    """Intune fills variables in itself; a literal is X.500 text."""
    plan = staff_plan()
    part = SubjectPart(type=ATTRIBUTES["organization"], value=Template(("Northwind, Inc.",)))
    plan = replace(plan, scep=replace(plan.scep, subject=(plan.scep.subject[0], part)))
    body = bodies(bundles(plan, validated=True)["windows"])["windows-scep"]
    assert body["subjectNameFormatString"] == 'CN={{EmailAddress}},O="Northwind, Inc."'


def test_what_intune_refuses_is_refused_here():
    """Android without https, a validity of three years, a person in a device's certificate, {{DeviceId}}."""
    plan = staff_plan()
    http = replace(plan, platforms=(Platform.ANDROID,), scep=replace(plan.scep, url="http://scep.example/x"))
    long = replace(plan, profile=replace(plan.profile, valid_for=timedelta(days=1095)))
    person = replace(plan, profile=replace(plan.profile, holder=students_plan().holder))
    for broken, rule in ((http, "windows-38"), (long, "windows-36"), (person, "windows-34")):
        with pytest.raises(PayloadError, match=rule):
            build(broken, spelled, validated=True)
    with pytest.raises(PayloadError, match="windows-34"):
        build(students_plan(), spelled, validated=True)


def test_a_variable_that_intune_lacks_is_an_error():
    """No object with a hole in it."""
    plan = staff_plan()
    part = SubjectPart(type=ATTRIBUTES["common_name"], value=Template.of("user.sid"))
    plan = replace(plan, scep=replace(plan.scep, subject=(part,)))
    with pytest.raises(VariableError):
        build(plan, spelled, validated=True)
