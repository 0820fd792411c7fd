"""`python tests/fuzz --target http --executions 10000000`: throw damaged input at the server, layer by layer.

Anything but a refusal ends the run and leaves the input that caused it as `crash-TARGET`. With --guided and
atheris (which is not among the project's dependencies) coverage leads the way, and what it found is kept in
--corpus; otherwise chance damages the seeds of every client's shape and the inputs under tests/fuzz/corpus.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve()
    sys.path[:1] = [str(here.parents[1]), str(here.parents[2])]

from fuzz.chance import corpus, run
from fuzz.targets import TARGETS


def main() -> None:
    """Run one target."""
    parser = argparse.ArgumentParser(
        prog="fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", choices=sorted(TARGETS), required=True)
    parser.add_argument("--executions", type=int, default=sys.maxsize, help="how many inputs")
    parser.add_argument("--seconds", type=int, default=sys.maxsize, help="for how long")
    parser.add_argument("--seed", type=int, default=1, help="of chance; another one for each process")
    parser.add_argument("--guided", action="store_true", help="by coverage, with atheris")
    parser.add_argument("--corpus", type=Path, default=Path("corpus"), help="where atheris keeps its inputs")
    options = parser.parse_args()
    if options.guided:
        _guided(options)
    target = TARGETS[options.target]()
    begin = time.monotonic()
    end = begin + options.seconds
    count = run(
        {options.target: target},
        random.Random(options.seed),
        lambda done: done >= options.executions or time.monotonic() > end,
    )
    took = time.monotonic() - begin
    sys.stdout.write(f"{options.target}: {count} inputs, {count / took:.0f}/s, nothing but refusals\n")


def _guided(options: argparse.Namespace) -> None:
    """Never returns: the engine ends the process, with 0 where nothing was found."""
    import atheris

    target = TARGETS[options.target]()
    folder = options.corpus / options.target
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((*target.seeds, *corpus(options.target).values())):
        (folder / f"seed-{number}").write_bytes(seed)
    atheris.instrument_all()
    arguments = ["-max_len=16384", f"-seed={options.seed}", "-timeout=60", str(folder)]
    if options.executions < sys.maxsize:
        arguments.append(f"-runs={options.executions}")
    if options.seconds < sys.maxsize:
        arguments.append(f"-max_total_time={options.seconds}")
    atheris.Setup([sys.argv[0], *arguments], lambda data: target(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
