# SPDX-License-Identifier: BSD-3-Clause
"""The command line: `python -m benchmarks`, from the root of the project."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import workloads as _workloads  # noqa: F401  (fills the register)
from .environment import BINDINGS, Allocator
from .harness import Harness, Plan
from .implementations import IMPLEMENTATIONS
from .report import as_json, progress, shortfalls, table
from .workload import REGISTER, select


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions (default %(default)s)")
    parser.add_argument("--rows", default="main", help="main, full, or names with commas")
    parser.add_argument("--binding", default="PyQt6", choices=BINDINGS)
    parser.add_argument("--impl", help=f"names with commas, of: {', '.join(IMPLEMENTATIONS)}")
    parser.add_argument("--allocator", default="fast", choices=[one.value for one in Allocator])
    parser.add_argument("--no-glib", action="store_true", help="Qt's UNIX event dispatcher")
    parser.add_argument("--budget", type=float, default=0.15, help="CPU seconds per sample")
    parser.add_argument("--json", type=Path, help="write every sample to this file")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    parser.add_argument(
        "--gate", action="store_true", help="fail when ours is slower than the last column by 10 %%"
    )
    return parser


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
            if (name in options.impl.split(",") if options.impl else implementation.short)
        ]
    except ValueError as error:
        parser.error(str(error))
    if options.impl and (unknown := set(options.impl.split(",")) - IMPLEMENTATIONS.keys()):
        parser.error(f"no implementation {', '.join(sorted(unknown))}")
    plan = Plan(
        chosen,
        columns,
        options.binding,
        options.rounds,
        Allocator(options.allocator),
        options.budget,
        variables={"QT_NO_GLIB": "1"} if options.no_glib else {},
    )
    results = Harness(plan, progress).run()
    print(table(plan, results))
    if options.json:
        options.json.write_text(json.dumps(as_json(plan, results), indent=1) + "\n")
    # without the gate only wrong work counts: no speed is below a margin of 100 %
    found = shortfalls(plan, results, margin=0.1 if options.gate else 1.0)
    if found:
        print("\nNot good enough:", *found, sep="\n  ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
