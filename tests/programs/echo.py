# SPDX-License-Identifier: BSD-3-Clause
"""Peers that the program tests talk to.

An echo server whose handlers are all awaited when it closes: `asyncio.Server.wait_closed` does not
wait for them before Python 3.12, and a test that leaves a connection behind fails by its
ResourceWarning, in some other test.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes until the peer has no more to say."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextlib.asynccontextmanager
async def serving(
    start: Callable[..., Awaitable[asyncio.Server]],
    *args: Any,
    handler: Handler = echo,
    **kwargs: Any,
) -> AsyncIterator[asyncio.Server]:
    """Serve streams with ``start`` (`asyncio.start_server` or its unix twin) for a block's length.

    Every handler has ended and every connection is closed when the block is left.
    """
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, OSError):
                await writer.wait_closed()

    server = await start(serve, *args, **kwargs)
    async with server:
        yield server
        await asyncio.gather(*connections)


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes
) -> bytes:
    """Send ``message`` to an echo server, read as much back, and close the connection."""
    try:
        writer.write(message)
        await writer.drain()
        return await reader.readexactly(len(message))
    finally:
        writer.close()
        await writer.wait_closed()


def message_of(number: int, size: int = 5000) -> bytes:
    """Give bytes that differ for each ``number``: a swapped or torn answer cannot be right."""
    line = f"message {number}|".encode()
    return (line * (size // len(line) + 1))[:size]
