"""Open Network Configuration in words: trust, certificate, networks, what it forbids."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence

from cryptography import x509

from onboard.cms import UNREADABLE_CERTIFICATE
from onboard.errors import PayloadError
from onboard.explain.section import Section
from onboard.lint.jsonfile import Json, JsonError, parse
from onboard.lint.onc import recognises

__all__ = ["explain", "recognises"]

_SECURITY: Mapping[str, str] = {
    "None": "without encryption",
    "WEP-PSK": "with WEP and a key that stands in the file",
    "WEP-8021X": "with dynamic WEP",
    "WPA-PSK": "with a passphrase that stands in the file",
    "WPA-EAP": "with WPA-Enterprise, of the version that it finds",
}
_OUTER: Mapping[str, str] = {
    "EAP-TLS": "by EAP-TLS (a certificate)",
    "EAP-TTLS": "by EAP-TTLS (a password inside TLS)",
    "PEAP": "by PEAP (a password inside TLS)",
    "LEAP": "by LEAP, which anybody can break",
}
_ATTRIBUTES: Mapping[str, str] = {
    "CommonName": "CN",
    "Organization": "O",
    "OrganizationalUnit": "OU",
    "Locality": "L",
}
_FORBIDDEN: Mapping[str, str] = {
    "AllowOnlyPolicyNetworksToConnect": "The device joins no Wi-Fi but that of policies.",
    "AllowOnlyPolicyNetworksToAutoconnect": "By itself the device joins networks of policies alone.",
    "AllowOnlyPolicyNetworksToConnectIfAvailable": (
        "While a Wi-Fi of a policy is in range, the device joins no other."
    ),
}


def explain(path: str, content: bytes) -> tuple[Section, ...]:
    """The file in sections; empty ones are left out.

    Raises:
        PayloadError: it cannot be read.
    """
    try:
        document = _object(parse(content))
    except JsonError as error:
        raise PayloadError(f"{path}: {error}") from error
    if document.get("Type") == "EncryptedConfiguration":
        said = (
            "It is encrypted; whoever imports it types a passphrase ('onboard onc decrypt' shows the rest)."
        )
        return (Section(title="The file", sentences=(said,)),)
    held = {_text(one, "GUID"): one for one in map(_object, _list(document, "Certificates"))}
    names = {guid: _called(one) for guid, one in held.items()}
    networks = [_object(one) for one in _list(document, "NetworkConfigurations")]
    parts = (
        ("Whom the device will trust", tuple(f"It brings {_dated(one)}." for one in held.values())),
        ("Networks", tuple(sentence for one in networks for sentence in _network(one, names))),
        (
            "What the device may no longer do",
            tuple(_limits(_object(document.get("GlobalNetworkConfiguration")))),
        ),
        ("Afterwards", tuple(_afterwards(networks))),
    )
    return tuple(Section(title=title, sentences=said) for title, said in parts if said)


def _called(one: Mapping[str, Json]) -> str:
    word = {"Authority": "the CA", "Server": "the server certificate"}.get(
        _text(one, "Type"), "a certificate"
    )
    certificate = _read(one)
    if certificate is None:
        return f"{word}, of which the file holds nothing readable"
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return f"{word} {str(names[0].value) if names else certificate.subject.rfc4514_string()}"


def _dated(one: Mapping[str, Json]) -> str:
    certificate = _read(one)
    return (
        f"{_called(one)} (until {certificate.not_valid_after_utc:%Y-%m-%d})" if certificate else _called(one)
    )


def _read(one: Mapping[str, Json]) -> x509.Certificate | None:
    body = "".join(line for line in _text(one, "X509").splitlines() if "-----" not in line)
    try:
        return x509.load_der_x509_certificate(base64.b64decode(body, validate=True))
    except UNREADABLE_CERTIFICATE:
        return None


def _network(network: Mapping[str, Json], names: Mapping[str, str]) -> Iterator[str]:
    kind = _text(network, "Type")
    settings = _object(network.get(kind))
    name = _text(settings, "SSID") or _text(network, "Name")
    if network.get("Remove") is True:
        yield f"The device forgets the network with the identifier {_text(network, 'GUID')}."
        return
    if kind == "WiFi":
        security = _text(settings, "Security")
        yield f"The device joins the Wi-Fi network “{name}” {_SECURITY.get(security, f'with {security}')}."
        if settings.get("HiddenSSID") is True:
            yield "It looks for it by name, because the network does not show itself."
        if settings.get("AutoConnect") is not True:
            yield "It joins only when somebody chooses the network."
    elif kind == "Ethernet":
        yield "The device authenticates on the wire." if "EAP" in settings else "The device uses the wire."
    else:
        yield f"It sets up “{name}” ({kind or 'no type'})."
    if isinstance(settings.get("EAP"), dict):
        yield from _eap(_object(settings["EAP"]), names)


def _eap(eap: Mapping[str, Json], names: Mapping[str, str]) -> Iterator[str]:
    outer = _text(eap, "Outer")
    yield f"It authenticates {_OUTER.get(outer, f'by {outer}')}."
    if identity := _text(eap, "Identity"):
        yield f"It calls itself {identity}."
    if "Password" in eap:
        yield "A password stands in the file: whoever reads the file has it."
    yield from _certificate(eap, names)
    yield from _server(eap, names)


def _certificate(eap: Mapping[str, Json], names: Mapping[str, str]) -> Iterator[str]:
    match _text(eap, "ClientCertType"):
        case "Pattern":
            pattern = _object(eap.get("ClientCertPattern"))
            issuers = _called_by(_list(pattern, "IssuerCARef"), names)
            subject = _object(pattern.get("Subject"))
            wanted = [f"{_ATTRIBUTES.get(key, key)}={value}" for key, value in subject.items()]
            parts = [f"from {issuers}"] if issuers else []
            parts += [f"with {', '.join(wanted)} in its subject"] if wanted else []
            yield f"It shows a certificate {' and '.join(parts) or 'of its own'}."
            if enrol := [str(uri) for uri in _list(pattern, "EnrollmentURI")]:
                yield f"Where it has none it opens {', '.join(enrol)}."
        case "Ref":
            yield "It shows the certificate that is in the file."
        case "ProvisioningProfileId":
            yield "It shows the certificate that it got by a provisioning profile of the Admin console."
        case _:
            if _text(eap, "Outer") == "EAP-TLS":
                yield "It is not said which certificate it shows."


def _server(eap: Mapping[str, Json], names: Mapping[str, str]) -> Iterator[str]:
    hosts = [_text(_object(one), "Value") for one in _list(eap, "SubjectAlternativeNameMatch")]
    hosts = list(dict.fromkeys([*hosts, *(str(one) for one in _list(eap, "DomainSuffixMatch"))]))
    anchors = _called_by(_list(eap, "ServerCARefs") or [eap.get("ServerCARef")], names)
    if eap.get("UseSystemCAs") is not False and not anchors:
        anchors = "any CA that ChromeOS knows"
    if not anchors:
        yield "It asks nobody whether the RADIUS server is the right one."
    elif not hosts:
        yield f"It talks to any RADIUS server with a certificate from {anchors}."
    else:
        called = " or ".join(hosts)
        yield f"It talks only to a RADIUS server called {called}, with a certificate from {anchors}."


def _called_by(references: Sequence[Json], names: Mapping[str, str]) -> str:
    found = [names.get(str(one), f"a CA that is not in the file ({one})") for one in references if one]
    return " or ".join(found)


def _limits(settings: Mapping[str, Json]) -> Iterator[str]:
    for key, sentence in _FORBIDDEN.items():
        if settings.get(key) is True:
            yield sentence


def _afterwards(networks: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    if any("EAP-TLS" in str(network) for network in networks):
        yield (
            "The file fetches no certificate: that comes by the Admin console's SCEP or provisioning profile,"
            " and until it is there the device does not get on."
        )


def _object(value: Json | None) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(holder: Mapping[str, Json], key: str) -> Sequence[Json]:
    value = holder.get(key)
    return value if isinstance(value, list) else ()


def _text(holder: Mapping[str, Json], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
