# SPDX-License-Identifier: BSD-3-Clause
"""A web server for one file, on asyncio's streams.

It pauses after each piece, as a slow network would: there is time to watch, and to cancel.
Each download's end is put into `outcomes`, so that others can wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

PIECE: Final = 32 * 1024

COMPLETE: Final = "complete"
GIVEN_UP: Final = "given up by the client"


@attrs.frozen
class FileServer:
    """Serves ``content`` at the path ``/file``.

    Attributes:
        content: The bytes of the file.
        pause: Seconds to wait after each piece of it.
        outcomes: Gets `COMPLETE` or `GIVEN_UP` for each download.
    """

    content: bytes
    pause: float = 0.015
    outcomes: asyncio.Queue[str] = attrs.field(factory=asyncio.Queue[str])
    _answering: set[asyncio.Task[Any]] = attrs.field(factory=set["asyncio.Task[Any]"], init=False)

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncGenerator[str, None]:
        """Serve on a free port of this machine's own while the block runs.

        Downloads that are under way at the block's end are served to theirs.

        Yields:
            The address of the file.
        """
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with server:
            try:
                yield f"http://{host}:{port}/file"
            finally:
                server.close()
                if self._answering:  # closing the server ends none of its connections
                    await asyncio.wait(self._answering)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            if request.startswith(b"GET /file "):
                await self._send_file(writer)
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            pass  # the client went away without having asked for anything
        finally:
            self._answering.discard(task)
            writer.close()

    async def _send_file(self, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.content)}\r\n\r\n"
        writer.write(head.encode())
        try:
            for start in range(0, len(self.content), PIECE):
                writer.write(self.content[start : start + PIECE])
                await writer.drain()
                await asyncio.sleep(self.pause)
        except ConnectionError:
            self.outcomes.put_nowait(GIVEN_UP)
        else:
            self.outcomes.put_nowait(COMPLETE)
