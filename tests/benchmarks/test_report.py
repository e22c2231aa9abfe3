# SPDX-License-Identifier: BSD-3-Clause
"""From samples to tables, verdicts and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import workloads  # noqa: F401  (fills the register)
from benchmarks.report import aligned, shortfalls, significant, text
from benchmarks.results import Results, Run
from benchmarks.statistics_ import Sample

if TYPE_CHECKING:
    from pathlib import Path


def run(samples: Results, allocator: str = "fast") -> Run:
    return Run({"python": "3", "allocator": allocator}, samples)


def row(table: str, title: str) -> list[str]:
    """Return the cells of the row that begins with a title."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    return next(cells for cells in lines if cells and cells[0] == title)


def test_a_row_has_the_base_the_ratios_with_their_spread_and_the_goals() -> None:
    chain = {
        "stock": [Sample(1, 1e-6), Sample(1, 1e-6)],
        "owner": [Sample(1, 5e-7), Sample(1, 4e-7)],
    }

    assert row(text(run({"chain": chain})), "call_soon chain") == [
        "call_soon chain", "1.00 us", "2.25 [2.00 2.50]", "1", "2",
    ]  # fmt: skip


def test_the_goals_of_sockets_depend_on_the_allocator() -> None:
    cells = {"stock": [Sample(1, 1e-6)], "owner": [Sample(1, 1e-6)]}
    goals = [
        row(text(run({"tcp-100": cells}, allocator)), "TCP echo, 100 connections")[-2:]
        for allocator in ("fast", "slow")
    ]

    assert goals == [["0.95", "1.1"], ["1", "3"]]


def test_wall_time_is_shown_on_demand() -> None:
    chain = {"stock": [Sample(1, 1e-6, 4e-6)], "owner": [Sample(1, 1e-6, 2e-6)]}

    shown = row(text(run({"chain": chain}), wall=True), "call_soon chain")

    assert shown[1:3] == ["4.00 us", "2.00 [2.00 2.00]"]


def test_a_failure_says_its_reason_in_the_cell_and_the_rest_in_a_note() -> None:
    cells = {
        "stock": [Sample(1, 1e-6)],
        "owner": [Sample(failure="lost")],
        "qasync": [Sample(failure="fires early: 3 of 4")],
    }
    table = text(run({"timers-10k": cells}))

    assert row(table, "10,000 timers over 200 ms")[2:4] == ["fires early (1)", "wrong work (2)"]
    assert table.endswith(
        "(1) qasync, 10,000 timers over 200 ms: 3 of 4\n(2) owner, 10,000 timers over 200 ms: lost"
    )


def test_who_cannot_do_a_row_says_what_is_lacking() -> None:
    cell = [Sample(1, 1e-6)]
    samples = {
        "chain": {"stock": cell, "qtasyncio": cell},
        "tcp-100": {"stock": cell},
    }

    assert row(text(run(samples)), "TCP echo, 100 connections")[2] == "no sockets"


def test_lateness_is_shown_as_it_is_with_details_below() -> None:
    sample = Sample(1, reading=2e-4, details={"p50 us": 150.0, "shots lost": 0})
    table = text(run({"ui-chain": {"owner": [sample]}}))

    assert row(table, "5 ms QTimer beside a call_soon chain, p99 late, us")[1:] == [
        "200 [200 200]", "1000",
    ]  # fmt: skip
    assert row(table, "5 ms QTimer beside a call_soon chain, p99 late")[1:] == ["p50 us", "150"]
    assert row(table, "")[1:] == ["shots lost", "0"]


def test_ours_falls_short_where_it_is_slower_than_it_must_be() -> None:
    chain = {"stock": [Sample(1, 1.0)], "owner": [Sample(1, 1.2)], "qasync": [Sample(1, 9.0)]}
    slow = run({"chain": chain})

    assert shortfalls(slow, margin=0.1) == ["call_soon chain, owner: 0.83, at least 1"]
    assert shortfalls(slow, margin=0.2) == []
    assert shortfalls(slow, margin=None) == []


def test_ours_can_be_compared_with_the_target() -> None:
    chain = {"stock": [Sample(1, 1.5)], "owner": [Sample(1, 1.0)]}

    assert shortfalls(run({"chain": chain}), 0.1) == []
    assert shortfalls(run({"chain": chain}), 0.1, target=True) == [
        "call_soon chain, owner: 1.50, at least 2"
    ]


def test_ours_falls_short_where_it_is_later_than_it_may_be() -> None:
    late = run({"sparse-timers": {"stock": [Sample(1)], "owner": [Sample(1, reading=2e-4)]}})

    assert shortfalls(late, 0.1) == [
        "200 sparse timers, median lateness, owner: 200 us, at most 150"
    ]


def test_wrong_work_of_ours_falls_short_whatever_the_margin() -> None:
    wrong = {"chain": {"stock": [Sample(1, 1.0)], "owner": [Sample(failure="lost")]}}

    assert shortfalls(run(wrong), margin=None) == ["call_soon chain, owner: lost"]


def test_a_run_is_the_same_after_it_was_saved_and_loaded(tmp_path: Path) -> None:
    before = run(
        {
            "chain": {
                "stock": [Sample(3, 0.123456, 0.5), Sample(2, 0.25, 0.5, 1e-6)],
                "owner": [Sample(failure="died: exit status 1"), Sample(details={"threads": 1})],
            },
            "burst": {"stock": [Sample(1, 1.0)]},
        }
    )
    before.save(tmp_path / "new" / "run.json")

    assert Run.load(tmp_path / "new" / "run.json") == before


@pytest.mark.parametrize(("value", "shown"), [(123.4, "123"), (12.34, "12.3"), (1.234, "1.23")])
def test_figures_are_printed_with_the_digits_that_mean_something(value: float, shown: str) -> None:
    assert significant(value) == shown


def test_the_table_is_aligned_markdown() -> None:
    assert aligned([["a", "bb"], ["ccc", "d"]]) == "| a   | bb |\n|-----|----|\n| ccc | d  |"
