# SPDX-License-Identifier: BSD-3-Clause
"""Tasks that give way to each other."""

from __future__ import annotations

import asyncio

from benchmarks.workload import WrongWorkError, batch, size


async def _switch(tasks: int, rounds: int) -> int:
    switches = 0

    async def worker() -> None:
        nonlocal switches
        for _ in range(rounds):
            await asyncio.sleep(0)
            switches += 1

    await asyncio.gather(*(worker() for _ in range(tasks)))
    if switches != tasks * rounds:
        raise WrongWorkError(f"{switches} switches of {tasks * rounds}")
    return switches


@batch("sleep(0), 1 task", main=True, must=1.0, target=1.7)
async def sleep0_1() -> int:
    """A task alone: a turn per operation."""
    return await _switch(1, size(20_000))


@batch("sleep(0), 100 tasks", must=0.95, target=1.15)
async def sleep0_100() -> int:
    """A hundred tasks per turn."""
    return await _switch(100, size(200))


@batch("sleep(0), 1,000 tasks", main=True, must=0.95, target=1.15)
async def sleep0_1000() -> int:
    """A thousand tasks per turn."""
    return await _switch(1_000, size(25))
