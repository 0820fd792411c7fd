"""The command tree: which command lives in which module, and what every help page shows."""

from __future__ import annotations

from typing import Annotated

import typer

from onboard.cli import (
    audit,
    ca,
    cert,
    challenge,
    check,
    chrome_adapter,
    demo,
    diff,
    doctor,
    explain,
    generate,
    init,
    lint,
    onc,
    radius,
    rehearse,
    rotate,
    schema,
    serve,
    status,
    whitelist,
)
from onboard.cli.examples import epilog

app = typer.Typer(
    name="onboard",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From one org.yaml to every device on the 802.1X network: payloads, enrolment, whitelist, RADIUS.",
    epilog="First steps: onboard init DIR, then onboard check, onboard ca init, onboard generate --out OUT.",
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


app.command("init", epilog=epilog("init"))(init.command)
app.command("check", epilog=epilog("check"))(check.command)
app.command("schema", epilog=epilog("schema"))(schema.command)
ca.app.command("rotate", epilog=epilog("ca rotate"))(rotate.command)
app.add_typer(ca.app, name="ca")
app.command("generate", epilog=epilog("generate"))(generate.command)
app.command("lint", epilog=epilog("lint"))(lint.command)
app.add_typer(onc.app, name="onc")
app.command("explain", epilog=epilog("explain"))(explain.command)
app.command("diff", epilog=epilog("diff"))(diff.command)
app.command("whitelist", epilog=epilog("whitelist"))(whitelist.command)
app.add_typer(challenge.app, name="challenge")
app.add_typer(cert.app, name="cert")
app.add_typer(audit.app, name="audit")
app.command("status", epilog=epilog("status"))(status.command)
app.command("serve", epilog=epilog("serve"))(serve.command)
app.command("up", epilog=epilog("up"))(serve.up)
app.command("chrome-adapter", epilog=epilog("chrome-adapter"))(chrome_adapter.command)
app.add_typer(radius.app, name="radius")
app.command("rehearse", epilog=epilog("rehearse"))(rehearse.command)
app.command("doctor", epilog=epilog("doctor"))(doctor.command)
app.command("demo", epilog=epilog("demo"))(demo.command)
