"""Throw damaged messages at the protocol layer: `python tests/fuzz/messages.py --seconds 3600`.

Anything but the errors of scep_server.errors ends the run and leaves the message that caused it in a file.
With atheris installed the run is guided by coverage, otherwise by seeds of every client's shape and chance.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import scep_requests as client
from support.scep_requests import Pair, Shape, rsa_key, self_signed

from scep_server import ber, pkimessage
from scep_server.algorithms import AlgorithmPolicy
from scep_server.errors import RequestRejectedError, UnanswerableError
from scep_server.messages import MessageType
from scep_server.pkimessage import Failure, OpenedRequest, Recipient, Success

LAX = AlgorithmPolicy(allow_sha1=True, allow_3des=True)
PAYLOADS = {
    MessageType.PKCS_REQ: pkimessage.payload_csr,
    MessageType.RENEWAL_REQ: pkimessage.payload_csr,
    MessageType.CERT_POLL: pkimessage.payload_issuer_and_subject,
    MessageType.GET_CERT: pkimessage.payload_issuer_and_serial,
    MessageType.GET_CRL: pkimessage.payload_issuer_and_serial,
}


class Target:
    """The protocol layer with keys of its own, and seeds that it takes."""

    def __init__(self) -> None:
        ra = self_signed(rsa_key("ra"), subject="CN=RA,O=Northwind", serial=2**80 + 1)
        self.ra = Recipient(certificate=ra.certificate, key=ra.key)
        self.device = self_signed(rsa_key("device"))
        self.payload = client.csr(rsa_key("device"))
        name = self.ra.identity.issuer
        self.payloads = (self.payload, client.tlv(0x30, name + name), self.ra.identity.issuer_and_serial)
        self.seeds = tuple(self._seeds(ra))
        self.verified = pkimessage.verify(pkimessage.parse(self.seeds[0]))
        self.envelopes = tuple(pkimessage.parse(seed).signed_data.content or b"" for seed in self.seeds)

    def _seeds(self, ra: Pair):
        for shape in (
            client.APPLE,
            client.APPLE_OLD,
            client.WINDOWS,
            client.JAVA,
            client.CERTMONGER,
            client.KEY_IDENTIFIER,
            client.DEBIAN_SCEPCLIENT,
        ):
            message = client.enrol(self.payload, ra.certificate, self.device, shape)
            yield message
            yield client.as_ber(message, keep=(self.device.der,))
            yield client.as_ber(message, keep=(self.device.der,), definite=True)

    def sources(self, name: str) -> tuple[bytes, ...]:
        """What is damaged for the method of that name."""
        return {"inner": self.envelopes, "plain": self.payloads}.get(name, self.seeds)

    def outer(self, message: bytes) -> bool:
        """A whole request; True if it was answered."""
        try:
            signed = pkimessage.parse(message)
        except UnanswerableError:
            return False
        try:
            verified = pkimessage.verify(signed)
            opened = pkimessage.open_request(verified, [self.ra], algorithms=LAX, substitute_key=b"s" * 32)
            PAYLOADS[opened.request.message_type](opened)
        except RequestRejectedError as error:
            self._seal(Failure(fail_info=error.fail_info, text=error.public), signed)
            return True
        self._seal(Success(certificates=(self.device.der,)), opened)
        return True

    def inner(self, content: bytes) -> None:
        """An envelope that a valid signature covers: what anybody can send."""
        self.outer(client.message(content, self.device, Shape()))

    def plain(self, payload: bytes) -> None:
        """What an envelope may turn out to hold."""
        opened = OpenedRequest(
            request=self.verified,
            recipient=self.ra,
            content_encryption=pkimessage.ContentCipher.AES_128_CBC,
            key_transport=pkimessage.KeyTransport.PKCS1_V15,
            payload=payload,
            intact=True,
        )
        for read in set(PAYLOADS.values()):
            try:
                read(opened)
            except RequestRejectedError:
                continue

    def _seal(self, reply, to) -> None:
        pkimessage.seal(
            reply,
            to,
            self.ra,
            sender_nonce=b"n" * 16,
            content_entropy=b"e" * 48,
            signing_time=client.START,
            algorithms=LAX,
        )

    def reader(self, data: bytes) -> None:
        """The BER reader alone."""
        try:
            encoded = ber.to_der(data)
        except ber.BerError:
            return
        assert ber.to_der(encoded) == encoded


def damaged(source: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to four changes: octets set, flipped, cut out, doubled, replaced by parts of another message."""
    data = bytearray(source)
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        match rng.randrange(7):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                data[at] ^= 1 << rng.randrange(8)
            case 2:
                del data[at : at + rng.randint(1, 40)]
            case 3:
                data[at:at] = data[at : at + rng.randint(1, 200)]
            case 4:
                data[at] = rng.choice(
                    (0x00, 0x30, 0x31, 0x80, 0xA0, 0x24, 0x04, 0x81, 0x82, 0x84, 0xFF, 0x7F)
                )
            case 5:
                start = rng.randrange(len(other))
                data[at : at + 20] = other[start : start + rng.randint(1, 60)]
            case _:
                del data[at:]
    return bytes(data)


def run(target: Target, rng: random.Random, stop: Callable[[int], bool]) -> int:
    """Fuzz until `stop` says so; the number of messages tried."""
    count = 0
    while not stop(count):
        message = b""
        try:
            for name, times in (("reader", 10), ("outer", 40), ("plain", 2), ("inner", 1)):
                for _ in range(times):
                    message = damaged(rng.choice(target.sources(name)), rng.choice(target.seeds), rng)
                    getattr(target, name)(message)
                    count += 1
        except BaseException:
            Path("crash.ber").write_bytes(message)
            raise
    return count


def main() -> None:
    """Run for a time, guided by coverage if possible."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=("outer", "inner", "plain", "reader"), default="outer")
    parser.add_argument("--corpus", type=Path, default=Path("corpus"), help="where atheris keeps its inputs")
    options = parser.parse_args()
    target = Target()
    try:
        import atheris
    except ImportError:
        end = time.monotonic() + options.seconds
        count = run(target, random.Random(options.seed), lambda _: time.monotonic() > end)
        sys.stdout.write(f"{count} messages, nothing but refusals\n")
        return
    corpus = options.corpus / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.sources(options.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.instrument_all()
    arguments = [f"-max_total_time={options.seconds}", f"-seed={options.seed}", "-max_len=8192", str(corpus)]
    atheris.Setup([sys.argv[0], *arguments], getattr(target, options.target))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
