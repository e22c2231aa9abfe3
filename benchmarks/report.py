# SPDX-License-Identifier: BSD-3-Clause
"""Turns a run into tables for people, and into a verdict."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from .implementations import IMPLEMENTATIONS
from .statistics_ import Sample, Summary, detail, first_failure, ratios, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .results import Run
    from .workload import Workload

SCALE = {"us": 1e6, "ms": 1e3, "kB": 1.0}


@dataclasses.dataclass
class Notes:
    """Footnotes: why a cell has no figure."""

    found: list[str] = dataclasses.field(default_factory=list)

    def refer(self, text: str) -> str:
        """Return the reference to a note."""
        if text not in self.found:
            self.found.append(text)
        return f"({self.found.index(text) + 1})"

    def __str__(self) -> str:
        return "\n".join(f"({number}) {note}" for number, note in enumerate(self.found, 1))


def text(run: Run, *, wall: bool = False) -> str:
    """Return all tables of a run, for a terminal.

    Args:
        run: what was measured.
        wall: compare wall time in place of CPU time.
    """
    parts = [", ".join(f"{key} {value}" for key, value in run.machine.items())]
    notes = Notes()
    parts += [aligned(rows) for rows in tables(run, run.workloads, notes, wall=wall)]
    if notes.found:
        parts.append(str(notes))
    return "\n\n".join(parts)


def tables(
    run: Run, workloads: Sequence[Workload], notes: Notes, *, wall: bool = False
) -> Iterator[list[list[str]]]:
    """Return tables of these workloads: ratios to each base, figures by themselves, details."""
    for base in dict.fromkeys(one.base for one in workloads if not one.absolute):
        chosen = [one for one in workloads if one.base == base and not one.absolute]
        yield _ratio_table(run, base, chosen, notes, wall=wall)
    chosen = [one for one in workloads if one.absolute]
    if chosen:
        yield _absolute_table(run, chosen, notes)
        details = _detail_table(run, chosen)
        if len(details) > 1:
            yield details


def _ratio_table(
    run: Run, base: str, workloads: list[Workload], notes: Notes, *, wall: bool
) -> list[list[str]]:
    title = IMPLEMENTATIONS[base].title
    others = [one for one in run.columns(workloads) if one.name != base]
    kind = "wall" if wall else "CPU"
    head = [f"x {title}, {kind}", title, *(one.title for one in others), "must", "target"]
    rows = [head]
    for workload in workloads:
        cells = run.samples[workload.name]
        row = [workload.title, figure(workload, cells[base], notes, wall=wall)]
        for other in others:
            failed = reason_for(workload, other.name, cells.get(other.name), notes)
            row.append(failed or _ratio(cells[base], cells[other.name], wall=wall))
        goals = [_goal(run.must(workload)), _goal(run.target(workload))]
        rows.append([*row, *goals])
    return rows


def _absolute_table(run: Run, workloads: list[Workload], notes: Notes) -> list[list[str]]:
    columns = run.columns(workloads)
    rows = [["smaller is better", *(one.title for one in columns), "at most"]]
    for workload in workloads:
        row = [f"{workload.title}, {workload.unit}"]
        cells = run.samples[workload.name]
        for column in columns:
            failed = reason_for(workload, column.name, cells.get(column.name), notes)
            row.append(failed or _spread(workload, cells[column.name]))
        limit = workload.at_most
        rows.append([*row, _goal(None if limit is None else limit * SCALE[workload.unit])])
    return rows


def _detail_table(run: Run, workloads: list[Workload]) -> list[list[str]]:
    columns = run.columns(workloads)
    rows = [["in detail", "", *(one.title for one in columns)]]
    for workload in workloads:
        cells = run.samples[workload.name]
        names = dict.fromkeys(
            name for samples in cells.values() for sample in samples for name in sample.details
        )
        for name in names:
            row = [workload.title if name == next(iter(names)) else "", name]
            for column in columns:
                value = detail(cells.get(column.name, ()), name)
                row.append("-" if value is None else plain(value))
            rows.append(row)
    return rows


def figure(
    workload: Workload, samples: Sequence[Sample], notes: Notes, *, wall: bool = False
) -> str:
    """Return the median figure of a cell, with its unit."""
    failed = reason_for(workload, workload.base, samples, notes)
    summary = summarise([one.wall_figure if wall else one.figure for one in samples])
    if failed is not None or summary is None:
        return failed or "-"
    return f"{significant(summary.median * SCALE[workload.unit])} {workload.unit}"


def _ratio(base: Sequence[Sample], samples: Sequence[Sample], *, wall: bool) -> str:
    summary = summarise(ratios(base, samples, wall=wall))
    return "-" if summary is None else spread(summary)


def _spread(workload: Workload, samples: Sequence[Sample]) -> str:
    scale = SCALE[workload.unit]
    summary = summarise([None if one.figure is None else one.figure * scale for one in samples])
    return "-" if summary is None else spread(summary)


def reason_for(
    workload: Workload, name: str, samples: Sequence[Sample] | None, notes: Notes
) -> str | None:
    """Return what the cell of an implementation says that has no figure: why."""
    column = IMPLEMENTATIONS[name]
    if samples is None:
        lacking = workload.needs - column.capabilities
        return f"no {min(one.value for one in lacking)}" if lacking else "-"
    failure = first_failure(samples)
    if failure is None:
        return None
    reason, _, more = failure.partition(": ")
    if not more:
        reason, more = "wrong work", failure
    return f"{reason} {notes.refer(f'{column.title}, {workload.title}: {more}')}"


def _goal(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def plain(value: float) -> str:
    """Return a figure that may be a whole number."""
    return f"{value:.0f}" if value >= 100 or value == int(value) else significant(value)


def spread(summary: Summary) -> str:
    """Return a median with its spread."""
    parts = (summary.median, summary.smallest, summary.largest)
    median, smallest, largest = map(significant, parts)
    return f"{median} [{smallest} {largest}]"


def significant(value: float) -> str:
    """Return the value with as many digits as mean something."""
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table that can be read as it stands."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(cells: Iterable[str]) -> str:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(rows[0]), rule, *(line(row) for row in rows[1:])])


def shortfalls(run: Run, margin: float | None, *, target: bool = False) -> list[str]:
    """Return where ours does wrong work, or is worse than its goal.

    Args:
        run: what was measured.
        margin: by how much a goal may be missed, as a fraction; None for goals that don't matter.
        target: compare with what we want to reach in place of what must be.
    """
    found = []
    for workload in run.workloads:
        cells = run.samples[workload.name]
        for name, samples in cells.items():
            if not IMPLEMENTATIONS[name].ours:
                continue
            complaint = first_failure(samples)
            if complaint is None and margin is not None:
                complaint = _missed(run, workload, samples, margin, target=target)
            if complaint is not None:
                found.append(f"{workload.title}, {name}: {complaint}")
    return found


def _missed(
    run: Run, workload: Workload, samples: Sequence[Sample], margin: float, *, target: bool
) -> str | None:
    goal = run.target(workload) if target else run.must(workload)
    summary = summarise(ratios(run.samples[workload.name][workload.base], samples))
    if goal is not None and summary is not None and summary.median < goal * (1 - margin):
        return f"{significant(summary.median)}, at least {goal:g}"
    summary = summarise([sample.figure for sample in samples])
    limit = workload.at_most
    if limit is not None and summary is not None and summary.median > limit * (1 + margin):
        scale, unit = SCALE[workload.unit], workload.unit
        return f"{significant(summary.median * scale)} {unit}, at most {limit * scale:g}"
    return None


def progress(done: int, total: int) -> None:
    """Show how far a run is, where somebody can see it."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done} of {total} children", end=end, file=sys.stderr, flush=True)
