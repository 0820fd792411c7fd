"""The wire for real: wpa_supplicant with our file, hostapd as the switch, FreeRADIUS with our configuration.

A veth pair is the cable; the computer's end is in a network namespace of its own, and both end with the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.northwind import NORTHWIND, neutral
from support.radius_scene import Scene, server
from support.world import make_world

from onboard.devices.scep.client import Identity
from onboard.payloads import linux
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.rehearse.radius_server import LocalRadius, freeradius

PROGRAMS = ("ip", "hostapd", "wpa_supplicant")
SYSTEM = "/usr/sbin:/sbin"
SECONDS = 20


def tool(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=SYSTEM)


def obstacle() -> str:
    """Why the wire cannot be played here; empty where it can."""
    missing = [name for name in PROGRAMS if tool(name) is None]
    if missing or freeradius() is None:
        return f"{', '.join(missing) or 'freeradius'} is not installed"
    name = f"onboard-probe-{os.getpid()}"
    made = subprocess.run([tool("ip"), "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespace can be made: {made.stderr.strip()}"
    subprocess.run([tool("ip"), "netns", "del", name], check=True)
    return ""


OBSTACLE = obstacle()
pytestmark = [pytest.mark.interop, pytest.mark.skipif(bool(OBSTACLE), reason=OBSTACLE)]


def ip(*arguments: str) -> None:
    subprocess.run([tool("ip"), *arguments], capture_output=True, text=True, check=True)


@dataclass
class Cable:
    """The switch's end here, the computer's end in the namespace."""

    namespace: str
    port: str
    card: str


@pytest.fixture
def cable() -> Iterator[Cable]:
    number = os.getpid() % 100_000
    cable = Cable(f"onboard-{number}", f"obsw{number}", f"obpc{number}")
    ip("netns", "add", cable.namespace)
    try:
        ip("link", "add", cable.port, "type", "veth", "peer", "name", cable.card, "netns", cable.namespace)
        ip("link", "set", cable.port, "up")
        ip("-n", cable.namespace, "link", "set", cable.card, "up")
        yield cable
    finally:
        # The namespace lives until its last process has gone; the cable goes with either end.
        subprocess.run([tool("ip"), "link", "del", cable.port], capture_output=True, check=False)
        ip("netns", "del", cable.namespace)


class Program:
    """A running program whose output can be waited for."""

    def __init__(self, command: Sequence[str]) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()

    def await_line(self, *patterns: str) -> str:
        """The first line that matches one of the patterns; fails with the output after a while."""

        def find() -> str:
            return next((x for x in self.lines if any(re.search(p, x) for p in patterns)), "")

        with self._changed:
            if not self._changed.wait_for(lambda: bool(find()), timeout=SECONDS):
                pytest.fail("never said: " + " or ".join(patterns) + "\n" + "\n".join(self.lines[-60:]))
            return find()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=SECONDS)
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def running(command: Sequence[str]) -> Iterator[Program]:
    program = Program(command)
    try:
        yield program
    finally:
        program.stop()


@contextmanager
def switch(cable: Cable, radius: LocalRadius, folder: Path) -> Iterator[Program]:
    """A port of hostapd's wired driver, which asks RADIUS about whoever is on it."""
    settings = {
        "interface": cable.port,
        "driver": "wired",
        "ieee8021x": 1,
        "use_pae_group_addr": 1,
        "own_ip_addr": "127.0.0.1",
        "nas_identifier": "switch",
        "auth_server_addr": radius.server.address,
        "auth_server_port": radius.server.port,
        "auth_server_shared_secret": radius.server.secret.reveal(),
        "radius_auth_req_attr": "61:d:15",  # NAS-Port-Type Ethernet, as a switch says
    }
    path = folder / "hostapd.conf"
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    with running([tool("hostapd"), "-dd", str(path)]) as program:
        program.await_line("AP-ENABLED")
        yield program


def computer_file(scene: Scene, identity: Identity, folder: Path) -> Path:
    """Our wired file, and beside it what the enrolment script leaves: key, certificate, trust."""
    certificates = read_certificates(NORTHWIND, scene.world.site.folder)
    plan = make_plan(NORTHWIND, NORTHWIND.group("staff"), certificates, None)
    (wired,) = [a for a in linux.build(plan, neutral) if a.path.endswith("wpa_supplicant-wired.conf")]
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(identity.certificate.public_bytes(Encoding.PEM))
    (folder / "trust-desk.pem").write_bytes(scene.chain[-1].public_bytes(Encoding.PEM))
    content = wired.content.decode().replace("/etc/onboard/staff", str(folder))
    content = content.replace("${user.email}", "ada@northwind.example")
    assert "$" not in content
    path = folder / "wpa_supplicant-wired.conf"
    path.write_text(content)
    return path


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene(make_world(tmp_path_factory.mktemp("northwind")), tmp_path_factory.mktemp("radius"))


@dataclass
class Seen:
    """What came of plugging in."""

    port: str  # the state of the switch's port (IEEE 802.1X, authenticator PAE)
    computer: str  # what wpa_supplicant said
    switch: str  # what hostapd said


@pytest.fixture
def plug_in(scene, cable, tmp_path) -> Callable[..., Seen]:
    """Connects a computer with the identity."""

    def plug_in(identity: Identity, **radius_options) -> Seen:
        path = computer_file(scene, identity, tmp_path)
        command = [tool("wpa_supplicant"), "-D", "wired", "-i", cable.card, "-c", str(path)]
        with (
            scene.radius(**radius_options) as radius,
            switch(cable, radius, tmp_path) as port,
            running([tool("ip"), "netns", "exec", cable.namespace, *command]) as computer,
        ):
            # Of a rejection after its handshake the computer hears nothing: it waits, the port is shut.
            state = port.await_line(r"AUTH_PAE entering state (AUTHENTICATED|HELD)").split()[-1]
            if state == "AUTHENTICATED":
                computer.await_line("CTRL-EVENT-CONNECTED")
        return Seen(state, "\n".join(computer.lines), "\n".join(port.lines))

    return plug_in


def test_staff_is_let_onto_the_wire_with_its_vlan(scene, plug_in):
    """From our file alone the port opens, and the switch was told VLAN 20."""
    seen = plug_in(scene.identity())
    assert seen.port == "AUTHENTICATED"
    assert "CTRL-EVENT-EAP-SUCCESS" in seen.computer
    assert re.search(
        r"Attribute 81 \(Tunnel-Private-Group-Id\).*\n\s+Value: 3230$", seen.switch, re.MULTILINE
    )


def test_a_student_is_turned_away(scene, plug_in):
    """The wire is not a network of that group: the port stays shut."""
    seen = plug_in(scene.identity("students"))
    assert seen.port == "HELD"
    assert "CTRL-EVENT-CONNECTED" not in seen.computer


def test_a_rogue_switch_is_refused_by_the_computer(scene, plug_in):
    """A server of another name behind the port: the computer ends it before it shows its certificate."""
    seen = plug_in(scene.identity(), server=server(scene, "evil.northwind.example"))
    assert seen.port == "HELD"
    assert "CTRL-EVENT-EAP-TLS-CERT-ERROR" in seen.computer
    assert "mismatch" in seen.computer


def test_the_wire_of_the_tests_before_is_gone(cable):
    """There is this test's namespace, and none of another one of this process."""
    listed = subprocess.run([tool("ip"), "netns", "list"], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    assert [name for name in names if name.endswith(f"-{os.getpid() % 100_000}")] == [cable.namespace]
