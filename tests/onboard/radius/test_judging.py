"""A RADIUS server certificate that some device would refuse is told before any device sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID
from support.scep_certificates import NOW
from support.scep_responder import Responder

from onboard.errors import PkiError
from onboard.pki import PublicCertificate
from onboard.radius import ServerCertificate, judge_server, load_server

PKI = Responder()
ROOT = PublicCertificate(name="root", der=PKI.root.public_bytes(Encoding.DER))
KEY = ec.generate_private_key(ec.SECP256R1())
NAME = "radius.northwind.example"


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def server(
    *dns: str,
    issuer: x509.Certificate = PKI.root,
    signed_by=PKI.root_key,
    life: int = 300,
    begins: int = -1,
    usages=(Eku.SERVER_AUTH,),
    chain: tuple[x509.Certificate, ...] = (),
    key=KEY,
) -> ServerCertificate:
    begin = NOW + timedelta(days=begins)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]))
        .issuer_name(issuer.subject)
        .public_key(KEY.public_key())
        .serial_number(9)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=life))
    )
    if dns:
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in dns])
        builder = builder.add_extension(names, critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return ServerCertificate(chain=(builder.sign(signed_by, hashes.SHA256()), *chain), key=pem(key))


def reasons(given: ServerCertificate, *names: str) -> tuple[str, ...]:
    return judge_server(given, names or (NAME,), (ROOT,), NOW)


GOOD = {
    "exact": (server(NAME), (NAME,)),
    "one of several": (server("x.example", NAME), (NAME, "y.example")),
    "wildcard in the profile": (server(NAME), ("*.northwind.example",)),
    "behind an issuing CA": (server(NAME, issuer=PKI.ca, signed_by=PKI.ca_key, chain=(PKI.ca,)), (NAME,)),
    "no usages at all": (server(NAME, usages=()), (NAME,)),
}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_acceptable_servers(case):
    """What every platform accepts has nothing to be said about."""
    given, names = case
    assert reasons(given, *names) == ()


BAD = {
    "another name": (server("evil.northwind.example"), (), "demand"),
    "wildcard two labels up": (server("a.b.northwind.example"), ("*.northwind.example",), "demand"),
    "common name alone": (server(), (), "common name"),
    "another root": (server(NAME, signed_by=KEY), (), "chain"),
    "issuing CA left out": (server(NAME, issuer=PKI.ca, signed_by=PKI.ca_key), (), "chain"),
    "ended": (server(NAME, begins=-400), (), "ended"),
    "not begun": (server(NAME, begins=2), (), "begins"),
    "826 days": (server(NAME, life=826), (), "825"),
    "client only": (server(NAME, usages=(Eku.CLIENT_AUTH,)), (), "serverAuth"),
    "another key": (server(NAME, key=ec.generate_private_key(ec.SECP256R1())), (), "key"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_each_reason_is_told(case):
    """One thing wrong, one reason."""
    given, names, said = case
    (reason,) = reasons(given, *names)
    assert said in reason


def test_files_are_loaded():
    """PEM chain and key come back as they are."""
    given = server(NAME, chain=(PKI.ca,))
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in given.chain)
    assert load_server(chain, given.key, "server.pem") == given


@pytest.mark.parametrize("broken", ["chain", "key"])
def test_other_files_are_refused(broken):
    """What is no PEM is named by its file, and nothing of the key is shown."""
    parts = {"chain": PKI.ca.public_bytes(Encoding.PEM), "key": pem(KEY)} | {broken: b"secret stuff"}
    with pytest.raises(PkiError, match=r"server\.pem") as caught:
        load_server(parts["chain"], parts["key"], "server.pem")
    assert "secret" not in str(caught.value)
