"""What the schema says of `radius` and `networks`."""

from __future__ import annotations

from onboard.apple_options import NETWORK_KEYS, AppleSystem
from onboard.model import NetworkType, Platform, Security
from onboard.options import EapMethod, RadiusType
from onboard.orgfile.schema.apple import apple
from onboard.orgfile.schema.forms import (
    LOOSE,
    Schema,
    boolean,
    choice,
    equals,
    line,
    mapping,
    named,
    pattern,
    sequence,
)
from onboard.orgfile.sections import apple_options
from onboard.orgfile.text import scalars


def radius() -> Schema:
    """One entry of `radius`."""
    name = pattern(scalars.SERVER_NAME, "A name in the RADIUS server's certificate.")
    return mapping(
        {
            "type": choice(RadiusType, "Which product answers; freeradius when absent."),
            "server_names": sequence(name, "Exact names; one leading '*.' label is allowed."),
            "tls": _tls(),
            "issue": boolean("Our PKI makes the server certificate; true when absent."),
            "clients": named(_radius_client(), scalars.NAME),
            "trust": sequence(line(), "Authorities of this file, or file:PATH for another PKI's root."),
        },
        ["server_names", "trust"],
    )


def _radius_client() -> Schema:
    return mapping(
        {
            "addresses": sequence(line("Such as 10.10.0.0/16."), "Access points, switches, controllers."),
            "secret": pattern(
                "(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)", "The shared secret: env:NAME or file:PATH."
            ),
        },
        ["addresses", "secret"],
    )


def _tls() -> Schema:
    schema = mapping(
        {
            "min": choice(["1.2", "1.3"], "The oldest TLS version the server takes, in quotes."),
            "max": choice(["1.2", "1.3"], "The newest; 1.3 needs ocsp_stapling."),
            "ocsp_stapling": boolean("The server staples an OCSP answer, which Apple demands with TLS 1.3."),
        }
    )
    return {"description": "TLS versions; 1.2 alone when absent.", **schema}


def network() -> Schema:
    """One entry of `networks`."""
    schema = mapping(
        {
            "type": choice(NetworkType, "The medium; wifi when absent."),
            "ssid": {
                "description": "1 to 32 bytes of UTF-8.",
                "type": LOOSE,
                "minLength": 1,
                "maxLength": 32,
            },
            "security": choice(Security, "Of a Wi-Fi network."),
            "radius": {
                "description": "The entry under `radius` that answers there, or a list of them.",
                "anyOf": [line(), sequence(line())],
            },
            "eap": choice(EapMethod, "How Windows authenticates; eap-tls when absent, and for all others."),
            "hidden": boolean("The network does not say its name; devices ask for it wherever they are."),
            "outer_identity": line("What Apple devices say before TLS 1.3 hides the rest."),
            "passpoint": _passpoint(),
            "apple": apple(NETWORK_KEYS, "Apple's own keys for this network."),
            "platforms": sequence(
                choice([*Platform, *AppleSystem]), "It is for these alone; for all when absent."
            ),
            "fips": boolean("Windows encrypts by FIPS 140 validated code; with WPA2 only."),
            "mac_randomization": boolean("Windows shows a random hardware address there; not when absent."),
        },
        ["radius"],
    )
    schema["if"] = equals("type", NetworkType.ETHERNET)
    off: Schema = {"enum": [False, "false"]}
    schema["then"] = {
        "properties": {"ssid": False, "security": False, "fips": off, "hidden": False, "passpoint": False}
    }
    schema["else"] = {"required": ["ssid", "security"]}
    return schema


def _passpoint() -> Schema:
    consortium = pattern(apple_options.CONSORTIUM, "6 or 10 hex digits.")
    return {
        "description": "Found by the provider's domain and consortiums; Apple devices only.",
        **mapping(
            {
                "domain": pattern(scalars.HOST_NAME, "The provider's domain."),
                "roaming_consortiums": sequence(consortium, "Organization identifiers, such as 5a03ba0000."),
            },
            ["domain"],
        ),
    }
