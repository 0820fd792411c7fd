"""The example profiles as trees, ways to break them, and lint's judgement in short."""

from __future__ import annotations

import copy
import functools
import plistlib
from collections.abc import Iterator

from support.certificates import Made, make_certificate
from support.northwind import neutral, staff_plan, students_plan

from onboard.errors import Severity
from onboard.lint import lint
from onboard.payloads.apple import build
from onboard.signing import Signer

ROOT, ISSUING, SCEP, WIFI, WIRE = range(5)  # places in the staff profile
EAP = "EAPClientConfiguration"
FINAL = {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example", "device.id": "d-17"}


@functools.cache
def content(group: str) -> bytes:
    plan = {"staff": staff_plan, "students": students_plan}[group]()
    return build(plan, neutral)[0].content


def profile(group: str = "staff") -> dict:
    return plistlib.loads(content(group))


def judged(tree: dict, **options) -> list[tuple[str, str, Severity]]:
    found = lint("a.mobileconfig", plistlib.dumps(tree), **options)
    return [(finding.rule, finding.where, finding.severity) for finding in found]


def rules(tree: dict, **options) -> set[str]:
    return {rule.removeprefix("apple-") for rule, _, _ in judged(tree, **options)}


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """The path of every dictionary key in a tree."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in children:
        if isinstance(value, dict):
            yield (*path, key)
        yield from places(inner, (*path, key))


def holder(tree: dict, path: tuple) -> dict:
    for step in path[:-1]:
        tree = tree[step]
    return tree


EVERY_KEY = [(group, path) for group in ("staff", "students") for path in places(profile(group))]
IDS = [".".join(map(str, (group, *path))) for group, path in EVERY_KEY]
# Keys whose absence means something harmless, or that say the default aloud.


def at(tree: dict, *path: object) -> dict:
    for step in path:
        tree = tree[step]
    return tree


def put(*path: object, to: object):
    """A fault: the value at a path below PayloadContent (or at the top) becomes `to`."""

    def fault(tree: dict) -> None:
        *way, last = path
        at(tree["PayloadContent"] if isinstance(path[0], int) else tree, *way)[last] = to

    return fault


def drop(*path: object):
    def fault(tree: dict) -> None:
        *way, last = path
        del at(tree["PayloadContent"] if isinstance(path[0], int) else tree, *way)[last]

    return fault


def scep(key: str, value: object):
    return put(SCEP, "PayloadContent", key, to=value)


def eap(key: str, value: object):
    return put(WIFI, EAP, key, to=value)


def second(index: int):
    """A fault: a payload stands twice, with identifiers of its own."""

    def fault(tree: dict) -> None:
        other = copy.deepcopy(tree["PayloadContent"][index])
        other["PayloadUUID"] = "11111111-2222-4333-8444-555555555555"
        other["PayloadIdentifier"] += ".again"
        tree["PayloadContent"].append(other)

    return fault


def add(kind: str, **keys: object):
    def fault(tree: dict) -> None:
        tree["PayloadContent"].append(
            {
                "PayloadType": kind,
                "PayloadVersion": 1,
                "PayloadIdentifier": tree["PayloadIdentifier"] + ".added",
                "PayloadUUID": "11111111-2222-4333-8444-555555555555",
                **keys,
            }
        )

    return fault


@functools.cache
def leaf() -> Made:
    return make_certificate("radius.northwind.example")


@functools.cache
def weak() -> Made:
    return make_certificate("Small CA", ca=True, issuer=make_certificate("Big CA", ca=True), rsa_bits=1024)


def signer(*, chain: bool = True) -> Signer:
    root = make_certificate("Signing Root", ca=True)
    made = make_certificate("Profiles of Northwind", issuer=root)
    return Signer(certificate=made.certificate, key=made.key, chain=(root.certificate,) if chain else ())


def final_content() -> bytes:
    return build(staff_plan(), FINAL.__getitem__)[0].content
