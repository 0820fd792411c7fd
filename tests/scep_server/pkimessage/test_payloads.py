"""Payloads: nonsense of every origin gets one answer, in about the same time."""

from __future__ import annotations

import dataclasses
import gc
import statistics
import time

import pytest
from asn1crypto import x509 as asn1_x509
from support import scep_requests as client
from support.scep_requests import Shape, enrol, rsa_key
from support.scep_stages import (
    LAX,
    SUBSTITUTE,
    open_all,
)

from scep_server import pkimessage
from scep_server.errors import UnprovenSenderError
from scep_server.messages import FailInfo


def faults(ra, device, csr_der):
    """Everything that can go wrong between the outer signature and the proof of possession."""
    shape = Shape()
    public = ra.certificate.public_key()
    oaep = Shape(transport="oaep-sha1")
    whole = client.envelope(csr_der, ra.certificate, shape)
    middle = len(whole) - 200
    return {
        "wrong RSA padding": client.envelope(csr_der, ra.certificate, shape, wrapped_key=b"\x01" * 256),
        "wrong OAEP padding": client.envelope(csr_der, ra.certificate, oaep, wrapped_key=b"\x01" * 256),
        "content key too short": client.envelope(
            csr_der, ra.certificate, shape, wrapped_key=public.encrypt(b"k" * 8, client.TRANSPORTS["pkcs1"])
        ),
        "content key too long": client.envelope(
            csr_der, ra.certificate, shape, wrapped_key=public.encrypt(b"k" * 32, client.TRANSPORTS["pkcs1"])
        ),
        "another content key": client.envelope(
            csr_der, ra.certificate, shape, wrapped_key=public.encrypt(b"k" * 16, client.TRANSPORTS["pkcs1"])
        ),
        "wrong CBC padding": client.envelope(csr_der, ra.certificate, shape, bad_padding=True),
        "changed ciphertext": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "no CSR": client.envelope(b"not a certification request", ra.certificate, shape),
        "empty": client.envelope(b"", ra.certificate, shape),
        "false self-signature": client.envelope(
            client.csr(rsa_key("device"), false_signature=True), ra.certificate, shape
        ),
        "cut ciphertext": client.envelope(csr_der, ra.certificate, shape)[:-1],
    }


FAULTS = (
    "wrong RSA padding",
    "wrong OAEP padding",
    "content key too short",
    "content key too long",
    "another content key",
    "wrong CBC padding",
    "changed ciphertext",
    "no CSR",
    "empty",
    "false self-signature",
    "cut ciphertext",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_everything_before_possession_gets_one_answer(ra, device, csr_der, fault):
    """Same failInfo and same text for every cause, otherwise the answer is a decryption oracle (RFC 3218)."""
    message = client.message(faults(ra, device, csr_der)[fault], device, Shape())
    with pytest.raises(UnprovenSenderError) as caught:
        pkimessage.payload_csr(open_all(message, [ra]))
    assert caught.value.fail_info is FailInfo.BAD_MESSAGE_CHECK
    assert caught.value.public == UnprovenSenderError.PUBLIC
    assert caught.value.reason != UnprovenSenderError.PUBLIC


def test_everything_before_possession_takes_about_as_long(ra, device, csr_der):
    """Median times of all causes, measured in turns, differ by less than one private key operation varies.

    A cut ciphertext is left out: its length shows to everybody, so it is refused before any decryption. The
    bound holds on a busy machine, and fails if a cause left out the RSA operation or grew another one.
    """
    bad = faults(ra, device, csr_der)
    del bad["cut ciphertext"]
    verified = {
        name: pkimessage.verify(pkimessage.parse(client.message(content, device, Shape())))
        for name, content in bad.items()
    }
    times = {name: [] for name in bad}
    gc.disable()
    try:
        for _ in range(150):
            for name, request in verified.items():
                times[name].append(_time_to_refusal(request, ra))
    finally:
        gc.enable()
    medians = {name: statistics.median(values) for name, values in times.items()}
    assert max(medians.values()) < 1.25 * min(medians.values()), medians


def _time_to_refusal(verified, ra):
    start = time.perf_counter_ns()
    try:
        opened = pkimessage.open_request(verified, [ra], algorithms=LAX, substitute_key=SUBSTITUTE)
        pkimessage.payload_csr(opened)
    except UnprovenSenderError:
        return time.perf_counter_ns() - start
    raise AssertionError


@pytest.mark.parametrize("message_type", ["20", "21", "22"])
@pytest.mark.parametrize("fault", FAULTS)
def test_other_message_types_are_no_oracle_either(ra, device, csr_der, fault, message_type):
    """A sniffed envelope can be sent again as a poll or a query: the answer is still the same."""
    message = client.message(faults(ra, device, csr_der)[fault], device, Shape(message_type=message_type))
    read = (
        pkimessage.payload_issuer_and_subject
        if message_type == "20"
        else pkimessage.payload_issuer_and_serial
    )
    with pytest.raises(UnprovenSenderError):
        read(open_all(message, [ra]))


@pytest.mark.parametrize("message_type", ["19", "20", "21"])
def test_payload_without_padding_is_refused(ra, device, csr_der, message_type):
    """What is whole but for its padding was cut out of something else."""
    shape = Shape(message_type=message_type)
    payload = {
        "19": csr_der + b"",
        "20": client.tlv(0x30, ra.identity.issuer * 2),
        "21": ra.identity.issuer_and_serial,
    }[message_type]
    verified = pkimessage.verify(pkimessage.parse(enrol(payload, ra.certificate, device, shape)))
    opened = pkimessage.open_request(verified, [ra], algorithms=LAX, substitute_key=SUBSTITUTE)
    read = {
        "19": pkimessage.payload_csr,
        "20": pkimessage.payload_issuer_and_subject,
        "21": pkimessage.payload_issuer_and_serial,
    }[message_type]
    assert read(opened)
    with pytest.raises(UnprovenSenderError, match="does not decrypt"):
        read(dataclasses.replace(opened, intact=False))


def test_poll_names_issuer_and_subject(ra, device):
    """CertPoll's payload gives both names as they were sent."""
    subject = asn1_x509.Name.build({"common_name": "ada@northwind.example"}).dump()
    payload = client.tlv(0x30, ra.identity.issuer + subject)
    opened = open_all(enrol(payload, ra.certificate, device, message_type="20"), [ra])
    names = pkimessage.payload_issuer_and_subject(opened)
    assert (names.issuer, names.subject) == (ra.identity.issuer, subject)


def test_secrets_stay_out_of_reprs(ra, device, csr_der):
    """Neither payload nor key shows when a stage is printed into a log."""
    opened = open_all(enrol(csr_der, ra.certificate, device), [ra])
    pkimessage.payload_csr(opened)
    shown = repr(opened) + repr(ra) + repr(opened.request)
    assert "ABCDEFGHIJKLMNOPQRSTUVWXYZ" not in shown
    assert "PrivateKey" not in shown
