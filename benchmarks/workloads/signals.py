# SPDX-License-Identifier: BSD-3-Clause
"""Qt signals awaited, streamed, and connected to coroutine functions, against qtinter 0.11."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from benchmarks.workload import Batch, Capability, WrongWorkError, size, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from benchmarks.implementations import Adapter

_BASE = "qtinter-0.11"
_ASYNCSIGNAL = frozenset({Capability.ASYNCSIGNAL})
_ASYNCSLOT = frozenset({Capability.ASYNCSLOT})
_BURST = 100


@staged("a signal to a plain slot", base=_BASE, needs=frozenset({Capability.QT}))
async def emit(adapter: Adapter) -> AsyncIterator[Batch]:
    """An emission that asyncio has no part in: what the rows below can't get under."""
    sender = adapter.sender()
    received: list[int] = []
    sender.emitted.connect(received.append)

    async def batch() -> int:
        received.clear()
        count = size(2_000)
        for number in range(count):
            sender.emitted.emit(number)
        if received != list(range(count)):
            raise WrongWorkError("a slot was not called each time")
        return count

    yield batch


@staged("asyncsignal round trip", base=_BASE, main=True, must=2.0, target=4.0, needs=_ASYNCSIGNAL)
async def asyncsignal(adapter: Adapter) -> AsyncIterator[Batch]:
    """Connect, wait, be woken by an emission, disconnect."""
    loop = asyncio.get_running_loop()
    sender = adapter.sender()
    wait = adapter.helpers.asyncsignal

    async def batch() -> int:
        count = size(500)
        for number in range(count):
            loop.call_soon(sender.emitted.emit, number)
            if await wait(sender.emitted) != (number,):
                raise WrongWorkError("asyncsignal returned other arguments")
        return count

    yield batch


def _slot_batch(
    adapter: Adapter, make: Callable[[list[int]], Any]
) -> tuple[Any, Callable[[], Any]]:
    """Return a sender that must be kept, and a batch of emissions to the slot `make` returns."""
    sender = adapter.sender()
    received: list[int] = []
    assert adapter.async_slot is not None
    sender.emitted.connect(adapter.async_slot(make(received)))

    async def batch() -> int:
        bursts = size(20)
        for _ in range(bursts):
            received.clear()
            for number in range(_BURST):
                sender.emitted.emit(number)
            # not an event: it would cost more than what is measured
            while len(received) < _BURST:  # noqa: ASYNC110
                await asyncio.sleep(0)
            if received != list(range(_BURST)):
                raise WrongWorkError("slots ran out of order")
        await asyncio.sleep(0)
        return bursts * _BURST

    return sender, batch


@staged(
    "asyncslot, ends in its first step",
    base=_BASE,
    main=True,
    must=1.5,
    target=2.3,
    needs=_ASYNCSLOT,
)
async def asyncslot(adapter: Adapter) -> AsyncIterator[Batch]:
    """A coroutine function as a slot that has nothing to wait for."""

    def make(received: list[int]) -> Any:
        async def slot(number: int) -> None:
            received.append(number)

        return slot

    _kept, batch = _slot_batch(adapter, make)
    yield batch


@staged("asyncslot, suspends once", base=_BASE, main=True, must=1.2, needs=_ASYNCSLOT)
async def asyncslot_suspends(adapter: Adapter) -> AsyncIterator[Batch]:
    """A coroutine function as a slot that gives way once."""

    def make(received: list[int]) -> Any:
        async def slot(number: int) -> None:
            await asyncio.sleep(0)
            received.append(number)

        return slot

    _kept, batch = _slot_batch(adapter, make)
    yield batch


@staged("asyncsignalstream", base=_BASE, main=True, must=1.5, target=3.5, needs=_ASYNCSIGNAL)
async def stream(adapter: Adapter) -> AsyncIterator[Batch]:
    """Emissions in bursts, taken from the stream one by one."""
    sender = adapter.sender()
    emissions = adapter.helpers.asyncsignalstream(sender.emitted)

    async def batch() -> int:
        bursts = size(20)
        for _ in range(bursts):
            for number in range(_BURST):
                sender.emitted.emit(number)
            for number in range(_BURST):
                if await emissions.__anext__() != (number,):
                    raise WrongWorkError("the stream returned other arguments")
            await asyncio.sleep(0)
        return bursts * _BURST

    yield batch
