# SPDX-License-Identifier: BSD-3-Clause
"""Qt and asyncio side by side: how late each is when the other is busy.

Lateness of a QTimer is how much longer than its interval it took to fire again. The details say,
too, how many of its shots were lost and how much the load got done meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from typing import TYPE_CHECKING, Any

from benchmarks.workload import (
    Batch,
    Capability,
    Reading,
    WrongWorkError,
    seconds,
    staged,
)

from . import percentile
from .sockets import echo, tcp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from benchmarks.implementations import Adapter

_BASE = "qtinter-0.11"
_QT = frozenset({Capability.QT})


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


class Load:
    """What runs beside the timer.

    Attributes:
        started: set by the load when it runs.
        done: counted up by the load, per operation.
    """

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.done = 0


def shots_lost(times: list[float], interval: float) -> int:
    """Return how many shots a timer has left out.

    Args:
        times: When it was started, when it fired, and when it was stopped.
        interval: Its interval, in the same unit.
    """
    gaps = (later - earlier for earlier, later in itertools.pairwise(times))
    return sum(max(0, round(gap / interval) - 1) for gap in gaps)


async def _ui_lateness(
    adapter: Adapter, load: Callable[[Load], Coroutine[Any, Any, None]]
) -> Reading:
    """Return the 99th percentile of a 5 ms timer's lateness under a load."""
    interval, duration = 0.005, seconds(1.0)
    beside = Load()
    task = asyncio.ensure_future(load(beside))
    await beside.started.wait()
    with ticking(adapter, 5) as shots:
        before, start = beside.done, time.perf_counter()
        await asyncio.sleep(duration)
        took, done = time.perf_counter() - start, beside.done - before
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    if len(shots) < 2:
        raise WrongWorkError(f"timer starves: {len(shots)} shots of {duration / interval:.0f}")
    late = [max(0.0, later - earlier - interval) for earlier, later in itertools.pairwise(shots)]
    details = {
        "p50 us": percentile(late, 50) * 1e6,
        "p90 us": percentile(late, 90) * 1e6,
        "p99 us": percentile(late, 99) * 1e6,
        "shots lost": shots_lost([start, *shots, start + took], interval),
        "load/s": done / took,
    }
    return Reading(percentile(late, 99), len(late), details)


async def _chain(load: Load) -> None:
    loop = asyncio.get_running_loop()
    going = True

    def step() -> None:
        load.done += 1
        if going:
            loop.call_soon(step)

    step()
    load.started.set()
    try:
        await loop.create_future()
    finally:
        going = False


async def _switches(load: Load) -> None:
    async def worker() -> None:
        while True:
            await asyncio.sleep(0)
            load.done += 1

    load.started.set()
    await asyncio.gather(*(worker() for _ in range(1_000)))


async def _hundred_tasks(load: Load) -> None:
    async def worker() -> None:
        while True:
            busy_for(0.0001)
            load.done += 1
            await asyncio.sleep(0)

    load.started.set()
    await asyncio.gather(*(worker() for _ in range(100)))


async def _echo(load: Load) -> None:
    async with echo("tcp", tcp, 50, 64) as run:
        load.started.set()
        while True:
            await run(100)
            load.done += 100


def _ui(
    name: str,
    title: str,
    load: Callable[[Load], Coroutine[Any, Any, None]],
    at_most: float,
    *also: Capability,
) -> None:
    async def stage(adapter: Adapter) -> AsyncIterator[Batch]:
        async def run() -> Reading:
            return await _ui_lateness(adapter, load)

        yield run

    stage.__name__ = name
    needs = _QT | {*also}
    staged(
        title,
        base=_BASE,
        needs=needs,
        once=True,
        absolute=True,
        at_most=at_most,
        saturates=not also,  # with sockets it waits for the client
    )(stage)


_ui("ui_chain", "5 ms QTimer beside a call_soon chain, p99 late", _chain, 1e-3)
_ui("ui_switches", "5 ms QTimer beside 1,000 x sleep(0), p99 late", _switches, 1e-3)
_ui("ui_tasks", "5 ms QTimer beside 100 tasks of 100 us, p99 late", _hundred_tasks, 1e-3)
_ui(
    "ui_echo", "5 ms QTimer beside TCP echo, 50 connections, p99 late", _echo, 2.5e-3,
    Capability.FILE_DESCRIPTORS,
)  # fmt: skip


@staged(
    "sleep(2 ms) beside a busy Qt, p99 late",
    base=_BASE,
    needs=_QT,
    once=True,
    absolute=True,
    at_most=0.5e-3,
    saturates=True,
)
async def sleep_beside_qt(adapter: Adapter) -> AsyncIterator[Batch]:
    """A 0 ms QTimer that computes for 100 us each time, and a task that sleeps."""
    core = adapter.qt_core

    async def run() -> Reading:
        loop = asyncio.get_running_loop()
        timer = core.QTimer()
        timer.timeout.connect(lambda: busy_for(0.0001))
        timer.start(0)
        late: list[float] = []
        end = loop.time() + seconds(1.0)
        while loop.time() < end or len(late) < 3:
            start = loop.time()
            await asyncio.sleep(0.002)
            late.append(loop.time() - start - 0.002)
        timer.stop()
        details = {"p50 us": percentile(late, 50) * 1e6, "p99 us": percentile(late, 99) * 1e6}
        return Reading(percentile(late, 99), len(late), details)

    yield run
