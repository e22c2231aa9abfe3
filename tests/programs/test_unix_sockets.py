# SPDX-License-Identifier: BSD-3-Clause
"""Unix sockets: streams and datagrams."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import pytest

from tests.programs.echo import exchange, message_of, serving
from tests.programs.test_udp import _Collect, _Echo

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "AF_UNIX") or os.name != "posix", reason="needs unix sockets"
)


def test_200_unix_stream_connections_at_once_each_get_their_own_data_back(run_in, tmp_path):
    path = str(tmp_path / "echo.sock")

    async def main():
        async with serving(asyncio.start_unix_server, path, backlog=256):

            async def talk(number):
                streams = await asyncio.open_unix_connection(path)
                return await exchange(*streams, message_of(number))

            return await asyncio.gather(*map(talk, range(200)))

    assert run_in(main) == [message_of(number) for number in range(200)]


def test_a_unix_datagram_of_100_kilobytes_arrives_whole(run_in, tmp_path):
    datagram = message_of(7, 100 * 1024)

    async def main():
        loop = asyncio.get_running_loop()
        server, echo = await loop.create_datagram_endpoint(
            _Echo, local_addr=str(tmp_path / "server"), family=socket.AF_UNIX
        )
        transport, client = await loop.create_datagram_endpoint(
            _Collect,
            local_addr=str(tmp_path / "client"),
            remote_addr=str(tmp_path / "server"),
            family=socket.AF_UNIX,
        )
        transport.sendto(datagram)
        received = await client.received.get()
        transport.close()
        server.close()
        await asyncio.gather(client.gone, echo.gone)
        return received

    assert run_in(main) == datagram


def test_200_unix_datagrams_keep_their_bounds_and_their_order(run_in, tmp_path):
    async def main():
        loop = asyncio.get_running_loop()
        path = str(tmp_path / "receiver")
        receiver, receiving = await loop.create_datagram_endpoint(
            _Collect, local_addr=path, family=socket.AF_UNIX
        )
        sender, sending = await loop.create_datagram_endpoint(
            _Collect, remote_addr=path, family=socket.AF_UNIX
        )
        for number in range(200):
            # The kernel's queue is short (10 datagrams): the transport holds the rest back.
            sender.sendto(message_of(number, 100 + number))
        received = [await receiving.received.get() for _ in range(200)]
        sender.close()
        receiver.close()
        await asyncio.gather(sending.gone, receiving.gone)
        return received

    assert run_in(main) == [message_of(number, 100 + number) for number in range(200)]


def test_an_address_in_the_abstract_namespace_is_served(run_in):
    if sys.platform != "linux":
        pytest.skip("abstract socket addresses are a Linux thing")
    name = f"\0qtinter-programs-{os.getpid()}"

    async def main():
        async with serving(asyncio.start_unix_server, name):
            return await exchange(*await asyncio.open_unix_connection(name), b"hello")

    assert run_in(main) == b"hello"
