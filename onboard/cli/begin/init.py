"""`onboard init DIR`: a commented org definition to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onboard.cli.terminal import console
from onboard.errors import OnboardError


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where org.yaml is written; made if absent.")],
) -> None:
    """Write a commented org.yaml that `onboard check` accepts."""
    from onboard import resources
    from scep_server.keys import files

    path = folder / "org.yaml"
    try:
        files.make_folder(folder)
        files.write_new(path, resources.text("templates", "init/org.yaml").encode(), mode=0o644)
    except FileExistsError:
        msg = f"{path} is there already and is left as it is" if path.exists() else f"{folder} is a file"
        raise OnboardError(msg, hint="choose another folder") from None
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise OnboardError(msg) from error
    console.note(f"wrote {path}")
    console.note(f"next: edit it, then  onboard check --org {path}")
