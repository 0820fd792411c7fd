"""The script for Windows asks for what the SyncML asks for, or is found out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.filled import VALUES, files
from support.northwind import neutral, staff_plan

from onboard.devices.errors import DeviceError
from onboard.devices.fill_in import fill_in
from onboard.devices.readers import read_device
from onboard.model import Ssid
from onboard.payloads import windows


def read(script: str):
    return read_device("windows", {**files("windows"), "script": (script.encode(),)})


@pytest.mark.parametrize("group", ["staff", "students"])
def test_what_the_generator_wrote_agrees(group):
    """A static challenge is in the script, a one-time one is asked for; both are fine."""
    assert read_device("windows", files("windows", group)).networks


@pytest.mark.parametrize("name", ["O'Brien & Söhne", "日本", "“quoted”"])
def test_odd_names_agree(name):
    """Quotation marks and what is not ASCII come out of the script as they went in."""
    plan = staff_plan()
    odd = replace(plan, organization_name=name)
    odd = replace(odd, networks=(replace(plan.networks[0], ssid=Ssid(name[:8])), *plan.networks[1:]))
    found: dict[str, list[bytes]] = {}
    for artifact in windows.build(odd, neutral):
        found.setdefault(artifact.kind, []).append(fill_in(artifact.content, artifact.kind, VALUES))
    assert [n.ssid for n in read_device("windows", found).networks] == [name[:8].encode(), b""]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (r"\$ScepUrl = 'https://scep", "$ScepUrl = 'https://scap", "ScepUrl"),
        (r"\$ScepUrl = '", "$ScepUrl = $env:X + '", "ScepUrl"),
        (r"\$RootThumbprint = '\w\w", "$RootThumbprint = '00", "RootThumbprint"),
        (r"\$RootThumbprint = '\w\w", "$RootThumbprint = '", "RootThumbprint"),
        (r"\$KeyBits = 2048", "$KeyBits = 1024", "KeyBits"),
        (r"\$KeyBits = 2048", "$KeyBits = 'x'", "KeyBits"),
        (r"\$EmbeddedChallenge = '", "$EmbeddedChallenge = 'x", "EmbeddedChallenge"),
        (r"Key = 'OU'; Text = 'staff'", "Key = 'OU'; Text = 'students'", "SubjectParts"),
        (r" *\[pscustomobject\]@\{ Key = 'OU'.*\n", "", "SubjectParts"),
        (r"Type = 11;", "Type = 3;", "AltNameParts"),
        (r" *\[pscustomobject\]@\{ Store = 'CA'.*\n", "", "Trust"),
        (r"Store = 'Root'; Data = 'MIIB", "Store = 'Root'; Data = 'MIIC", "Trust"),
        (r"Store = 'Root'", "Store = 'CA'", "TrustedRootCA"),
        (r"<ServerNames>radius", "<ServerNames>radiux", "Northwind is not"),
        (r"<hex>4E", "<hex>4F", "is not as the profiles have it"),
        (r"Kind = 'lan'", "Kind = 'van'", "neither wlan nor lan"),
        (
            r"DisableUserPromptForServerValidation>true",
            "DisableUserPromptForServerValidation>false",
            "Prompt",
        ),
        (r"Organization = '", "Organization = 'é", "ASCII"),
    ],
)
def test_each_fault_is_named(old, new, named):
    """Another place, another trust, another certificate: the complaint says which setting."""
    script = files("windows")["script"][0].decode()
    broken = re.sub(old, lambda match: new, script, count=1)
    assert broken != script
    with pytest.raises(DeviceError, match=named):
        read(broken)


def test_a_policy_of_its_own_is_looked_at():
    """A profile for group policy that differs from the others is not overlooked."""
    given = files("windows")
    broken = [content.replace(b"<ServerNames>radius", b"<ServerNames>radiux") for content in given["gpo"]]
    with pytest.raises(DeviceError, match="another profile"):
        read_device("windows", {**given, "gpo": tuple(broken)})
