# SPDX-License-Identifier: BSD-3-Clause
"""The page about performance is made of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import page, plots
from benchmarks.page import ALL, PAGE, Section, everything, load, machines, replaced, written
from benchmarks.report import Notes
from benchmarks.results import Results, Run
from benchmarks.statistics_ import Sample, Summary
from benchmarks.workload import REGISTER

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = {
    "python": "3.12.1",
    "compiler": "GCC",
    "system": "Linux 6",
    "processor": "2 shared vCPUs",
    "binding": "PyQt6",
    "packages": "PyQt6 6.11",
    "dispatcher": "GLib",
    "allocator": "fast",
    "rounds": "3",
    "budget": "0.15 s",
    "command": "python -m benchmarks --rows full",
}
CHAIN: Results = {
    "chain": {
        "stock": [Sample(1, 1e-6), Sample(1, 1e-6)],
        "uvloop": [Sample(failure="fires early: all")] * 2,
        "owner": [Sample(1, 5e-7), Sample(1, 4e-7)],
    }
}
UI: Results = {"ui-chain": {"qtinter-0.11": [Sample(1, reading=2e-4)], "owner": [Sample()]}}


def run(samples: Results, **machine: str) -> Run:
    return Run({**MACHINE, **machine}, samples)


def cells(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    before = "a <!-- benchmarks: x -->old<!-- /benchmarks: x --> <!-- benchmarks: y -->"

    assert replaced(before, "x", "new") == (
        "a <!-- benchmarks: x -->\n\nnew\n\n<!-- /benchmarks: x --> <!-- benchmarks: y -->"
    )


def test_a_page_without_the_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="the page has no <!-- benchmarks: x -->"):
        replaced("<!-- benchmarks: x -->", "x", "new")


def test_a_section_has_the_medians_of_all_runs_in_one_table() -> None:
    other = {"chain": {"stock": [Sample(1, 1e-6)], "guest": [Sample(1, 1e-6)]}}
    runs = {"pyqt6": run(CHAIN), "pyside6": run(other, binding="PySide6")}

    assert cells(str(Section(runs, ["callbacks"], Notes()))) == [
        ["x asyncio", "asyncio", "uvloop", "owner, PyQt6", "guest, PySide6", "target"],
        ["call_soon chain", "1.00 us", "fires early (1)", "2.25", "1.00", "2"],
    ]


def test_lateness_is_shown_in_the_unit_of_the_row() -> None:
    table = cells(str(Section({"pyqt6": run(UI)}, ["interplay"], Notes())))

    assert table[1][1:] == ["200", "-", "1000"]


def test_the_page_says_what_it_was_measured_on_and_by_which_commands() -> None:
    text = machines({"a": run({}), "b": run({}, packages="PyQt6 6.11, qasync 1", command="again")})

    assert "Python 3.12.1 (GCC), Linux 6, 2 shared vCPUs; PyQt6 6.11, qasync 1. " in text
    assert text.endswith("\n\n    python -m benchmarks --rows full\n    again")


def test_all_figures_have_cpu_time_wall_time_and_reasons() -> None:
    text = everything({"pyqt6": run(CHAIN)})

    assert "2.25 [2.00 2.50]" in text
    assert "x asyncio, CPU" in text
    assert "x asyncio, wall" in text
    assert text.endswith("- (1) uvloop, call_soon chain: all\n")


def test_the_page_shows_what_was_measured_last() -> None:
    runs = load()

    assert PAGE.read_text() == written(PAGE.read_text(), runs)
    assert ALL.read_text() == everything(runs)


def test_each_plot_shows_rows_that_exist_and_is_on_the_page() -> None:
    for plot in plots.PLOTS:
        assert set(plot.rows) <= REGISTER.keys()
        assert plot.run in page.RUNS
        assert f"![](performance/{plot.name}.svg)" in PAGE.read_text()


def test_a_bar_is_a_ratio_or_milliseconds_or_missing() -> None:
    assert plots.value(run(CHAIN), "chain", "owner") == Summary(2.25, 2.0, 2.5, 2)
    assert plots.value(run(UI), "ui-chain", "qtinter-0.11") == Summary(0.2, 0.2, 0.2, 1)
    assert plots.value(run(CHAIN), "chain", "uvloop") is None
    assert plots.value(run(CHAIN), "chain", "qasync") is None


def test_the_same_figures_give_the_same_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is installed for make bench-report only")
    plots.draw({"pyqt6": run(CHAIN)}, tmp_path)
    first = (tmp_path / "callbacks.svg").read_text()
    plots.draw({"pyqt6": run(CHAIN)}, tmp_path)

    assert (tmp_path / "callbacks.svg").read_text() == first
    assert "call_soon chain" in first
    assert not (tmp_path / "io-slow.svg").exists()
