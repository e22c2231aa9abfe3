# SPDX-License-Identifier: BSD-3-Clause
"""What was seen of a module's tests, and the judgement over two such records.

Pure data and pure functions: ``runner.py`` makes the records from child processes, ``run.py``
prints what comes out here.

The rule: **every test that passes on asyncio's own loop must pass on ours.** A test that is
skipped, missing, cut short or hanging on ours is lost as much as one that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSING = frozenset({"passed", "xfailed"})

# Outcomes that unittest does not know: what the process did while the test ran.
HUNG = "hung"
CRASHED = "crashed"
MISSING = "missing"


@attrs.frozen
class Seen:
    """One test's outcome."""

    outcome: str
    turns: int | None = None
    seconds: float = 0.0
    detail: str = ""
    altered: bool = False

    @property
    def passing(self) -> bool:
        return self.outcome in PASSING


@attrs.frozen
class ModuleRun:
    """A module's tests on one kind of loop, over as many processes as it took.

    Attributes:
        tests: by test id, in the order they ran.
        fixtures: what failed outside a test (set-up of a class, import), by unittest's name for it.
        broken: how each process that did not come to its end ended; empty when all is well.
        seconds: wall time.
        warned: what Qt wrote about how it is used; it would for a notifier on a closed descriptor.
    """

    tests: dict[str, Seen]
    fixtures: dict[str, Seen]
    broken: tuple[str, ...] = ()
    seconds: float = 0.0
    warned: tuple[str, ...] = ()

    @property
    def passed(self) -> int:
        return sum(seen.passing for seen in self.tests.values())

    @property
    def touched_qt(self) -> int | None:
        """In how many tests Qt woke our loop; None where that can't be seen."""
        turns = [seen.turns for seen in self.tests.values()]
        if all(turn is None for turn in turns):
            return None
        return sum(bool(turn) for turn in turns)


@attrs.frozen
class Retry:
    """A lost test, run again alone: outcomes on each loop, then again with its whole module."""

    stock: Sequence[str]
    ours: Sequence[str]
    in_module: str | None = None

    @property
    def stock_fails_too(self) -> bool:
        return any(outcome not in PASSING for outcome in self.stock)

    @property
    def passes_alone(self) -> bool:
        return bool(self.ours) and all(outcome in PASSING for outcome in self.ours)

    @property
    def flaky(self) -> bool:
        """Not to be counted as lost: it fails on asyncio's own loop too, or only now and then.

        Passing alone is not enough: a test that fails whenever it runs after its neighbours is
        lost, not flaky. Hence the run with the whole module.
        """
        return self.stock_fails_too or (self.passes_alone and self.in_module in PASSING)

    def __str__(self) -> str:
        parts = [
            f"alone on stock: {', '.join(self.stock)}",
            f"alone on ours: {', '.join(self.ours)}",
        ]
        if self.in_module is not None:
            parts.append(f"with its module again: {self.in_module}")
        return "; ".join(parts)


def lost_tests(stock: ModuleRun, ours: ModuleRun) -> dict[str, Seen]:
    """The tests that pass on stock and not on ours, with what was seen instead."""
    return {
        test: ours.tests.get(test, Seen(MISSING))
        for test, seen in stock.tests.items()
        if seen.passing and not ours.tests.get(test, Seen(MISSING)).passing
    }


def newly_altered(stock: ModuleRun, ours: ModuleRun) -> list[str]:
    """The tests after which something was left over (threads, children) on ours only."""
    return [
        test
        for test, seen in ours.tests.items()
        if seen.altered and test in stock.tests and not stock.tests[test].altered
    ]
