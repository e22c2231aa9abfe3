# SPDX-License-Identifier: BSD-3-Clause
"""Turns results into a table for people and into JSON for programs."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform
import sys
from typing import TYPE_CHECKING, Any

from .environment import BINDINGS
from .implementations import IMPLEMENTATIONS
from .statistics_ import Sample, Summary, first_failure, ratios, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .harness import Plan, Results
    from .workload import Workload

_SCALE = {"us": 1e6, "ms": 1e3, "kB": 1.0}


def machine(plan: Plan) -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "compiler": platform.python_compiler(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "binding": f"{plan.binding} {_version(BINDINGS[plan.binding])}".strip(),
        "allocator": plan.allocator.value,
        "rounds": str(plan.rounds),
    }


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def as_json(plan: Plan, results: Results) -> dict[str, Any]:
    """Return everything that was measured, sample by sample."""
    return {
        "machine": machine(plan),
        "bases": {workload.name: workload.base for workload in plan.workloads},
        "results": {
            name: {
                column: [dataclasses.asdict(sample) for sample in samples]
                for column, samples in columns.items()
            }
            for name, columns in results.items()
        },
    }


def table(plan: Plan, results: Results) -> str:
    """Return the tables: one for each base that ratios are taken against."""
    head = ", ".join(f"{key} {value}" for key, value in machine(plan).items())
    parts = [head]
    bases = dict.fromkeys(workload.base for workload in plan.workloads)
    notes: list[str] = []
    for base in bases:
        workloads = [workload for workload in plan.workloads if workload.base == base]
        parts.append(_table_for(base, workloads, plan, results, notes))
    if notes:
        parts.append("\n".join(f"({number}) {note}" for number, note in enumerate(notes, 1)))
    return "\n\n".join(parts)


def _table_for(
    base: str, workloads: Sequence[Workload], plan: Plan, results: Results, notes: list[str]
) -> str:
    title = IMPLEMENTATIONS[base].title
    others = [
        implementation
        for implementation in plan.implementations
        if implementation.name != base
        and any(implementation.name in results[workload.name] for workload in workloads)
    ]
    rows = [[f"x {title}, CPU", title, *(other.title for other in others), "at least"]]
    for workload in workloads:
        cells = results[workload.name]
        row = [workload.title, _figure(workload, cells[base], notes)]
        for other in others:
            samples = cells.get(other.name)
            row.append("-" if samples is None else _cell(workload, cells[base], samples, notes))
        rows.append([*row, "" if workload.must is None else f"{workload.must:g}"])
    return aligned(rows)


def _figure(workload: Workload, samples: Sequence[Sample], notes: list[str]) -> str:
    summary = summarise([sample.figure for sample in samples])
    if summary is None or first_failure(samples) is not None:
        return _failed(workload, samples, notes)
    return f"{significant(summary.median * _SCALE[workload.unit])} {workload.unit}"


def _cell(
    workload: Workload, base: Sequence[Sample], samples: Sequence[Sample], notes: list[str]
) -> str:
    if first_failure(samples) is not None:
        return _failed(workload, samples, notes)
    summary = summarise(ratios(base, samples))
    return "-" if summary is None else spread(summary)


def _failed(workload: Workload, samples: Sequence[Sample], notes: list[str]) -> str:
    note = f"{workload.title}: {first_failure(samples)}"
    if note not in notes:
        notes.append(note)
    return f"FAILS ({notes.index(note) + 1})"


def spread(summary: Summary) -> str:
    """Return a ratio with its spread."""
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


def shortfalls(plan: Plan, results: Results, margin: float) -> list[str]:
    """Return where ours fails, or is slower than it must be by more than the margin."""
    found = []
    for workload in plan.workloads:
        cells = results[workload.name]
        for name, samples in cells.items():
            if not IMPLEMENTATIONS[name].ours:
                continue
            failure = first_failure(samples)
            summary = summarise(ratios(cells[workload.base], samples))
            if failure is not None:
                found.append(f"{workload.title}, {name}: {failure}")
            elif (
                summary is not None
                and workload.must is not None
                and summary.median < workload.must * (1 - margin)
            ):
                ratio = significant(summary.median)
                found.append(f"{workload.title}, {name}: {ratio}, at least {workload.must:g}")
    return found


def progress(done: int, total: int) -> None:
    """Show how far a run is, where somebody can see it."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done} of {total} children", end=end, file=sys.stderr, flush=True)
