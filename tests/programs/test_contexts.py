# SPDX-License-Identifier: BSD-3-Clause
"""The contexts in which transports call protocols; from Python 3.15 they have one of their own.

The same program runs on asyncio's own loop and on ours, and must see the same.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import Any

import pytest

import qtinter

where: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")


async def main(tls: Any) -> list[str]:
    """Note the context of each call; client and server wait for each other, so the order is one."""
    loop = asyncio.get_running_loop()
    seen: list[str] = []
    over = loop.create_future()

    class Noting(asyncio.Protocol):
        def __init__(self, name: str) -> None:
            self.name = name

        def note(self, what: str) -> None:
            seen.append(f"{self.name} {what}: {where.get()}")

        def connection_made(self, transport: Any) -> None:
            self.note("made")
            self.transport = transport
            if self.name == "client":
                transport.write(b"x")

        def data_received(self, data: bytes) -> None:
            self.note("data")
            if self.name == "server":
                self.transport.write(data)
            else:
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            del exc
            self.note("lost")
            self.transport.close()  # or Python 3.10 warns of it
            if sum("lost" in each for each in seen) == 2:
                over.set_result(None)

    where.set("at the server's start")
    server = await loop.create_server(lambda: Noting("server"), "127.0.0.1", 0, ssl=tls.server)
    port = server.sockets[0].getsockname()[1]
    where.set("at the connection's start")
    await loop.create_connection(lambda: Noting("client"), "127.0.0.1", port, ssl=tls.client)
    where.set("later")
    await asyncio.wait_for(over, 10)
    server.close()
    await server.wait_closed()
    return sorted(seen)


class Plain:
    server = client = None


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_transports_call_protocols_in_the_same_contexts_as_on_asyncio(
    run_in, certificates, *, encrypted
):
    tls = certificates if encrypted else Plain

    def program() -> Any:
        return main(tls)

    stock = asyncio.ProactorEventLoop() if sys.platform == "win32" else asyncio.SelectorEventLoop()
    try:
        expected = contextvars.copy_context().run(stock.run_until_complete, program())
    finally:
        stock.close()
    assert contextvars.copy_context().run(run_in, program) == expected
    assert len(expected) == 6


@pytest.mark.skipif(sys.version_info < (3, 15), reason="transports have a context from Python 3.15")
@pytest.mark.parametrize("kind", [qtinter.QiSelectorEventLoop])
def test_a_transport_keeps_the_context_in_which_it_was_made(qapp, kind):
    loop = kind()
    try:
        seen = contextvars.copy_context().run(loop.run_until_complete, main(Plain))
    finally:
        loop.close()
    assert "client data: at the connection's start" in seen
    assert "client lost: at the connection's start" in seen
    assert "server data: at the server's start" in seen
