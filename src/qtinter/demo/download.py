# SPDX-License-Identifier: BSD-3-Clause
"""Download a file and compute its checksum: plain asyncio, as it would be without Qt.

The checksum is computed by a child process, which gets the pieces as they arrive: one more thing
that goes on at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from subprocess import PIPE
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

_CHECKSUM: Final = """
import hashlib, sys

digest = hashlib.sha256()
while piece := sys.stdin.buffer.read(65536):
    digest.update(piece)
print(digest.hexdigest())
"""


async def download(url: str, progress: Callable[[int, int], object]) -> str:
    """Download a file.

    Args:
        url: Its address.
        progress: Called after each piece with the bytes received and the bytes expected.

    Returns:
        The file's SHA-256, in hexadecimal.

    Raises:
        ConnectionError: The server doesn't have it, or the connection broke.
    """
    async with _get(url) as (body, size), _checksum() as child:
        assert child.stdin is not None
        assert child.stdout is not None
        received = 0
        while received < size:
            piece = await body.read(65536)
            if not piece:
                raise ConnectionError(f"the connection ended after {received} of {size} bytes")
            child.stdin.write(piece)
            await child.stdin.drain()
            received += len(piece)
            progress(received, size)
        child.stdin.close()
        output = await child.stdout.read()
        await child.wait()
    return output.decode().strip()


@contextlib.asynccontextmanager
async def _get(url: str) -> AsyncGenerator[tuple[asyncio.StreamReader, int], None]:
    """Ask for ``url``; give the body's stream and its size, and close the connection after it."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.rstrip().split("\r\n")
        if status.split()[1] != "200":
            raise ConnectionError(f"the server answered {status!r}")
        headers = dict(line.split(": ", 1) for line in lines)
        yield reader, int(headers["Content-Length"])
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def _checksum() -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """Start the child process; end it if it still runs after the block (a cancelled download)."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", _CHECKSUM, stdin=PIPE, stdout=PIPE
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            # Not wait(), which leaves the pipes open.
            await child.communicate()
