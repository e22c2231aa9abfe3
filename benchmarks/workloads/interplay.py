# SPDX-License-Identifier: BSD-3-Clause
"""Qt and asyncio side by side: how late each is when the other is busy, against qtinter 0.11.

Lateness of a QTimer is how much longer than its interval it took to fire again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.workload import Batch, Capability, Reading, WrongWorkError, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from benchmarks.implementations import Adapter

_BASE = "qtinter-0.11"
_QT = frozenset({Capability.QT})
_SECONDS = 1.0


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile of some values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@contextlib.contextmanager
def ticking(adapter: Adapter, interval: int) -> Iterator[list[float]]:
    """Run a precise QTimer; the list gets the time of each of its shots."""
    core = adapter.qt_core
    shots: list[float] = []
    timer = core.QTimer()
    timer.setTimerType(core.Qt.TimerType.PreciseTimer)
    timer.setInterval(interval)
    timer.timeout.connect(lambda: shots.append(time.perf_counter()))
    timer.start()
    try:
        yield shots
    finally:
        timer.stop()


def busy_for(seconds: float) -> None:
    """Compute something for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


async def _ui_lateness(adapter: Adapter, load: Coroutine[Any, Any, None]) -> Reading:
    """Return the 99th percentile of a 5 ms timer's lateness under a load."""
    interval = 0.005
    task = asyncio.ensure_future(load)
    with ticking(adapter, 5) as shots:
        await asyncio.sleep(_SECONDS)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    if len(shots) < 10:
        raise WrongWorkError(f"a 5 ms timer fired {len(shots)} times in {_SECONDS:g} s")
    late = [max(0.0, later - earlier - interval) for earlier, later in itertools.pairwise(shots)]
    return Reading(percentile(late, 99), len(late))


async def _chain() -> None:
    loop = asyncio.get_running_loop()
    going = True

    def step() -> None:
        if going:
            loop.call_soon(step)

    step()
    try:
        await loop.create_future()
    finally:
        going = False


async def _hundred_tasks() -> None:
    async def worker() -> None:
        while True:
            busy_for(0.0001)
            await asyncio.sleep(0)

    await asyncio.gather(*(worker() for _ in range(100)))


def _ui(title: str, name: str, load: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def stage(adapter: Adapter) -> AsyncIterator[Batch]:
        async def run() -> Reading:
            return await _ui_lateness(adapter, load())

        yield run

    stage.__name__ = name
    staged(title, base=_BASE, needs=_QT, once=True)(stage)


_ui("5 ms QTimer beside a chain, p99 late", "ui_beside_chain", _chain)
_ui("5 ms QTimer beside 100 tasks of 100 us, p99 late", "ui_beside_tasks", _hundred_tasks)


@staged("sleep(2 ms) beside a busy Qt, p99 late", base=_BASE, needs=_QT, once=True)
async def sleep_beside_qt(adapter: Adapter) -> AsyncIterator[Batch]:
    """A 0 ms QTimer that computes for 100 us each time, and a task that sleeps."""
    core = adapter.qt_core

    async def run() -> Reading:
        loop = asyncio.get_running_loop()
        timer = core.QTimer()
        timer.timeout.connect(lambda: busy_for(0.0001))
        timer.start(0)
        late: list[float] = []
        end = loop.time() + _SECONDS
        while loop.time() < end or len(late) < 3:
            start = loop.time()
            await asyncio.sleep(0.002)
            late.append(loop.time() - start - 0.002)
        timer.stop()
        return Reading(percentile(late, 99), len(late))

    yield run
