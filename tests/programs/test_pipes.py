# SPDX-License-Identifier: BSD-3-Clause
"""Pipes: anonymous ones, named ones, a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from tests.programs.echo import message_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX pipes")

MEGABYTE = b"".join(message_of(number, 65536) for number in range(16))


@contextlib.asynccontextmanager
async def _reader(file):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    try:
        yield reader
    finally:
        transport.close()
        # A pipe transport closes its file in the turn after the next: no future tells.
        while not file.closed:
            await asyncio.sleep(0)


class _Writing(asyncio.streams.FlowControlMixin):
    def __init__(self):
        super().__init__()
        self.gone = asyncio.get_running_loop().create_future()

    def connection_lost(self, error):
        super().connection_lost(error)
        if not self.gone.done():
            self.gone.set_result(error)

    def _get_close_waiter(self, stream):
        return self.gone


async def _writer(file):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(_Writing, file)
    return asyncio.StreamWriter(transport, protocol, None, loop)


async def _through(source, target):
    """Send a megabyte into ``target``; give what comes out of ``source``."""

    async def send():
        writer = await _writer(target)
        for start in range(0, len(MEGABYTE), 10_000):
            writer.write(MEGABYTE[start : start + 10_000])
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with _reader(source) as reader:
        sending = asyncio.ensure_future(send())
        received = await reader.read()
        await sending
    return received


def test_a_megabyte_passes_a_pipe_whole(run_in):
    async def main():
        reading, writing = os.pipe()
        return await _through(os.fdopen(reading, "rb", 0), os.fdopen(writing, "wb", 0))

    assert run_in(main) == MEGABYTE


def test_a_megabyte_passes_a_named_pipe_whole(run_in, tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)

    async def main():
        # Opening either end of a named pipe blocks until the other is open: so, in a thread.
        reading = asyncio.ensure_future(asyncio.to_thread(open, path, "rb", 0))
        writing = await asyncio.to_thread(open, path, "wb", 0)
        return await _through(await reading, writing)

    assert run_in(main) == MEGABYTE


def test_50_pipes_at_once_each_carry_their_own_lines(run_in):
    async def main():
        async def carry(number):
            reading, writing = os.pipe()
            async with _reader(os.fdopen(reading, "rb", 0)) as reader:
                writer = await _writer(os.fdopen(writing, "wb", 0))
                lines = []
                for count in range(4):
                    writer.write(f"{number} {count}\n".encode())
                    lines.append(await reader.readline())
                writer.close()
                await writer.wait_closed()
                lines.append(await reader.readline())
                return lines

        return await asyncio.gather(*map(carry, range(50)))

    assert run_in(main) == [
        [*(f"{number} {count}\n".encode() for count in range(4)), b""] for number in range(50)
    ]


def test_the_writer_learns_that_the_reader_is_gone(run_in):
    async def main():
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_write_pipe(_Writing, os.fdopen(writing, "wb", 0))
        transport.write(MEGABYTE)  # more than the pipe holds: a part is waiting in the transport
        os.close(reading)
        error = await protocol.gone
        return type(error), transport.is_closing()

    assert run_in(main) == (BrokenPipeError, True)


def test_a_terminal_is_read_line_by_line(run_in):
    async def main():
        leader, follower = os.openpty()
        try:
            async with _reader(os.fdopen(follower, "rb", 0)) as reader:
                lines = []
                for number in range(5):
                    os.write(leader, f"typed {number}\n".encode())
                    lines.append(await reader.readline())
                return lines
        finally:
            os.close(leader)

    assert run_in(main) == [f"typed {number}\n".encode() for number in range(5)]
