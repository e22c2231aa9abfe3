# SPDX-License-Identifier: BSD-3-Clause
"""The child of the gate: workloads that are the same, instruction by instruction, each time.

    valgrind --tool=callgrind --dump-before=getsid python -m benchmarks.counted IMPLEMENTATION

Each is run once to warm up and once between two calls of `os.getsid`, where callgrind writes down
what it has counted; how many operations that was is printed as JSON. Two things make the counts
repeatable. Nothing waits: timers are due when they are made, both ends of a connection are in the
loop. And the clock is a fake that goes on by some microseconds each time somebody looks at it,
because a loop that divides its work by time would do other work under callgrind, which is fifty
times as slow as life, and other work again on a busy day.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from .child import adapter_of
from .implementations import IMPLEMENTATIONS
from .workload import WrongWorkError

if TYPE_CHECKING:
    from .implementations import Adapter

TICK = 10e-6
"""What a look at the clock takes: a loop with a chunk of cheap callbacks between two looks is fast
enough for that, so slices and polls come as often as in life."""

Counted = Callable[["Adapter", int], Awaitable[None]]


async def chain(_: Adapter, count: int) -> None:
    """One callback at a time, each schedules the next."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def step(left: int) -> None:
        if left:
            loop.call_soon(step, left - 1)
        else:
            done.set_result(None)

    loop.call_soon(step, count - 1)
    await done


async def burst(_: Adapter, count: int) -> None:
    """Callbacks that are all ready at once."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    order: list[int] = []
    for number in range(count):
        loop.call_soon(order.append, number)
    loop.call_soon(done.set_result, None)
    await done
    if order != list(range(count)):
        raise WrongWorkError("callbacks ran out of order")


async def threadsafe(_: Adapter, count: int) -> None:
    """Callbacks that wake the loop up, ten at a time, from the loop's own thread."""
    loop = asyncio.get_running_loop()
    for _round in range(count // 10):
        done = loop.create_future()
        for _number in range(9):
            loop.call_soon_threadsafe(id, None)
        loop.call_soon_threadsafe(done.set_result, None)
        await done


async def switches(_: Adapter, count: int) -> None:
    """A hundred tasks that give way to each other."""

    async def worker() -> None:
        for _ in range(count // 100):
            await asyncio.sleep(0)

    await asyncio.gather(*(worker() for _ in range(100)))


async def timers(_: Adapter, count: int) -> None:
    """Timers in no order, all due."""
    loop = asyncio.get_running_loop()
    randomness = random.Random(1)
    done = loop.create_future()
    fired: list[float] = []

    def fire(when: float) -> None:
        fired.append(when)
        if len(fired) == count:
            done.set_result(None)

    now = loop.time()
    for _number in range(count):
        when = now - randomness.random()
        loop.call_at(when, fire, when)
    await done
    if fired != sorted(fired):
        raise WrongWorkError("timers ran out of order")


async def timeouts(_: Adapter, count: int) -> None:
    """A timer that is made and cancelled."""
    for _round in range(count):
        await asyncio.wait_for(asyncio.sleep(0), 30)


class _Echo(asyncio.Protocol):
    """Sends back what it gets; a client counts, and stops when all messages have come back."""

    left: list[int] | None = None
    done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.left is not None and self.done is not None:
            self.left[0] -= 1
            if self.left[0] < 0:
                if not self.done.done():
                    self.done.set_result(None)
                return
        self.transport.write(data)


async def echo(_: Adapter, count: int) -> None:
    """Messages of 64 bytes on ten connections, to a server and back."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    clients = [(await loop.create_connection(_Echo, *address))[1] for _ in range(10)]
    left, done = [count], loop.create_future()
    for client in clients:
        client.left, client.done = left, done
        client.transport.write(b"x" * 64)
    await done
    for client in clients:
        client.transport.close()
    server.close()
    await asyncio.sleep(0)


async def signal(adapter: Adapter, count: int) -> None:
    """An awaited signal; on asyncio a future that a callback sets."""
    loop = asyncio.get_running_loop()
    if adapter.helpers is None:
        for number in range(count):
            future = loop.create_future()
            loop.call_soon(future.set_result, number)
            await future
        return
    sender = adapter.sender()
    for number in range(count):
        loop.call_soon(sender.emitted.emit, number)
        if await adapter.helpers.asyncsignal(sender.emitted) != (number,):
            raise WrongWorkError("asyncsignal returned other arguments")


async def slot(adapter: Adapter, count: int) -> None:
    """A coroutine function as a slot that ends in its first step; on asyncio a task."""
    loop = asyncio.get_running_loop()
    received: list[int] = []

    async def receive(number: int) -> None:
        received.append(number)

    if adapter.async_slot is None:
        for number in range(count):
            await loop.create_task(receive(number))
    else:
        sender = adapter.sender()
        sender.emitted.connect(adapter.async_slot(receive))
        for number in range(count):
            sender.emitted.emit(number)
            await asyncio.sleep(0)
    if received != list(range(count)):
        raise WrongWorkError("slots ran out of order")


WORKLOADS: dict[str, tuple[Counted, int]] = {
    "chain": (chain, 8_000),
    "burst": (burst, 5_000),
    "switches": (switches, 8_000),
    "timers": (timers, 5_000),
    "timeouts": (timeouts, 2_000),
    "threadsafe": (threadsafe, 4_000),
    "echo": (echo, 2_000),
    "signal": (signal, 2_000),
    "slot": (slot, 2_000),
}
"""What is counted, and how many operations of it."""


def main(name: str) -> None:
    """Run all workloads between marks and print how many operations each one was."""
    # before any loop exists; a C function, so that it costs both sides of a ratio next to nothing
    time.monotonic = itertools.count(1e5, TICK).__next__
    adapter = adapter_of(IMPLEMENTATIONS[name])

    async def run() -> None:
        for function, count in WORKLOADS.values():
            await function(adapter, count // 10)
            gc.collect()
            os.getsid(0)
            await function(adapter, count)
            os.getsid(0)

    adapter.run(run)
    print(json.dumps({workload: count for workload, (_, count) in WORKLOADS.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
