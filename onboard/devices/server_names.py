"""How each platform compares the RADIUS server's certificate with the names its profile demands."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from cryptography import x509


class NameRule(enum.StrEnum):
    """The comparison; all look at SAN dNSName, and at the common name only where there is no dNSName."""

    APPLE = "equal, or '*' for the whole leftmost label of a name of three labels or more"
    WINDOWS = "equal, or a regular expression where the name holds '*'"
    SUFFIX = "equal, or ending in it at a label boundary"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class ServerNames:
    """The names of a profile; any one suffices. Without names every server of the anchors is accepted."""

    rule: NameRule
    names: tuple[str, ...]

    def accepts(self, certificate: x509.Certificate) -> bool:
        """Whether the RADIUS server's certificate carries one of the names."""
        return not self.names or any(
            self._matches(name, presented)
            for name in self.names
            for presented in presented_names(certificate)
        )

    def _matches(self, name: str, presented: str) -> bool:
        name, presented = name.lower(), presented.lower()
        if name == presented:
            return True
        match self.rule:
            case NameRule.APPLE:
                return _wildcard(name, presented)
            case NameRule.WINDOWS:
                return "*" in name and _expression(name, presented)
            case NameRule.SUFFIX:
                return presented.endswith("." + name.lstrip("."))
            case NameRule.EQUAL:
                return False


def presented_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The dNSNames of a server certificate, or its common names where it has none."""
    try:
        alt_names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = tuple(alt_names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        found = ()
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return found or tuple(str(attribute.value) for attribute in common)


def _wildcard(name: str, presented: str) -> bool:
    """SecPolicyLeafCallbacks.c: '*.' alone, same number of labels, three at least."""
    labels, others = name.split("."), presented.split(".")
    return labels[0] == "*" and len(labels) == len(others) >= 3 and labels[1:] == others[1:]


def _expression(name: str, presented: str) -> bool:
    try:
        return re.fullmatch(name, presented) is not None
    except re.error:
        return False
