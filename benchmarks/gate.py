# SPDX-License-Identifier: BSD-3-Clause
"""The gate: no operation of ours may take more instructions than it did, beside asyncio's own.

    python -m benchmarks.gate              compare with what was recorded; status 1 for a loss
    python -m benchmarks.gate --record     write down what is true now

callgrind counts the instructions of asyncio and of ours in the same run (`benchmarks.counted`), so
the neighbours of the machine have no say. What is compared with the record is the ratio of the two.
It repeats itself within half a percent on the same build of Python and the same binding, where one
more call of a function per callback is 3 or 4 %: there the margin is 2 %. Another build has another
ratio, so where something is not what it was when the record was made the margin is 10 %.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .environment import ROOT, Allocator
from .harness import Plan, environment_of, machine
from .implementations import IMPLEMENTATIONS
from .report import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORD = Path(__file__).with_name("gate.json")
BASE, OURS = "stock", "owner"
SAME_BUILD = 0.02
OTHER_BUILD = 0.10
TIMEOUT = 180.0
_TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Record:
    """What was once true.

    Attributes:
        build: what the ratios depend on.
        ratios: instructions of asyncio per instruction of ours, by workload.
    """

    build: dict[str, str]
    ratios: dict[str, float]

    def margin(self, build: Mapping[str, str]) -> float:
        """Return by how much a ratio may be lower on this build."""
        return SAME_BUILD if build == self.build else OTHER_BUILD


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One workload, judged."""

    workload: str
    base: float
    ours: float
    recorded: float | None
    margin: float

    @property
    def ratio(self) -> float:
        """Instructions of asyncio per instruction of ours."""
        return self.base / self.ours

    @property
    def lost(self) -> bool:
        """Whether the gate stays shut."""
        return self.recorded is not None and self.ratio < self.recorded * (1 - self.margin)

    @property
    def text(self) -> str:
        """What the table says about it."""
        if self.recorded is None:
            return "not recorded"
        if self.lost:
            return "LOST"
        return "gained" if self.ratio > self.recorded * (1 + self.margin) else "ok"


def per_operation(totals: Sequence[int], operations: Mapping[str, int]) -> dict[str, float]:
    """Return instructions per operation, by workload.

    Args:
        totals: what was counted from each mark to the next, from the start of the process. Before
            each workload and after it there is a mark, so the second is the first workload's.
        operations: how many operations each workload did, in order.
    """
    if len(totals) != 2 * len(operations):
        raise RuntimeError(f"{len(totals)} parts were counted for {len(operations)} workloads")
    return {
        name: total / count
        for (name, count), total in zip(operations.items(), totals[1::2], strict=True)
    }


def count(name: str, binding: str) -> dict[str, float]:
    """Run an implementation under callgrind; return its instructions per operation."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise RuntimeError("the gate needs valgrind: apt-get install valgrind")
    environment = environment_of(IMPLEMENTATIONS[name], binding, Allocator.FAST)
    # the order of sets, and with it the work, depends on the seed
    environment["PYTHONHASHSEED"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            [
                valgrind,
                "-q",
                "--tool=callgrind",
                "--dump-before=getsid",
                f"--callgrind-out-file={folder}/out",
                sys.executable,
                "-m",
                "benchmarks.counted",
                name,
            ],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if finished.returncode != 0:
            raise RuntimeError(f"{name} under callgrind failed:\n{finished.stderr}")
        parts = sorted(Path(folder).glob("out.*"), key=lambda part: int(part.suffix[1:]))
        totals = [int(_TOTALS.findall(part.read_text())[-1]) for part in parts]
    return per_operation(totals, json.loads(finished.stdout.splitlines()[-1]))


def build_of(binding: str) -> dict[str, str]:
    """Return what the ratios depend on."""
    here = machine(Plan([], [], binding), [])
    options = str(sysconfig.get_config_var("CONFIG_ARGS"))
    return {
        "python": here["python"],
        "compiler": here["compiler"],
        "optimised": str("--enable-optimizations" in options),
        "packages": here["packages"],
    }


def judge(
    base: Mapping[str, float],
    ours: Mapping[str, float],
    record: Record | None,
    build: Mapping[str, str],
) -> list[Verdict]:
    """Return the verdicts; a workload that is not in the record can't fail."""
    recorded = {} if record is None else record.ratios
    margin = OTHER_BUILD if record is None else record.margin(build)
    return [Verdict(name, base[name], ours[name], recorded.get(name), margin) for name in ours]


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as a table."""
    rows = [["instructions per operation", "asyncio", "ours", "ratio", "recorded", "verdict"]]
    for one in verdicts:
        recorded = "-" if one.recorded is None else f"{one.recorded:.3f}"
        figures = [f"{one.base:.0f}", f"{one.ours:.0f}", f"{one.ratio:.3f}"]
        rows.append([one.workload, *figures, recorded, one.text])
    return aligned(rows)


def main(arguments: list[str] | None = None) -> int:
    """Count, compare, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate")
    parser.add_argument("--binding", default="PyQt6")
    parser.add_argument("--record", action="store_true", help="write the ratios down")
    options = parser.parse_args(arguments)
    record = Record(**json.loads(RECORD.read_text())) if RECORD.exists() else None
    build = build_of(options.binding)
    try:
        base, ours = count(BASE, options.binding), count(OURS, options.binding)
    except RuntimeError as error:
        print(error)
        return 1
    verdicts = judge(base, ours, record, build)
    print(", ".join(f"{key} {value}" for key, value in build.items()))
    print(table(verdicts))
    if options.record:
        ratios = {one.workload: round(one.ratio, 4) for one in verdicts}
        RECORD.write_text(json.dumps(dataclasses.asdict(Record(build, ratios)), indent=1) + "\n")
        return 0
    lost = [one for one in verdicts if one.lost]
    if lost:
        print(f"\nLost more than {lost[0].margin:.0%}: see benchmarks/gate.py")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
