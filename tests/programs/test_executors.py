# SPDX-License-Identifier: BSD-3-Clause
"""Threads and processes that work for the loop."""

from __future__ import annotations

import asyncio
import contextvars
import multiprocessing
import threading
import zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from tests.programs.echo import message_of


def test_200_calls_in_threads_return_their_own_results(run_in):
    async def main():
        here = threading.get_ident()

        def work(number):
            assert threading.get_ident() != here
            return zlib.crc32(message_of(number))

        return await asyncio.gather(*(asyncio.to_thread(work, number) for number in range(200)))

    assert run_in(main) == [zlib.crc32(message_of(number)) for number in range(200)]


def test_an_exception_in_a_thread_reaches_the_one_that_waits_for_it(run_in):
    async def main():
        outcomes = await asyncio.gather(
            *(asyncio.to_thread(divmod, 7, number) for number in range(3)), return_exceptions=True
        )
        return [type(outcomes[0]), *outcomes[1:]]

    assert run_in(main) == [ZeroDivisionError, (7, 0), (3, 1)]


def test_a_thread_sees_the_context_variables_of_its_caller(run_in):
    variable = contextvars.ContextVar("variable", default="nothing")

    async def main():
        async def in_thread(value):
            variable.set(value)
            return await asyncio.to_thread(variable.get)

        return await asyncio.gather(*map(in_thread, "abc"))

    assert run_in(main) == ["a", "b", "c"]


def test_a_process_pool_computes_200_results(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            results = await asyncio.gather(
                *(loop.run_in_executor(pool, zlib.crc32, message_of(n)) for n in range(200))
            )
            # A pool's shutdown blocks: let it block a thread and not the loop.
            await asyncio.to_thread(pool.shutdown)
        return results

    assert run_in(main) == [zlib.crc32(message_of(number)) for number in range(200)]


def test_the_default_executor_may_be_the_users_own(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="the-users"))
        return await asyncio.to_thread(lambda: threading.current_thread().name)

    assert run_in(main).startswith("the-users")


def test_what_20_threads_send_arrives_in_the_order_of_each(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        arrived = {number: [] for number in range(20)}
        done = asyncio.Event()

        def arrive(number, count):
            arrived[number].append(count)
            if sum(map(len, arrived.values())) == 20 * 100:
                done.set()

        def send(number):
            for count in range(100):
                loop.call_soon_threadsafe(arrive, number, count)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        await done.wait()
        for thread in threads:
            thread.join()
        return arrived

    assert run_in(main) == {number: list(range(100)) for number in range(20)}


def test_a_coroutine_runs_in_the_loop_for_each_of_200_threads_calls(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        here = threading.get_ident()

        async def double(number):
            assert threading.get_ident() == here
            await asyncio.sleep(0.001)
            return 2 * number

        def ask(number):
            return asyncio.run_coroutine_threadsafe(double(number), loop).result(30)

        return await asyncio.gather(*(asyncio.to_thread(ask, number) for number in range(200)))

    assert run_in(main) == [2 * number for number in range(200)]
