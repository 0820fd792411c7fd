"""The command tree: which command lives in which module, and what every help page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from onboard.cli.begin import check, demo, init, schema
from onboard.cli.certificates import ca, ca_rotate, cert, challenge
from onboard.cli.examples import epilog
from onboard.cli.network import radius, whitelist
from onboard.cli.operate import audit, chrome_adapter, serve, status
from onboard.cli.payloads import diff, explain, generate, lint, onc
from onboard.cli.prove import doctor, rehearse
from onboard.cli.terminal.help_pages import HEADINGS, Page, Pages

_EPILOG = """\b
First steps:
  onboard init campus            write an org.yaml, then change what it marks
  onboard check                  every mistake at its line
  onboard up                     authorities, payloads, whitelist, server

Exit codes: 0 done, 1 the input or the result is at fault, 64 typed wrongly, 130 interrupted.
"""

app = typer.Typer(
    name="onboard",
    cls=Pages,
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="From one org.yaml to every device on the 802.1X network: payloads, enrolment, whitelist, RADIUS.",
    epilog=_EPILOG,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"onboard {version('onboard')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


_BEGIN, _PAYLOADS, _CERTIFICATES, _NETWORK, _RUN, _PROVE = HEADINGS


def _add(name: str, function: Callable[..., None], heading: str, summary: str) -> None:
    app.command(name, cls=Page, epilog=epilog(name), rich_help_panel=heading, short_help=summary)(function)


def _add_group(group: typer.Typer, name: str, heading: str) -> None:
    for registered in group.registered_commands:
        registered.cls = Page
    app.add_typer(group, name=name, cls=Pages, rich_help_panel=heading)


_add("init", init.command, _BEGIN, "Write a commented org.yaml.")
_add("check", check.command, _BEGIN, "Report every mistake of the org definition.")
_add("schema", schema.command, _BEGIN, "Print the JSON Schema of org.yaml, for editors.")
_add("demo", demo.command, _BEGIN, "Play the whole main job on the example org.")
_add("generate", generate.command, _PAYLOADS, "Write the payloads, for all or for one person.")
_add("lint", lint.command, _PAYLOADS, "Judge payloads that anyone made.")
_add("explain", explain.command, _PAYLOADS, "Say what a payload will do to a device.")
_add("diff", diff.command, _PAYLOADS, "Say what devices do when a payload changes.")
_add_group(onc.app, "onc", _PAYLOADS)
ca.app.command("rotate", epilog=epilog("ca rotate"))(ca_rotate.command)
_add_group(ca.app, "ca", _CERTIFICATES)
_add_group(challenge.app, "challenge", _CERTIFICATES)
_add_group(cert.app, "cert", _CERTIFICATES)
_add("whitelist", whitelist.command, _NETWORK, "Print what the onboarding SSID must let through.")
_add_group(radius.app, "radius", _NETWORK)
_add("up", serve.up, _RUN, "Authorities, payloads and whitelist, then serve.")
_add("serve", serve.command, _RUN, "Serve SCEP, CRLs, OCSP and health.")
_add("chrome-adapter", chrome_adapter.command, _RUN, "Answer Google when Chromebooks ask.")
_add("status", status.command, _RUN, "List what expires or is stale, soonest first.")
_add_group(audit.app, "audit", _RUN)
_add("rehearse", rehearse.command, _PROVE, "Play simulated devices, down to EAP-TLS.")
_add("doctor", doctor.command, _PROVE, "Say which clients would fail at a SCEP URL.")
