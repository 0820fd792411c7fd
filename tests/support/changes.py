"""Changes one field of an artifact and leaves the rest: property lists, ONC, forms, any text."""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Callable

import yaml

Change = Callable[[bytes], bytes]


def replaced(written: str, *changes: tuple[str, str], count: int = -1) -> str:
    """`written` with each old text, which must be there, made new: everywhere, or `count` times."""
    for old, new in changes:
        assert old in written, old
        written = written.replace(old, new, count)
    return written


def text(pattern: str, new: str) -> Change:
    """Replace what the pattern's first group matches, once."""

    def change(content: bytes) -> bytes:
        found = re.search(pattern, content.decode(), re.DOTALL)
        assert found is not None, pattern
        start, end = found.span(1)
        return (content.decode()[:start] + new + content.decode()[end:]).encode()

    return change


def plist(*path: str, value: object, every: bool = False) -> Change:
    """Set a key of the payload whose PayloadType ends in `path[0]`, of the first or of every such one."""

    def change(content: bytes) -> bytes:
        tree = plistlib.loads(content)
        places = [p for p in tree["PayloadContent"] if p["PayloadType"].endswith(path[0])]
        for payload in places if every else places[:1]:
            place = payload
            for step in path[1:-1]:
                place = place[step]
            place[path[-1]] = value(place[path[-1]]) if callable(value) else value
        return plistlib.dumps(tree)

    return change


def passpoint(**keys: object) -> Change:
    """Set keys of every Passpoint payload; None takes one away."""

    def change(content: bytes) -> bytes:
        tree = plistlib.loads(content)
        for payload in tree["PayloadContent"]:
            if payload.get("IsHotspot"):
                payload.update(keys)
                for key in [key for key, value in keys.items() if value is None]:
                    del payload[key]
        return plistlib.dumps(tree)

    return change


def onc(*path: str | int, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = json.loads(content)
        place = tree["NetworkConfigurations"][0]["WiFi"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return json.dumps(tree).encode()

    return change


def form(label: str, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = yaml.BaseLoader(content).get_single_data()
        tree["form"][label] = value
        return yaml.safe_dump(tree).encode()

    return change


def amapi(key: str, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = json.loads(content)
        tree["openNetworkConfiguration"]["NetworkConfigurations"][0]["WiFi"]["EAP"][key] = value
        return json.dumps(tree).encode()

    return change
