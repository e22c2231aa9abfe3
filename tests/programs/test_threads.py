# SPDX-License-Identifier: BSD-3-Clause
"""A loop of its own in each of several threads, beside the one of the main thread."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE

import pytest

import qtinter
from tests.programs.echo import exchange, message_of, serving


def _in_a_thread(coroutine_function, *args):
    """Run a coroutine to its end in this thread, on a loop that nobody else uses."""
    loop = qtinter.new_event_loop()
    try:
        return loop.run_until_complete(coroutine_function(*args)), threading.get_ident()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def test_4_threads_and_the_main_one_each_serve_and_ask_on_their_own_loop(run_in):
    async def talk_to_itself(thread):
        async with serving(asyncio.start_server, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]

            async def talk(number):
                streams = await asyncio.open_connection("127.0.0.1", port)
                return await exchange(*streams, message_of(1000 * thread + number))

            return await asyncio.gather(*map(talk, range(50)))

    async def main():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(4) as pool:
            asked = [
                loop.run_in_executor(pool, _in_a_thread, talk_to_itself, thread)
                for thread in range(4)
            ]
            here = await talk_to_itself(4)
            others = await asyncio.gather(*asked)
        return [*(answers for answers, _ in others), here]

    assert run_in(main) == [
        [message_of(1000 * thread + number) for number in range(50)] for thread in range(5)
    ]


@pytest.mark.skipif(os.name != "posix", reason="the children are POSIX tools")
def test_children_are_started_and_waited_for_in_4_threads_at_once(run_in):
    async def child(number):
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", f"cat; exit {number}", stdin=PIPE, stdout=PIPE
        )
        output, _ = await process.communicate(message_of(number, 200_000))
        return process.returncode, hashlib.sha256(output).hexdigest()

    async def children(thread):
        return await asyncio.gather(*(child(5 * thread + number) for number in range(5)))

    async def main():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(4) as pool:
            started = [
                loop.run_in_executor(pool, _in_a_thread, children, thread) for thread in range(4)
            ]
            results = await asyncio.gather(*started)
        return [result for thread, _ in results for result in thread]

    assert run_in(main) == [
        (number, hashlib.sha256(message_of(number, 200_000)).hexdigest()) for number in range(20)
    ]


def test_a_call_from_one_threads_loop_into_another_returns_its_result(run_in):
    async def main():
        home, here = asyncio.get_running_loop(), threading.get_ident()

        async def at_home(number):
            assert threading.get_ident() == here
            await asyncio.sleep(0)
            return number * number

        async def abroad():
            return await asyncio.gather(
                *(
                    asyncio.wrap_future(asyncio.run_coroutine_threadsafe(at_home(number), home))
                    for number in range(200)
                )
            )

        squares, there = await asyncio.to_thread(_in_a_thread, abroad)
        assert there != here
        return squares

    assert run_in(main) == [number * number for number in range(200)]
