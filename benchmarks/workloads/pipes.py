# SPDX-License-Identifier: BSD-3-Clause
"""Pipes and child processes."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from benchmarks.workload import Batch, Capability, WrongWorkError, size, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.implementations import Adapter

_FDS = frozenset({Capability.FILE_DESCRIPTORS})


class _Receiver(asyncio.Protocol):
    """Counts what arrives and starts the next message."""

    def __init__(self) -> None:
        self.writer: asyncio.WriteTransport | None = None
        self.left = 0
        self.done: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        if data != b"x" * 64:
            raise WrongWorkError("a pipe delivered something else")
        self.left -= 1
        if self.left:
            assert self.writer is not None
            self.writer.write(data)
        elif self.done is not None:
            self.done.set_result(None)


@staged("pipe, 64 B messages", must=0.9, target=1.05, must_slow=0.9, target_slow=2.5, needs=_FDS)
async def pipe(_: Adapter) -> AsyncIterator[Batch]:
    """A pipe with both of its ends in the loop, one message in it at a time."""
    loop = asyncio.get_running_loop()
    receiver = _Receiver()
    read_end, write_end = os.pipe()
    reader, _protocol = await loop.connect_read_pipe(lambda: receiver, os.fdopen(read_end, "rb", 0))
    writer, _protocol2 = await loop.connect_write_pipe(
        asyncio.BaseProtocol, os.fdopen(write_end, "wb", 0)
    )
    receiver.writer = writer

    async def batch() -> int:
        receiver.left = count = size(1_000)
        receiver.done = loop.create_future()
        writer.write(b"x" * 64)
        await receiver.done
        return count

    try:
        yield batch
    finally:
        writer.close()
        reader.close()
        await asyncio.sleep(0.01)


@staged("subprocess, start to end", must=0.9, target=1.0, needs=_FDS, unit="ms")
async def subprocess(_: Adapter) -> AsyncIterator[Batch]:
    """A process with a pipe, one after the other; its own CPU time is not counted."""

    async def batch() -> int:
        count = size(10)
        for _ in range(count):
            process = await asyncio.create_subprocess_exec(
                "/bin/echo", "done", stdout=asyncio.subprocess.PIPE
            )
            output, _error = await process.communicate()
            if (process.returncode, output) != (0, b"done\n"):
                raise WrongWorkError(f"status {process.returncode}, output {output!r}")
        return count

    yield batch
