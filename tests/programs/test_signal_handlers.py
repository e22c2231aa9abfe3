# SPDX-License-Identifier: BSD-3-Clause
"""Unix signals given to the loop (`loop.add_signal_handler`)."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs add_signal_handler")


def test_200_signals_sent_one_after_the_other_are_all_handled(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        caught = asyncio.Queue()
        loop.add_signal_handler(signal.SIGUSR1, caught.put_nowait, "usr1")
        try:
            for _ in range(200):
                os.kill(os.getpid(), signal.SIGUSR1)
                assert await caught.get() == "usr1"
            return caught.qsize()
        finally:
            loop.remove_signal_handler(signal.SIGUSR1)

    assert run_in(main) == 0


def test_a_signal_wakes_a_loop_that_waits_for_nothing_else(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        caught = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR2, caught.set_result, "usr2")
        # The timer runs in a thread of its own: the loop has nothing to wake it but the signal.
        sender = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR2))
        sender.start()
        try:
            return await caught
        finally:
            loop.remove_signal_handler(signal.SIGUSR2)
            sender.join()

    assert run_in(main) == "usr2"


def test_a_python_signal_handler_runs_while_the_loop_idles(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        handled = loop.create_future()
        before = signal.signal(
            signal.SIGUSR1, lambda *_: loop.call_soon_threadsafe(handled.set_result, "handled")
        )
        sender = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
        sender.start()
        try:
            # Nothing but the signal can end this wait: a handler that ran late, at the next timer
            # or event, would never run.
            return await handled
        finally:
            signal.signal(signal.SIGUSR1, before)
            sender.join()

    assert run_in(main) == "handled"


def test_each_signal_has_its_own_handler_and_its_default_comes_back(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        caught = asyncio.Queue()
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            loop.add_signal_handler(number, caught.put_nowait, number)
        os.kill(os.getpid(), signal.SIGUSR1)
        first = await caught.get()
        os.kill(os.getpid(), signal.SIGUSR2)
        second = await caught.get()
        removed = [loop.remove_signal_handler(n) for n in (signal.SIGUSR1, signal.SIGUSR2)]
        return first, second, removed, signal.getsignal(signal.SIGUSR1)

    assert run_in(main) == (signal.SIGUSR1, signal.SIGUSR2, [True, True], signal.SIG_DFL)
