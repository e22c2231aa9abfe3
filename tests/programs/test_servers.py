# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's servers: 200 clients, and the ways in which a server ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from tests.programs.echo import exchange, message_of, serving


def test_200_tcp_connections_at_once_each_get_their_own_data_back(run_in):
    async def main():
        async with serving(asyncio.start_server, "127.0.0.1", 0, backlog=256) as server:
            port = server.sockets[0].getsockname()[1]

            async def talk(number):
                streams = await asyncio.open_connection("127.0.0.1", port)
                return await exchange(*streams, message_of(number))

            return await asyncio.gather(*map(talk, range(200)))

    assert run_in(main) == [message_of(number) for number in range(200)]


def test_a_closed_server_refuses_newcomers_and_frees_its_port(run_in):
    async def main():
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        refused = False
        try:
            await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            refused = True
        async with serving(asyncio.start_server, "127.0.0.1", port):
            streams = await asyncio.open_connection("127.0.0.1", port)
            return refused, server.is_serving(), await exchange(*streams, b"again")

    assert run_in(main) == (True, False, b"again")


def test_a_connection_outlives_the_server_that_accepted_it(run_in):
    async def main():
        async with serving(asyncio.start_server, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            streams = await asyncio.open_connection("127.0.0.1", port)
            streams[1].write(b"before")
            before = await streams[0].readexactly(6)
            server.close()
            return before, await exchange(*streams, b"after")

    assert run_in(main) == (b"before", b"after")


def test_a_cancelled_serve_forever_closes_the_server(run_in):
    async def main():
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        forever = asyncio.ensure_future(server.serve_forever())
        await asyncio.sleep(0)
        served = server.is_serving()
        forever.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await forever
        return served, server.is_serving(), list(server.sockets)

    assert run_in(main) == (True, False, [])


def test_a_server_that_starts_later_serves_those_that_waited(run_in):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            async with serving(asyncio.start_server, sock=listener, start_serving=False) as server:
                streams = await asyncio.open_connection("127.0.0.1", port)
                await server.start_serving()
                return await exchange(*streams, b"at last")

    assert run_in(main) == b"at last"


def test_a_writer_waits_while_its_peer_does_not_read(run_in):
    async def main():
        go_on = asyncio.Event()

        async def slow(reader, writer):
            await go_on.wait()
            size = 0
            while piece := await reader.read(65536):
                size += len(piece)
            writer.write(str(size).encode())

        async with serving(asyncio.start_server, "127.0.0.1", 0, handler=slow) as server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            sent = 0
            with contextlib.suppress(asyncio.TimeoutError):
                while sent < 64_000_000:
                    writer.write(bytes(1_000_000))
                    sent += 1_000_000
                    await asyncio.wait_for(writer.drain(), 0.2)
            go_on.set()
            await writer.drain()
            writer.write_eof()
            received = int(await reader.read())
            writer.close()
            await writer.wait_closed()
            return sent, received

    sent, received = run_in(main)

    assert sent < 64_000_000, "nothing held the writer back"
    assert received == sent
