"""A discovery document of Google as a judge of requests and answers; found by ONBOARD_SCHEMAS."""

from __future__ import annotations

import base64
import functools
import json
import os
import re
from pathlib import Path

_TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
}


class Discovery:
    """One document.

    Args:
        document: as published.
    """

    def __init__(self, document: dict) -> None:
        self._document = document
        self.methods = dict(_methods(document))

    def method(self, verb: str, path: str) -> dict:
        """The method that a request is for; AssertionError if there is none."""
        found = [m for m in self.methods.values() if m["httpMethod"] == verb and _matches(m, path)]
        assert len(found) == 1, f"{verb} {path} is no method of the document"
        return found[0]

    def check_request(self, verb: str, path: str, body: object) -> None:
        """Whether a request may be sent so."""
        method = self.method(verb, path)
        if "request" in method:
            self._fits(method["request"], body, "request", sent=True)
        else:
            assert body is None, f"{verb} {path} has no body"

    def check_answer(self, verb: str, path: str, body: object) -> None:
        """Whether Google could answer so."""
        self._fits(self.method(verb, path)["response"], body, "answer", sent=False)

    def check(self, schema: str, value: object) -> None:
        """Whether a value fits a schema by name."""
        self._fits({"$ref": schema}, value, schema, sent=False)

    def _fits(self, schema: dict, value: object, where: str, *, sent: bool) -> None:
        schema = self._document["schemas"][schema["$ref"]] if "$ref" in schema else schema
        kind = schema.get("type", "any")
        assert kind == "any" or isinstance(value, _TYPES[kind]), where
        if "enum" in schema:
            assert value in schema["enum"], where
        if schema.get("format") == "byte":
            base64.b64decode(value, validate=True)
        if kind == "array":
            for item in value:
                self._fits(schema["items"], item, f"{where}[]", sent=sent)
        if kind == "object" and "properties" in schema:
            self._object_fits(schema["properties"], value, where, sent=sent)

    def _object_fits(self, properties: dict, value: dict, where: str, *, sent: bool) -> None:
        for key, inner in value.items():
            assert key in properties, f"{where}.{key}"
            assert not (sent and properties[key].get("readOnly")), f"{where}.{key}"
            self._fits(properties[key], inner, f"{where}.{key}", sent=sent)
        if sent:
            required = {k for k, v in properties.items() if v.get("description", "").startswith("Required.")}
            assert required <= {k for k, v in value.items() if v}, where


def _methods(resource: dict):
    for method in resource.get("methods", {}).values():
        yield method["id"], method
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _matches(method: dict, path: str) -> bool:
    (pattern,) = [p["pattern"] for p in method["parameters"].values() if p["location"] == "path"]
    head, tail = method["path"].split("{+name}")
    whole = re.escape(head) + pattern.strip("^$") + re.escape(tail)
    # a name never holds a colon, which begins the custom verb
    return re.fullmatch(whole.replace("[^/]+", "[^/:]+"), path) is not None


@functools.cache
def provisioning() -> Discovery | None:
    """The Certificate Provisioning API; None where the official schemas are not at hand."""
    folder = os.environ.get("ONBOARD_SCHEMAS")
    if not folder:
        return None
    return Discovery(
        json.loads((Path(folder) / "chromeos" / "chromemanagement.v1.certprov.json").read_text())
    )
