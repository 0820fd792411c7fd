"""What names may hold whatever a policy says: X.520 upper bounds, characters of the GeneralName forms."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scep_server import oids
from scep_server.messages import AltName, AltNameKind, Attribute

# Short names (RFC 4514 §3 or customary) and upper bounds in characters (X.520, RFC 5280 Appendix A.1; UID by
# RFC 4524 §2, DC by RFC 1123 §2.1).
_ATTRIBUTES: Mapping[str, tuple[str, int]] = {
    oids.COMMON_NAME: ("CN", 64),
    oids.SERIAL_NUMBER: ("SERIALNUMBER", 64),
    oids.COUNTRY: ("C", 2),
    oids.LOCALITY: ("L", 128),
    oids.STATE_OR_PROVINCE: ("ST", 128),
    oids.ORGANIZATION: ("O", 64),
    oids.ORGANIZATIONAL_UNIT: ("OU", 64),
    oids.EMAIL_ADDRESS: ("E", 255),
    oids.USER_ID: ("UID", 256),
    oids.DOMAIN_COMPONENT: ("DC", 63),
}
_IA5_ATTRIBUTES = frozenset({oids.EMAIL_ADDRESS, oids.DOMAIN_COMPONENT, oids.COUNTRY})
# Controls, and what changes how the text around it reads: directions, zero widths, line ends, tags. The
# joiners U+200C and U+200D stay: Persian and Indic names are written with them.
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    r"\U000e0000-\U000e007f]"
)
# RFC 5280 §4.2.1.6: IA5String for the first three; a UPN is UTF8String.
_FORMS: Mapping[AltNameKind, str] = {
    AltNameKind.RFC822: r"[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@[A-Za-z0-9.-]{1,253}",
    AltNameKind.DNS: r"[A-Za-z0-9_.*-]{1,253}",
    AltNameKind.URI: r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,2000}",
    AltNameKind.UPN: r"[^\x00-\x1f\x7f]{1,1024}",
}


def short_name(oid: str) -> str:
    """What people call an attribute type: "CN", or the OID itself."""
    return _ATTRIBUTES.get(oid, (oid, 0))[0]


def attribute_problem(attribute: Attribute) -> str | None:
    """Why a certificate cannot hold this attribute; None if it can."""
    name, limit = _ATTRIBUTES.get(attribute.oid, (attribute.oid, 255))
    least = limit if attribute.oid == oids.COUNTRY else 1  # ISO 3166 codes have two letters
    if not least <= len(attribute.value) <= limit:
        return f"{name} holds {least} to {limit} characters (X.520), this has {len(attribute.value)}"
    if _hides_something(attribute.value):
        return f"{name} holds characters that are not seen"
    if attribute.oid in _IA5_ATTRIBUTES and not attribute.value.isascii():
        return f"{name} holds ASCII only (RFC 5280 Appendix A.1)"
    return None


def alt_name_problem(alt_name: AltName) -> str | None:
    """Why a certificate cannot hold this alternative name; None if it can."""
    form = _FORMS.get(alt_name.kind)
    if form is None or len(alt_name.value) > 2048 or not re.fullmatch(form, alt_name.value):
        return f"this is no {alt_name.kind.value} name (RFC 5280 §4.2.1.6)"
    return "it holds characters that are not seen" if _hides_something(alt_name.value) else None


def _hides_something(value: str) -> bool:
    return not value.isprintable() and _HIDDEN.search(value) is not None
