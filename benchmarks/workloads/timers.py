# SPDX-License-Identifier: BSD-3-Clause
"""Timers: what one costs, and how late it is. One that fires early is wrong work."""

from __future__ import annotations

import asyncio
import random
import statistics
from typing import TYPE_CHECKING

from benchmarks.workload import Batch, Reading, WrongWorkError, batch, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.implementations import Adapter

# the clock and the deadline are floats of some 1e5 seconds: their last digits are no promise
_TOLERANCE = 1e-6


async def _fire(count: int, within: float, *, keep: int = 1) -> int:
    """Start `count` timers with random delays and cancel all but one in `keep` of them."""
    loop = asyncio.get_running_loop()
    now = loop.time
    randomness = random.Random(1)
    done = loop.create_future()
    left = count // keep
    early = 0

    def fire(when: float) -> None:
        nonlocal left, early
        left -= 1
        if now() + _TOLERANCE < when:
            early += 1
        if not left and not done.done():
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
    if early or left:
        raise WrongWorkError(f"{early} of {count} timers fired early, {left} not at all")
    return count


@batch("10,000 timers over 200 ms", main=True, must=0.9)
async def timers_10k() -> int:
    """Timers that fire, fifty per millisecond."""
    return await _fire(10_000, 0.2)


@staged("100,000 timers over 1 s", must=0.9, once=True)
async def timers_100k(_: Adapter) -> AsyncIterator[Batch]:
    """Timers that fire, a hundred per millisecond."""

    async def run() -> int:
        return await _fire(100_000, 1.0)

    yield run


@staged("100,000 timers, 90 % cancelled", must=0.85, once=True)
async def timers_cancelled(_: Adapter) -> AsyncIterator[Batch]:
    """Most timers of real programs are timeouts that never fire."""

    async def run() -> int:
        return await _fire(100_000, 1.0, keep=10)

    yield run


@batch("timeout that does not expire", must=0.95)
async def timeout() -> int:
    """`wait_for` of something that is soon done: a timer made and cancelled per operation."""
    count = 5_000
    loop = asyncio.get_running_loop()
    for number in range(count):
        future = loop.create_future()
        loop.call_soon(future.set_result, number)
        if await asyncio.wait_for(future, 30) != number:
            raise WrongWorkError("wait_for returned something else")
    return count


@batch("1,000 sleepers of 5 to 20 ms")
async def sleepers() -> int:
    """Tasks that sleep at random: dense deadlines."""
    randomness = random.Random(2)
    loop = asyncio.get_running_loop()

    async def sleeper() -> None:
        for _ in range(5):
            delay = randomness.uniform(0.005, 0.02)
            start = loop.time()
            await asyncio.sleep(delay)
            if loop.time() + _TOLERANCE < start + delay:
                raise WrongWorkError("a sleep ended early")

    await asyncio.gather(*(sleeper() for _ in range(1_000)))
    return 5_000


@staged("200 sparse timers, median lateness", once=True)
async def sparse_timers(_: Adapter) -> AsyncIterator[Batch]:
    """Timers some milliseconds apart, on a loop with nothing else to do."""

    async def run() -> Reading:
        loop = asyncio.get_running_loop()
        randomness = random.Random(3)
        late: list[float] = []

        def fire(when: float) -> None:
            late.append(loop.time() - when)

        whens = sorted(loop.time() + 0.01 + randomness.random() for _ in range(200))
        for when in whens:
            loop.call_at(when, fire, when)
        await asyncio.sleep(1.1)
        if len(late) != len(whens) or min(late) < -_TOLERANCE:
            raise WrongWorkError(f"{len(late)} of 200 fired, one {-min(late) * 1e3:.1f} ms early")
        return Reading(statistics.median(late), len(late))

    yield run


@staged("sleep(1 ms), mean lateness", once=True)
async def sleep_1ms(_: Adapter) -> AsyncIterator[Batch]:
    """One short sleep after the other."""

    async def run() -> Reading:
        loop = asyncio.get_running_loop()
        late = []
        for _ in range(300):
            start = loop.time()
            await asyncio.sleep(0.001)
            late.append(loop.time() - start - 0.001)
        if min(late) < -_TOLERANCE:
            raise WrongWorkError(f"a sleep ended {-min(late) * 1e3:.1f} ms early")
        return Reading(statistics.fmean(late), len(late))

    yield run
