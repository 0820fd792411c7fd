"""`onboard demo`: the whole main job in a scratch folder, told in plain words."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from onboard.cli.terminal import console

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.demo import Scene
    from onboard.rehearse import Result
    from scep_server.store import CertificateRecord


def command() -> None:
    """Play the whole main job on the example org, on loopback.

    CAs, payloads for every group and platform, a running SCEP server, simulated devices that enrol from the
    payloads alone, the whitelist. Exit code 0 only if every step worked; nothing is left running.
    """
    from onboard import demo

    scene = demo.prepare(datetime.now(UTC), secrets.token_bytes)
    console.prose(f"The example org is {scene.organization.name}; everything below is in {scene.folder}\n")
    _authorities(scene)
    _payloads(scene)
    good = _devices(scene)
    _whitelist(scene)
    _next_steps(scene)
    if not good:
        console.fail("not every simulated device got through; see the table")
        raise typer.Exit(1)


def _authorities(scene: Scene) -> None:
    from onboard import demo

    with console.progress("1. making keys and certificates"):
        rows = demo.make_authorities(scene)
    console.data("1. Certificate authorities (onboard ca init)")
    shown = [row for row in rows if row.kind.value in {"authority", "ra", "radius"}]
    table = [
        (row.kind.value, row.subject.rpartition("CN=")[2], row.key, _end(row.not_after)) for row in shown
    ]
    console.data(console.table(("for", "name", "key", "until"), table))


def _end(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


def _payloads(scene: Scene) -> None:
    from onboard import demo

    with console.progress("2. building payloads"):
        count = demo.make_payloads(scene)
    console.prose(f"2. Payloads (onboard generate): {count} files, each judged by lint before it was written")
    for group in scene.organization.groups:
        names = ", ".join(group.platforms)
        console.prose(f"   {scene.payloads / group.name}: {names}")
    console.data("")


def _devices(scene: Scene) -> bool:
    from onboard import demo

    with console.progress("3. simulated devices enrol:") as line:
        results, issued = demo.play_devices(scene, lambda r: line.step(f"{r.group}, {r.platform}"))
    console.prose(
        "3. Simulated devices, each given its payload and nothing else, with SCEP and RADIUS on loopback"
    )
    rows = [_row(result) for result in results]
    headers = ("group", "platform", "network", "enrolled", "let in", "vlan", "remark")
    console.data(console.table(headers, rows))
    if not any(result.authenticated for result in results):
        console.data("   EAP-TLS was not played; on Debian: apt install freeradius eapoltest\n")
    console.prose(_issued(issued))
    return bool(results) and all(result.ok for result in results) and bool(issued)


def _row(result: Result) -> tuple[str, ...]:
    enrolled = "yes" if result.enrolled else ("by agent" if result.ok else "no")
    let_in = "-" if result.authenticated is None else "yes" if result.authenticated else "no"
    vlan = "-" if result.vlan is None else str(result.vlan)
    return result.group, result.platform, result.network, enrolled, let_in, vlan, result.reason


def _issued(issued: tuple[CertificateRecord, ...]) -> str:
    lines = [f"   {len(issued)} certificates issued (onboard cert list), for example:"]
    seen: set[str] = set()
    for record in issued:
        if record.group not in seen:
            seen.add(record.group)
            lines.append(f"   {record.group}: {record.subject}, by {record.issuer}, serial {record.serial:x}")
    return "\n".join(lines) + "\n"


def _whitelist(scene: Scene) -> None:
    from onboard import demo

    whitelist = demo.garden(scene)
    required = [entry for entry in whitelist.entries if entry.required]
    console.prose(
        f"4. Whitelist of the onboarding SSID {whitelist.ssid} ({whitelist.mode}, onboard whitelist): "
        f"{len(required)} hosts required, {len(whitelist.entries) - len(required)} optional, for example:"
    )
    for entry in required[:6]:
        console.prose(
            f"   {entry.host:34} {entry.protocol} {', '.join(map(str, entry.ports)):8} {entry.purpose}"
        )
    closed = {refusal.host for refusal in whitelist.closed if "detection host" in refusal.reason}
    example = min(closed, key=lambda host: ("captive" not in host, host))
    console.prose(f"   {len(closed)} captive-portal detection hosts stay closed, {example} among them.\n")


def _next_steps(scene: Scene) -> None:
    org = scene.folder / "org.yaml"
    console.prose(
        "Next, for your own org:\n"
        "   onboard init campus          a commented org.yaml to change\n"
        "   onboard check                every mistake at its line\n"
        "   onboard up                   CAs, payloads, whitelist, and the server\n"
        f"The demo's files stay in {scene.folder}; look around with --org {org}, delete them when done."
    )
