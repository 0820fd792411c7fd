"""The clients that doctor plays, and what each of them makes of a server's habits.

The shapes of their messages are those of `onboard.devices`; here is what matters when the answer is read.
"""

from __future__ import annotations

from dataclasses import dataclass

from onboard.devices.scep import request_shape
from onboard.devices.scep.request_shape import RequestShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One family.

    Attributes:
        key: for names of its requests.
        title: a short name, for a column.
        shape: of its messages.
        polls: waits where the server answers PENDING.
        matches_nonces: refuses a reply whose recipientNonce is not its own, or without senderNonce.
        matches_transaction: refuses a reply of another transactionID.
        knows_des: can open a reply that is encrypted with single DES.
        wants_same_cipher: fails where the reply's cipher is not the request's.
        primitive_content: fails at constructed encryptedContent.
        printable_only: reads messageType and pkiStatus only as PrintableString.
        capability_octets: the most that it takes of GetCACaps; 0 is any.
        renews_under_ec: renews a certificate that is signed with ECDSA.
        speaks_http_10: sends HTTP/1.0 and cannot read chunks.
    """

    key: str
    title: str
    shape: RequestShape
    polls: bool = True
    matches_nonces: bool = True
    matches_transaction: bool = True
    knows_des: bool = True
    wants_same_cipher: bool = False
    primitive_content: bool = False
    printable_only: bool = False
    capability_octets: int = 0
    renews_under_ec: bool = True
    speaks_http_10: bool = False

    @property
    def name(self) -> str:
        """As the table shows it."""
        return self.shape.name


APPLE = Client(
    key="apple",
    title="Apple",
    shape=request_shape.APPLE,
    matches_nonces=False,  # SecSCEPVerifyReply looks at neither
    matches_transaction=False,
    printable_only=True,
)
WINDOWS = Client(
    key="windows", title="Windows", shape=request_shape.WINDOWS, polls=False
)  # Intune takes PENDING as failure
CERTMONGER = Client(
    key="certmonger",
    title="certmonger",
    shape=request_shape.CERTMONGER,
    knows_des=False,  # OpenSSL 3 has DES in its legacy provider only
    capability_octets=1024,
)
CHROME_CONNECTOR = Client(
    key="chrome", title="Chrome", shape=request_shape.CHROME_CONNECTOR, polls=False, primitive_content=True
)
ANDROID_AGENT = Client(
    key="android",
    title="Android",
    shape=request_shape.ANDROID_AGENT,
    renews_under_ec=False,  # jscep 2.5 verifies its certificate with the certificate's own RSA key
)
CISCO = Client(
    key="cisco", title="Cisco", shape=request_shape.CISCO, wants_same_cipher=True, speaks_http_10=True
)

CLIENTS = (APPLE, WINDOWS, CERTMONGER, CHROME_CONNECTOR, ANDROID_AGENT, CISCO)
