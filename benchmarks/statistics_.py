# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of the harness: from samples to medians, spreads and ratios. Pure functions."""

from __future__ import annotations

import dataclasses
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Sample:
    """What one child process measured.

    Attributes:
        operations: how many operations it has done.
        cpu: CPU seconds of all its threads meanwhile.
        wall: seconds that went by meanwhile.
        reading: the workload's own figure per operation, where it has one.
        failure: why there is no figure, as `reason` or `reason: details`. All others are zero then.
        details: further figures of the workload's own, by a name with its unit.
    """

    operations: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    reading: float | None = None
    failure: str | None = None
    details: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def figure(self) -> float | None:
        """What is compared: the reading, else CPU seconds per operation; smaller is better."""
        if self.failure is not None or not self.operations:
            return None
        return self.cpu / self.operations if self.reading is None else self.reading

    @property
    def share(self) -> float:
        """How much of a core it has used."""
        return self.cpu / self.wall if self.wall else 0.0

    @property
    def wall_figure(self) -> float | None:
        """Wall seconds per operation."""
        if self.failure is not None or not self.operations:
            return None
        return self.wall / self.operations


@dataclasses.dataclass(frozen=True)
class Summary:
    """A median with the smallest and the largest value beside it."""

    median: float
    smallest: float
    largest: float
    count: int


def summarise(values: Sequence[float | None]) -> Summary | None:
    """Return the summary of the values that exist, None when none does."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    return Summary(statistics.median(present), min(present), max(present), len(present))


def ratios(
    base: Sequence[Sample], other: Sequence[Sample], *, wall: bool = False
) -> list[float | None]:
    """Return how many times as fast as the base the other was, one ratio per repetition.

    Only samples of one repetition are divided by each other, because the machine may be twice as
    slow in the next one. The other may have taken part in the first of them only. `wall` compares
    wall time in place of the figure.
    """
    pairs = zip(base, other, strict=False)
    if wall:
        return [_ratio(one.wall_figure, two.wall_figure) for one, two in pairs]
    return [_ratio(one.figure, two.figure) for one, two in pairs]


def _ratio(base: float | None, other: float | None) -> float | None:
    if base is None or other is None or other <= 0:
        return None
    return base / other


def first_failure(samples: Sequence[Sample]) -> str | None:
    """Return why a cell has no figure: a single failed sample spoils it."""
    return next((sample.failure for sample in samples if sample.failure is not None), None)


def detail(samples: Sequence[Sample], name: str) -> float | None:
    """Return the median of a further figure."""
    summary = summarise([sample.details.get(name) for sample in samples])
    return None if summary is None else summary.median
