# SPDX-License-Identifier: BSD-3-Clause
"""Threads: wake-ups from other threads are never lost, and each thread has a loop of its own."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import qtinter
from qtinter import QiLoopMode
from tests.loop.hosting import (
    HOSTED,
    core,
    driver_of,
    kinds,
    new_loop,
    qt_exec,
    run_qt_for,
    run_qt_until,
)


def round_trips(loop: asyncio.AbstractEventLoop, total: int, stuck: list[int]) -> None:
    """Make thread-safe round trips; note where one did not come back."""
    answers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(total):
        loop.call_soon_threadsafe(answers.put, number)
        try:
            assert answers.get(timeout=10) == number
        except queue.Empty:
            stuck.append(number)
            break


def run_with_threads(kind: str, threads: int, work: Callable[[Any], object]) -> None:
    """Run a loop for as long as threads work against it."""
    with driver_of(kind) as driver:
        loop = driver.loop
        left = threads

        def one_less() -> None:
            nonlocal left
            left -= 1
            if not left:
                loop.stop()

        def thread() -> None:
            try:
                work(loop)
            finally:
                loop.call_soon_threadsafe(one_less)

        started = [threading.Thread(target=thread) for _ in range(threads)]

        def start() -> None:
            for each in started:
                each.start()

        loop.call_soon(start)
        driver.run()
        for each in started:
            each.join()


@kinds("owner", "guest", "native")
def test_no_thread_safe_wake_up_is_lost(kind: str) -> None:
    stuck: list[int] = []
    run_with_threads(kind, 1, lambda loop: round_trips(loop, 3000, stuck))
    assert stuck == []


@pytest.mark.slow
@pytest.mark.timeout(240)
@HOSTED
def test_no_thread_safe_wake_up_of_a_hundred_thousand_is_lost(kind: str) -> None:
    stuck: list[int] = []
    run_with_threads(kind, 1, lambda loop: round_trips(loop, 100_000, stuck))
    assert stuck == []


@HOSTED
def test_no_wake_up_of_four_threads_at_once_is_lost(kind: str) -> None:
    stuck: list[int] = []
    run_with_threads(kind, 4, lambda loop: round_trips(loop, 500, stuck))
    assert stuck == []


@HOSTED
def test_calls_of_one_thread_run_in_order_and_none_is_lost(kind: str) -> None:
    ran: list[tuple[int, int]] = []
    lock = threading.Lock()
    names = iter(range(4))

    def flood(loop: asyncio.AbstractEventLoop) -> None:
        with lock:
            name = next(names)
        for number in range(2000):
            loop.call_soon_threadsafe(ran.append, (name, number))

    run_with_threads(kind, 4, flood)
    assert len(ran) == 8000
    for name in range(4):
        assert [number for each, number in ran if each == name] == list(range(2000))


@HOSTED
def test_a_thread_wakes_a_loop_that_rests(kind: str) -> None:
    """Each call comes only when the loop has nothing left to do, and no timer."""
    with driver_of(kind) as driver:
        loop = driver.loop
        ran: list[int] = []

        def thread() -> None:
            for number in range(20):
                while loop._ready or not loop._resting:
                    time.sleep(0)
                loop.call_soon_threadsafe(ran.append, number)
                while len(ran) == number:
                    time.sleep(0)
            loop.call_soon_threadsafe(loop.stop)

        started = threading.Thread(target=thread)
        started.start()
        driver.run()
        started.join()
        assert ran == list(range(20))


@HOSTED
def test_a_call_that_should_have_been_thread_safe_wakes_the_loop_outside_debug_mode(
    kind: str,
) -> None:
    """As it does on asyncio's own loops, by luck; here no thread but the loop's touches Qt."""
    with driver_of(kind) as driver:
        loop = driver.loop
        ran: list[str] = []

        def thread() -> None:
            while not loop._resting:
                time.sleep(0)
            loop.call_soon(ran.append, "call_soon")
            while not ran or not loop._resting:
                time.sleep(0)
            loop.call_later(0.001, loop.stop)

        started = threading.Thread(target=thread)
        started.start()
        driver.run()
        started.join()
        assert ran == ["call_soon"]


@HOSTED
def test_a_thread_still_wakes_the_loop_after_a_nested_loop_in_a_callback(kind: str) -> None:
    """While the callback's nested Qt loop runs, others read the bytes of the wake-ups."""
    with driver_of(kind) as driver:
        loop = driver.loop
        ran: list[str] = []
        nested, over = threading.Event(), threading.Event()

        def callback() -> None:
            from_thread.start()
            run_qt_until(nested.is_set)
            run_qt_for(30)  # for the byte to be read
            loop.call_soon(loop.call_soon, over.set)

        def thread() -> None:
            loop.call_soon_threadsafe(ran.append, "during")
            nested.set()
            over.wait(10)
            while loop._ready or not loop._resting:
                time.sleep(0)
            loop.call_soon_threadsafe(ran.append, "after")
            loop.call_soon_threadsafe(loop.stop)

        from_thread = threading.Thread(target=thread)
        loop.call_soon(callback)
        late: list[int] = []
        watchdog = loop.call_later(5, lambda: (late.append(1), loop.stop()))
        driver.run()
        watchdog.cancel()
        from_thread.join()
        assert ran == ["during", "after"]
        assert late == []


@HOSTED
def test_what_threads_scheduled_before_the_run_is_there(kind: str) -> None:
    ran: list[int] = []
    with driver_of(kind) as driver:

        def schedule() -> None:
            for number in range(100):
                driver.loop.call_soon_threadsafe(ran.append, number)
            driver.loop.call_soon_threadsafe(driver.loop.stop)

        thread = threading.Thread(target=schedule)
        thread.start()
        thread.join()
        driver.run()
        assert ran == list(range(100))


@pytest.mark.parametrize("mode", list(QiLoopMode), ids=lambda mode: mode.name)
def test_a_closed_loop_refuses_calls_from_threads(mode: QiLoopMode) -> None:
    errors: list[BaseException] = []
    with new_loop(mode) as loop:
        loop.close()

        def call() -> None:
            try:
                loop.call_soon_threadsafe(print)
            except RuntimeError as exc:
                errors.append(exc)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert "closed" in str(errors[0])


@HOSTED
def test_executor_jobs_all_come_back(kind: str) -> None:
    async def main() -> list[int]:
        loop = driver.loop
        with ThreadPoolExecutor(8) as pool:
            jobs = [loop.run_in_executor(pool, pow, number, 2) for number in range(1000)]
            results = await asyncio.wait_for(asyncio.gather(*jobs), 20)
        loop.stop()
        return results

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        assert task.result() == [number**2 for number in range(1000)]


@HOSTED
def test_coroutines_can_be_run_from_a_thread(kind: str) -> None:
    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    results: list[int] = []

    def ask(loop: asyncio.AbstractEventLoop) -> None:
        results.extend(
            asyncio.run_coroutine_threadsafe(double(number), loop).result(10)
            for number in range(100)
        )

    run_with_threads(kind, 1, ask)
    assert results == [2 * number for number in range(100)]


async def program(name: int) -> tuple[int, int]:
    """Use timers, an executor and a socket."""
    loop = asyncio.get_running_loop()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for _ in range(10):
        await asyncio.sleep(0.001)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"%d\n" % name)
        assert await reader.readline() == b"%d\n" % name
        writer.close()
    server.close()
    thread: int = await loop.run_in_executor(None, threading.get_ident)
    assert thread != threading.get_ident()
    await loop.shutdown_default_executor()
    return name, threading.get_ident()


def run_as_guest(name: int) -> tuple[int, int]:
    with qtinter.using_asyncio_from_qt() as loop:
        task = loop.create_task(program(name))
        run_qt_until(task.done)
    return task.result()


def run_as_owner(name: int) -> tuple[int, int]:
    result = qtinter.run(program(name))
    assert result is not None
    return result


RUNNERS = {"owner": run_as_owner, "guest": run_as_guest}


@HOSTED
def test_loops_in_several_python_threads_run_at_once(kind: str) -> None:
    RUNNERS[kind](9)  # PySide fills its classes in at first use, not safely in several threads
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(RUNNERS[kind], name) for name in range(1, 5)]
        results = [RUNNERS[kind](0), *(job.result(20) for job in jobs)]
    assert [name for name, _ in results] == list(range(5))


@HOSTED
def test_loops_in_several_qthreads_run_at_once(kind: str) -> None:
    RUNNERS[kind](9)  # see above
    results: dict[int, Any] = {}

    class Thread(core().QThread):  # type: ignore[misc]
        def __init__(self, name: int) -> None:
            super().__init__()
            self.name = name

        def run(self) -> None:
            try:
                results[self.name] = RUNNERS[kind](self.name)
            except BaseException as exc:
                results[self.name] = exc

    threads = [Thread(name) for name in range(1, 4)]
    for thread in threads:
        thread.start()
    results[0] = RUNNERS[kind](0)
    run_qt_until(lambda: len(results) == 4)
    for thread in threads:
        assert thread.wait(10_000)
    assert [results[name][0] for name in range(4)] == list(range(4))
    assert len({results[name][1] for name in range(4)}) == 4


def test_a_guest_lives_in_a_qthread_that_runs_its_own_exec(qapp) -> None:
    results: list[Any] = []

    class Thread(core().QThread):  # type: ignore[misc]
        def run(self) -> None:
            with qtinter.using_asyncio_from_qt() as loop:
                loop.create_task(self.main())
                qt_exec(self)

        async def main(self) -> None:
            await asyncio.sleep(0.005)
            results.append(asyncio.get_running_loop().is_running())
            self.quit()

    thread = Thread()
    thread.start()
    assert thread.wait(10_000)
    assert results == [True]


@HOSTED
def test_one_thread_can_run_many_loops_one_after_the_other(kind: str) -> None:
    def work() -> list[int]:
        return [RUNNERS[kind](name)[0] for name in range(5)]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result(20) == list(range(5))


@pytest.mark.skipif(
    os.environ.get("QTINTERBINDING") == "PySide2",
    reason="PySide2 has one receiver for each method, in the thread that connects it first",
)
def test_one_loop_can_run_in_one_thread_after_the_other(qapp) -> None:
    async def where() -> int:
        await asyncio.sleep(0.001)
        return threading.get_ident()

    with new_loop() as loop:
        seen = []
        for _ in range(3):
            seen.append(loop.run_until_complete(where()))
            with ThreadPoolExecutor(1) as pool:
                seen.append(pool.submit(loop.run_until_complete, where()).result(10))
        assert seen[0] == seen[2] == seen[4] == threading.get_ident()
        assert threading.get_ident() not in seen[1::2]


@HOSTED
def test_modal_calls_work_in_other_threads(kind: str) -> None:
    ticks: list[int] = []

    async def main() -> int:
        async def tick() -> None:
            while True:
                await asyncio.sleep(0.001)
                ticks.append(1)

        task = asyncio.ensure_future(tick())
        await qtinter.modal(run_qt_until)(lambda: len(ticks) >= 5)
        task.cancel()
        return threading.get_ident()

    def work() -> int | None:
        if kind == "owner":
            return qtinter.run(main())
        with qtinter.using_asyncio_from_qt() as loop:
            task = loop.create_task(main())
            run_qt_until(task.done)
        return task.result()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result(20) != threading.get_ident()
