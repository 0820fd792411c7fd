"""`onboard chrome-adapter`: answer Google when a Chromebook asks for a certificate."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.keys import site_of
from onboard.cli.options import ORG_DEFAULT, KeyPassphrase, Org, State
from onboard.cli.session import open_session, resolve_reference
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.adapter import Settings
    from onboard.adapter.credentials import Account

_SUBSCRIPTION = re.compile(r"projects/[^/]+/subscriptions/[^/]+")


SubscriptionPath = Annotated[
    str,
    typer.Option(
        "--subscription",
        envvar="ONBOARD_CHROME_SUBSCRIPTION",
        metavar="projects/PROJECT/subscriptions/NAME",
        help="Pub/Sub subscription to the topic of the console's CA connection.",
    ),
]
Credentials = Annotated[
    str | None,
    typer.Option(
        "--credentials",
        envvar="ONBOARD_CHROME_CREDENTIALS",
        metavar="REFERENCE",
        help="Key of a service account (JSON), env:NAME or file:PATH; default: this machine's account.",
    ),
]
Api = Annotated[
    str | None,
    typer.Option(
        "--api", metavar="URL", help="Another address of the Certificate Provisioning API.", hidden=True
    ),
]


def command(
    *,
    subscription: SubscriptionPath,
    credentials: Credentials = None,
    api: Api = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Answer Google when Chromebooks ask for certificates, until interrupted.

    In the Admin console, the CA connection's reference is the organization's identifier, and a profile's
    reference is the name of a group: its authority and profile decide what is issued. Several adapters may
    run side by side. Needs Google's libraries: pip install 'onboard[google]'.

    Says `listening to SUBSCRIPTION` on stderr when it is ready. One line is logged for each decision; SIGTERM
    finishes what is in flight and leaves the rest to the next start.
    """
    from onboard.adapter import configure
    from onboard.adapter.credentials import load

    if not _SUBSCRIPTION.fullmatch(subscription):
        msg = f"{subscription!r} is not like projects/PROJECT/subscriptions/NAME"
        raise UsageError(msg, option="--subscription")
    session = open_session(org, state)
    key = None if credentials is None else resolve_reference(credentials, session.folder, "--credentials")
    settings = configure(site_of(session, key_passphrase))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for library in ("httpx", "google", "urllib3"):  # one line for each decision, none for each call
        logging.getLogger(library).setLevel(logging.WARNING)
    _run(settings, load(key), subscription, api)


def _run(settings: Settings, account: Account, path: str, api: str | None) -> None:
    from scep_server.store import StoreError

    try:
        interrupted = asyncio.run(_listen(settings, account, path, api))
    except StoreError as error:
        raise OnboardError(error.reason, hint=error.remedy) from error
    if interrupted:
        raise KeyboardInterrupt


async def _listen(settings: Settings, account: Account, path: str, api: str | None) -> bool:
    """Run until SIGTERM or SIGINT; whether it was SIGINT."""
    from onboard.adapter import run
    from onboard.adapter.api import BASE_URL
    from onboard.adapter.credentials import GoogleTokens
    from onboard.adapter.subscription import Subscription
    from scep_server.runtime.decisions import log_decision
    from scep_server.service import World

    stop, received, loop = asyncio.Event(), list[int](), asyncio.get_running_loop()

    def interrupt(number: int) -> None:
        received.append(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, interrupt, number)
    await run(
        settings,
        Subscription(path=path, credentials=account.pubsub),
        GoogleTokens(account.api),
        World(clock=_now, seconds=time.monotonic, entropy=os.urandom, observe=log_decision),
        stop=stop,
        ready=lambda: console.note(f"listening to {path}"),
        base=api or BASE_URL,
    )
    return signal.SIGINT in received


def _now() -> datetime:
    return datetime.now(UTC)
