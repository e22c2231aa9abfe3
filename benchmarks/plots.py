# SPDX-License-Identifier: BSD-3-Clause
"""The plots of the documentation, as SVG: bars of ratios, and bars of lateness."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .statistics_ import Summary, first_failure, ratios, summarise
from .workload import REGISTER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .results import Run


@dataclasses.dataclass(frozen=True)
class Plot:
    """One file.

    Attributes:
        run: the run that it shows.
        rows: the names of the workloads, from top to bottom.
        bars: the implementations.
        title: says what is on the axis and which way is better.
    """

    name: str
    run: str
    rows: Sequence[str]
    bars: Sequence[str]
    title: str


_PEERS = ("uvloop", "owner", "guest", "qtinter-0.11", "qasync")
_TIMES = "times as fast as asyncio, CPU time (longer is better)"
_SOCKETS = (
    "tcp-1", "tcp-100", "streams-100", "tcp-64k", "udp-10", "unix-10", "pipe", "tls-10",
    "idle-10000", "subprocess",
)  # fmt: skip
PLOTS = (
    Plot(
        "callbacks",
        "pyqt6",
        (
            "chain", "burst", "sleep0-1", "sleep0-100", "timers-10k", "timers-100k", "timeout",
            "threadsafe-flood",
        ),
        _PEERS,
        _TIMES,
    ),
    Plot("io", "pyqt6", _SOCKETS, _PEERS, _TIMES),
    Plot("io-slow", "pyqt6-slow", _SOCKETS, _PEERS, _TIMES),
    Plot(
        "signals",
        "pyqt6",
        ("asyncsignal", "asyncslot", "asyncslot-suspends", "stream"),
        ("owner", "guest", "qasync"),
        "times as fast as qtinter 0.11, CPU time (longer is better)",
    ),
    Plot(
        "interplay",
        "pyqt6",
        ("ui-chain", "ui-switches", "ui-tasks", "ui-echo", "sleep-beside-qt"),
        ("owner", "guest", "qtinter-0.11", "qasync"),
        "99th percentile of lateness, ms (shorter is better)",
    ),
)  # fmt: skip
LOOKS = {
    "uvloop": ("uvloop", "#999999"),
    "owner": ("qtinter, owner", "#2a7f3b"),
    "guest": ("qtinter, guest", "#7dbb6f"),
    "qtinter-0.11": ("qtinter 0.11", "#d98c2b"),
    "qasync": ("qasync", "#6d7fc0"),
}


def value(run: Run, row: str, bar: str) -> Summary | None:
    """Return what a bar shows: a ratio, or milliseconds; None where there is no figure."""
    cells = run.samples.get(row, {})
    workload = REGISTER[row]
    if bar not in cells or first_failure(cells[bar]) is not None:
        return None
    if workload.absolute:
        return summarise([f and f * 1e3 for f in (one.figure for one in cells[bar])])
    return summarise(ratios(cells[workload.base], cells[bar]))


def draw(runs: Mapping[str, Run], folder: Path) -> None:
    """Write the plots whose run exists into a folder."""
    import matplotlib as mpl

    mpl.use("svg")
    # the same figures give the same file, and its text stays text
    mpl.rcParams.update({"svg.hashsalt": "qtinter", "svg.fonttype": "none", "font.size": 9})
    for plot in PLOTS:
        if plot.run in runs:
            _draw(plot, runs[plot.run], folder / f"{plot.name}.svg")


def _draw(plot: Plot, run: Run, path: Path) -> None:
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogLocator

    rows = [row for row in plot.rows if row in run.samples]
    bars = [bar for bar in plot.bars if any(value(run, row, bar) for row in rows)]
    if not bars:
        return
    width = 0.8 / len(bars)
    figure, axes = plt.subplots(figsize=(7.5, 0.9 + len(rows) * (0.18 + 0.13 * len(bars))))
    for number, bar in enumerate(bars):
        found = [(index, value(run, row, bar)) for index, row in enumerate(rows)]
        shown: list[tuple[int, Any]] = [(index, one) for index, one in found if one is not None]
        title, colour = LOOKS[bar]
        middles = [one.median for _, one in shown]
        axes.barh(
            [index + (number - (len(bars) - 1) / 2) * width for index, _ in shown],
            middles,
            width,
            xerr=[
                [one.median - one.smallest for _, one in shown],
                [one.largest - one.median for _, one in shown],
            ],
            error_kw={"elinewidth": 0.6, "ecolor": "#333333"},
            label=title,
            color=colour,
        )
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 1e3 else (1,)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(visible=True, axis="x", which="both", linewidth=0.3)
    axes.set_axisbelow(True)
    if not REGISTER[plot.rows[0]].absolute:
        axes.axvline(1, color="black", linewidth=0.8)
    titles = [REGISTER[row].title.replace(", p99 late", "") for row in rows]
    axes.set_yticks(range(len(rows)), titles)
    axes.invert_yaxis()
    axes.set_xlabel(plot.title)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1))
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
