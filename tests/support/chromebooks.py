"""Chromebooks that ask for certificates by Google's Certificate Provisioning API, and their keys."""

from __future__ import annotations

import base64
import functools
import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CUSTOMER = "C03az79cb"
RSA = "SIGNATURE_ALGORITHM_RSA_PKCS1_V1_5_SHA256"
EC = "SIGNATURE_ALGORITHM_ECDSA_SHA256"


@functools.cache
def device_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The key in the chip of one Chromebook; made once in a test run."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def curve_key() -> ec.EllipticCurvePrivateKey:
    """A key that no group takes."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Chromebook:
    """One request of one device and what became of it; `signs`: 'at once', 'never', 'wrongly', 'refuses'."""

    id: str
    group: str
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    organization: str = "edu.northwind"
    email: str = ""
    serial: str = ""
    directory_id: str = ""
    scep: bool = False
    signs: str = "at once"
    pending: int = 2  # looks at the operation before the device has signed
    claimed_by: str = ""
    sign_data: bytes = b""
    signature: bytes = b""
    issued: str = ""
    failure: str = ""
    operation_error: str = ""

    @property
    def resource(self) -> str:
        return f"customers/{CUSTOMER}/certificateProvisioningProcesses/{self.id}"

    @property
    def is_finished(self) -> bool:
        return bool(self.issued or self.failure)

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.issued.encode())

    def notification(self) -> bytes:
        return json.dumps({"certificateProvisioningProcessId": self.id, "customerId": CUSTOMER}).encode()

    def document(self) -> dict:
        """As the API shows it."""
        device = {"serialNumber": self.serial, "deviceDirectoryApiId": self.directory_id}
        session = {"userPrimaryEmail": self.email, "userDirectoryApiId": "109281"}
        if self.serial:
            session["chromeOsDevice"] = device
        connection = {"caConnectionAdapterConfigReference": self.organization}
        profile = (
            {"certificateTemplateName": self.group, "subjectCommonName": "whatever the console says"}
            if self.scep
            else {"profileAdapterConfigReference": self.group}
        )
        kind = "scep" if self.scep else "generic"
        spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        found = {
            "name": self.resource,
            "provisioningProfileId": "43b413f9-5ecd-4bf6-b431-f2df56ce852e",
            "subjectPublicKeyInfo": base64.b64encode(spki).decode(),
            "startTime": "2026-11-25T12:00:00.930621Z",
            f"{kind}CaConnection": connection,
            f"{kind}Profile": profile,
            **({"chromeOsUserSession": session} if self.email else {"chromeOsDevice": device}),
        }
        for name, value in (("signData", self.sign_data), ("signature", self.signature)):
            if value:
                found[name] = base64.b64encode(value).decode()
        if self.sign_data or self.scep:
            found["signatureAlgorithm"] = RSA if isinstance(self.key, rsa.RSAPrivateKey) else EC
        if self.issued:
            found["issuedCertificate"] = self.issued
        if self.failure:
            found["failureMessage"] = self.failure
        return found

    def progress(self) -> None:
        """Each look at a device that was asked to sign brings it nearer to an answer."""
        if self.sign_data and self.pending:
            self.pending -= 1
        elif self.sign_data and not self.signature and not self.operation_error:
            self.sign()

    def sign(self) -> None:
        """What the chip does once it is asked."""
        if self.signs == "refuses":
            self.operation_error = "the device was deprovisioned"
        elif self.signs != "never":
            data = self.sign_data if self.signs == "at once" else b"something else"
            if isinstance(self.key, rsa.RSAPrivateKey):
                self.signature = self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
            else:
                self.signature = self.key.sign(data, ec.ECDSA(hashes.SHA256()))
