# SPDX-License-Identifier: BSD-3-Clause
"""Plain callbacks: what a turn of the loop costs, and what a callback costs within a turn."""

from __future__ import annotations

import asyncio

from benchmarks.workload import WrongWorkError, batch, size


@batch("call_soon chain", main=True, must=1.0, target=2.0)
async def chain() -> int:
    """One callback at a time, each schedules the next: a turn per operation."""
    count = size(20_000)
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def step(left: int) -> None:
        if left:
            loop.call_soon(step, left - 1)
        else:
            done.set_result(None)

    loop.call_soon(step, count - 1)
    await done
    return count


@batch("call_soon burst of 10,000", main=True, must=0.95, target=1.2)
async def burst() -> int:
    """All callbacks are ready at once."""
    count = size(10_000)
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    order: list[int] = []
    for number in range(count):
        loop.call_soon(order.append, number)
    loop.call_soon(done.set_result, None)
    await done
    if order != list(range(count)):
        raise WrongWorkError("callbacks ran out of order")
    return count
