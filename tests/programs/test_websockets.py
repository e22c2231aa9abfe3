# SPDX-License-Identifier: BSD-3-Clause
"""The websockets package: server and client."""

from __future__ import annotations

import asyncio

import websockets

from tests.programs.echo import message_of


async def _echo(connection):
    async for message in connection:
        await connection.send(message)


def _url(server):
    host, port = server.sockets[0].getsockname()[:2]
    return f"ws://{host}:{port}"


def test_200_websockets_at_once_each_get_their_own_messages_back(run_in):
    async def main():
        async with websockets.serve(_echo, "127.0.0.1", 0, open_timeout=30, backlog=256) as server:

            async def talk(number):
                async with websockets.connect(
                    _url(server), open_timeout=30, compression=None, proxy=None
                ) as connection:
                    received = []
                    for turn in range(3):
                        await connection.send(f"{number}:{turn}")
                        received.append(await connection.recv())
                    return received

            return await asyncio.gather(*map(talk, range(200)))

    assert run_in(main) == [[f"{number}:{turn}" for turn in range(3)] for number in range(200)]


def test_messages_of_every_size_come_back_in_order_and_whole(run_in):
    sizes = [0, 1, 125, 126, 65535, 65536, 1_000_000]

    async def main():
        async with (
            websockets.serve(_echo, "127.0.0.1", 0) as server,
            websockets.connect(_url(server), proxy=None) as connection,
        ):

            async def receive():
                return [await connection.recv() for _ in sizes]

            receiving = asyncio.ensure_future(receive())
            for size in sizes:
                await connection.send(message_of(size, size))
            return await receiving

    assert run_in(main) == [message_of(size, size) for size in sizes]


def test_the_client_sees_the_servers_close_code(run_in):
    async def hang_up(connection):
        await connection.close(4001, "enough")

    async def main():
        async with (
            websockets.serve(hang_up, "127.0.0.1", 0) as server,
            websockets.connect(_url(server), proxy=None) as connection,
        ):
            try:
                await connection.recv()
            except websockets.ConnectionClosedError as error:
                return error.rcvd.code, error.rcvd.reason
            return None

    assert run_in(main) == (4001, "enough")
