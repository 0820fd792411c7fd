"""A Windows device reads the OneX element of a WLAN or LAN profile, down to the EAP method.

Source: Microsoft's OneX v1 and EapHostConfig schema references; [MS-GPWL].
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from onboard.devices.windows.eap import BASE, EapTls, read_tls
from onboard.devices.windows.tunnels import HOST, TEAP, read_method, read_peap, read_teap
from onboard.devices.xml_reader import Node

ONEX = "http://www.microsoft.com/networking/OneX/v1"
_AUTH_MODES = ("machineOrUser", "machine", "user", "guest")


def read_onex(onex: Node, roots: Sequence[x509.Certificate]) -> EapTls:
    """The OneX element; of a tunnel, what it and its inside say together.

    Args:
        onex: the element.
        roots: the device's root store; the profile's thumbprints must name some of these.

    Raises:
        DeviceError: out of order, a method without certificates, or server trust that is not closed.
    """
    onex.sequence(
        ONEX,
        "cacheUserData?",
        "heldPeriod?",
        "authPeriod?",
        "startPeriod?",
        "maxStart?",
        "maxAuthFailures?",
        "supplicantMode?",
        "authMode?",
        "singleSignOn?",
        "EAPConfig",
    )
    mode = onex.one_of(ONEX, "authMode", *_AUTH_MODES, default="machineOrUser")
    host = onex.child(ONEX, "EAPConfig").child(HOST, "EapHostConfig")
    method, config = read_method(host, "13", "25", "55")
    if method == "13":
        return read_tls(config.child(BASE, "Eap"), roots)
    if method == "25":
        return read_peap(config.child(BASE, "Eap"), roots)
    return read_teap(config.child(TEAP, "EapTeap"), roots, mode)
