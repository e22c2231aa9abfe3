# SPDX-License-Identifier: BSD-3-Clause
"""What a run has measured, sample by sample, and the file that it is kept in.

Tables, plots and verdicts are made from a `Run`, never while measuring, so each can be made again.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from .environment import Allocator
from .implementations import IMPLEMENTATIONS, Implementation
from .statistics_ import Sample
from .workload import REGISTER, Workload

if TYPE_CHECKING:
    from pathlib import Path

Results = dict[str, dict[str, list[Sample]]]
"""Samples by workload and implementation, one per repetition."""


@dataclasses.dataclass(frozen=True)
class Run:
    """Everything that one run has measured.

    Attributes:
        machine: what the figures depend on, versions included.
        samples: the samples of each cell.
    """

    machine: dict[str, str]
    samples: Results

    @property
    def allocator(self) -> Allocator:
        """The mode that the allocator was in."""
        return Allocator(self.machine["allocator"])

    @property
    def workloads(self) -> list[Workload]:
        """The rows, as far as they still exist."""
        return [REGISTER[name] for name in self.samples if name in REGISTER]

    def columns(self, workloads: list[Workload]) -> list[Implementation]:
        """Return who has been measured with one of these workloads."""
        names = {name for workload in workloads for name in self.samples[workload.name]}
        return [one for one in IMPLEMENTATIONS.values() if one.name in names]

    def must(self, workload: Workload) -> float | None:
        """Return the ratio below which something is broken."""
        slow = self.allocator is Allocator.SLOW and workload.must_slow is not None
        return workload.must_slow if slow else workload.must

    def target(self, workload: Workload) -> float | None:
        """Return the ratio that we want to reach."""
        slow = self.allocator is Allocator.SLOW and workload.target_slow is not None
        return workload.target_slow if slow else workload.target

    def save(self, path: Path) -> None:
        """Write the run to a file, with a line for each cell."""
        lines = []
        for name, columns in self.samples.items():
            cells = [
                f"   {json.dumps(column)}: {json.dumps([_plain(one) for one in samples])}"
                for column, samples in columns.items()
            ]
            lines.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(cells) + "\n  }")
        machine = json.dumps(self.machine, indent=1).replace("\n", "\n ")
        text = ",\n".join(lines)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{{\n "machine": {machine},\n "samples": {{\n{text}\n }}\n}}\n')

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read a file that `save` has written."""
        data: dict[str, Any] = json.loads(path.read_text())
        samples = {
            name: {column: [Sample(**one) for one in cell] for column, cell in columns.items()}
            for name, columns in data["samples"].items()
        }
        return cls(data["machine"], samples)


def _plain(sample: Sample) -> dict[str, Any]:
    """Return what is not the default of a sample, with the digits that mean something."""
    plain = {}
    for field in dataclasses.fields(sample):
        value = getattr(sample, field.name)
        if value not in (field.default, {}):
            plain[field.name] = _rounded(value)
    return plain


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return value
