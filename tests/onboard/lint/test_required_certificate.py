"""The policies by which Chromebooks enrol: one fault at a time, and the policies as built are silent."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import staff_plan, students_plan

from onboard.lint import lint, required_certificate
from onboard.payloads.chromeos.required_certificate import required_certificate as built

USER = built(staff_plan(), profile_id="p", policy_version="v")
DEVICE = built(students_plan(), profile_id="p", policy_version="v")


def rules(document: object) -> set[str]:
    return {finding.rule for finding in lint("x", json.dumps(document).encode())}


@pytest.mark.parametrize("document", [USER, DEVICE], ids=["user", "device"])
def test_as_built_it_is_silent(document) -> None:
    """Nothing is wrong with what we make."""
    assert rules(document) == set()


FAULTS: list[tuple[str, dict, Callable[[dict], object]]] = [
    ("04", USER, lambda p: p.pop("cert_profile_id")),
    ("04", DEVICE, lambda p: p.update(policy_version="")),
    ("05", USER, lambda p: p.update(name=7)),
    ("06", USER, lambda p: p.update(scep_url="https://scep.example")),
    ("07", USER, lambda p: p.update(key_algorithm="ec")),
    ("07", DEVICE, lambda p: p.pop("key_algorithm")),
    ("08", USER, lambda p: p.update(renewal_period_seconds="30d")),
    ("08", USER, lambda p: p.update(renewal_period_seconds=-1)),
    ("09", USER, lambda p: p.pop("renewal_period_seconds")),
    ("10", USER, lambda p: p.update(enable_remote_attestation_check="yes")),
    ("11", USER, lambda p: p.update(protocol_version=2)),
    ("11", DEVICE, lambda p: p.update(protocol_version=3)),
]


@pytest.mark.parametrize(("rule", "good", "spoil"), FAULTS, ids=[f"{i}-{f[0]}" for i, f in enumerate(FAULTS)])
def test_one_fault(rule, good, spoil) -> None:
    """A spoilt profile is told by its rule and by no other."""
    document = json.loads(json.dumps(good))
    ((_, (profile,)),) = document.items()
    spoil(profile)
    assert rules(document) == {f"required-certificate-{rule}"}


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ({**USER, "More": []}, "02"),
        ({"RequiredClientCertificateForUser": {}}, "03"),
        ({**USER, **{k: ["x"] for k in USER}}, "03"),
    ],
)
def test_the_frame(document, rule) -> None:
    """What surrounds the profiles is judged as well."""
    assert rules(document) == {f"required-certificate-{rule}"}


def test_ec_is_for_devices() -> None:
    """Chromium takes elliptic curves in the policy for devices."""
    document = json.loads(json.dumps(DEVICE))
    ((_, (profile,)),) = document.items()
    profile["key_algorithm"] = "ec"
    assert rules(document) == set()


@given(
    st.dictionaries(
        st.sampled_from([*USER, *DEVICE, "x"]),
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda i: (
                st.lists(i)
                | st.dictionaries(st.sampled_from(["name", "key_algorithm", "protocol_version"]), i)
            ),
            max_leaves=8,
        ),
    )
)
def test_any_json(document) -> None:
    """Whatever the document, the judge does not raise."""
    required_certificate.lint("x", json.dumps(document).encode())
