# SPDX-License-Identifier: BSD-3-Clause
"""Sockets: an echo server under test and a client outside of it.

The client is a process of its own that uses no event loop (`benchmarks.load`), checks each byte,
and is not counted. One message of each connection is on its way at a time; an operation is a
message that has come and gone.
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
from typing import TYPE_CHECKING, cast

from benchmarks.workload import Batch, Capability, Stage, WrongWorkError, staged

if TYPE_CHECKING:
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
def _client(
    family: str, address: str, connections: int, idle: int, size: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the client; its end checks that it was content."""
    command = [sys.executable, "-I", "-S", str(_LOAD), family, address]
    process = subprocess.Popen(
        [*command, str(connections), str(idle), str(size)],
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


def _echo(
    family: str, serve: Serve, connections: int, size: int, messages: int, *, idle: int = 0
) -> Stage:
    """Return the stage of an echo server that `serve` starts."""

    async def stage(_: Adapter) -> AsyncIterator[Batch]:
        _allow_files()
        progress = Progress()
        async with serve(progress) as address:
            with _client(family, address, connections, idle, size) as client:
                assert client.stdin is not None
                assert client.stdout is not None
                # it reports when all connections stand; they need this loop for that
                loop = asyncio.get_running_loop()
                if await loop.run_in_executor(None, client.stdout.readline) != b"ready\n":
                    raise WrongWorkError("the client could not connect")

                commands = client.stdin.fileno()

                async def batch() -> int:
                    complete = progress.expect(messages * size)
                    os.write(commands, b"%d\n" % messages)
                    await complete
                    return messages

                yield batch

    return stage


def _allow_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
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


def _add(name: str, title: str, stage: Stage, must: float, *, main: bool = False) -> None:
    stage.__name__ = name
    staged(title, main=main, must=must, needs=_FDS)(stage)


_add("tcp_1", "TCP echo, 1 connection", _echo("tcp", tcp, 1, 64, 2_000), 0.6)
_add("tcp_10", "TCP echo, 10 connections", _echo("tcp", tcp, 10, 64, 4_000), 0.9)
_add(
    "tcp_100",
    "TCP echo, 100 connections",
    _echo("tcp", tcp, 100, 64, 5_000),
    0.95,
    main=True,
)
_add("tcp_1000", "TCP echo, 1,000 connections", _echo("tcp", tcp, 1_000, 64, 5_000), 0.95)
_add("tcp_64k", "TCP echo, 10 x 64 KB", _echo("tcp", tcp, 10, 65_536, 1_000), 0.9)
_add("streams_1", "streams echo, 1 connection", _echo("tcp", tcp_streams, 1, 64, 1_000), 0.6)
_add(
    "streams_100", "streams echo, 100 connections", _echo("tcp", tcp_streams, 100, 64, 4_000), 0.95
)
_add("tcp_10_idle_1000", "10 + 1,000 idle", _echo("tcp", tcp, 10, 64, 4_000, idle=1_000), 0.9)
_add("tcp_10_idle_9000", "10 + 9,000 idle", _echo("tcp", tcp, 10, 64, 4_000, idle=9_000), 0.9)
_add("udp_1", "UDP echo, 1 in flight", _echo("udp", udp, 1, 64, 2_000), 0.6)
_add("udp_10", "UDP echo, 10 in flight", _echo("udp", udp, 10, 64, 4_000), 0.9)
_add("unix_10", "unix echo, 10 connections", _echo("unix", unix, 10, 64, 4_000), 0.9)
