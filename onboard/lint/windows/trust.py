"""Rules 09 and 12 to 19: whom a profile trusts, which certificate it offers, and as whom it authenticates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onboard.errors import Finding
from onboard.lint.windows.document import Node
from onboard.lint.windows.schema_eap import PEAP1, TLS1

EAP_TLS, PEAP, TEAP = "13", "25", "55"


def trust(profile: Node) -> Iterator[Finding]:
    """Findings of every EAP configuration in a profile (or of one EapHostConfig)."""
    for onex in profile.all("OneX"):
        yield from _auth_mode(onex)
    hosts = [profile] if profile.name == "EapHostConfig" else []
    for host in (*hosts, *profile.all("EapHostConfig")):
        if host.first("Config") is None and host.first("ConfigBlob") is None:
            yield host.error("01", "neither Config nor ConfigBlob is there")
    for teap in profile.all("EapTeap"):
        yield from _teap(teap, profile)
    for kind in profile.all("EapType"):
        if kind.namespace == PEAP1:
            yield from _peap(kind)
        elif kind.namespace == TLS1:
            yield from _tls(kind)


def methods(profile: Node) -> tuple[str, ...]:
    """The outer EAP methods of a profile, as numbers in text."""
    hosts = (host for host in profile.all("EapHostConfig") if "/EapTeap/" not in host.where)
    return tuple(host.value("EapMethod", "Type") for host in hosts)


def pinned(profile: Node) -> Iterator[tuple[Node, bytes]]:
    """Every root thumbprint of a profile that can be read, with its element."""
    for name in ("TrustedRootCA", "TrustedRootCAHash"):
        for node in profile.all(name):
            if re.fullmatch(r"(?:[0-9A-Fa-f]{2} ?){20,32}", node.text):
                yield node, bytes.fromhex(node.text)


def _auth_mode(onex: Node) -> Iterator[Finding]:
    """Who says machineOrUser may have both certificates; a file that brings one of them is judged with it."""
    if onex.first("authMode") is None:
        yield onex.warning(
            "17",
            "without authMode Windows looks for a machine and a user certificate by turns",
            "say machine or user, or machineOrUser where both kinds of certificate are deployed",
        )


def _tls(kind: Node) -> Iterator[Finding]:
    """EAP-TLS. Inside PEAP or TEAP the tunnel validates the server, and only the filter counts."""
    if "/EapTeap/" not in kind.where and "/EapType/" not in kind.where:
        yield from _server(kind, "TrustedRootCA", "DisableUserPromptForServerValidation")
        yield from _validation(kind, kind)
    yield from _filter(kind)


def _peap(kind: Node) -> Iterator[Finding]:
    yield from _server(kind, "TrustedRootCA", "DisableUserPromptForServerValidation")
    extensions = kind.first("PeapExtensions")
    if extensions is None:
        yield kind.error("12", "without PeapExtensions the server is not validated")
    else:
        yield from _validation(kind, extensions)


def _teap(teap: Node, profile: Node) -> Iterator[Finding]:
    yield from _server(teap, "TrustedRootCAHash", "DisablePrompt")
    inner = [node for node in teap.all("InnerMethodConfig") if node.children()]
    if len(inner) != 2:
        yield teap.error(
            "19",
            f"{len(inner)} inner methods; chaining runs the first as machine and the second as user",
            "give two, and Windows 10 2004 (build 19041) or later",
        )
    if any(onex.value("authMode") not in {"", "machineOrUser"} for onex in profile.all("OneX")):
        yield teap.error("19", "chaining needs authMode machineOrUser")


def _server(kind: Node, root: str, prompt: str) -> Iterator[Finding]:
    validation = kind.first("ServerValidation")
    if validation is None:
        yield kind.error("09", "ServerValidation is missing: any server would be believed")
        return
    if validation.first(root) is None:
        yield validation.error("09", f"no {root}: Windows 11 believes no server without a pinned root")
    names = validation.first("ServerNames")
    if names is None or not names.text:
        yield validation.error("09", "no ServerNames: every server under the same root would be believed")
    else:
        yield from _names(names)
    quiet = validation.first(prompt)
    if quiet is None or not quiet.is_true:
        yield (quiet or validation).warning("09", f"without {prompt} people can accept a rogue server")


def _names(names: Node) -> Iterator[Finding]:
    for name in names.text.split(";"):
        if not name:
            yield names.error("13", "there is an empty name between separators, or one ';' too many")
        elif re.search(r"\s", name):
            yield names.error("13", f"the name {name!r} has blanks", "separate names by ';' alone")
        elif "*" in name:
            yield from _pattern(names, name)
        elif name != name.lower():
            yield names.error("13", f"{name!r}: Windows 11 21H2 compares case; write lower case")


def _pattern(names: Node, name: str) -> Iterator[Finding]:
    """A name with '*' is a regular expression to Windows, not a wildcard."""
    try:
        re.compile(name)
    except re.error:
        yield names.error(
            "13",
            f"{name!r} is read as a regular expression and is none",
            r"write .*\.example.org for *.example.org",
        )


def _validation(kind: Node, holder: Node) -> Iterator[Finding]:
    perform, accept = holder.first("PerformServerValidation"), holder.first("AcceptServerName")
    if perform is None or not perform.is_true:
        yield (perform or holder).error("12", "PerformServerValidation must be true")
    has_names = bool(kind.value("ServerValidation", "ServerNames"))
    accepts = accept is not None and accept.is_true
    if accepts != has_names:
        yield (accept or holder).error(
            "12",
            "AcceptServerName must be true exactly when ServerNames has a name",
            "true compares the names",
        )


def _filter(kind: Node) -> Iterator[Finding]:
    filtering = kind.first("TLSExtensions", "FilteringInfo")
    hashes = filtering.first("CAHashList") if filtering else None
    if filtering is None or hashes is None or hashes.element.get("Enabled") not in {"true", "1"}:
        yield (hashes or filtering or kind).error(
            "14",
            "client certificates are not filtered by issuer; of several, Windows takes the wrong one or asks",
            "set CAHashList Enabled with the SHA-1 of the issuing CA",
        )
    elif hashes.first("IssuerHash") is None:
        yield hashes.error("14", "the list of issuers is empty, so no certificate matches")
    if filtering is not None:
        yield from _ekus(filtering)


def _ekus(filtering: Node) -> Iterator[Finding]:
    known = {pair.value("EKUName") for pair in filtering.all("EKUMap")}
    for used in filtering.all("EKUMapInList"):
        name = used.value("EKUName")
        if name and name not in known:
            yield used.error("15", f"the EKU {name!r} is not defined in EKUMapping")
