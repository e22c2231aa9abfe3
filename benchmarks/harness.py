# SPDX-License-Identifier: BSD-3-Clause
"""Interleaves child processes: repetition by repetition, workload by workload, all columns in turn.

pyperf was considered: it runs the processes of one benchmark one after the other and compares
whole files afterwards, so on a machine whose speed drifts the two sides of a ratio are minutes
apart. Here they are a second apart.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from .environment import (
    BINDINGS,
    ROOT,
    SOURCE,
    Allocator,
    child_environment,
    install,
    path_of,
)
from .implementations import IMPLEMENTATIONS, Implementation
from .statistics_ import Sample
from .workload import Capability, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run measures.

    Attributes:
        budget: CPU seconds per sample.
        timeout: wall seconds after which a child is taken for hung.
    """

    workloads: Sequence[Workload]
    implementations: Sequence[Implementation]
    binding: str
    rounds: int = 5
    allocator: Allocator = Allocator.FAST
    budget: float = 0.15
    timeout: float = 60.0
    variables: dict[str, str] = dataclasses.field(default_factory=dict)

    def columns(self, workload: Workload) -> list[Implementation]:
        """Return who can run the workload, its base first, wanted as a column or not."""
        able = [
            implementation
            for implementation in self.implementations
            if workload.needs <= implementation.capabilities
            and implementation.needs_binding in (None, self.binding)
        ]
        base = IMPLEMENTATIONS[workload.base]
        return [base, *(one for one in able if one is not base)]


Results = dict[str, dict[str, list[Sample]]]
"""Samples by workload and implementation, one per repetition."""


class Harness:
    """Runs a plan.

    Args:
        plan: what to run.
        progress: called with the number of children finished and of all children.
    """

    def __init__(self, plan: Plan, progress: Callable[[int, int], None]) -> None:
        self._plan = plan
        self._progress = progress
        self._environments: dict[tuple[tuple[str, ...], str], dict[str, str]] = {}

    def prepare(self) -> None:
        """Install what is missing, before anything is measured."""
        for workload in self._plan.workloads:
            for implementation in self._plan.columns(workload):
                self._environment(workload, implementation)

    def run(self) -> Results:
        """Measure everything.

        Returns:
            One sample per repetition in each cell, also where the child failed.
        """
        self.prepare()
        plan = self._plan
        results: Results = {
            workload.name: {column.name: [] for column in plan.columns(workload)}
            for workload in plan.workloads
        }
        total = plan.rounds * sum(len(columns) for columns in results.values())
        for done, (workload, column) in enumerate(self.children()):
            self._progress(done, total)
            results[workload.name][column.name].append(self._child(workload, column))
        self._progress(total, total)
        return results

    def children(self) -> Iterator[tuple[Workload, Implementation]]:
        """Return who is measured with what, in order."""
        for repetition in range(self._plan.rounds):
            for workload in self._plan.workloads:
                columns = self._plan.columns(workload)
                # each time another one is first: what a predecessor leaves behind (caches, a
                # clocked-down core) must not always meet the same column
                shift = repetition % len(columns)
                for column in columns[shift:] + columns[:shift]:
                    yield workload, column

    def _child(self, workload: Workload, implementation: Implementation) -> Sample:
        command = [sys.executable, "-m", "benchmarks.child"]
        command += [implementation.name, workload.name, str(self._plan.budget)]
        environment = self._environment(workload, implementation)
        return run_child(command, environment, timeout=self._plan.timeout)

    def _environment(self, workload: Workload, implementation: Implementation) -> dict[str, str]:
        key = (workload.packages, implementation.name)
        if key not in self._environments:
            plan = self._plan
            self._environments[key] = {
                **environment_of(implementation, plan.binding, plan.allocator, workload.packages),
                **plan.variables,
            }
        return self._environments[key]


def environment_of(
    implementation: Implementation,
    binding: str,
    allocator: Allocator,
    packages: Sequence[str] = (),
) -> dict[str, str]:
    """Return the environment of an implementation's children; install what it needs."""
    path: list[str] = []
    if implementation.ours:
        path.append(str(SOURCE))
        path += path_of("attrs", "attrs")
        path += path_of("typing_extensions", "typing_extensions")
    if implementation.packages:
        path.append(str(install(implementation.packages)))
    if Capability.QT in implementation.capabilities:
        path += path_of(binding, BINDINGS[binding])
    for package in packages:
        path += path_of(package, package)
    return child_environment(binding, path, allocator)


def run_child(command: Sequence[str], environment: dict[str, str], timeout: float) -> Sample:
    """Run one child process and return its sample, a failed one when there is none."""
    try:
        finished = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Sample(failure=f"not finished after {timeout:g} s")
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["no message"]
        return Sample(failure=f"exit status {finished.returncode}: {lines[-1]}")
    return Sample(**json.loads(finished.stdout.splitlines()[-1]))
