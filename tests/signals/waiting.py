# SPDX-License-Identifier: BSD-3-Clause
"""What tests that wait for an emission are made of."""

from __future__ import annotations

import asyncio


def emit_soon(signal, *args):
    asyncio.get_running_loop().call_soon(signal.emit, *args)


async def wait_and(coro, action, *args):
    """Begin to wait for something, act, and return the result."""
    task = asyncio.ensure_future(coro)
    await asyncio.sleep(0)
    action(*args)
    return await asyncio.wait_for(task, 10)
