"""Reads PowerShell without PowerShell: a grammar for scripts, an evaluator for string expressions."""

from __future__ import annotations

import re

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_powershell.language()))


def parse(script: str) -> Node:
    """The syntax tree of a script (also of a faulty one)."""
    return _PARSER.parse(script.encode()).root_node


def faults(script: str) -> list[str]:
    """What the grammar cannot read, as `line: text`."""
    found: list[str] = []
    pending = [parse(script)]
    while pending:
        node = pending.pop()
        if node.type == "ERROR" or node.is_missing:
            found.append(f"{node.start_point[0] + 1}: {node.text.decode()[:60]!r}")
        elif node.has_error:
            pending.extend(node.children)
    return sorted(found)


def nodes(script: str, *types: str) -> list[Node]:
    """Every node of the given types, in no particular order."""
    found: list[Node] = []
    pending = [parse(script)]
    while pending:
        node = pending.pop()
        if node.type in types:
            found.append(node)
        pending.extend(node.children)
    return found


def evaluate(expression: str) -> str:
    """The text of a string expression made of verbatim strings, `[char]0x..` and `+`.

    Follows about_Quoting_Rules: the typographic quotes U+2018 to U+201B end a verbatim string like `'` does.
    """
    inner = expression[1:-1] if expression.startswith("(") else expression
    units, rest = b"", inner
    while rest:
        if match := re.match("'((?:[^'\u2018-\u201b]|'')*)'", rest):
            units += match[1].replace("''", "'").encode("utf-16-be")
        elif match := re.match(r"\[char\]0x([0-9A-F]{4})", rest):
            units += bytes.fromhex(match[1])
        else:
            msg = f"not a string expression: {rest!r}"
            raise ValueError(msg)
        rest = rest[match.end() :]
        rest = rest.removeprefix(" + ")
    return units.decode("utf-16-be")
