# SPDX-License-Identifier: BSD-3-Clause
"""The demo's server and its download, without the window."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from urllib.parse import urlsplit

import pytest

from qtinter.demo.download import download
from qtinter.demo.server import COMPLETE, GIVEN_UP, FileServer

CONTENT = bytes(range(256)) * 1000


def test_a_download_returns_the_checksum_of_what_the_server_has(run_in):
    async def main():
        server, steps = FileServer(CONTENT, pause=0), []
        async with server.serve() as url:
            checksum = await download(url, lambda *step: steps.append(step))
            return checksum, steps[-1], steps == sorted(steps), await server.outcomes.get()

    right = hashlib.sha256(CONTENT).hexdigest()
    assert run_in(main) == (right, (len(CONTENT), len(CONTENT)), True, COMPLETE)


def test_20_downloads_at_once_are_all_right(run_in):
    async def main():
        server = FileServer(CONTENT, pause=0)
        async with server.serve() as url:
            checksums = await asyncio.gather(*(download(url, print) for _ in range(20)))
            return checksums, [await server.outcomes.get() for _ in range(20)]

    assert run_in(main) == ([hashlib.sha256(CONTENT).hexdigest()] * 20, [COMPLETE] * 20)


def test_a_file_that_the_server_does_not_have_is_an_error(run_in):
    async def main():
        async with FileServer(CONTENT).serve() as url:
            with pytest.raises(ConnectionError, match="404 Not Found"):
                await download(f"{url}-of-another-name", print)

    run_in(main)


def test_a_client_that_asks_for_nothing_does_not_disturb_the_server(run_in):
    async def main():
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        server = FileServer(CONTENT, pause=0)
        async with server.serve() as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            await download(url, print)
        return answer, told

    assert run_in(main) == (b"", [])


def test_a_connection_that_ends_early_is_an_error(run_in):
    async def half(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.")
        writer.close()

    async def main():
        async with await asyncio.start_server(half, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ConnectionError, match="ended after 5 of 10 bytes"):
                await download(f"http://127.0.0.1:{port}/file", print)

    run_in(main)


def test_a_cancelled_download_closes_its_connection_and_ends_its_child_process(run_in):
    async def main():
        server, begun = FileServer(CONTENT, pause=0.01), asyncio.Event()
        async with server.serve() as url:
            downloading = asyncio.ensure_future(download(url, lambda *step: begun.set()))
            await begun.wait()
            downloading.cancel()
            # The child has been waited for when this returns, else its transport would be
            # reported as never closed.
            with contextlib.suppress(asyncio.CancelledError):
                await downloading
            return downloading.cancelled(), await server.outcomes.get()

    assert run_in(main) == (True, GIVEN_UP)
