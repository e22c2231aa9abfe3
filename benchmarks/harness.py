# SPDX-License-Identifier: BSD-3-Clause
"""Interleaves child processes: by repetition, by workload, then all columns in turn."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from typing import TYPE_CHECKING

from .environment import (
    BINDINGS,
    QT_WHEELS,
    ROOT,
    SOURCE,
    Allocator,
    child_environment,
    install,
    path_of,
)
from .implementations import IMPLEMENTATIONS, Implementation
from .results import Results, Run
from .statistics_ import Sample
from .workload import Capability, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A workload that always has something to do, and got less of a core, was late for its neighbours'
# sake: it is run again, and the least disturbed of its runs counts.
UNDISTURBED = 0.98
ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run measures.

    Attributes:
        budget: CPU seconds per sample.
        peer_rounds: in how many of the repetitions, the first ones, the peers take part; None: in
            all. They are there to be compared with, and one that is slow costs most of the time.
        timeout: wall seconds after which a child is taken for hung.
    """

    workloads: Sequence[Workload]
    implementations: Sequence[Implementation]
    binding: str
    rounds: int = 5
    allocator: Allocator = Allocator.FAST
    budget: float = 0.15
    peer_rounds: int | None = None
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

    def takes_part(self, column: Implementation, workload: Workload, repetition: int) -> bool:
        """Whether it is measured in this repetition."""
        if self.peer_rounds is None or repetition < self.peer_rounds:
            return True
        return column.ours or column.name == workload.base


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
        self._not_installed: dict[str, str] = {}

    def prepare(self) -> None:
        """Install what is missing, before anything is measured."""
        for workload in self._plan.workloads:
            for implementation in self._plan.columns(workload):
                if implementation.name in self._not_installed:
                    continue
                try:
                    self._environment(workload, implementation)
                except RuntimeError as error:
                    if not implementation.packages:
                        raise
                    reason = str(error).strip().splitlines()[-1]
                    self._not_installed[implementation.name] = f"not installed: {reason}"

    def run(self) -> Run:
        """Measure everything.

        Returns:
            One sample per repetition that it took part in for each cell, also where a child failed.
        """
        self.prepare()
        path = {
            folder
            for environment in self._environments.values()
            for folder in environment["PYTHONPATH"].split(os.pathsep)
        }
        return Run(machine(self._plan, sorted(path)), self._measure())

    def _measure(self) -> Results:
        plan = self._plan
        results: Results = {
            workload.name: {column.name: [] for column in plan.columns(workload)}
            for workload in plan.workloads
        }
        children = list(self.children())
        total = len(children)
        for done, (workload, column) in enumerate(children):
            self._progress(done, total)
            cell = results[workload.name][column.name]
            # one failure spoils a cell, and the next may take a minute
            cell.append(cell[-1] if cell and cell[-1].failure else self._child(workload, column))
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
                    if self._plan.takes_part(column, workload, repetition):
                        yield workload, column

    def _child(self, workload: Workload, implementation: Implementation) -> Sample:
        if implementation.name in self._not_installed:
            return Sample(failure=self._not_installed[implementation.name])
        command = [sys.executable, "-m", "benchmarks.child"]
        command += [implementation.name, workload.name, str(self._plan.budget)]
        environment = self._environment(workload, implementation)
        samples: list[Sample] = []
        for _ in range(ATTEMPTS if workload.saturates else 1):
            samples.append(run_child(command, environment, timeout=self._plan.timeout))
            if samples[-1].failure is not None:
                return samples[-1]
            if samples[-1].share >= UNDISTURBED:
                break
        return max(samples, key=lambda sample: sample.share)

    def _environment(self, workload: Workload, implementation: Implementation) -> dict[str, str]:
        key = (workload.packages, implementation.name)
        if key not in self._environments:
            plan = self._plan
            self._environments[key] = {
                **environment_of(implementation, plan.binding, plan.allocator, workload.packages),
                **plan.variables,
            }
        return self._environments[key]


def machine(plan: Plan, path: Sequence[str]) -> dict[str, str]:
    """Return what the figures depend on.

    Args:
        plan: what is measured.
        path: the folders that the peers are in, beside those of this process.
    """
    versions = {
        _canonical(one.name): one.version
        for one in importlib.metadata.distributions(path=[*sys.path, *path])
    }
    fitting = [one for one in plan.implementations if one.needs_binding in (None, plan.binding)]
    names = [BINDINGS[plan.binding], *(package for one in fitting for package in one.packages)]
    if plan.binding in QT_WHEELS:
        names.insert(1, QT_WHEELS[plan.binding])
    packages = dict.fromkeys(name.partition("==")[0] for name in names)
    return {
        "python": platform.python_version(),
        "compiler": platform.python_compiler(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "processor": f"{os.cpu_count()} x {platform.machine()}",
        "binding": plan.binding,
        "packages": ", ".join(f"{name} {versions.get(_canonical(name), '?')}" for name in packages),
        "dispatcher": "UNIX" if "QT_NO_GLIB" in plan.variables else "GLib",
        "allocator": plan.allocator.value,
        "rounds": str(plan.rounds),
        "budget": f"{plan.budget:g} s",
    }


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-")


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
        return Sample(failure=f"timed out: not finished after {timeout:g} s")
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["no message"]
        return Sample(failure=f"died: exit status {finished.returncode}, {lines[-1]}")
    return Sample(**json.loads(finished.stdout.splitlines()[-1]))
