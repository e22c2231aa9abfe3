# SPDX-License-Identifier: BSD-3-Clause
"""Prints what a conformance run found, and makes its exit status of it.

Nothing is left out: what is excused (flaky, a deviation, a failure on asyncio's own loop) is named
too, with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from tests.conformance.verdict import MISSING, ModuleRun, Retry, Seen, newly_altered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.conformance.deviations import Deviation

DETAIL_LINES = 40
COLUMNS = (  # and their widths
    ("tests", 6),
    ("stock", 7),
    ("ours", 7),
    ("lost", 6),
    ("Qt", 6),
    ("s", 7),
    ("stock s", 9),
)


@attrs.define
class Judged:
    """One module, on both loops."""

    module: str
    stock: ModuleRun
    ours: ModuleRun
    lost: dict[str, Seen] = attrs.field(factory=dict)
    flaky: dict[str, Retry] = attrs.field(factory=dict)
    retried: dict[str, Retry] = attrs.field(factory=dict)
    accepted: dict[str, Deviation] = attrs.field(factory=dict)


def print_head() -> None:
    print(f"{'module':28}" + "".join(f"{name:>{width}}" for name, width in COLUMNS))


def print_row(name: str, judged: Sequence[Judged]) -> None:
    touched = [j.ours.touched_qt for j in judged]
    qt = "-" if all(t is None for t in touched) else sum(t or 0 for t in touched)
    marks = [mark for mark, there in marks_of(judged) if there]
    print(
        f"{name:28}"
        f"{sum(len(j.stock.tests) for j in judged):>6}"
        f"{sum(j.stock.passed for j in judged):>7}"
        f"{sum(j.ours.passed for j in judged):>7}"
        f"{sum(len(j.lost) for j in judged):>6}"
        f"{qt:>6}"
        f"{sum(j.ours.seconds for j in judged):>7.1f}"
        f"{sum(j.stock.seconds for j in judged):>9.1f}"
        f"{'  ' + ' '.join(marks) if marks else ''}",
        flush=True,
    )


def marks_of(judged: Sequence[Judged]) -> list[tuple[str, int]]:
    broken = sum(len(j.ours.broken) for j in judged)
    flaky = sum(len(j.flaky) for j in judged)
    accepted = sum(len(j.accepted) for j in judged)
    return [
        (f"{broken} BROKEN OFF", broken),
        (f"{flaky} flaky", flaky),
        (f"{accepted} deviations", accepted),
    ]


def report_stock(judged: Sequence[Judged], seconds: float) -> int:
    """What does not pass on asyncio's own loop here, and so is asked of nobody."""
    for j in judged:
        for test, seen in not_passing(j.stock):
            print(f"\nnot passing on stock: {test}: {seen.outcome}\n{tail(seen.detail)}")
        for text in j.stock.broken:
            print(f"\nBROKEN OFF ON STOCK: {tail(text)}")
    print(f"\n{seconds:.1f} s")
    return 1 if any(j.stock.broken for j in judged) else 0


def report(
    judged: Sequence[Judged],
    stale: Mapping[str, Deviation],
    seconds: float,
    *,
    whole: bool,
) -> int:
    """Print what was found; the exit status."""
    for j in judged:
        for test, seen in j.lost.items():
            again = j.retried.get(test, "not run again")
            print(f"\nLOST: {test}: {seen.outcome} ({again})\n{tail(seen.detail)}")
        if any(seen.outcome == MISSING for seen in j.lost.values()):
            for name, seen in j.ours.fixtures.items():
                print(f"\nOUTSIDE A TEST: {name}: {seen.outcome}\n{tail(seen.detail)}")
        for text in j.ours.broken:
            print(f"\nBROKEN OFF: {tail(text)}")
        for text in j.ours.warned:
            print(f"\nQT WARNED: {j.module}: {text}")
        for test, retry in j.flaky.items():
            seen = j.ours.tests.get(test, Seen(MISSING))
            print(f"\nflaky: {test}: {seen.outcome} ({retry})\n{tail(seen.detail)}")
        for test, deviation in j.accepted.items():
            print(f"\ndeviation: {test}: {deviation.reason}")
        for test in newly_altered(j.stock, j.ours):
            print(f"\nleft something over (threads, children) on ours only: {test}")
        for test, on_stock in not_passing(j.stock):
            on_ours = j.ours.tests.get(test, Seen(MISSING)).outcome
            print(f"\nnot asked of ours: {test}: {on_stock.outcome} on stock, {on_ours} on ours")

    for test, deviation in stale.items():
        print(f"\nSTALE DEVIATION: {test} passes; take out: {deviation}")
    vacuous = whole and not sum(j.ours.touched_qt or 0 for j in judged)
    if vacuous:
        print("\nVACUOUS: Qt woke our loop in no test at all")

    lost = sum(len(j.lost) for j in judged)
    broken = sum(len(j.ours.broken) for j in judged)
    flaky = sum(len(j.flaky) for j in judged)
    warned = sum(len(j.ours.warned) for j in judged)
    good = not (lost or broken or warned or stale or vacuous)
    print(
        f"\n{'conforms' if good else 'DOES NOT CONFORM'}: {lost} lost, {broken} broken off, "
        f"{warned} Qt warnings, {flaky} flaky, {len(stale)} stale deviations; {seconds:.1f} s"
    )
    return 0 if good else 1


def not_passing(run: ModuleRun) -> list[tuple[str, Seen]]:
    skipped = "skipped"
    return [(t, s) for t, s in run.tests.items() if not s.passing and s.outcome != skipped]


def tail(text: str) -> str:
    lines = text.rstrip().splitlines()
    cut = [f"    ... {len(lines) - DETAIL_LINES} lines"] if len(lines) > DETAIL_LINES else []
    return "\n".join([*cut, *(f"    {line}" for line in lines[-DETAIL_LINES:])])
