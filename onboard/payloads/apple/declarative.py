"""Declarative device management: the identity as an asset, and the whole profile by a legacy configuration.

Source: apple/device-management, declarative/declarations (iOS 17, macOS 14, tvOS 17, watchOS 10, visionOS
1.1). Apple publishes no declaration for 802.1X, so networks come by the profile, which brings its own
identity: an MDM takes either the asset, for other uses, or the legacy configuration, not both.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from onboard.errors import PayloadError
from onboard.payloads.apple import build
from onboard.payloads.apple.acme import acme_payload
from onboard.payloads.apple.payload import Slot
from onboard.payloads.apple.plist import Value
from onboard.payloads.apple.scep import scep_payload
from onboard.plan import GroupPlan
from onboard.variables import CHALLENGE

_DIRECTORY = "declarative"
# Keys of the profile payload that the asset's schema has not: the configuration says them.
_OF_CONFIGURATION = frozenset({"KeyIsExtractable", "AllowAllAppsAccess"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One JSON document: a declaration, or the data that one points to."""

    path: str  # relative to the URL at which documents are served
    kind: str  # of the manifest: "apple-declaration" or "apple-credential"
    content: bytes = field(repr=False)
    secret: bool  # whether it holds a challenge


def declarations(
    plan: GroupPlan, spelling: Callable[[str], str], base_url: str, profile_path: str
) -> tuple[Document, ...]:
    """The declarations of a group and the credentials that they point to.

    Args:
        plan: the group.
        spelling: how a `${variable}` is written; a server that fills in no documents needs final values.
        base_url: where the documents and the profile are served, https.
        profile_path: of the group's mobileconfig below `base_url`.

    Raises:
        PayloadError: `base_url` is no https URL, which devices refuse.
        VariableError: from `spelling`.
    """
    if not base_url.startswith("https://"):
        raise PayloadError(f"{base_url} is no https URL, and devices fetch documents by https alone")
    base_url = base_url.rstrip("/")
    found = [*_identity(plan, "scep", _scep(plan, spelling), base_url)]
    if plan.apple.acme is not None:
        found += _identity(plan, "acme", _acme(plan, spelling), base_url)
    legacy = {"ProfileURL": f"{base_url}/{profile_path}"}
    profile = _without_challenge(plan, spelling)
    return (*found, _declaration(plan, "com.apple.configuration.legacy", "legacy", legacy, profile))


def _identity(plan: GroupPlan, kind: str, body: Mapping[str, Value], base_url: str) -> tuple[Document, ...]:
    path = f"{plan.group}/apple/{_DIRECTORY}/{kind}.credential.json"
    secret = kind == "scep" and plan.scep.challenge is not None
    content = _json(body)
    reference: dict[str, Value] = {"DataURL": f"{base_url}/{path}", "ContentType": "application/json"}
    # A digest would let anyone who sees it test guesses of the challenge, and a server that fills in
    # variables would change the document behind it.
    if not secret and not _is_filled_in_later(content):
        reference |= {"Size": len(content), "Hash-SHA-256": hashlib.sha256(content).hexdigest()}
    asset: Mapping[str, Value] = {
        "Reference": reference,
        "Authentication": {"Type": "MDM"},
        "Accessible": "AfterFirstUnlock",  # Wi-Fi is joined with the screen locked
    }
    without = {key: value for key, value in body.items() if key != "Challenge"}
    uses: Mapping[str, Value] = {
        "CredentialAssetReference": _identifier(plan, f"asset-{kind}"),
        "KeyIsExtractable": False,
        "AllowAllAppsAccess": False,
    }
    return (
        Document(path=path, kind="apple-credential", content=content, secret=secret),
        _declaration(plan, f"com.apple.asset.credential.{kind}", f"asset-{kind}", asset, _json(without)),
        _declaration(plan, "com.apple.configuration.security.identity", f"identity-{kind}", uses),
    )


def _declaration(
    plan: GroupPlan, kind: str, name: str, payload: Mapping[str, Value], content: bytes = b""
) -> Document:
    """A declaration; its ServerToken changes with its payload and with what that points to."""
    token = hashlib.sha256(_json(payload) + content).hexdigest()[:32]
    document: Mapping[str, Value] = {
        "Type": kind,
        "Identifier": _identifier(plan, name),
        "ServerToken": token,
        "Payload": payload,
    }
    path = f"{plan.group}/apple/{_DIRECTORY}/{name}.json"
    return Document(path=path, kind="apple-declaration", content=_json(document), secret=False)


def _identifier(plan: GroupPlan, name: str) -> str:
    return Slot((_DIRECTORY, name)).identifier(plan)


def _scep(plan: GroupPlan, spelling: Callable[[str], str]) -> Mapping[str, Value]:
    return _without(cast("Mapping[str, Value]", scep_payload(plan, spelling)["PayloadContent"]))


def _acme(plan: GroupPlan, spelling: Callable[[str], str]) -> Mapping[str, Value]:
    if plan.apple.acme is None:
        raise PayloadError(f"group {plan.group} names no ACME server")
    keys = acme_payload(plan, plan.apple.acme, spelling)
    return _without({key: value for key, value in keys.items() if not key.startswith("Payload")})


def _without_challenge(plan: GroupPlan, spelling: Callable[[str], str]) -> bytes:
    """The profile for the token of what points to it: a device fetches again only when that changes.

    A new challenge is no reason to enrol again, and its digest would let anyone test guesses.
    """
    bare = replace(plan, scep=replace(plan.scep, challenge=None))
    return build(bare, lambda name: "" if name == CHALLENGE else spelling(name))[0].content


def _is_filled_in_later(content: bytes) -> bool:
    return b"${" in content


def _without(keys: Mapping[str, Value]) -> Mapping[str, Value]:
    return {key: value for key, value in keys.items() if key not in _OF_CONFIGURATION}


def _json(value: Mapping[str, Value]) -> bytes:
    """JSON with sorted keys; data as base64, as declarations write it."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, default=_as_base64)
    return text.encode() + b"\n"


def _as_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
