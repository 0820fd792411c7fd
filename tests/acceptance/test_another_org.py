"""An org that the examples know nothing of, taken through the commands as its administrator would.

Its devices are a SCEP client of the tests' own that reads the Apple payload and knows nothing else.
"""

from __future__ import annotations

import plistlib
import re
import secrets
import shutil
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from support.commands import onboard, scep_settings, serving
from support.scep_requests import Reply, enrol, read_degenerate, read_reply, rsa_key, self_signed

pytestmark = pytest.mark.slow

ORG = Path(__file__).parents[1] / "orgs" / "bob.yaml"
CHALLENGE = "file-secret 0123 AB/xyz:=?"
VALUES = {"user.email": "ada@bob.example", "user.upn": "ada@bob.example", "user.name": 'Ada "L", O=x'}
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
TYPES = {
    "CN": x509.NameOID.COMMON_NAME,
    "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": x509.NameOID.ORGANIZATION_NAME,
    "L": x509.NameOID.LOCALITY_NAME,
    "C": x509.NameOID.COUNTRY_NAME,
}
Names = list[tuple[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The org after `ca init` and `generate`."""
    folder = tmp_path_factory.mktemp("bob")
    shutil.copy(ORG, folder / "org.yaml")
    (folder / "challenge.txt").write_text(CHALLENGE + "\n", encoding="utf-8")
    (folder / "other-root.pem").write_bytes(foreign_root())
    onboard("check", folder=folder)
    onboard("ca", "init", folder=folder)
    onboard("generate", "--out", "payloads", folder=folder)
    return folder


def foreign_root() -> bytes:
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(TYPES["CN"], "Other Root")])
    builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, serial_number=7)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=999))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    key = rsa_key("foreign")
    return builder.public_key(key.public_key()).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def server(folder):
    with serving(folder) as running:
        yield running


def filled(text: str) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda match: VALUES[match[1]], text)


@dataclass
class Wish:
    """What a device asks for; begins as the payload says."""

    subject: Names
    names: list[x509.GeneralName]
    challenge: str
    key: object

    @classmethod
    def of(cls, settings) -> Wish:
        alternatives = {
            kind: [values] if isinstance(values, str) else values
            for kind, values in settings["SubjectAltName"].items()
        }
        names: list[x509.GeneralName] = [x509.RFC822Name(filled(v)) for v in alternatives["rfc822Name"]]
        names += [x509.DNSName(v) for v in alternatives["dNSName"]]
        names += [
            x509.UniformResourceIdentifier(filled(v)) for v in alternatives["uniformResourceIdentifier"]
        ]
        names += [upn(filled(v)) for v in alternatives["ntPrincipalName"]]
        subject = [(kind, filled(value)) for rdn in settings["Subject"] for kind, value in rdn]
        return cls(subject, names, settings["Challenge"], rsa_key("device"))

    def csr(self) -> bytes:
        name = x509.Name([x509.NameAttribute(TYPES[kind], value) for kind, value in self.subject])
        builder = x509.CertificateSigningRequestBuilder(name)
        if self.names:
            builder = builder.add_extension(x509.SubjectAlternativeName(self.names), critical=False)
        builder = builder.add_attribute(
            x509.ObjectIdentifier("1.2.840.113549.1.9.7"), self.challenge.encode()
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def upn(value: str) -> x509.OtherName:
    return x509.OtherName(UPN, b"\x0c" + bytes([len(value)]) + value.encode())


def ask(base: str, settings, wish: Wish, *, by_get: bool = False) -> Reply:
    """Enrol at the payload's URL; only host and port lead to the test's server."""
    url = base + urllib.parse.urlsplit(str(settings["URL"])).path
    with urllib.request.urlopen(f"{url}?operation=GetCACert") as answer:
        certificates, _ = read_degenerate(answer.read())
    (ra,) = [c for c in map(x509.load_der_x509_certificate, certificates) if not is_ca(c)]
    signer = self_signed(rsa_key("signer"))
    message = enrol(wish.csr(), ra, signer, transaction_id=secrets.token_hex(20))
    url += "?operation=PKIOperation"
    request = urllib.request.Request(url, data=message)
    if by_get:
        quoted = urllib.parse.quote(b64encode(message).decode(), safe="")
        request = urllib.request.Request(f"{url}&message={quoted}")
    with urllib.request.urlopen(request) as answer:
        return read_reply(answer.read(), signer)


def is_ca(certificate: x509.Certificate) -> bool:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def issued(reply: Reply, wish: Wish) -> x509.Certificate:
    found = map(x509.load_der_x509_certificate, reply.certificates)
    (certificate,) = [c for c in found if c.public_key() == wish.key.public_key()]
    return certificate


def test_the_same_input_gives_the_same_bytes(folder) -> None:
    """A second run writes what the first one wrote, and lint has nothing to say about it."""
    onboard("generate", "--out", "again", folder=folder)
    trees = [
        {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (folder / "payloads", folder / "again")
    ]
    assert trees[0] == trees[1]
    files = [p for p in (folder / "again").rglob("*") if p.is_file() and p.name != "manifest.json"]
    assert "0 errors" in onboard("lint", *files, folder=folder).stderr


def test_ssids_are_what_the_org_says(folder) -> None:
    """YAML's idea of 0123, on and 1.10 never reaches a device, and markup stays text."""
    profile = plistlib.loads((folder / "payloads/everyone/apple/everyone.mobileconfig").read_bytes())
    found = [part["SSID_STR"] for part in profile["PayloadContent"] if "SSID_STR" in part]
    animals = "🦊🐻🐼🐨🐯🦁🐮🐷"
    assert found == ["0123", "on", 'Bob & "Co" <5G>', animals, "'", r"a\b;c,d:e`id`%n", "1.10"]


@pytest.mark.parametrize("by_get", [False, True])
def test_a_device_that_does_what_the_payload_says_enrols(folder, server, by_get) -> None:
    """Everything asked for is in the certificate, and it chains to the anchor that the payload pins."""
    settings = scep_settings(folder / "payloads/everyone/apple/everyone.mobileconfig")
    wish = Wish.of(settings)
    certificate = issued(ask(server[0], settings, wish, by_get=by_get), wish)
    assert {(a.oid, a.value) for a in certificate.subject} == {(TYPES[k], v) for k, v in wish.subject}
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names) == set(wish.names)
    pem = {
        n: x509.load_pem_x509_certificate((folder / f"pki/{n}.pem").read_bytes()) for n in ("leafy", "mid")
    }
    certificate.verify_directly_issued_by(pem["leafy"])
    pem["leafy"].verify_directly_issued_by(pem["mid"])
    assert certificate.not_valid_after_utc < datetime.now(UTC) + timedelta(days=100, hours=1)


def _without(kind: str) -> Callable[[Wish], None]:
    def change(wish: Wish) -> None:
        wish.subject = [(k, v) for k, v in wish.subject if k != kind]

    return change


def _with(**changes: object) -> Callable[[Wish], None]:
    def change(wish: Wish) -> None:
        for name, value in changes.items():
            setattr(wish, name, value)

    return change


def _email(address: str) -> Callable[[Wish], None]:
    def change(wish: Wish) -> None:
        wish.subject = [(k, v.replace("ada@bob.example", address)) for k, v in wish.subject]
        wish.names = []

    return change


def _more(name: x509.GeneralName) -> Callable[[Wish], None]:
    return lambda wish: wish.names.append(name)


REFUSED = {
    "wrong challenge": _with(challenge="not-the-challenge-at-all"),
    "no country": _without("C"),
    "one unit missing": lambda wish: wish.subject.remove(("OU", "Fixed & <OU>")),
    "another unit": lambda wish: wish.subject.append(("OU", "third")),
    "outside the values": _email("ada@evil.example"),
    "no address": _email("ada"),
    "a further host": _more(x509.DNSName("extra.bob.example")),
    "another address": _with(names=[x509.RFC822Name("eve@bob.example")]),
    "another alias": _with(names=[x509.RFC822Name("alias+eve@bob.example")]),
    "an EC key": _with(key=ec.generate_private_key(ec.SECP256R1())),
    "a short key": _with(key=rsa.generate_private_key(public_exponent=65537, key_size=1024)),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_a_device_that_asks_for_something_else_is_refused(folder, server, change) -> None:
    """The device is told badRequest, the log has reason and remedy, and the challenge is not in it."""
    settings = scep_settings(folder / "payloads/everyone/apple/everyone.mobileconfig")
    wish = Wish.of(settings)
    change(wish)
    before = len(server[1].read_text())
    reply = ask(server[0], settings, wish)
    assert (reply.status, reply.fail_info, reply.certificates) == ("2", "2", ())
    said = server[1].read_text()[before:]
    assert '"reason":' in said
    assert '"remedy":' in said
    assert wish.challenge not in said


def test_names_may_be_missing_and_other_extensions_are_ignored(folder, server) -> None:
    """A client that cannot ask for alternative names gets a certificate without them."""
    settings = scep_settings(folder / "payloads/everyone/apple/everyone.mobileconfig")
    wish = Wish.of(settings)
    wish.names = []
    certificate = issued(ask(server[0], settings, wish), wish)
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_one_time_challenge_works_once_and_for_whom_it_was_minted(folder, server) -> None:
    """Another name does not spend it, the right one does, and a second device gets nothing."""
    settings = scep_settings(folder / "payloads/guests/apple/guests.mobileconfig") | {"SubjectAltName": {}}
    minted = onboard("challenge", "new", "guests", "--set", "device.id=d-7", folder=folder).stdout.strip()

    def of(device: str, key: str) -> Wish:
        organization = 'Bob & "Co" <5G> Zürich'
        return Wish([("CN", device), ("OU", "guests"), ("O", organization)], [], minted, rsa_key(key))

    assert ask(server[0], settings, of("d-8", "other")).fail_info == "2"
    assert ask(server[0], settings, of("d-7", "device")).status == "0"
    assert ask(server[0], settings, of("d-7", "second")).fail_info == "2"
    assert '"kind":"alarm"' in server[1].read_text()


def test_challenges_are_where_they_belong(folder, server) -> None:
    """In files of mode 0600 that the manifest calls secret, in no log, and not in the state folder."""
    minted = onboard("challenge", "new", "guests", folder=folder).stdout.strip()
    own = {folder / "challenge.txt"}
    for path in folder.rglob("*"):
        if not path.is_file() or path in own:
            continue
        content = path.read_bytes()
        assert minted.encode() not in content, path
        if CHALLENGE.encode() in content:
            assert path.stat().st_mode & 0o777 == 0o600, path
            assert path.is_relative_to(folder / "payloads") or path.is_relative_to(folder / "again"), path
