"""Targets below HTTP: the BER reader, whole messages, envelopes that a signature covers, their contents."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from support import scep_requests as client
from support.scep_requests import Pair, self_signed

from scep_server import ber, pkimessage
from scep_server.algorithms import AlgorithmPolicy
from scep_server.errors import RequestRejectedError, UnanswerableError
from scep_server.messages import MessageType
from scep_server.pkimessage import CertRep, Failure, OpenedRequest, Recipient, SignedRequest, Success

LAX = AlgorithmPolicy(allow_sha1=True, allow_3des=True)
PAYLOADS = {
    MessageType.PKCS_REQ: pkimessage.payload_csr,
    MessageType.RENEWAL_REQ: pkimessage.payload_csr,
    MessageType.CERT_POLL: pkimessage.payload_issuer_and_subject,
    MessageType.GET_CERT: pkimessage.payload_issuer_and_serial,
    MessageType.GET_CRL: pkimessage.payload_issuer_and_serial,
}
SHAPES = {
    "apple": client.APPLE,
    "apple-old": client.APPLE_OLD,
    "windows": client.WINDOWS,
    "java": client.JAVA,
    "certmonger": client.CERTMONGER,
    "key-identifier": client.KEY_IDENTIFIER,
    "debian-scepclient": client.DEBIAN_SCEPCLIENT,
}
_KEYS = Path(__file__).resolve().parent / "keys"  # the same in each run, so that kept inputs reach as deep


class Cast:
    """Who takes part: the RA that is asked and the device that asks, with keys that never change."""

    def __init__(self) -> None:
        self.pair = self_signed(_key("ra"), subject="CN=RA,O=Northwind", serial=2**80 + 1)
        self.ra = Recipient(certificate=self.pair.certificate, key=self.pair.key)
        self.device = self_signed(_key("device"))

    def asks(self, payload: bytes, signer: Pair | None = None, **changes) -> dict[str, bytes]:
        """A payload in every client's shape, each as DER, as BER streams, and in definite pieces."""
        signer = signer or self.device
        found = {}
        for name, shape in SHAPES.items():
            message = client.enrol(payload, self.pair.certificate, signer, shape, **changes)
            found[name] = message
            found[f"{name}-stream"] = client.as_ber(message, keep=(signer.der,))
            found[f"{name}-pieces"] = client.as_ber(message, keep=(signer.der,), definite=True)
        return found

    @cached_property
    def csr(self) -> bytes:
        """What the device asks for."""
        return client.csr(self.device.key)


class Reader:
    """The BER reader alone; what it takes it writes as DER, which it takes in its turn."""

    def __init__(self, cast: Cast) -> None:
        self.seeds = tuple(cast.asks(cast.csr).values())

    def __call__(self, data: bytes) -> None:
        try:
            encoded = ber.to_der(data)
        except ber.BerError:
            return
        assert ber.to_der(encoded) == encoded


class Outer:
    """A whole request, from its octets to the sealed reply."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self.seeds = tuple(cast.asks(cast.csr).values())

    def __call__(self, data: bytes) -> bool:
        """Whether it was answered."""
        try:
            signed = pkimessage.parse(data)
        except UnanswerableError:
            return False
        try:
            verified = pkimessage.verify(signed)
            opened = pkimessage.open_request(
                verified, [self._cast.ra], algorithms=LAX, substitute_key=b"s" * 32
            )
            PAYLOADS[opened.request.message_type](opened)
        except RequestRejectedError as error:
            _seal(Failure(fail_info=error.fail_info, text=error.public), signed, self._cast.ra)
            return True
        _seal(Success(certificates=(self._cast.device.der,)), opened, self._cast.ra)
        return True


class Inner:
    """An envelope that a valid signature covers: what anybody can send who signs it."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        messages = [pkimessage.parse(message) for message in cast.asks(cast.csr).values()]
        self._verified = pkimessage.verify(messages[0])
        self.seeds = tuple(message.signed_data.content or b"" for message in messages)

    def __call__(self, data: bytes) -> bool:
        """Whether a CSR was in it. The signature is left out: it costs much and decides nothing here."""
        verified = replace(self._verified, signed_data=replace(self._verified.signed_data, content=data))
        try:
            opened = pkimessage.open_request(
                verified, [self._cast.ra], algorithms=LAX, substitute_key=b"s" * 32
            )
            pkimessage.payload_csr(opened)
        except RequestRejectedError:
            return False
        _seal(Success(certificates=(self._cast.device.der,)), opened, self._cast.ra)
        return True


class Plain:
    """What an envelope may turn out to hold."""

    def __init__(self, cast: Cast) -> None:
        name = cast.ra.identity.issuer
        self.seeds = (cast.csr, client.tlv(0x30, name + name), cast.ra.identity.issuer_and_serial)
        self._opened = OpenedRequest(
            request=pkimessage.verify(pkimessage.parse(cast.asks(cast.csr)["apple"])),
            recipient=cast.ra,
            content_encryption=pkimessage.ContentCipher.AES_128_CBC,
            key_transport=pkimessage.KeyTransport.PKCS1_V15,
            payload=b"",
            intact=True,
        )

    def __call__(self, data: bytes) -> None:
        opened = replace(self._opened, payload=data)
        for read in set(PAYLOADS.values()):
            try:
                read(opened)
            except RequestRejectedError:
                continue


def _seal(reply: CertRep, to: SignedRequest | OpenedRequest, ra: Recipient) -> None:
    pkimessage.seal(
        reply,
        to,
        ra,
        sender_nonce=b"n" * 16,
        content_entropy=b"e" * 48,
        signing_time=client.START,
        algorithms=LAX,
    )


def _key(name: str):
    return load_pem_private_key((_KEYS / f"{name}.pem").read_bytes(), None)
