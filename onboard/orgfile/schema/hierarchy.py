"""What the schema says of `organization`, `authorities`, `pki` and `signing`: who it is, and who signs."""

from __future__ import annotations

from onboard.model import KeyKind
from onboard.orgfile.schema.forms import (
    Schema,
    boolean,
    choice,
    duration,
    line,
    mapping,
    pattern,
    sequence,
    url,
)
from onboard.orgfile.sections import authorities
from onboard.orgfile.text import scalars


def organization() -> Schema:
    """`organization`."""
    support = mapping(
        {
            "email": pattern(scalars.EMAIL, "Where people get help by e-mail."),
            "url": url("https?", "Where people get help."),
        }
    )
    return mapping(
        {
            "name": {**line("What people call it."), "maxLength": 64},
            "identifier": pattern(
                scalars.IDENTIFIER, "Reverse DNS, such as edu.northwind. Changing it re-enrols everybody."
            ),
            "support": support,
            "notify": sequence(
                pattern(scalars.EMAIL, "An e-mail address."), "Who hears of everything that expires."
            ),
        },
        ["name", "identifier"],
    )


def authority() -> Schema:
    """One entry of `authorities`."""
    schema = mapping(
        {
            "issuer": line("The authority that signs this one; a root has none."),
            "common_name": {**line("The subject of its certificate."), "maxLength": 64},
            "key": choice(KeyKind, "Its key."),
            "valid_for": duration("Life of its certificate; at most its issuer's."),
            "crl_valid_for": duration("From one of its CRLs to the next; 1y when no group enrols with it."),
            "private_key": pattern(
                authorities.KEY_ON_TOKEN,
                "Its key on a PKCS#11 token; otherwise a file in the state folder.",
            ),
            "certificate": pattern(
                scalars.FILE_REFERENCE, "Somebody else's CA: file:PATH of its certificate."
            ),
        },
    )
    foreign = ("issuer", "common_name", "key", "valid_for", "crl_valid_for", "private_key")
    schema["if"] = {"required": ["certificate"]}
    schema["then"] = {"properties": dict.fromkeys(foreign, False)}
    schema["else"] = {"required": ["common_name", "key", "valid_for"]}
    return schema


def pki() -> Schema:
    """`pki`."""
    return mapping(
        {
            "url": url("http"),
            "crl_valid_for": duration("From one CRL of an issuing authority to the next; 3d when absent."),
            "ocsp": boolean("Whether certificates name an OCSP responder; true when absent."),
        },
        ["url"],
    )


def signing() -> Schema:
    """`signing`."""
    path = pattern(scalars.FILE_REFERENCE, "A PEM file, as file:PATH.")
    schema = mapping({"certificate": path, "key": path}, ["certificate", "key"])
    about = "Who signs profiles that people install themselves; a leaf of `ca init` when absent."
    return {"description": about, **schema}
