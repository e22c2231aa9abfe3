# SPDX-License-Identifier: BSD-3-Clause
"""Datagrams over IPv4."""

from __future__ import annotations

import asyncio

from tests.programs.echo import message_of


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport
        self.gone = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)

    def connection_lost(self, error):
        self.gone.set_result(error)


class _Collect(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.received = asyncio.Queue()
        self.errors = asyncio.Queue()
        self.gone = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, address):
        self.received.put_nowait(data)

    def error_received(self, error):
        self.errors.put_nowait(error)

    def connection_lost(self, error):
        self.gone.set_result(error)


async def _endpoint(protocol, **kwargs):
    return await asyncio.get_running_loop().create_datagram_endpoint(protocol, **kwargs)


def test_200_udp_clients_at_once_each_get_their_own_datagram_back(run_in):
    async def main():
        server, echo = await _endpoint(_Echo, local_addr=("127.0.0.1", 0))
        address = server.get_extra_info("sockname")

        async def talk(number):
            # Short ones, so that the server's buffer (200 KB on Linux, and each takes 768 bytes
            # of it) holds them all: UDP may lose what doesn't fit.
            transport, client = await _endpoint(_Collect, remote_addr=address)
            transport.sendto(message_of(number, 40))
            received = await client.received.get()
            transport.close()
            await client.gone
            return received

        answers = await asyncio.gather(*map(talk, range(200)))
        server.close()
        await echo.gone
        return answers

    assert run_in(main) == [message_of(number, 40) for number in range(200)]


def test_the_largest_udp_datagram_arrives_whole(run_in):
    # 65,507 bytes are what one IPv4 datagram holds.
    datagram = message_of(1, 65_507)

    async def main():
        server, echo = await _endpoint(_Echo, local_addr=("127.0.0.1", 0))
        transport, client = await _endpoint(_Collect, remote_addr=server.get_extra_info("sockname"))
        transport.sendto(datagram)
        received = await client.received.get()
        transport.close()
        server.close()
        await asyncio.gather(client.gone, echo.gone)
        return received

    assert run_in(main) == datagram


def test_a_datagram_to_a_closed_port_is_reported_to_the_protocol(run_in):
    async def main():
        server, echo = await _endpoint(_Echo, local_addr=("127.0.0.1", 0))
        address = server.get_extra_info("sockname")
        server.close()
        await echo.gone
        transport, client = await _endpoint(_Collect, remote_addr=address)
        transport.sendto(b"anybody there?")
        error = await client.errors.get()
        transport.close()
        await client.gone
        return type(error)

    assert run_in(main) is ConnectionRefusedError
