"""`onboard radius check`: would devices of this org get on with the RADIUS server that is there?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.options import (
    ORG_DEFAULT,
    Format,
    GroupNames,
    KeyPassphrase,
    Live,
    Org,
    Output,
    Platforms,
    State,
    Values,
)
from onboard.cli.prove.company import company
from onboard.cli.prove.rehearsal_table import remark, word
from onboard.cli.session import Session, open_session, resolve_reference
from onboard.cli.terminal import console
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.model import Radius
    from onboard.rehearse import Result
    from onboard.rehearse.remote_radius import Checked

Name = Annotated[str, typer.Argument(metavar="NAME", help="Entry of the org's `radius` section.")]
Server = Annotated[str, typer.Option("--server", metavar="HOST[:PORT]", help="Where it is.")]
SharedSecret = Annotated[
    str,
    typer.Option(
        "--secret", metavar="REFERENCE", help="Shared secret of this machine: env:NAME or file:PATH."
    ),
]


def command(
    *,
    name: Name,
    server: Server,
    secret: SharedSecret,
    org: Org = ORG_DEFAULT,
    state: State = None,
    group: GroupNames = None,
    platform: Platforms = None,
    live: Live = False,
    values: Values = None,
    output: Output = Format.TEXT,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Put simulated devices before a RADIUS server of yours.

    Each device reads its payload, enrols with the org's keys and does EAP-TLS; certificate, chain, names, TLS
    versions and VLAN are compared with the org. This machine must be among the server's clients. Exit code 1
    if a device would not get on.
    """
    from onboard.rehearse.organization import artifacts
    from onboard.rehearse.remote_radius import Remote, check, parse_address

    session = open_session(org, state)
    radius, groups = _radius(session, name), session.groups(group)
    remote = Remote(
        radius=radius,
        address=parse_address(server),
        secret=resolve_reference(secret, session.folder, "--secret"),
    )
    with console.progress("asking") as line:
        played = company(session, line, key_passphrase=key_passphrase, values=values, live=live)
        checked = check(played, artifacts(played, groups, platform or ()), remote)
    if not checked.rows:
        msg = f"no device of these groups and platforms joins a network of radius {name}"
        raise OnboardError(msg)
    _show(checked, played.site.now, output)
    if not checked.is_good:
        raise typer.Exit(1)


def _radius(session: Session, name: str) -> Radius:
    every = {radius.name: radius for radius in session.organization.radius}
    if name not in every:
        msg = f"the org has no radius entry {name!r}"
        raise OnboardError(msg, hint=f"its entries are {', '.join(every)}")
    return every[name]


def _show(checked: Checked, now: datetime, output: Format) -> None:
    if output is Format.JSON:
        console.data_json(_as_json(checked))
        return
    for line in _server(checked, now):
        console.prose(line)
    headers = ("group", "platform", "network", "enrolled", "authenticated", "vlan", "", "remark")
    console.data(console.table(headers, [_row(row) for row in checked.rows]))
    for finding in checked.findings:
        console.fail(f"devices refuse its certificate: {finding}")
    if checked.versions.get("1.3") == "":
        console.warn(
            "the server speaks TLS 1.3",
            hint="Apple devices then demand a stapled OCSP answer; see docs/radius.md",
        )


def _server(checked: Checked, now: datetime) -> list[str]:
    from onboard.radius import dns_names

    if not checked.chain:
        return ["certificate  not seen"]
    own = checked.chain[0]
    days = (own.not_valid_after_utc - now).days
    names = [certificate.subject.rfc4514_string() for certificate in checked.chain]
    told = [
        f"{v} {'not spoken: ' + reason if reason else 'spoken'}" for v, reason in checked.versions.items()
    ]
    return [
        f"certificate  {', '.join(dns_names(own)) or own.subject.rfc4514_string()}",
        f"until        {own.not_valid_after_utc:%Y-%m-%d}, {days} days",
        f"chain        {' < '.join([*names, checked.chain[-1].issuer.rfc4514_string()])}",
        f"TLS          {', '.join(told)}",
        "",
    ]


def _row(row: Result) -> tuple[str, ...]:
    return (
        row.group,
        row.platform,
        row.network,
        word(row.enrolled),
        word(row.authenticated),
        "-" if row.vlan is None else str(row.vlan),
        "ok" if row.ok else "failed",
        remark(row),
    )


def _as_json(checked: Checked) -> dict[str, object]:
    from onboard.radius import dns_names

    return {
        "chain": [
            {
                "subject": certificate.subject.rfc4514_string(),
                "issuer": certificate.issuer.rfc4514_string(),
                "names": list(dns_names(certificate)),
                "not_after": certificate.not_valid_after_utc.isoformat(),
            }
            for certificate in checked.chain
        ],
        "findings": list(checked.findings),
        "tls": {version: reason or None for version, reason in checked.versions.items()},
        "devices": [row.to_json() for row in checked.rows],
    }
