# SPDX-License-Identifier: BSD-3-Clause
"""``asyncsignal()``: wait for one emission.

A future, and a connection whose function completes it. The connection is closed on every way out of
the wait, before the caller goes on.
"""

from __future__ import annotations

import asyncio
from typing import Any

from typing_extensions import Unpack

from .multi import open_connection
from .pending import waits
from .protocols import BoundSignal, Ds


async def asyncsignal(signal: BoundSignal[Unpack[Ds]]) -> tuple[Unpack[Ds]]:
    """Wait for a signal to be emitted.

    The signal is connected when the coroutine is awaited, and disconnected before the await ends,
    however it ends. The emission may come from any thread, while this one handles Qt events.

    Args:
        signal: A bound signal, a `multisignal`, or an object with a ``connect`` method like theirs.

    Returns:
        The arguments of the first emission, as a tuple, safe to keep.

    Raises:
        TypeError: ``signal`` is none of these.
        RuntimeError: No event loop is running.

    Note:
        If the signal is never emitted, perhaps because the sender is gone, this waits forever. Use
        `asyncio.timeout`, or wait for the sender's ``destroyed`` as well by a `multisignal`. A
        signal that wants an answer from its slot can't be answered here.

    Example:
        .. code-block:: python

            (text,) = await asyncsignal(line_edit.textChanged)
    """
    loop = asyncio.get_running_loop()
    emission: asyncio.Future[Any] = loop.create_future()

    def deliver(args: tuple[Any, ...]) -> None:
        if not emission.done() and not loop.is_closed():
            emission.set_result(args)

    connection = open_connection("asyncsignal", signal, deliver)
    held = waits(loop)
    held.add(connection)
    try:
        args: tuple[Unpack[Ds]] = await emission
        return args
    finally:
        held.discard(connection)
        connection.close()
