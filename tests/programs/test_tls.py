# SPDX-License-Identifier: BSD-3-Clause
"""TLS: streams, protocols, and a plain connection made safe on the way (`loop.start_tls`)."""

from __future__ import annotations

import asyncio
import hashlib
import ssl

from tests.programs.echo import exchange, message_of, serving


def test_200_tls_connections_at_once_each_get_their_own_data_back(run_in, certificates):
    async def main():
        async with serving(
            asyncio.start_server, "127.0.0.1", 0, ssl=certificates.server, backlog=256
        ) as server:
            port = server.sockets[0].getsockname()[1]

            async def talk(number):
                streams = await asyncio.open_connection(
                    "127.0.0.1", port, ssl=certificates.client, ssl_handshake_timeout=30
                )
                return await exchange(*streams, message_of(number))

            return await asyncio.gather(*map(talk, range(200)))

    assert run_in(main) == [message_of(number) for number in range(200)]


def test_8_megabytes_come_back_whole_over_one_tls_connection(run_in, certificates):
    pieces = [message_of(number, 65536) for number in range(128)]

    async def main():
        async with serving(asyncio.start_server, "127.0.0.1", 0, ssl=certificates.server) as server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=certificates.client
            )

            async def send():
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()

            sending = asyncio.ensure_future(send())
            digest = hashlib.sha256()
            for _ in pieces:
                digest.update(await reader.readexactly(65536))
            await sending
            writer.close()
            await writer.wait_closed()
            return digest.hexdigest()

    assert run_in(main) == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_a_certificate_of_an_unknown_authority_is_refused(run_in, certificates):
    stranger = ssl.create_default_context()

    async def main():
        refused = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        async with serving(asyncio.start_server, "127.0.0.1", 0, ssl=certificates.server) as server:
            port = server.sockets[0].getsockname()[1]
            try:
                await asyncio.open_connection("127.0.0.1", port, ssl=stranger)
            except ssl.SSLCertVerificationError as error:
                refused.append(error.reason)
            # The server is unharmed: a client that trusts it is served.
            streams = await asyncio.open_connection("127.0.0.1", port, ssl=certificates.client)
            return refused, await exchange(*streams, b"hello")

    assert run_in(main) == (["CERTIFICATE_VERIFY_FAILED"], b"hello")


class _Upgrading(asyncio.Protocol):
    """The server's side: answers STARTTLS in the clear, then echoes, in capitals, under TLS."""

    def __init__(self, context):
        self.context = context
        self.transport = None
        self.gone = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if data == b"STARTTLS":
            self.transport.write(b"GO")
            self.upgrading = asyncio.ensure_future(
                asyncio.get_running_loop().start_tls(
                    self.transport, self, self.context, server_side=True
                )
            )
        else:
            # The first data may come in one piece with the handshake's end, before the task
            # that waits for it has gone on.
            self.upgrading.add_done_callback(lambda done: done.result().write(data.upper()))

    def connection_lost(self, error):
        self.upgrading.result().close()  # 3.10's transports warn if their user didn't
        self.gone.set_result(error)


class _Client(asyncio.Protocol):
    """The client's side: collects what comes."""

    def __init__(self):
        self.received = asyncio.Queue()
        self.gone = asyncio.get_running_loop().create_future()

    def data_received(self, data):
        self.received.put_nowait(data)

    def connection_lost(self, error):
        self.gone.set_result(error)


def test_50_connections_turn_to_tls_halfway_by_start_tls(run_in, certificates):
    async def main():
        loop = asyncio.get_running_loop()
        upgraded = []

        def protocol():
            upgraded.append(_Upgrading(certificates.server))
            return upgraded[-1]

        server = await loop.create_server(protocol, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        async def talk(number):
            transport, client = await loop.create_connection(_Client, "127.0.0.1", port)
            transport.write(b"STARTTLS")
            assert await client.received.get() == b"GO"
            transport = await loop.start_tls(
                transport, client, certificates.client, server_hostname="127.0.0.1"
            )
            assert transport.get_extra_info("cipher") is not None
            transport.write(f"secret {number}".encode())
            answer = await client.received.get()
            transport.close()
            await client.gone
            return answer

        async with server:
            answers = await asyncio.gather(*map(talk, range(50)))
            await asyncio.gather(*(side.gone for side in upgraded))
        return answers

    assert run_in(main) == [f"SECRET {number}".encode() for number in range(50)]
