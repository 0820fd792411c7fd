"""Reads YAML for the rooms whose formats are YAML: every scalar keeps its text, and nothing can unfold."""

from __future__ import annotations

import yaml


class YamlError(ValueError):
    """Not YAML as people write it by hand; the message says where or what."""


class _Loader(yaml.SafeLoader):
    """Knows no aliases: a few lines of them would unfold to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            msg = "aliases have no place here"
            raise YamlError(msg)
        return super().compose_node(parent, index)


def parse(content: bytes) -> object:
    """Text, lists and mappings.

    Raises:
        YamlError: bad UTF-8 or syntax, an alias, a key twice, several documents, or nested too deep.
    """
    try:
        return _plain(yaml.compose(content.decode("utf-8"), Loader=_Loader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise YamlError(str(error)) from error


def _plain(node: yaml.Node | None) -> object:
    if isinstance(node, yaml.MappingNode):
        keys = [str(_plain(key)) for key, _ in node.value]
        if len(set(keys)) < len(keys):
            msg = "a key occurs twice"
            raise YamlError(msg)
        return {key: _plain(value) for key, (_, value) in zip(keys, node.value, strict=True)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) else None
