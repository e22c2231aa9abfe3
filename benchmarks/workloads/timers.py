# SPDX-License-Identifier: BSD-3-Clause
"""Timers: what one costs, and how late it is. One that fires early is wrong work.

Early is what is earlier than the resolution that the loop's clock has by design.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks.workload import Batch, Reading, WrongWorkError, batch, seconds, size, staged

from . import percentile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.implementations import Adapter


def _check(late: list[float], adapter: Adapter) -> None:
    """Raise if something was early."""
    early = [-one for one in late if one < -adapter.resolution]
    if early:
        raise WrongWorkError(
            f"fires early: {len(early)} of {len(late)}, by up to {max(early) * 1e3:.1f} ms"
        )


async def _fire(adapter: Adapter, count: int, within: float, *, keep: int = 1) -> int:
    """Start `count` timers with random delays and cancel all but one in `keep` of them."""
    loop = asyncio.get_running_loop()
    now = loop.time
    randomness = random.Random(1)
    done = loop.create_future()
    late: list[float] = []
    expected = len(range(0, count, keep))

    def fire(when: float) -> None:
        late.append(now() - when)
        if len(late) == expected:
            done.set_result(None)

    start = now()
    handles = []
    for _ in range(count):
        when = start + randomness.random() * within
        handles.append(loop.call_at(when, fire, when))
    for number, handle in enumerate(handles):
        if number % keep:
            handle.cancel()
    await done
    _check(late, adapter)
    return count


@staged("10,000 timers over 200 ms", main=True, must=0.9, target=1.05)
async def timers_10k(adapter: Adapter) -> AsyncIterator[Batch]:
    """Timers that fire, fifty per millisecond."""

    async def run() -> int:
        return await _fire(adapter, size(10_000), seconds(0.2))

    yield run


@staged("100,000 timers over 200 ms", must=0.9, target=1.05, once=True)
async def timers_100k(adapter: Adapter) -> AsyncIterator[Batch]:
    """Timers that are due faster than they can be run."""

    async def run() -> int:
        return await _fire(adapter, size(100_000), seconds(0.2))

    yield run


@staged("100,000 timers, 90 % cancelled", must=0.85, target=1.0, once=True)
async def timers_cancelled(adapter: Adapter) -> AsyncIterator[Batch]:
    """Most timers of real programs are timeouts that never fire."""

    async def run() -> int:
        return await _fire(adapter, size(100_000), seconds(0.2), keep=10)

    yield run


@batch("timeout that does not expire", main=True, must=0.95, target=1.3)
async def timeout() -> int:
    """`asyncio.timeout` around something that is soon done: a timer made and cancelled."""
    count = size(5_000)
    passed = 0
    if sys.version_info >= (3, 11):
        for _ in range(count):
            async with asyncio.timeout(30):
                await asyncio.sleep(0)
                passed += 1
    else:
        for _ in range(count):
            await asyncio.wait_for(asyncio.sleep(0), 30)
            passed += 1
    return passed


@staged("1,000 sleepers of 5 to 20 ms", must=0.9, target=1.0)
async def sleepers(adapter: Adapter) -> AsyncIterator[Batch]:
    """Tasks that sleep at random: dense deadlines."""
    tasks, sleeps = size(1_000), 5

    async def run() -> int:
        randomness = random.Random(2)
        loop = asyncio.get_running_loop()
        late: list[float] = []

        async def sleeper() -> None:
            for _ in range(sleeps):
                when = loop.time() + (delay := randomness.uniform(0.005, 0.02))
                await asyncio.sleep(delay)
                late.append(loop.time() - when)

        await asyncio.gather(*(sleeper() for _ in range(tasks)))
        _check(late, adapter)
        if len(late) != tasks * sleeps:
            raise WrongWorkError(f"wrong work: {len(late)} sleeps of {tasks * sleeps}")
        return len(late)

    yield run


def _lateness(value: float, late: list[float]) -> Reading:
    return Reading(
        value,
        len(late),
        {"p50 us": statistics.median(late) * 1e6, "p99 us": percentile(late, 99) * 1e6},
    )


@staged("200 sparse timers, median lateness", once=True, absolute=True, at_most=150e-6)
async def sparse_timers(adapter: Adapter) -> AsyncIterator[Batch]:
    """Timers some milliseconds apart, on a loop with nothing else to do."""

    async def run() -> Reading:
        loop = asyncio.get_running_loop()
        randomness = random.Random(3)
        late: list[float] = []

        def fire(when: float) -> None:
            late.append(loop.time() - when)

        within = seconds(1.0)
        whens = sorted(loop.time() + 0.01 + randomness.random() * within for _ in range(size(200)))
        for when in whens:
            loop.call_at(when, fire, when)
        await asyncio.sleep(within + 0.1)
        _check(late, adapter)
        if len(late) != len(whens):
            raise WrongWorkError(f"lost timers: {len(late)} of {len(whens)} fired")
        return _lateness(statistics.median(late), late)

    yield run


@staged("sleep(1 ms), mean lateness", once=True, absolute=True, at_most=150e-6)
async def sleep_1ms(adapter: Adapter) -> AsyncIterator[Batch]:
    """One short sleep after the other."""

    async def run() -> Reading:
        loop = asyncio.get_running_loop()
        late = []
        for _ in range(size(300)):
            start = loop.time()
            await asyncio.sleep(0.001)
            late.append(loop.time() - start - 0.001)
        _check(late, adapter)
        return _lateness(statistics.fmean(late), late)

    yield run
