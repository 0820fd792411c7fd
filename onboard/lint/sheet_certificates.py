"""Judges the certificates in a sheet for Google's console: the whole chain, each entry what it says it is."""

from __future__ import annotations

from onboard.lint.report import Report
from onboard.pki import PublicCertificate, load_pem


def judge(report: Report, listed: object, authority: object, *, where: str, rules: tuple[str, ...]) -> None:
    """Judge the list `certificates` of a sheet.

    Args:
        report: takes the findings.
        listed: the list, as YAML values.
        authority: common name of the issuing CA as the sheet says it.
        where: key of that name, for the findings.
        rules: ids of: no list, bad entry, issuing CA absent, root absent.
    """
    none, bad, no_authority, no_root = rules
    if not isinstance(listed, list) or not listed:
        report.error(none, "certificates", "missing: the whole chain must be uploaded first")
        return
    found = []
    for position, entry in enumerate(listed):
        certificate = _certificate(entry)
        if certificate is None:
            report.error(bad, f"certificates[{position}]", "not a PEM certificate with its name and SHA-256")
        else:
            found.append(certificate)
    if found and authority not in [certificate.common_name for certificate in found]:
        report.error(no_authority, where, "not among the certificates")
    if found and not any(certificate.is_self_issued for certificate in found):
        report.error(no_root, "certificates", "the root is not among them")


def _certificate(entry: object) -> PublicCertificate | None:
    """The certificate of an entry whose fingerprint is right."""
    if not isinstance(entry, dict):
        return None
    pem = str(entry.get("pem", ""))
    try:
        certificate = load_pem("", pem.encode(), "")
    except Exception:  # noqa: BLE001 -- whatever the parser makes of foreign bytes, it is no certificate
        return None
    matches = certificate.sha256.hex() == entry.get("sha256") and "BEGIN CERTIFICATE" in pem
    return certificate if matches else None
