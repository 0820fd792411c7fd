"""Variables filled in as an MDM, the portal or the script does it."""

from __future__ import annotations

import json
import plistlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.filled import BUILDERS, VALUES
from support.northwind import neutral, students_plan

from onboard.devices.apple.profile import read_profile
from onboard.devices.chromeos import read_sheet
from onboard.devices.errors import DeviceError
from onboard.devices.fill_in import fill_in
from onboard.devices.linux.computer import read_linux
from onboard.devices.windows.computer import read_windows
from onboard.errors import VariableError

_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20
)


@cache
def artifacts(platform: str) -> dict[str, bytes]:
    return {a.kind: a.content for a in BUILDERS[platform].build(students_plan(), neutral)}


@given(_NAMES)
def test_any_value_reaches_every_device_as_it_is(name):
    """A name with quotation marks, brackets, commas or ${} arrives whole: no value becomes syntax."""
    values = {**VALUES, "device.id": name}
    made = {
        p: {k: fill_in(c, k, values) for k, c in artifacts(p).items()} for p in ("apple", "chromeos", "linux")
    }
    requests = [
        read_profile(made["apple"]["mobileconfig"]).enrolment,
        read_sheet(made["chromeos"]["chrome-scep-profile"]),
        read_linux(made["linux"]["certmonger"], ()).enrolment,
    ]
    for enrolment in requests:
        assert enrolment is not None
        assert enrolment.request.subject[0][0].value == name


def test_windows_takes_a_name_without_quotation_marks():
    """The SyncML quotes the variable's place, so separators in a value are safe."""
    values = {**VALUES, "device.id": "Lab, PC <17>; + & Co"}
    content = fill_in(artifacts("windows")["syncml"], "syncml", values)
    enrolment = read_windows(content).enrolment
    assert enrolment is not None
    assert enrolment.request.subject[0][0].value == "Lab, PC <17>; + & Co"


def test_every_missing_value_is_named():
    """All variables without a value are named at once."""
    with pytest.raises(VariableError) as caught:
        fill_in(artifacts("apple")["mobileconfig"], "mobileconfig", {})
    assert set(caught.value.names) == {"device.id", "challenge"}


def test_expansions_of_the_platform_stay():
    """${CERT_SAN_EMAIL} and ${LOGIN_ID} are the Chromebook's own."""
    content = json.dumps({"a": "${CERT_SAN_EMAIL}", "b": "${user.email}"}).encode()
    filled = json.loads(fill_in(content, "onc", VALUES))
    assert filled == {"a": "${CERT_SAN_EMAIL}", "b": "ada@northwind.example"}


def test_nothing_to_fill_in_changes_no_byte():
    """Artifacts without variables are used as they are."""
    content = b'{"a" :  "b"}'
    assert fill_in(content, "onc", VALUES) is content


def test_signed_profile_with_a_variable_is_refused():
    """A signature fixes the bytes: variables come before it."""
    with pytest.raises(DeviceError, match="signed"):
        fill_in(b"\x30\x80 ${challenge}", "mobileconfig", VALUES)


def test_data_and_keys_are_left_alone():
    """Only text values are filled in: never a key, never bytes."""
    tree = {"${user.email}": "${user.email}", "data": b"${user.email}"}
    filled = plistlib.loads(fill_in(plistlib.dumps(tree), "mobileconfig", VALUES))
    assert filled == {"${user.email}": "ada@northwind.example", "data": b"${user.email}"}
