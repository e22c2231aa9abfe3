# SPDX-License-Identifier: BSD-3-Clause
"""The figures of the documentation: measured, kept, and turned into tables and plots.

    python -m benchmarks.page            measure all of it anew (about an hour), then write the page
    python -m benchmarks.page --render   write the page again from what was measured last

What was measured is kept in `benchmarks/results`, a file per run of `python -m benchmarks`. The
page, `docs/explanation/performance.md`, is written by people except for what stands between its
markers: the medians and the plots. All spreads, wall times and details go into a page beside it,
which nobody edits.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import __main__ as command_line
from . import plots
from . import workloads as _workloads  # noqa: F401  (fills the register)
from .environment import ROOT
from .implementations import IMPLEMENTATIONS
from .report import SCALE, Notes, aligned, figure, plain, reason_for, significant, tables
from .results import Run
from .statistics_ import ratios, summarise
from .workload import REGISTER, Workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULTS = Path(__file__).with_name("results")
PAGE = ROOT / "docs" / "explanation" / "performance.md"
FOLDER = PAGE.with_suffix("")
ALL = FOLDER / "figures.md"

_IO = "sockets,tls,pipes"
RUNS: dict[str, list[str]] = {
    "pyqt6": ["--rows", "full", "--impl", "all", "--peer-rounds", "2"],
    "pyqt6-slow": ["--rows", _IO, "--impl", "all", "--peer-rounds", "2", "--allocator", "slow"],
    "pyside6": [
        "--binding", "PySide6", "--rows", "full", "--peer-rounds", "2",
        "--impl", "qtinter-0.11,qtasyncio,owner,guest",
    ],
    "pyside6-slow": [
        "--binding", "PySide6", "--rows", _IO, "--impl", "owner,guest", "--allocator", "slow",
    ],
    "pyqt6-unix": [
        "--rows", "main,tcp-1,idle-10000,run-nothing,ui-tasks", "--no-glib", "--peer-rounds", "2",
        "--impl", "qtinter-0.11,owner,guest",
    ],
}  # fmt: skip
"""The runs that the page is made of, and how each is asked for on the command line."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of the page: one implementation of one run."""

    title: str
    run: str
    implementation: str


STOCK = Column("asyncio", "pyqt6", "stock")
COLUMNS = (
    Column("uvloop", "pyqt6", "uvloop"),
    Column("qtinter 0.11", "pyqt6", "qtinter-0.11"),
    Column("qasync", "pyqt6", "qasync"),
    Column("QtAsyncio", "pyside6", "qtasyncio"),
    Column("owner, PyQt6", "pyqt6", "owner"),
    Column("guest, PyQt6", "pyqt6", "guest"),
    Column("owner, PySide6", "pyside6", "owner"),
    Column("guest, PySide6", "pyside6", "guest"),
)
TOPICS = {
    "callbacks": ("callbacks", "tasks", "timers", "threads"),
    "io": tuple(_IO.split(",")),
    "signals": ("signals",),
    "interplay": ("interplay",),
    "lifecycles": ("lifecycles",),
}
"""The sections of the page: which files of workloads each one shows."""


@dataclasses.dataclass(frozen=True)
class Section:
    """The tables of medians of some topics.

    Attributes:
        runs: what was measured, by the name of the run.
        topics: the files of the workloads.
        notes: where the reasons of cells without a figure go.
        slow: what is appended to the name of a run: `-slow` for the other allocator.
    """

    runs: Mapping[str, Run]
    topics: Sequence[str]
    notes: Notes
    slow: str = ""

    def __str__(self) -> str:
        if f"pyqt6{self.slow}" not in self.runs:
            return "Not measured."
        rows = [
            workload
            for workload in REGISTER.values()
            if workload.topic in self.topics and workload.name in self._main.samples
        ]
        absolute = [one for one in rows if one.absolute]
        relative = [one for one in rows if not one.absolute]
        parts = [
            self._relative(base, [one for one in relative if one.base == base])
            for base in dict.fromkeys(one.base for one in relative)
        ]
        if absolute:
            parts.append(self._absolute(absolute))
        return "\n\n".join(aligned(part) for part in parts)

    @property
    def _main(self) -> Run:
        return self.runs[f"pyqt6{self.slow}"]

    def _columns(self, rows: Sequence[Workload]) -> list[Column]:
        """Return who has been measured with one of these workloads."""
        return [
            column
            for column in (dataclasses.replace(one, run=one.run + self.slow) for one in COLUMNS)
            if column.run in self.runs
            and any(
                column.implementation in self.runs[column.run].samples.get(row.name, {})
                for row in rows
            )
        ]

    def _relative(self, base: str, workloads: Sequence[Workload]) -> list[list[str]]:
        title = IMPLEMENTATIONS[base].title
        columns = [one for one in self._columns(workloads) if one.implementation != base]
        rows = [[f"x {title}", title, *(column.title for column in columns), "target"]]
        for workload in workloads:
            goal = self._main.target(workload)
            rows.append(
                [
                    workload.title,
                    figure(workload, self._main.samples[workload.name][base], self.notes),
                    *(self._cell(workload, column) for column in columns),
                    "" if goal is None else f"{goal:g}",
                ]
            )
        return rows

    def _absolute(self, workloads: Sequence[Workload]) -> list[list[str]]:
        columns = [
            *([STOCK] if any("stock" in self._main.samples[one.name] for one in workloads) else ()),
            *self._columns(workloads),
        ]
        rows = [["smaller is better", *(column.title for column in columns), "at most"]]
        for workload in workloads:
            limit = workload.at_most
            rows.append(
                [
                    f"{workload.title}, {workload.unit}",
                    *(self._cell(workload, column) for column in columns),
                    "" if limit is None else f"{limit * SCALE[workload.unit]:g}",
                ]
            )
        return rows

    def _cell(self, workload: Workload, column: Column) -> str:
        cells = self.runs[column.run].samples.get(workload.name, {})
        samples = cells.get(column.implementation)
        failed = reason_for(workload, column.implementation, samples, self.notes)
        if failed is not None or samples is None:
            return failed or "-"
        if workload.absolute:
            summary = summarise([one.figure for one in samples])
            return "-" if summary is None else plain(summary.median * SCALE[workload.unit])
        summary = summarise(ratios(cells[workload.base], samples))
        return "-" if summary is None else significant(summary.median)


def machines(runs: Mapping[str, Run]) -> str:
    """Return what the figures depend on, and how they are made."""
    one = next(iter(runs.values())).machine
    packages = dict.fromkeys(
        package for run in runs.values() for package in run.machine["packages"].split(", ")
    )
    # a shell: in a Markdown table a command could not be copied
    commands = "\n".join(f"    {run.machine['command']}" for run in runs.values())
    return (
        f"Python {one['python']} ({one['compiler']}), {one['system']}, {one['processor']}; "
        f"{', '.join(packages)}. Medians of {one['rounds']} repetitions of {one['budget']} of CPU "
        "time; who is neither ours nor what a row is compared with took part in the first of them "
        f"only, as the commands say. Made by `make bench-report`, which runs\n\n{commands}"
    )


def replaced(page: str, name: str, text: str) -> str:
    """Return a page with the text between the markers of this name replaced."""
    begin, end = f"<!-- benchmarks: {name} -->", f"<!-- /benchmarks: {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no {begin} ... {end}")
    return pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", page)


def written(page: str, runs: Mapping[str, Run]) -> str:
    """Return the page with the figures of these runs between its markers."""
    notes = Notes()
    page = replaced(page, "machine", machines(runs))
    for name, topics in TOPICS.items():
        page = replaced(page, name, str(Section(runs, topics, notes)))
    page = replaced(page, "io-slow", str(Section(runs, TOPICS["io"], notes, "-slow")))
    return replaced(page, "notes", _listed(notes))


def _listed(notes: Notes) -> str:
    return "\n".join(f"- {note}" for note in str(notes).splitlines())


def load() -> dict[str, Run]:
    """Return what was measured last."""
    paths = {name: RESULTS / f"{name}.json" for name in RUNS}
    return {name: Run.load(path) for name, path in paths.items() if path.exists()}


def render(runs: Mapping[str, Run]) -> None:
    """Write the page, the page with all figures, and the plots."""
    PAGE.write_text(written(PAGE.read_text(), runs))
    FOLDER.mkdir(exist_ok=True)
    ALL.write_text(everything(runs))
    plots.draw(runs, FOLDER)


HEAD = """\
<!-- Written by make bench-report. -->

# All figures

Ratios are median [smallest largest], and above 1 is faster than the base. Each run has a table of
CPU time and one of wall time. How the figures are made: [Performance](../performance.md).\
"""


def everything(runs: Mapping[str, Run]) -> str:
    """Return the page with all figures of all runs."""
    parts = [HEAD]
    for run in runs.values():
        machine = run.machine
        parts.append(
            f"## {machine['binding']}, {machine['dispatcher']} dispatcher, {machine['allocator']} "
            f"allocator\n\n    {machine['command']}"
        )
        notes = Notes()
        parts += [aligned(rows) for rows in tables(run, run.workloads, notes)]
        relative = [one for one in run.workloads if not one.absolute]
        parts += [aligned(rows) for rows in tables(run, relative, notes, wall=True)]
        parts.append(_listed(notes))
    return "\n\n".join(part for part in parts if part) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure if asked to, and write the page.

    Returns:
        The exit status: 1 when work of ours was wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--only", help=f"measure only these: {', '.join(RUNS)}")
    options, more = parser.parse_known_args(arguments)
    status = 0
    for name, command in RUNS.items():
        if not options.render and (options.only is None or name in options.only.split(",")):
            print(f"\n{name}\n", flush=True)
            path = RESULTS / f"{name}.json"
            status |= command_line.main([*command, *more, "--json", str(path)])
    render(load())
    return status


if __name__ == "__main__":
    sys.exit(main())
