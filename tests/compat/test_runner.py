# SPDX-License-Identifier: BSD-3-Clause
"""The Runner: asyncio's, and what stands in for it on Python 3.10."""

from __future__ import annotations

import asyncio
import signal

import pytest

from qtinter.compat.python import Runner
from qtinter.testing import VirtualEventLoop


@pytest.fixture(autouse=True)
def _foreground():
    """Have SIGINT as a program in the foreground has it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_sigint_cancels_the_coroutine_and_the_second_interrupts_it_at_once():
    seen = []

    async def main():
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
        signal.raise_signal(signal.SIGINT)
        seen.append("not interrupted")

    with pytest.raises(KeyboardInterrupt), Runner(loop_factory=VirtualEventLoop) as runner:
        runner.run(main())
    assert seen == ["cancelled"]
