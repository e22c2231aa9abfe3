# SPDX-License-Identifier: BSD-3-Clause
"""The command line: `python -m benchmarks`, from the root of the project."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from . import workloads as _workloads  # noqa: F401  (fills the register)
from .environment import BINDINGS, Allocator
from .harness import Harness, Plan
from .implementations import IMPLEMENTATIONS
from .report import progress, shortfalls, text
from .workload import REGISTER, select


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions (default %(default)s)")
    parser.add_argument("--peer-rounds", type=int, help="repetitions with the peers (all)")
    parser.add_argument("--rows", default="main", help="main, full, topics, names, with commas")
    parser.add_argument("--binding", default="PyQt6", choices=BINDINGS)
    parser.add_argument("--impl", help=f"all, or some of: {', '.join(IMPLEMENTATIONS)}")
    parser.add_argument("--allocator", default="fast", choices=[one.value for one in Allocator])
    parser.add_argument("--no-glib", action="store_true", help="Qt's UNIX event dispatcher")
    parser.add_argument("--budget", type=float, default=0.15, help="CPU seconds per sample")
    parser.add_argument("--machine", help="what it runs on, for the record: 2 shared vCPUs")
    parser.add_argument("--json", type=Path, help="write every sample to this file")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    parser.add_argument("--wall", action="store_true", help="show wall time in place of CPU time")
    parser.add_argument(
        "--gate",
        nargs="?",
        const="must",
        choices=["must", "target"],
        help="fail when ours misses one of these (must, if none is named) by more than 10 %%",
    )
    return parser


def _command(arguments: list[str]) -> str:
    """Return what has to be typed to repeat a run, but for the file that it goes to."""
    kept = list(arguments)
    for option in ("--json", "--machine"):
        if option in kept:
            at = kept.index(option)
            del kept[at : at + 2]
    return shlex.join(["python", "-m", "benchmarks", *kept])


def _wanted(name: str, short: bool, asked_for: str | None) -> bool:
    if asked_for is None:
        return short
    return asked_for == "all" or name in asked_for.split(",")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks and print the table.

    Returns:
        The exit status: 1 when ours does wrong work or, with `--gate`, is too slow; else 0.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        for workload in REGISTER.values():
            print(f"{workload.name:32}{'main  ' if workload.main else '      '}{workload.title}")
        return 0
    try:
        chosen = select(options.rows)
        columns = [
            implementation
            for name, implementation in IMPLEMENTATIONS.items()
            if _wanted(name, implementation.short, options.impl)
        ]
    except ValueError as error:
        parser.error(str(error))
    if options.impl and (unknown := set(options.impl.split(",")) - {*IMPLEMENTATIONS, "all"}):
        parser.error(f"no implementation {', '.join(sorted(unknown))}")
    plan = Plan(
        chosen,
        columns,
        options.binding,
        options.rounds,
        Allocator(options.allocator),
        options.budget,
        options.peer_rounds,
        variables={"QT_NO_GLIB": "1"} if options.no_glib else {},
    )
    run = Harness(plan, progress).run()
    run.machine["command"] = _command(sys.argv[1:] if arguments is None else arguments)
    if options.machine:
        run.machine["processor"] = options.machine
    print(text(run, wall=options.wall))
    if options.json:
        run.save(options.json)
    # without the gate only wrong work counts
    found = shortfalls(run, 0.1 if options.gate else None, target=options.gate == "target")
    if found:
        print("\nNot good enough:", *found, sep="\n  ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
