# SPDX-License-Identifier: BSD-3-Clause
"""In a test suite, what it is for: hours of back-off, heartbeats and queues are tested at once."""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest

from qtinter.compat.python import Runner
from qtinter.testing import VirtualEventLoop
from tests.testing.watched import HOUR

T = TypeVar("T")


def virtually(test: Callable[[], Coroutine[Any, Any, T]]) -> Callable[[], T]:
    """Run a coroutine function as a test in virtual time."""

    @functools.wraps(test)
    def run() -> T:
        with Runner(loop_factory=lambda: VirtualEventLoop(strict=True)) as runner:
            return runner.run(test())

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


async def retry(action: Callable[[], Awaitable[T]], *, attempts: int, pause: float) -> T:
    """The kind of code that is tedious to test: exponential back-off."""
    for attempt in range(attempts):
        try:
            return await action()
        except ConnectionError:
            if attempt == attempts - 1:
                raise
            await asyncio.sleep(pause * 2**attempt)
    raise AssertionError


class Server:
    """Refuses connections for a time."""

    def __init__(self, up_at: float) -> None:
        self.up_at = up_at
        self.tried: list[float] = []

    async def connect(self) -> str:
        self.tried.append(now())
        if now() < self.up_at:
            raise ConnectionError
        return "connected"


@virtually
async def test_back_off_doubles_its_pause() -> None:
    server = Server(up_at=100)

    assert await retry(server.connect, attempts=9, pause=10) == "connected"
    assert server.tried == [0, 10, 30, 70, 150]


@virtually
async def test_back_off_gives_up() -> None:
    server = Server(up_at=math.inf)
    with pytest.raises(ConnectionError):
        await retry(server.connect, attempts=4, pause=60)

    assert server.tried == [0, 60, 180, 420]


@virtually
async def test_back_off_can_be_given_a_time_limit() -> None:
    server = Server(up_at=math.inf)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(retry(server.connect, attempts=99, pause=1), 24 * HOUR)

    assert now() == 24 * HOUR


@virtually
async def test_a_heartbeat_beats_and_ends_with_its_task() -> None:
    beats: list[float] = []

    async def heartbeat() -> None:
        while True:
            beats.append(now())
            await asyncio.sleep(30)

    task = asyncio.ensure_future(heartbeat())
    await asyncio.sleep(100)
    task.cancel()
    await asyncio.sleep(1000)

    assert beats == [0, 30, 60, 90]
    assert task.cancelled()


@virtually
async def test_a_queue_between_a_slow_and_a_fast_side_fills_up() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(2)
    delivered: list[float] = []

    async def produce() -> None:
        for number in range(5):
            await queue.put(number)
            delivered.append(now())

    task = asyncio.ensure_future(produce())
    for _ in range(5):
        await asyncio.sleep(10)
        await queue.get()
    await task

    assert delivered == [0, 0, 10, 20, 30]
