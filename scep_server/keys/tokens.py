"""Private keys that never leave a PKCS#11 token: an HSM, a smart card, or SoftHSM.

They pass for keys of `cryptography`, so whatever signs with a key signs with these. A token signs hashes with
CKM_RSA_PKCS and CKM_ECDSA, which every token knows; hashing is done here. Needs the package python-pkcs11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import unquote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from scep_server.keys.errors import KeyStoreError
from scep_server.keys.sessions import TOKENS, TokenAccess, library

_SCHEME: Final = "pkcs11:"
_CURVES: Final[Mapping[str, str]] = {"ec-p256": "secp256r1", "ec-p384": "secp384r1"}
# RFC 8017 §9.2, note 1: what stands before the hash in the block that RSA signs.
_DIGEST_INFOS: Final[Mapping[str, bytes]] = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    """Which key on which token (RFC 7512): `pkcs11:token=LABEL;object=LABEL`, percent-encoded.

    Raises:
        ValueError: of `parse`: it has other parts, or lacks one of these.
    """

    token: str
    object: str
    text: str

    @classmethod
    def parse(cls, text: str) -> TokenUri:
        """Read one; module and PIN are no part of it, because they belong to the machine."""
        path = text.removeprefix(_SCHEME)
        parts = dict(part.partition("=")[::2] for part in path.split(";"))
        if path == text or parts.keys() != {"token", "object"} or not all(parts.values()):
            msg = "write pkcs11:token=LABEL;object=LABEL, and nothing else"
            raise ValueError(msg)
        return cls(token=unquote(parts["token"]), object=unquote(parts["object"]), text=text)


class _TokenKey:
    """What both kinds of key have in common: they cannot be taken out."""

    _access: TokenAccess
    _uri: TokenUri

    def private_numbers(self) -> NoReturn:
        """Never."""
        raise self._stays()

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Never."""
        raise self._stays()

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _: object) -> Any:
        return self

    def _stays(self) -> KeyStoreError:
        return KeyStoreError(f"the key {self._uri.text} does not leave its token")

    def _signature(self, block: bytes, mechanism: str) -> bytes:
        pkcs11 = library()

        def work(session: Any) -> bytes:
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._uri.object)
            return bytes(key.sign(block, mechanism=pkcs11.Mechanism[mechanism]))

        return TOKENS.use(self._access, self._uri.token, work)


class TokenRsaKey(_TokenKey, rsa.RSAPrivateKey):
    """Signs with PKCS#1 v1.5 and nothing else, and opens no envelopes."""

    def __init__(self, access: TokenAccess, uri: TokenUri, public_key: rsa.RSAPublicKey) -> None:
        self._access, self._uri, self._public_key = access, uri, public_key

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """Known without the token."""
        return self._public_key

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        """As of `cryptography`.

        Raises:
            KeyStoreError: the token cannot be reached.
            ValueError: another padding or hash than certificates have.
        """
        _demand(isinstance(padding, _PKCS1V15) and algorithm.name in _DIGEST_INFOS)
        digest = hashlib.new(algorithm.name, data).digest()
        return self._signature(_DIGEST_INFOS[algorithm.name] + digest, "RSA_PKCS")

    def decrypt(self, *_: Any, **__: Any) -> NoReturn:
        """Never: whoever could ask a token to open what he likes would learn from how it fails."""
        raise self._stays()


class TokenEcKey(_TokenKey, ec.EllipticCurvePrivateKey):
    """Signs with ECDSA."""

    def __init__(self, access: TokenAccess, uri: TokenUri, public_key: ec.EllipticCurvePublicKey) -> None:
        self._access, self._uri, self._public_key = access, uri, public_key

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return self._public_key.key_size

    @property
    def curve(self) -> ec.EllipticCurve:
        """Of the public key."""
        return self._public_key.curve

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Known without the token."""
        return self._public_key

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        """As of `cryptography`; raises as `TokenRsaKey.sign`."""
        algorithm = signature_algorithm.algorithm
        _demand(isinstance(signature_algorithm, ec.ECDSA) and isinstance(algorithm, hashes.HashAlgorithm))
        raw = self._signature(hashlib.new(algorithm.name, data).digest(), "ECDSA")
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def exchange(self, *_: Any, **__: Any) -> NoReturn:
        """Never."""
        raise self._stays()


_PKCS1V15: Final = padding.PKCS1v15
TokenKey = TokenRsaKey | TokenEcKey


def token_key(access: TokenAccess, uri: TokenUri, spki: bytes) -> TokenKey:
    """A key on a token, by its public key (DER SubjectPublicKeyInfo); the token is not asked yet.

    Raises:
        KeyStoreError: it is neither RSA nor EC.
    """
    public_key = serialization.load_der_public_key(spki)
    if isinstance(public_key, rsa.RSAPublicKey):
        return TokenRsaKey(access, uri, public_key)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return TokenEcKey(access, uri, public_key)
    raise KeyStoreError(f"the key {uri.text} is neither RSA nor EC")


def find_or_make(access: TokenAccess, uri: TokenUri, algorithm: str) -> TokenKey:
    """The key of that label on the token, made there where there is none.

    Args:
        access: to the token.
        uri: of the key.
        algorithm: as `generate` spells it.

    Raises:
        KeyStoreError: the token cannot be reached, has several keys of that label, or one of another kind.
    """
    pkcs11 = library()

    def work(session: Any) -> bytes:
        label = {pkcs11.Attribute.LABEL: uri.object}
        found = list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY, **label}))
        private = list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, **label}))
        if len(found) > 1 or len(private) > 1 or len(found) != len(private):
            raise KeyStoreError(
                f"the token {uri.token!r} has not exactly one pair of keys with the label {uri.object!r}",
                hint="give the pair a label of its own, its public half as well",
            )
        return _spki(found[0] if found else _make(pkcs11, session, uri.object, algorithm))

    key = token_key(access, uri, TOKENS.use(access, uri.token, work))
    kind = f"rsa-{key.key_size}" if isinstance(key, rsa.RSAPrivateKey) else f"ec-p{key.key_size}"
    if kind != algorithm:
        raise KeyStoreError(f"the key {uri.text} is {kind}, not {algorithm}", hint="name the kind that it is")
    return key


def _make(pkcs11: Any, session: Any, label: str, algorithm: str) -> Any:
    kept = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
    usage = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY
    wanted = {"label": label, "store": True, "capabilities": usage, "private_template": kept}
    if algorithm in _CURVES:
        curve = pkcs11.util.ec.encode_named_curve_parameters(_CURVES[algorithm])
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        return parameters.generate_keypair(**wanted)[0]
    bits = int(algorithm.removeprefix("rsa-"))
    return session.generate_keypair(pkcs11.KeyType.RSA, bits, **wanted)[0]


def _spki(public: Any) -> bytes:
    pkcs11 = library()
    if public.key_type is pkcs11.KeyType.EC:
        return bytes(pkcs11.util.ec.encode_ec_public_key(public))
    modulus, exponent = (
        int.from_bytes(public[attribute], "big")
        for attribute in (pkcs11.Attribute.MODULUS, pkcs11.Attribute.PUBLIC_EXPONENT)
    )
    return (
        rsa.RSAPublicNumbers(exponent, modulus)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _demand(fits: bool) -> None:  # noqa: FBT001 # an assertion for callers
    if not fits:
        msg = "a key on a token signs with PKCS#1 v1.5 or ECDSA, and SHA-256 or SHA-384"
        raise ValueError(msg)
