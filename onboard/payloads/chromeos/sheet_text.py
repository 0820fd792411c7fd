"""How a sheet for people is written: YAML in which a certificate can be copied out."""

from __future__ import annotations

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a literal block."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def write(heading: str, document: dict[str, object]) -> bytes:
    """UTF-8 YAML, the keys in their order.

    Args:
        heading: comment lines, each beginning with `#` and ending with a line feed.
        document: mappings, lists, text and numbers.
    """
    body = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return (heading + body).encode()
