# SPDX-License-Identifier: BSD-3-Clause
"""Qt signals awaited, streamed, and connected to coroutine functions, against qtinter 0.11."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from benchmarks.workload import Batch, Capability, WrongWorkError, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from benchmarks.implementations import Adapter

_BASE = "qtinter-0.11"
_ASYNCSIGNAL = frozenset({Capability.ASYNCSIGNAL})
_ASYNCSLOT = frozenset({Capability.ASYNCSLOT})
_BURST = 100


def _sender(adapter: Adapter) -> Any:
    """Return a QObject with a signal `emitted(int)`."""
    core = adapter.qt_core
    signal = getattr(core, "pyqtSignal", None) or core.Signal
    kind = type("Sender", (core.QObject,), {"emitted": signal(int)})
    return kind()


@staged("asyncsignal round trip", base=_BASE, main=True, must=2.0, needs=_ASYNCSIGNAL)
async def asyncsignal(adapter: Adapter) -> AsyncIterator[Batch]:
    """Connect, wait, be woken by an emission, disconnect."""
    loop = asyncio.get_running_loop()
    sender = _sender(adapter)
    wait = adapter.helpers.asyncsignal

    async def batch() -> int:
        count = 500
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
    sender = _sender(adapter)
    received: list[int] = []
    assert adapter.async_slot is not None
    sender.emitted.connect(adapter.async_slot(make(received)))

    async def batch() -> int:
        bursts = 20
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


@staged("asyncslot, ends in its first step", base=_BASE, main=True, must=1.5, needs=_ASYNCSLOT)
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


@staged("asyncsignalstream", base=_BASE, main=True, must=1.5, needs=_ASYNCSIGNAL)
async def stream(adapter: Adapter) -> AsyncIterator[Batch]:
    """Emissions in bursts, taken from the stream one by one."""
    sender = _sender(adapter)
    emissions = adapter.helpers.asyncsignalstream(sender.emitted)

    async def batch() -> int:
        bursts = 20
        for _ in range(bursts):
            for number in range(_BURST):
                sender.emitted.emit(number)
            for number in range(_BURST):
                if await emissions.__anext__() != (number,):
                    raise WrongWorkError("the stream returned other arguments")
            await asyncio.sleep(0)
        return bursts * _BURST

    yield batch
