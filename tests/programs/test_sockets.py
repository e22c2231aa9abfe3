# SPDX-License-Identifier: BSD-3-Clause
"""The loop's own socket calls (`loop.sock_*`), `add_reader`, and sendfile."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import sys

import pytest

from tests.programs.echo import message_of, serving


@contextlib.contextmanager
def _listening():
    with socket.socket() as listener:
        listener.setblocking(False)
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        yield listener


async def _receive(connection, size):
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < size:
        piece = await loop.sock_recv(connection, 65536)
        assert piece, "the connection ended early"
        data += piece
    return data


def test_200_connections_by_sock_accept_and_sock_connect_each_get_their_own_data(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        with _listening() as listener:

            async def serve(connection):
                with connection:
                    await loop.sock_sendall(connection, await _receive(connection, 5000))

            async def accept():
                connections = []
                for _ in range(200):
                    connection, _ = await loop.sock_accept(listener)
                    connections.append(asyncio.ensure_future(serve(connection)))
                await asyncio.gather(*connections)

            async def talk(number):
                with socket.socket() as connection:
                    connection.setblocking(False)
                    await loop.sock_connect(connection, listener.getsockname())
                    await loop.sock_sendall(connection, message_of(number))
                    return await _receive(connection, 5000)

            accepting = asyncio.ensure_future(accept())
            answers = await asyncio.gather(*map(talk, range(200)))
            await accepting
            return answers

    assert run_in(main) == [message_of(number) for number in range(200)]


def test_4_megabytes_pass_a_full_socket_whole_and_in_order(run_in):
    data = b"".join(message_of(number, 65536) for number in range(64))

    async def main():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.setblocking(False)
            sending = asyncio.ensure_future(loop.sock_sendall(ours, data))
            received, buffer = bytearray(), bytearray(100_000)
            while len(received) < len(data):
                count = await loop.sock_recv_into(theirs, buffer)
                received += buffer[:count]
            await sending
            return bytes(received)

    assert run_in(main) == data


def test_a_cancelled_sock_recv_leaves_the_data_to_the_next_one(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.setblocking(False)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(loop.sock_recv(theirs, 100), 0.01)
            await loop.sock_sendall(ours, b"for the next one")
            return await loop.sock_recv(theirs, 100)

    assert run_in(main) == b"for the next one"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sock_recvfrom came with Python 3.11")
def test_200_datagrams_by_sock_sendto_come_back_by_sock_recvfrom(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        theirs = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with ours, theirs:
            for one in (ours, theirs):
                one.setblocking(False)
                one.bind(("127.0.0.1", 0))

            async def echo():
                for _ in range(200):
                    data, address = await loop.sock_recvfrom(theirs, 2000)
                    await loop.sock_sendto(theirs, data[::-1], address)

            echoing = asyncio.ensure_future(echo())
            answers = []
            for number in range(200):
                await loop.sock_sendto(ours, message_of(number, 300), theirs.getsockname())
                answers.append((await loop.sock_recvfrom(ours, 2000))[0])
            await echoing
            return answers

    assert run_in(main) == [message_of(number, 300)[::-1] for number in range(200)]


def test_a_file_descriptor_is_watched_for_reading_and_writing_at_once(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            events = asyncio.Queue()
            loop.add_reader(ours, lambda: events.put_nowait(("read", ours.recv(100))))
            loop.add_writer(ours, lambda: (loop.remove_writer(ours), events.put_nowait("write")))
            first = await events.get()
            theirs.send(b"one")
            second = await events.get()
            theirs.send(b"two")
            third = await events.get()
            removed = loop.remove_reader(ours), loop.remove_reader(ours)
            return first, second, third, removed

    assert run_in(main) == ("write", ("read", b"one"), ("read", b"two"), (True, False))


def test_loop_sendfile_sends_4_megabytes_over_a_transport(run_in, tmp_path):
    data = b"".join(message_of(number, 65536) for number in range(64))
    file = tmp_path / "file"
    file.write_bytes(data)

    async def main():
        received = asyncio.get_running_loop().create_future()

        async def collect(reader, writer):
            digest, size = hashlib.sha256(), 0
            while piece := await reader.read(65536):
                digest.update(piece)
                size += len(piece)
            received.set_result((size, digest.hexdigest()))

        loop = asyncio.get_running_loop()
        async with serving(asyncio.start_server, "127.0.0.1", 0, handler=collect) as server:
            port = server.sockets[0].getsockname()[1]
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            with file.open("rb") as source:
                sent = await loop.sendfile(writer.transport, source)
            writer.close()
            await writer.wait_closed()
            return sent, await received

    assert run_in(main) == (len(data), (len(data), hashlib.sha256(data).hexdigest()))


def test_sock_sendfile_sends_a_part_of_a_file(run_in, tmp_path):
    data = message_of(3, 300_000)
    file = tmp_path / "file"
    file.write_bytes(data)

    async def main():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs, file.open("rb") as source:
            ours.setblocking(False)
            theirs.setblocking(False)
            receiving = asyncio.ensure_future(_receive(theirs, 200_000))
            sent = await loop.sock_sendfile(ours, source, 50_000, 200_000)
            return sent, await receiving

    assert run_in(main) == (200_000, data[50_000:250_000])


def test_names_are_resolved_in_a_thread(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
        return {address[0] for *_, address in found}

    assert run_in(main) & {"127.0.0.1", "::1"}
