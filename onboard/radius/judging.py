"""Would devices accept this RADIUS server certificate? Payloads demand names and anchors; this compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from onboard.pki import PublicCertificate
from onboard.radius.settings import ServerCertificate

_APPLE_LIMIT = timedelta(days=825)  # HT210176: Apple refuses TLS servers that are valid for longer


def judge_server(
    server: ServerCertificate,
    names: Sequence[str],
    anchors: Sequence[PublicCertificate],
    now: datetime,
) -> tuple[str, ...]:
    """Every reason for which some device would refuse the server; empty where all accept it.

    Args:
        server: certificate, issuers and key.
        names: `server_names` of the RADIUS entry; all that the payloads accept.
        anchors: its `trust`.
        now: aware UTC.
    """
    reasons = judge_chain(server.chain, names, anchors, now)
    if load_pem_private_key(server.key, None).public_key() != server.chain[0].public_key():
        return (*reasons, "its key is another certificate's")
    return reasons


def judge_chain(
    chain: Sequence[x509.Certificate],
    names: Sequence[str],
    anchors: Sequence[PublicCertificate],
    now: datetime,
) -> tuple[str, ...]:
    """The same for what a server showed: its own certificate first, without its key."""
    return tuple(_reasons(chain, names, anchors, now))


def _reasons(
    chain: Sequence[x509.Certificate],
    names: Sequence[str],
    anchors: Sequence[PublicCertificate],
    now: datetime,
) -> Iterator[str]:
    own = chain[0]
    presented = dns_names(own)
    if not presented:
        yield "it has no DNS name among its alternative names; the common name alone is not read everywhere"
    elif not any(_matches(name, one) for name in names for one in presented):
        yield f"it is for {', '.join(presented)}, and devices demand {' or '.join(names)}"
    if not _leads_to(chain, anchors):
        yield f"its chain does not lead to {' or '.join(anchor.common_name for anchor in anchors)}"
    if own.not_valid_after_utc <= now:
        yield f"it ended on {own.not_valid_after_utc:%Y-%m-%d}"
    if own.not_valid_before_utc > now:
        yield f"it begins on {own.not_valid_before_utc:%Y-%m-%d}"
    if own.not_valid_after_utc - own.not_valid_before_utc > _APPLE_LIMIT:
        yield "it is valid for more than 825 days, which Apple refuses"
    if not _serves(own):
        yield "its extended key usage lacks serverAuth"


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Its dNSNames in lower case."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))


def _matches(name: str, presented: str) -> bool:
    """A leading `*.` stands for one label: what every platform can be told."""
    if not name.startswith("*."):
        return name == presented
    label, _, rest = presented.partition(".")
    return bool(label) and rest == name.removeprefix("*.")


def _leads_to(chain: Sequence[x509.Certificate], anchors: Sequence[PublicCertificate]) -> bool:
    trusted = [anchor.parsed for anchor in anchors]
    current = chain[0]
    for _ in range(len(chain) + 1):
        if any(_issued(current, anchor) for anchor in trusted):
            return True
        issuer = next((c for c in chain[1:] if c != current and _issued(current, c)), None)
        if issuer is None:
            return False
        current = issuer
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _serves(certificate: x509.Certificate) -> bool:
    """RFC 5280 §4.2.1.12: without the extension anything goes."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usages or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages
