# SPDX-License-Identifier: BSD-3-Clause
"""Sockets: an echo server under test and a client outside of it.

The client is a process of its own that uses no event loop (`benchmarks.load`), checks each byte,
and is not counted: what the loop under test does is all that is. (TLS and pipes have both ends in
the loop.) One message of each connection is on its way at a time; an operation is a message that
has come and gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.workload import Batch, Capability, WrongWorkError, size, staged

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from benchmarks.implementations import Adapter

_FDS = frozenset({Capability.FILE_DESCRIPTORS})
_LOAD = Path(__file__).resolve().parent.parent / "load.py"


class Progress:
    """Counts echoed bytes and says when a batch is complete."""

    def __init__(self) -> None:
        self._left = 0
        self._done: asyncio.Future[None] | None = None

    def expect(self, size: int) -> Awaitable[None]:
        """Return what is done when `size` bytes have been echoed."""
        self._left = size
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def add(self, size: int) -> None:
        """Count bytes."""
        self._left -= size
        if not self._left and self._done is not None:
            self._done.set_result(None)


class EchoProtocol(asyncio.Protocol):
    """Echoes a stream."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have none of asyncio's classes as a base
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)
        self._progress.add(len(data))


class EchoDatagrams(asyncio.DatagramProtocol):
    """Echoes datagrams."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(data, addr)
        self._progress.add(len(data))


@contextlib.contextmanager
def client(
    family: str, address: str, connections: int, length: int, *, idle: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the client; its end checks that it was content."""
    command = [sys.executable, "-I", "-S", str(_LOAD), family, address]
    process = subprocess.Popen(
        [*command, str(connections), str(idle), str(length)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    try:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        if process.wait(10) != 0:
            raise WrongWorkError(f"the client ended with status {process.returncode}")
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


Serve = Callable[[Progress], "contextlib.AbstractAsyncContextManager[str]"]
Run = Callable[[int], Awaitable[None]]


@contextlib.asynccontextmanager
async def echo(
    family: str, serve: Serve, connections: int, length: int, *, idle: int = 0
) -> AsyncIterator[Run]:
    """Start an echo server and its client; what is yielded has messages sent and echoed."""
    _allow_files(connections + idle)
    progress = Progress()
    async with serve(progress) as address:
        with client(family, address, connections, length, idle=idle) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            # it reports when all connections stand; they need this loop for that
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(None, process.stdout.readline) != b"ready\n":
                raise WrongWorkError("the client could not connect")
            commands = process.stdin.fileno()

            async def run(messages: int) -> None:
                complete = progress.expect(messages * length)
                os.write(commands, b"%d\n" % messages)
                await complete

            yield run


def _allow_files(connections: int) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < connections + 100:
        raise WrongWorkError(f"too few files: {hard} may be open (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.asynccontextmanager
async def tcp(progress: Progress) -> AsyncIterator[str]:
    """Serve TCP with a protocol."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: EchoProtocol(progress), "127.0.0.1", 0, backlog=1024)
    try:
        yield str(server.sockets[0].getsockname()[1])
    finally:
        server.close()


@contextlib.asynccontextmanager
async def tcp_streams(progress: Progress) -> AsyncIterator[str]:
    """Serve TCP with a StreamReader and a StreamWriter per connection."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
            progress.add(len(data))
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=1024)
    try:
        yield str(server.sockets[0].getsockname()[1])
    finally:
        server.close()


@contextlib.asynccontextmanager
async def unix(progress: Progress) -> AsyncIterator[str]:
    """Serve a unix socket with a protocol."""
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "echo"))
        server = await loop.create_unix_server(lambda: EchoProtocol(progress), path)
        try:
            yield path
        finally:
            server.close()


@contextlib.asynccontextmanager
async def udp(progress: Progress) -> AsyncIterator[str]:
    """Serve UDP."""
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.create_datagram_endpoint(
        lambda: EchoDatagrams(progress), ("127.0.0.1", 0)
    )
    try:
        yield str(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


class _Goals(TypedDict):
    must: float
    target: float
    must_slow: float
    target_slow: float


def _add(  # noqa: PLR0917
    name: str,
    title: str,
    family: str,
    serve: Serve,
    connections: int,
    messages: int,
    *,
    length: int = 64,
    idle: int = 0,
    main: bool = False,
    **goals: Unpack[_Goals],
) -> None:
    async def stage(_: Adapter) -> AsyncIterator[Batch]:
        async with echo(family, serve, connections, length, idle=size(idle) if idle else 0) as run:

            async def batch() -> int:
                count = size(messages)
                await run(count)
                return count

            yield batch

    stage.__name__ = name
    stage.__module__ = __name__
    staged(title, main=main, needs=_FDS, **goals)(stage)


_ONE: _Goals = {"must": 0.6, "target": 0.85, "must_slow": 0.85, "target_slow": 1.5}
_MANY: _Goals = {"must": 0.95, "target": 1.1, "must_slow": 1.0, "target_slow": 3.0}
_STREAMS: _Goals = {"must": 0.95, "target": 1.05, "must_slow": 1.0, "target_slow": 2.0}
_LARGE: _Goals = {"must": 0.9, "target": 1.0, "must_slow": 1.0, "target_slow": 3.0}
_OTHER: _Goals = {"must": 0.9, "target": 1.05, "must_slow": 0.9, "target_slow": 2.5}

_add("tcp_1", "TCP echo, 1 connection", "tcp", tcp, 1, 2_000, **_ONE)
_add("tcp_10", "TCP echo, 10 connections", "tcp", tcp, 10, 4_000, **_MANY)
_add("tcp_100", "TCP echo, 100 connections", "tcp", tcp, 100, 5_000, main=True, **_MANY)
_add("tcp_1000", "TCP echo, 1,000 connections", "tcp", tcp, 1_000, 5_000, **_MANY)
_add("tcp_64k", "TCP echo, 10 x 64 KB", "tcp", tcp, 10, 1_000, length=65_536, **_LARGE)
_add("streams_1", "streams echo, 1 connection", "tcp", tcp_streams, 1, 1_000, **_ONE)
_add("streams_100", "streams echo, 100 connections", "tcp", tcp_streams, 100, 4_000, **_STREAMS)
# One busy connection is as noisy as the machine's scheduler; ten show what idle ones cost.
for _idle in (10, 1_000, 10_000):
    _add(
        f"idle_{_idle}", f"TCP echo, 1 connection + {_idle:,} idle",
        "tcp", tcp, 1, 1_000, idle=_idle, **_ONE,
    )  # fmt: skip
for _idle in (10, 10_000):
    _add(
        f"tcp_10_idle_{_idle}", f"TCP echo, 10 connections + {_idle:,} idle",
        "tcp", tcp, 10, 2_000, idle=_idle, **_MANY,
    )  # fmt: skip
_add("udp_1", "UDP echo, 1 in flight", "udp", udp, 1, 2_000, **_ONE)
_add("udp_10", "UDP echo, 10 in flight", "udp", udp, 10, 4_000, **_OTHER)
_add("unix_1", "unix echo, 1 connection", "unix", unix, 1, 2_000, **_ONE)
_add("unix_10", "unix echo, 10 connections", "unix", unix, 10, 4_000, **_OTHER)
