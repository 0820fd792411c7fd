"""Certification requests: what devices send is read, what nobody signed is refused, at one price."""

from __future__ import annotations

import gc
import ipaddress
import statistics
import time

import pytest
from asn1crypto import core
from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from support import scep_requests as client
from support.scep_requests import ec_key, rsa_key, tlv

from scep_server import csr, oids
from scep_server.errors import UnprovenSenderError
from scep_server.messages import AltName, AltNameKind, Attribute

UPN = x509.OtherName(
    x509.ObjectIdentifier(oids.USER_PRINCIPAL_NAME), core.UTF8String("ada@northwind.example").dump()
)
CHALLENGE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def info_of(der):
    return asn1_csr.CertificationRequest.load(der)["certification_request_info"]


def resigned(info, key=None, **options):
    return client.sign_csr(key or rsa_key("device"), info, **options)


def test_everything_a_policy_looks_at_is_read():
    """Subject in order, alternative names by kind, key, challenge; other extensions by OID only."""
    key = rsa_key("device")
    der = client.csr(
        key,
        subject="CN=ada@northwind.example,OU=staff,O=Northwind",
        challenge=CHALLENGE,
        alt_names=[
            x509.RFC822Name("ada@northwind.example"),
            x509.DNSName("laptop.northwind.example"),
            x509.UniformResourceIdentifier("tag:microsoft.com,2022-09-14:sid:S-1-5-21-1"),
            UPN,
            x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        ],
        extensions=[x509.ExtendedKeyUsage([x509.ObjectIdentifier(oids.CLIENT_AUTH)])],
    )
    read = csr.read(der)
    assert read.subject == (
        Attribute(oids.ORGANIZATION, "Northwind"),
        Attribute(oids.ORGANIZATIONAL_UNIT, "staff"),
        Attribute(oids.COMMON_NAME, "ada@northwind.example"),
    )
    assert read.alt_names == (
        AltName(AltNameKind.RFC822, "ada@northwind.example"),
        AltName(AltNameKind.DNS, "laptop.northwind.example"),
        AltName(AltNameKind.URI, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1"),
        AltName(AltNameKind.UPN, "ada@northwind.example"),
        AltName(AltNameKind.OTHER, "[7] 8704c0000201"),
    )
    assert read.challenge.reveal() == CHALLENGE
    assert CHALLENGE not in repr(read)
    assert read.ignored_extensions == (oids.EXTENDED_KEY_USAGE,)
    public = key.public_key().public_numbers()
    assert (read.key_bits, read.modulus, read.exponent) == (2048, public.n, public.e)
    assert read.spki == info_of(der)["subject_pk_info"].dump()
    assert read.der == der


@pytest.mark.parametrize("version", [0, 1, 2, 13, 256])
def test_version_is_not_judged(version):
    """A Mac has sent other versions than 0, and its users had to be let in."""
    assert csr.read(client.csr(rsa_key("device"), version=version)).key_bits == 2048


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_signature_digests(digest):
    """The digest of the self-signature is no security matter here; MD5 alone is out."""
    assert csr.read(client.csr(rsa_key("device"), digest=digest))


def test_ec_key_is_read():
    """An EC key proves possession too; whether it is certified is the policy's matter."""
    read = csr.read(client.csr(ec_key("device")))
    assert (read.key_bits, read.modulus) == (0, 0)


@pytest.mark.parametrize(
    "value",
    [
        core.PrintableString(CHALLENGE),
        core.UTF8String("pässwort of 20 chars"),
        core.IA5String(CHALLENGE),
        core.BMPString("pässwort of 20 chars"),
        core.TeletexString(CHALLENGE),
        core.UniversalString("pässwort"),
        core.VisibleString(CHALLENGE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_challenge_in_every_string_type(value):
    """RFC 2985 §5.4.1 prefers PrintableString and allows all; clients use all."""
    assert csr.read(with_attributes(challenge_attribute(value))).challenge.reveal() == value.native


def challenge_attribute(*values):
    return attribute(oids.CHALLENGE_PASSWORD, *(value.dump() for value in values))


def attribute(oid, *values):
    return tlv(0x30, core.ObjectIdentifier(oid).dump() + tlv(0x31, b"".join(values)))


def with_attributes(*attributes, absent=False):
    info = info_of(client.csr(rsa_key("device"), challenge=None))
    parts = info["version"].dump() + info["subject"].dump() + info["subject_pk_info"].dump()
    return resigned(tlv(0x30, parts if absent else parts + tlv(0xA0, b"".join(attributes))))


def test_missing_or_empty_challenge_is_none():
    """An absent attribute list, an empty one and an empty password all mean: no challenge."""
    empty = challenge_attribute(core.UTF8String(""))
    for der in (with_attributes(absent=True), with_attributes(), with_attributes(empty)):
        assert csr.read(der).challenge is None


@pytest.mark.parametrize("oid", [oids.EXTENSION_REQUEST, oids.MICROSOFT_CERT_EXTENSIONS])
def test_extensions_under_both_attribute_types(oid):
    """Windows has asked for extensions under an OID of its own; criticality changes nothing."""
    names = tlv(0x30, tlv(0x82, b"laptop.northwind.example"))
    extension = tlv(
        0x30, core.ObjectIdentifier(oids.SUBJECT_ALT_NAME).dump() + core.Boolean(True).dump() + tlv(4, names)
    )
    os_version = attribute("1.3.6.1.4.1.311.13.2.3", core.IA5String("10.0.22631.2").dump())
    read = csr.read(with_attributes(os_version, attribute(oid, tlv(0x30, extension))))
    assert read.alt_names == (AltName(AltNameKind.DNS, "laptop.northwind.example"),)
    assert read.ignored_extensions == ()


@pytest.mark.parametrize("definite", [True, False])
def test_ber_signed_as_der_or_as_sent(definite):
    """A stream encoder sends BER; whichever form it signed, the request is the same."""
    der = client.csr(rsa_key("device"))
    info = info_of(der).dump()
    ber_info = client.as_ber(info, piece=16, definite=definite)
    signed_der = resigned(info, as_info=ber_info)
    signed_ber = resigned(ber_info)
    for data in (
        signed_der,
        signed_ber,
        client.as_ber(signed_der, keep=(ber_info,)) if definite else signed_der,
    ):
        assert csr.read(data).challenge.reveal() == CHALLENGE
        assert csr.read(data).subject == csr.read(der).subject


def bad_requests():
    key = rsa_key("device")
    good = client.csr(key)
    info = info_of(good).dump()
    twice = challenge_attribute(core.UTF8String("one")), challenge_attribute(core.UTF8String("two"))
    broken_name = attribute(
        oids.EXTENSION_REQUEST, tlv(0x30, tlv(0x30, b"\x06\x03\x55\x1d\x11" + tlv(4, b"\x05\x00")))
    )
    return {
        "empty": b"",
        "garbage": b"\x8a\x01\xff" * 250,
        "truncated": good[:-1],
        "with more behind it": good + b"\x00",
        "huge": tlv(0x30, bytes(70_000)),
        "false signature": client.csr(key, false_signature=True),
        "signed by another key": resigned(info, rsa_key("another")),
        "signed over something else": resigned(info + b"", as_info=info[:-1] + bytes([info[-1] ^ 1])),
        "two challenges": with_attributes(*twice),
        "challenge of two values": with_attributes(
            challenge_attribute(core.UTF8String("a"), core.UTF8String("b"))
        ),
        "challenge not of its character set": with_attributes(
            attribute(oids.CHALLENGE_PASSWORD, tlv(12, b"\xff"))
        ),
        "challenge no string": with_attributes(attribute(oids.CHALLENGE_PASSWORD, b"\x05\x00")),
        "broken alternative name": with_attributes(broken_name),
        "MD5": _with_algorithm(good, "1.2.840.113549.1.1.4"),
        "unknown signature algorithm": _with_algorithm(good, "1.2.3.4"),
        "Ed25519": ed25519_request(),
    }


def ed25519_request():
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    signed = builder.sign(ed25519.Ed25519PrivateKey.generate(), None)
    return signed.public_bytes(Encoding.DER)


def _with_algorithm(der, oid):
    _, content, _, _ = client.split(der)
    _, _, info, rest = client.split(content)
    _, _, _, signature = client.split(rest)
    return tlv(0x30, info + tlv(0x30, core.ObjectIdentifier(oid).dump()) + signature)


BAD = (
    "empty",
    "garbage",
    "truncated",
    "with more behind it",
    "huge",
    "false signature",
    "signed by another key",
    "signed over something else",
    "two challenges",
    "challenge of two values",
    "challenge not of its character set",
    "challenge no string",
    "broken alternative name",
    "MD5",
    "unknown signature algorithm",
    "Ed25519",
)


@pytest.mark.parametrize("fault", BAD)
def test_every_fault_is_the_same_refusal(fault):
    """Until the self-signature is verified, no cause shows outside."""
    with pytest.raises(UnprovenSenderError) as caught:
        csr.read(bad_requests()[fault])
    assert caught.value.public == UnprovenSenderError.PUBLIC


def test_list_of_faults_is_complete():
    """Each fault that is made is also tested."""
    assert set(BAD) == set(bad_requests())


@pytest.mark.parametrize("exponent", [1, 2, 4])
def test_key_that_proves_nothing_is_refused(exponent):
    """With e=1 anybody signs for anybody."""
    der = client.csr(rsa_key("device"))
    info = info_of(der)
    n = rsa_key("device").public_key().public_numbers().n
    key = tlv(0x30, core.Integer(n).dump() + core.Integer(exponent).dump())
    spki = tlv(0x30, info["subject_pk_info"]["algorithm"].dump() + tlv(3, b"\x00" + key))
    forged = tlv(0x30, info["version"].dump() + info["subject"].dump() + spki + info["attributes"].dump())
    with pytest.raises(UnprovenSenderError, match="impossible"):
        csr.read(resigned(forged))


_NUMBERS = rsa_key("device").public_key().public_numbers()
_RSA = core.ObjectIdentifier("1.2.840.113549.1.1.1").dump()
_KEY = tlv(0x30, core.Integer(_NUMBERS.n).dump() + core.Integer(_NUMBERS.e).dump())


@pytest.mark.parametrize(
    "spki",
    [
        tlv(0x30, tlv(0x30, _RSA) + tlv(3, b"\0" + _KEY)),
        tlv(0x30, tlv(0x30, _RSA + tlv(4, b"anything")) + tlv(3, b"\0" + _KEY)),
        tlv(0x30, tlv(0x30, _RSA + b"\5\0") + tlv(3, b"\0" + _KEY) + tlv(4, b"more" * 1000)),
        tlv(0x30, tlv(0x30, _RSA + b"\5\0") + tlv(3, b"\0" + _KEY + b"more")),
        b"\x30\x80" + tlv(0x30, _RSA + b"\5\0") + tlv(3, b"\0" + _KEY) + b"\0\0",
    ],
    ids=["no parameters", "other parameters", "more behind the key", "more in the bits", "indefinite length"],
)
def test_a_key_is_certified_in_der_alone(spki):
    """A certificate repeats the request's key: what clients refuse to read must not get into it."""
    der = client.csr(rsa_key("device"))
    info = info_of(der)
    odd = tlv(0x30, info["version"].dump() + info["subject"].dump() + spki + info["attributes"].dump())
    assert csr.read(resigned(odd)).spki == info["subject_pk_info"].dump()


@given(st.binary(max_size=600))
def test_any_bytes_raise_only_the_refusal(data):
    """What an attacker's envelope decrypts to is any bytes."""
    with pytest.raises(UnprovenSenderError):
        csr.read(data)


@given(st.data())
@settings(max_examples=300)
def test_damaged_request_is_refused(data):
    """No octet of a request can be changed unnoticed, but for the parameters of its signature algorithm."""
    der = client.csr(rsa_key("device"))
    position = data.draw(st.integers(0, len(der) - 1))
    octet = data.draw(st.integers(0, 255).filter(lambda value: value != der[position]))
    damaged = der[:position] + bytes([octet]) + der[position + 1 :]
    try:
        read = csr.read(damaged)
    except UnprovenSenderError:
        return
    assert (read.subject, read.spki) == (csr.read(der).subject, csr.read(der).spki)


def test_failures_cost_about_the_same():
    """Median times of all causes, measured in turns, lie within a factor that no network would show.

    An attacker must not learn whether a changed envelope still held a CSR. The bound is loose enough for a
    busy machine, and tight enough to fail if a cause skipped the verification (a factor of two).
    """
    samples = {fault: der for fault, der in bad_requests().items() if fault not in ("Ed25519", "huge")}
    times = {fault: [] for fault in samples}
    gc.disable()
    try:
        for _ in range(400):
            for fault, der in samples.items():
                times[fault].append(_time(der))
    finally:
        gc.enable()
    medians = {fault: statistics.median(values) for fault, values in times.items()}
    assert max(medians.values()) < 1.5 * min(medians.values()), medians


def _time(der):
    start = time.perf_counter_ns()
    try:
        csr.read(der)
    except UnprovenSenderError:
        return time.perf_counter_ns() - start
    raise AssertionError
