"""Rules of Certificate objects, and how to read the certificate in one."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography import x509

from onboard.lint.onc.judge import Judge, Object, text

_EXTENSION = re.compile(r"[a-p]{32}")


def certificate(judge: Judge, where: str, found: Object) -> None:
    """Rules 032, 033 and 039; GUIDs are compared where all certificates are known."""
    if found.get("Remove") is True:
        judge.say("033", f"{where}.Remove", "certificates cannot be removed by ONC")
    kind = text(found, "Type")
    if kind not in {"Client", "Server", "Authority"}:
        judge.say("032", f"{where}.Type", "not one of Client, Server, Authority")
        return
    needed = "PKCS12" if kind == "Client" else "X509"
    if not text(found, needed):
        judge.say("032", f"{where}.{needed}", f"missing, although Type is {kind}")
    elif needed == "X509" and read(found) is None:
        judge.say("039", f"{where}.X509", "neither PEM nor base64 without white space")


def scope(judge: Judge, where: str, found: Object) -> None:
    """Rule 034."""
    kind = text(found, "Type")
    if kind not in {"Default", "Extension"}:
        judge.say("034", f"{where}.Type", "neither Default nor Extension")
    if kind == "Extension" and not _EXTENSION.fullmatch(text(found, "Id")):
        judge.say("034", f"{where}.Id", "not the id of an extension: 32 letters a to p")


def read(found: Object) -> x509.Certificate | None:
    """The certificate of an entry as ChromeOS decodes it: PEM, or base64 DER on one line."""
    value = text(found, "X509")
    try:
        if "-----BEGIN" in value:
            return x509.load_pem_x509_certificate(value.encode("utf-8", "surrogatepass"))
        return x509.load_der_x509_certificate(base64.b64decode(value, validate=True))
    except (ValueError, binascii.Error):
        return None
