# SPDX-License-Identifier: BSD-3-Clause
"""Connecting to a service: plain asyncio, which knows nothing of Qt."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """Where a service is."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port``; ValueError if it isn't that."""
        host, _, port = text.strip().rpartition(":")
        if not host or not 0 < int(port) <= HIGHEST_PORT:
            raise ValueError(f"{text!r} is not host:port")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """What came of it: the milliseconds that it took, or why there is no connection."""

    milliseconds: float | None
    error: str = ""

    @property
    def is_up(self) -> bool:
        """Whether there was a connection."""
        return self.milliseconds is not None


async def probe(address: Address, timeout: float) -> Answer:
    """Connect to a service and close the connection.

    Args:
        address: The service.
        timeout: How long to try, in seconds.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(address.host, address.port), timeout
        )
    except asyncio.TimeoutError:
        return Answer(None, f"no answer in {timeout:g} s")
    except OSError as error:
        return Answer(None, error.strerror or str(error))
    milliseconds = (loop.time() - started) * 1000
    writer.close()
    return Answer(milliseconds)
