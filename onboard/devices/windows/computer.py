"""A Windows device takes SyncML, WLAN and LAN profiles in order: trust, then certificate, then network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, Medium, NetworkSettings
from onboard.devices.windows.csp import read_scep, scep_node, trusted_certificate
from onboard.devices.windows.profile import profile_name, read_lan, read_wlan
from onboard.devices.windows.syncml import Command, read_commands
from onboard.variables import Holder

_WIFI = "/Vendor/MSFT/WiFi/Profile/"
_WIRE = "/Vendor/MSFT/WiredNetwork/LanXML"
_NAME_BYTES = 32
_STORES: Mapping[Holder, str] = {Holder.DEVICE: "./Device/", Holder.USER: "./User/"}


def read_windows(
    syncml: bytes,
    wlan_profiles: Sequence[bytes] = (),
    lan_profiles: Sequence[bytes] = (),
    holder: Holder | None = None,
) -> DeviceSettings:
    """What a device does with the SyncML, then with profiles that `netsh`, GPO or Intune bring beside it.

    Args:
        syncml: the SyncML document.
        wlan_profiles: WLAN profile files; one whose network the SyncML brought must say the same.
        lan_profiles: LAN profile files.
        holder: for the computer or for the person at it; None where the SyncML enrols for one of them.

    Raises:
        DeviceError: a command that fails, or a profile that arrives before what it needs.
    """
    device = _Device()
    for command in read_commands(syncml):
        device.run(command)
    networks = list(device.networks)
    for content in wlan_profiles:
        network = read_wlan(content, device.roots)
        known = next((n for n in networks if n.ssid == network.ssid), None)
        if known is None:
            networks.append(network)
        elif known != network:
            raise DeviceError(
                "WLANProfile", f"{network.name}: the SyncML holds another profile for this SSID"
            )
    networks += _further_wires([read_lan(content, device.roots) for content in lan_profiles], networks)
    return DeviceSettings(
        platform="windows",
        enrolment=device.enrolment(holder),
        networks=tuple(networks),
        certificates=tuple(device.certificates),
    )


def _further_wires(wires: list[NetworkSettings], known: Sequence[NetworkSettings]) -> list[NetworkSettings]:
    """Those of the LAN profile files that the SyncML has not brought already."""
    further = list(wires)
    for network in known:
        if network.medium is Medium.ETHERNET and network in further:
            further.remove(network)
    return further


class _Device:
    """The state that commands change, one after the other."""

    def __init__(self) -> None:
        self.certificates: list[x509.Certificate] = []
        self.roots: list[x509.Certificate] = []
        self.networks: list[NetworkSettings] = []
        self._scep: dict[str, list[Command]] = {}

    def run(self, command: Command) -> None:
        """Do what a CSP does with the command."""
        trusted, scep = trusted_certificate(command), scep_node(command)
        if trusted is not None:
            store, certificate = trusted
            self.certificates.append(certificate)
            if store == "Root":
                self.roots.append(certificate)
        elif scep is not None:
            self._scep.setdefault(scep[0], []).append(command)
        elif _WIFI in command.uri:
            self._add_wifi(command)
        elif command.uri.endswith(_WIRE):
            self._check_order(command)
            self.networks.append(read_lan(command.data, self.roots))
        else:
            raise DeviceError(command.place, "is a node that this device has no provider for")

    def enrolment(self, holder: Holder | None) -> EnrolmentSettings | None:
        """The one enrolment, of a holder; its root must be in the store by then."""
        wanted = "" if holder is None else _STORES[holder]
        chosen = {node: commands for node, commands in self._scep.items() if node.startswith(wanted)}
        if len(chosen) > 1:
            raise DeviceError("ClientCertificateInstall/SCEP", "two UniqueIDs make the device enrol twice")
        if holder is not None and not chosen:
            raise DeviceError("ClientCertificateInstall/SCEP", f"nothing enrols in the scope {wanted}")
        return next(iter(self._enrolments(chosen.values())), None)

    def _enrolments(self, nodes: Iterable[list[Command]]) -> Iterable[EnrolmentSettings]:
        for commands in nodes:
            enrolment = read_scep(commands)
            pin = enrolment.pin
            if pin is not None and not any(pin.matches(root) for root in self.roots):
                raise DeviceError(
                    f"{commands[0].uri}/Install/CAThumbprint", "names no certificate of the root store"
                )
            yield enrolment

    def _add_wifi(self, command: Command) -> None:
        name, _, leaf = command.uri.partition(_WIFI)[2].partition("/")
        if leaf != "WlanXml" or command.format != "chr" or command.verb != "Add":
            raise DeviceError(command.place, "is not Add .../WlanXml in format chr")
        self._check_order(command)
        stated = profile_name(command.data)
        if unquote(name) != stated or len(stated.encode()) > _NAME_BYTES:
            raise DeviceError(
                command.place, f"the node's name is not WLANProfile/name ({stated!r}, at most 32 bytes)"
            )
        self.networks.append(read_wlan(command.data, self.roots))

    def _check_order(self, command: Command) -> None:
        if not all(any(c.verb == "Exec" for c in commands) for commands in self._scep.values()):
            raise DeviceError(command.place, "comes before the enrolment whose certificate it needs")
