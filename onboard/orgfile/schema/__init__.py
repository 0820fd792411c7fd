"""The JSON Schema (2020-12) of org.yaml, for editors; it uses the patterns and names that the readers use.

An editor sees YAML's own types, so text that looks like a number or a boolean (SSID 0123, on) is let through
where the loader keeps it as text. What a schema cannot say (references, repeated keys, lives compared) is
left to `onboard check`; whatever this schema refuses, the loader refuses too.
"""

from __future__ import annotations

from onboard.orgfile.schema.forms import Schema, mapping, named
from onboard.orgfile.schema.groups import group, profile
from onboard.orgfile.schema.hierarchy import authority, organization, pki, signing
from onboard.orgfile.schema.networks import network, radius
from onboard.orgfile.schema.services import mdm, onboarding, scep, sink
from onboard.orgfile.text import scalars


def json_schema() -> Schema:
    """The whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "onboard org definition, version 1",
        **mapping(
            {
                "version": {"description": "Of this format.", "enum": [1, "1"]},
                "organization": organization(),
                "authorities": named(authority(), scalars.SLUG),
                "radius": named(radius(), scalars.NAME),
                "networks": named(network(), scalars.NAME),
                "profiles": named(profile(), scalars.NAME, least=0),
                "groups": named(group(), scalars.SLUG),
                "pki": pki(),
                "scep": scep(),
                "onboarding": onboarding(),
                "signing": signing(),
                "audit": mapping({"sinks": named(sink(), scalars.SLUG, least=0)}),
                "mdm": named(mdm(), scalars.SLUG, least=0),
            },
            ["organization", "authorities", "radius", "networks", "groups", "scep"],
        ),
        "patternProperties": {"^x-": True},
    }
