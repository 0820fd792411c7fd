"""Fills the neutral `${variables}` of an artifact in, as an MDM, the portal or the script itself would.

Structured files are filled in their tree, so that a value can never become syntax.
"""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers.expat import ExpatError

import yaml
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from onboard.devices.errors import DeviceError
from onboard.devices.linux.shell_settings import escape_dn, rewrite_settings
from onboard.errors import VariableError
from onboard.variables import CHALLENGE, VARIABLES, Template

_UNREADABLE = (
    ValueError,  # JSON, UTF-8, plist
    LookupError,  # an encoding that nobody knows
    AttributeError,  # plistlib, of a value outside of any key
    TypeError,
    OverflowError,  # a number that no plist can hold
    plistlib.InvalidFileException,
    ExpatError,
    ET.ParseError,
    DefusedXmlException,
    yaml.YAMLError,
)
_OURS = frozenset(VARIABLES) | {CHALLENGE}


def fill_in(content: bytes, kind: str, values: Mapping[str, str]) -> bytes:
    """The artifact with every variable of ours replaced; bytes without any come back unchanged.

    Args:
        content: the artifact.
        kind: its kind in the manifest.
        values: by variable name, `challenge` among them.

    Raises:
        VariableError: some variables have no value; it names them all.
        DeviceError: the file is not what its kind says.
    """
    if not any(b"${" + name.encode() + b"}" in content for name in _OURS):
        return content
    missing: dict[str, None] = {}

    def fill(text: str) -> str:
        template = Template.parse(text)
        missing.update((n, None) for n in template.variables if n in _OURS and n not in values)
        return str(template.bind({name: value for name, value in values.items() if name in _OURS}))

    try:
        filled = _FILLERS.get(kind, _fill_text)(content, fill)
    except _UNREADABLE as error:
        raise DeviceError(kind, f"cannot be read, so nothing can be filled in: {error}") from error
    if missing:
        msg = f"no value for {', '.join('${' + name + '}' for name in missing)}"
        raise VariableError(msg, tuple(missing), hint="give each a value, as the MDM would")
    return filled


def _fill_tree(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_fill_tree(item, fill) for item in value]
    if isinstance(value, dict):
        return {key: _fill_tree(item, fill) for key, item in value.items()}
    return value


def _fill_plist(content: bytes, fill: Callable[[str], str]) -> bytes:
    if content.startswith(b"\x30"):
        raise DeviceError("profile", "a signed profile cannot be filled in any more")
    return plistlib.dumps(_fill_tree(plistlib.loads(content), fill), sort_keys=False)


def _fill_json(content: bytes, fill: Callable[[str], str]) -> bytes:
    return json.dumps(_fill_tree(json.loads(content), fill), ensure_ascii=False, indent=2).encode()


def _fill_xml(content: bytes, fill: Callable[[str], str]) -> bytes:
    root = fromstring(content, forbid_dtd=True)
    for element in root.iter():
        if element.text:
            element.text = fill(element.text)
    out = BytesIO()
    ET.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue()


def _fill_yaml(content: bytes, fill: Callable[[str], str]) -> bytes:
    loader = yaml.SafeLoader(content)
    node = loader.get_single_node()
    _fill_nodes(node, fill)
    return yaml.serialize(node, allow_unicode=True).encode()


def _fill_nodes(node: yaml.Node | None, fill: Callable[[str], str]) -> None:
    if isinstance(node, yaml.ScalarNode):
        node.value = fill(node.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _fill_nodes(item, fill)
    elif isinstance(node, yaml.MappingNode):
        for _, item in node.value:  # a key is a label, never a variable
            _fill_nodes(item, fill)


def _fill_script(content: bytes, fill: Callable[[str], str]) -> bytes:
    """What `NAME=VALUE` on the command line and `--challenge-file` do."""

    def fill_setting(name: str, text: str) -> str:
        if name != "subject":
            return fill(text)
        # Inside a distinguished name the script escapes each value.
        return re.sub(r"\$\{[^${}]*\}", lambda m: _escaped(fill(m[0]), m[0]), text)

    return rewrite_settings(content, fill_setting)


def _escaped(filled: str, reference: str) -> str:
    return filled if filled == reference else escape_dn(filled)


def _fill_keyfile(content: bytes, fill: Callable[[str], str]) -> bytes:
    text = content.decode()
    return re.sub(r"\$\{[^${}]*\}", lambda m: fill(m[0]).replace("\\", "\\\\"), text).encode()


def _fill_text(content: bytes, fill: Callable[[str], str]) -> bytes:
    return fill(content.decode()).encode()


_FILLERS: Mapping[str, Callable[[bytes, Callable[[str], str]], bytes]] = {
    "mobileconfig": _fill_plist,
    "syncml": _fill_xml,
    "wlan-profile": _fill_xml,
    "lan-profile": _fill_xml,
    "eap-config": _fill_xml,
    "onc": _fill_json,
    "amapi": _fill_json,
    "chrome-policy": _fill_json,
    "chrome-scep-profile": _fill_yaml,
    "certmonger": _fill_script,
    "networkmanager": _fill_keyfile,
}
