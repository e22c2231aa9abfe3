# SPDX-License-Identifier: BSD-3-Clause
"""``asyncsignalstream()``: the emissions of a signal as an asynchronous iterator.

A buffer, and a connection whose function fills it and wakes who waits for it. The function refers
to the buffer, not to the iterator; so the connection ends with the last reference to the iterator.

Invariants:

* Every emission since the call is delivered once, in order, to one of those who wait.
* Who is woken and then cancelled hands the wake-up on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Any, Generic

from typing_extensions import Self, Unpack

from .multi import open_connection
from .pending import waits
from .protocols import BoundSignal, Ds, Ts


class _Buffer:
    """Emissions that nobody has taken yet, and those who wait for one."""

    __slots__ = ("closed", "emissions", "waiters")

    def __init__(self) -> None:
        self.closed = False
        self.emissions: deque[Any] = deque()
        self.waiters: deque[asyncio.Future[None]] = deque()

    def put(self, args: tuple[Any, ...]) -> None:
        self.emissions.append(args)
        if self.waiters:
            self.wake()

    def wake(self) -> None:
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done() and not waiter.get_loop().is_closed():
                waiter.set_result(None)
                return

    def close(self) -> None:
        self.closed = True
        self.emissions.clear()
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.waiters.clear()


class SignalStream(Generic[Unpack[Ts]]):
    """The emissions of a signal, as `asyncsignalstream` returns them."""

    def __init__(self, signal: BoundSignal[Unpack[Ts]]) -> None:
        self._buffer = _Buffer()
        self._connection = open_connection("asyncsignalstream", signal, self._buffer.put)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Unpack[Ts]]:
        buffer = self._buffer
        if not buffer.emissions:
            await self._emission()
        args: tuple[Unpack[Ts]] = buffer.emissions.popleft()
        return args

    async def _emission(self) -> None:
        """Return when there is an emission in the buffer."""
        buffer = self._buffer
        loop = asyncio.get_running_loop()
        held = waits(loop)
        while not buffer.emissions:
            if buffer.closed:
                raise StopAsyncIteration
            waiter = loop.create_future()
            buffer.waiters.append(waiter)
            token = (waiter, self._connection)
            held.add(token)
            try:
                await waiter
            except BaseException:
                if waiter in buffer.waiters:
                    buffer.waiters.remove(waiter)
                else:
                    buffer.wake()  # this one was woken; so another is now
                raise
            finally:
                held.discard(token)

    async def aclose(self) -> None:
        """Disconnect, and end the iteration. What is in the buffer is dropped."""
        self._connection.close()
        self._buffer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def asyncsignalstream(signal: BoundSignal[Unpack[Ds]]) -> SignalStream[Unpack[Ds]]:
    """Return the emissions of a signal as an asynchronous iterator.

    The signal is connected before this returns, and disconnected when the iterator is closed or no
    longer referred to. Emissions that nobody has taken yet are kept, without a bound: take them.

    Args:
        signal: A bound signal, a `multisignal`, or an object with a ``connect`` method like theirs.

    Returns:
        An asynchronous iterator of the tuples of arguments, which has ``aclose()`` and can be used
        with ``async with``.

    Raises:
        TypeError: ``signal`` is none of these.

    Example:
        .. code-block:: python

            async with asyncsignalstream(timer.timeout) as ticks:
                async for _ in ticks:
                    print("tick")
    """
    return SignalStream(signal)
