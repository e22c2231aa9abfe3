# SPDX-License-Identifier: BSD-3-Clause
"""Other threads: callbacks from them, and work given to them."""

from __future__ import annotations

import asyncio
import threading

from benchmarks.workload import WrongWorkError, batch, size


@batch("call_soon_threadsafe flood", main=True, must=1.0, target=4.0)
async def threadsafe_flood() -> int:
    """A thread that schedules callbacks as fast as it can."""
    count = size(10_000)
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    order: list[int] = []

    def receive(number: int) -> None:
        order.append(number)
        if len(order) == count:
            done.set_result(None)

    def flood() -> None:
        for number in range(count):
            loop.call_soon_threadsafe(receive, number)

    thread = threading.Thread(target=flood)
    thread.start()
    await done
    thread.join()
    if order != list(range(count)):
        raise WrongWorkError("callbacks ran out of order")
    return count


@batch("call_soon_threadsafe round trip", must=0.75, target=0.95)
async def threadsafe_round_trip() -> int:
    """A thread that waits for each of its callbacks."""
    count = size(1_000)
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    answer = threading.Event()

    def ask() -> None:
        for _ in range(count):
            answer.clear()
            loop.call_soon_threadsafe(answer.set)
            answer.wait()
        loop.call_soon_threadsafe(done.set_result, None)

    thread = threading.Thread(target=ask)
    thread.start()
    await done
    thread.join()
    return count


@batch("run_in_executor round trip", must=0.7, target=0.95)
async def executor() -> int:
    """Work for the default executor, one piece at a time."""
    count = size(500)
    loop = asyncio.get_running_loop()
    for number in range(count):
        if await loop.run_in_executor(None, abs, -number) != number:
            raise WrongWorkError("the executor returned something else")
    return count
