# SPDX-License-Identifier: BSD-3-Clause
"""TLS, with both ends in the loop: asyncio's own TLS on the transports under test."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING

from benchmarks.workload import Batch, Capability, WrongWorkError, size, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from benchmarks.implementations import Adapter


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server and of a client that trusts it."""
    import trustme

    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return server, client


class EchoClient:
    """One TLS connection to an echo server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def round_trip(self, message: bytes) -> None:
        """Send a message and wait until all of it has come back."""
        self._writer.write(message)
        await self._writer.drain()
        if await self._reader.readexactly(len(message)) != message:
            raise WrongWorkError("TLS delivered something else")

    def abort(self) -> None:
        """Close the connection at once."""
        self._writer.transport.abort()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def echo_server() -> AsyncIterator[Callable[[], Awaitable[EchoClient]]]:
    """Start an echo server; what is yielded connects to it."""
    server_context, client_context = contexts()
    server = await asyncio.start_server(_echo, "127.0.0.1", 0, ssl=server_context, backlog=1024)
    port = server.sockets[0].getsockname()[1]

    async def connect() -> EchoClient:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client_context, server_hostname="localhost"
        )
        return EchoClient(reader, writer)

    try:
        yield connect
    finally:
        server.close()
        # the server's ends of the connections notice that they are gone
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def echo_clients(connections: int) -> AsyncIterator[list[EchoClient]]:
    """Start an echo server and connect to it so many times."""
    clients = []
    async with echo_server() as connect:
        try:
            for _ in range(connections):
                clients.append(await connect())  # noqa: PERF401 (those so far are closed on failure)
            yield clients
        finally:
            for client in clients:
                client.abort()


@staged(
    "TLS echo, 10 connections, 1 KB",
    must=0.9,
    target=1.0,
    needs=frozenset({Capability.FILE_DESCRIPTORS}),
    packages=("trustme",),
)
async def tls_10(_: Adapter) -> AsyncIterator[Batch]:
    """Streams over TLS; both ends are counted."""
    message = bytes(range(256)) * 4
    messages = size(50)

    async def work(client: EchoClient) -> None:
        for _ in range(messages):
            await client.round_trip(message)

    async with echo_clients(10) as clients:

        async def run() -> int:
            await asyncio.gather(*(work(client) for client in clients))
            return messages * len(clients)

        yield run
