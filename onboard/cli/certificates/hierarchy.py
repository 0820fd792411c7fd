"""`ca init` for every command that needs it, and what people read of authorities and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onboard.cli.keys import site_of
from onboard.cli.options import Format
from onboard.cli.session import Session
from onboard.cli.terminal import console

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.provision import Row


def initialise(session: Session, key_passphrase: str | None, *, new_pepper: bool = False) -> tuple[Row, ...]:
    """Create what is missing of the hierarchy."""
    from onboard.provision import init as init_hierarchy

    with console.progress("making keys and certificates") as line:
        return init_hierarchy(
            site_of(session, key_passphrase),
            lambda done, of: line.step(f"({done} of {of})"),
            new_pepper=new_pepper,
        )


def show(rows: tuple[Row, ...], output: Format) -> None:
    """Print what is there now."""
    if output is Format.JSON:
        console.data_json([as_json(row) for row in rows])
        return
    for row in rows:
        console.data(_as_text(row))
    for row in rows:
        if row.remark:
            console.warn(f"{row.kind.value} {row.name}: {row.remark}")


def _as_text(row: Row) -> str:
    end = f", until {row.not_after:%Y-%m-%d}" if row.not_after else ""
    lines = [f"{row.outcome.value:8}{row.kind.value} {row.name}: {row.subject} ({row.key or 'CRL'}{end})"]
    if row.sha256:
        lines += [f"        SHA-1   {row.sha1}", f"        SHA-256 {row.sha256}"]
    return "\n".join(lines)


def as_json(row: Row) -> dict[str, object]:
    """A certificate or CRL as `--format json` shows it."""
    return {
        "kind": row.kind.value,
        "name": row.name,
        "outcome": row.outcome.value,
        "subject": row.subject,
        "key": row.key,
        "sha1": row.sha1,
        "sha256": row.sha256,
        "not_after": row.not_after.isoformat() if row.not_after else None,
        "file": row.file,
        "remark": row.remark,
    }
