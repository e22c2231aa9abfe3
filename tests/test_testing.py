# SPDX-License-Identifier: BSD-3-Clause
"""asyncio in virtual time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from qtinter.compat.python import Runner
from qtinter.scheduler import VirtualClock
from qtinter.testing import Deadlock, VirtualEventLoop

T = TypeVar("T")

HOUR = 3600.0


class WatchedLoop(VirtualEventLoop):
    """Says when it waits in real time: what it waits for can then be let happen, and not before."""

    def __init__(self, *, strict: bool = False) -> None:
        super().__init__(strict=strict)
        self.waits = 0
        self.waiting = threading.Event()

    def _wait_outside(self, timeout: float | None) -> None:
        self.waits += 1
        self.waiting.set()
        super()._wait_outside(timeout)


@pytest.fixture
def loop() -> Iterator[WatchedLoop]:
    made = WatchedLoop()
    yield made
    made.close()


@pytest.fixture
def strict() -> Iterator[WatchedLoop]:
    made = WatchedLoop(strict=True)
    yield made
    made.close()


async def first_of(*awaitables: Awaitable[Any]) -> int:
    """Wait for the first; cancel the others; return which it was."""
    futures = [asyncio.ensure_future(each) for each in awaitables]
    done, pending = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    for future in pending:
        future.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    (winner,) = done
    return futures.index(winner)


# Time.


def test_an_hour_s_sleep_takes_no_time(loop: WatchedLoop) -> None:
    started = time.monotonic()
    loop.run_until_complete(asyncio.sleep(HOUR))

    assert loop.time() == HOUR
    assert loop.waits == 0
    assert time.monotonic() - started < 60


def test_time_begins_at_nought_and_is_the_clock_s(loop: WatchedLoop) -> None:
    assert loop.time() == 0.0
    loop.clock.advance(2.5)

    assert isinstance(loop.clock, VirtualClock)
    assert loop.time() == 2.5


def test_each_loop_has_a_time_of_its_own(loop: WatchedLoop, strict: WatchedLoop) -> None:
    loop.run_until_complete(asyncio.sleep(HOUR))

    assert strict.time() == 0.0


def test_time_stands_still_while_something_is_ready(loop: WatchedLoop) -> None:
    async def main() -> float:
        later = asyncio.ensure_future(asyncio.sleep(1))
        for _ in range(1000):
            await asyncio.sleep(0)
        passed = loop.time()
        await later
        return passed

    assert loop.run_until_complete(main()) == 0.0


def test_time_jumps_from_deadline_to_deadline(loop: WatchedLoop) -> None:
    log: list[tuple[float, str]] = []

    async def note(delay: float, text: str) -> None:
        await asyncio.sleep(delay)
        log.append((loop.time(), text))

    async def main() -> None:
        await asyncio.gather(note(3, "c"), note(1, "a"), note(86400 * 365, "d"), note(1.5, "b"))

    loop.run_until_complete(main())

    assert log == [(1, "a"), (1.5, "b"), (3, "c"), (86400 * 365, "d")]


def test_equal_deadlines_come_in_the_order_of_scheduling(loop: WatchedLoop) -> None:
    log: list[int] = []
    for number in range(20):
        loop.call_later(1, log.append, number)
    loop.run_until_complete(asyncio.sleep(1))

    assert log == list(range(20))


def test_a_timer_that_comes_due_at_once_is_not_starved_by_a_busy_loop(loop: WatchedLoop) -> None:
    def busy() -> None:
        loop.call_soon(busy)

    loop.call_soon(busy)
    loop.call_later(0, loop.stop)
    loop.run_forever()

    assert loop.time() == 0


def test_a_timeout_comes_at_its_very_time(loop: WatchedLoop) -> None:
    async def main() -> float:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 90)
        return loop.time()

    assert loop.run_until_complete(main()) == 90


def test_what_ends_before_its_timeout_does_so_at_its_own_time(loop: WatchedLoop) -> None:
    async def main() -> str:
        return await asyncio.wait_for(asyncio.sleep(10, "done"), 90)

    assert loop.run_until_complete(main()) == "done"
    assert loop.time() == 10


def test_a_cancelled_timer_moves_no_time(loop: WatchedLoop) -> None:
    loop.call_later(HOUR, int).cancel()
    loop.run_until_complete(asyncio.sleep(1))

    assert loop.time() == 1


def test_time_goes_on_in_the_next_run(loop: WatchedLoop) -> None:
    loop.run_until_complete(asyncio.sleep(1))
    loop.run_until_complete(asyncio.sleep(2))

    assert loop.time() == 3


def test_debug_mode_does_not_change_time(loop: WatchedLoop) -> None:
    loop.set_debug(True)
    loop.run_until_complete(asyncio.sleep(HOUR))

    assert loop.time() == HOUR


# Waiting for nothing.


def test_waiting_for_what_never_comes_is_a_deadlock(loop: WatchedLoop) -> None:
    main = loop.create_task(asyncio.Event().wait())
    with pytest.raises(Deadlock, match="would wait for ever"):
        loop.run_until_complete(main)

    assert not main.done()
    main.cancel()
    loop.run_until_complete(asyncio.sleep(0))


def test_running_for_ever_without_work_is_a_deadlock(loop: WatchedLoop) -> None:
    with pytest.raises(Deadlock):
        loop.run_forever()


def test_two_tasks_that_wait_for_each_other_are_a_deadlock(loop: WatchedLoop) -> None:
    async def main() -> None:
        locks = [asyncio.Lock(), asyncio.Lock()]

        async def take(first: int, second: int) -> None:
            async with locks[first]:
                await asyncio.sleep(1)
                async with locks[second]:
                    pass

        await asyncio.gather(take(0, 1), take(1, 0))

    task = loop.create_task(main())
    with pytest.raises(Deadlock):
        loop.run_until_complete(task)

    assert loop.time() == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)


def test_a_timer_at_the_end_of_time_is_not_waited_for(loop: WatchedLoop) -> None:
    loop.call_later(math.inf, int)
    with pytest.raises(Deadlock):
        loop.run_forever()

    assert loop.time() == 0


def test_a_pending_stop_is_no_deadlock(loop: WatchedLoop) -> None:
    loop.stop()
    loop.run_forever()

    assert not loop.is_running()


def test_a_loop_runs_on_after_a_deadlock(loop: WatchedLoop) -> None:
    with pytest.raises(Deadlock):
        loop.run_forever()

    assert loop.run_until_complete(asyncio.sleep(1, "still here")) == "still here"


# Waiting for the outside.


def wait_for_the_loop(loop: WatchedLoop) -> None:
    """Wait, in another thread, until the loop waits, and has done so by the clock."""
    loop.waiting.wait(30)
    time.sleep(2 * time.get_clock_info("monotonic").resolution)  # 16 ms on Windows


def test_time_does_not_jump_while_an_executor_has_a_job(loop: WatchedLoop) -> None:
    async def main() -> int:
        job = loop.run_in_executor(None, wait_for_the_loop, loop)
        winner = await first_of(job, asyncio.sleep(HOUR))
        await loop.shutdown_default_executor()
        return winner

    assert loop.run_until_complete(main()) == 0
    assert loop.waits > 0
    assert 0 < loop.time() < HOUR


def test_time_jumps_again_when_the_job_has_ended(loop: WatchedLoop) -> None:
    async def main() -> None:
        await loop.run_in_executor(None, int)
        await loop.shutdown_default_executor()
        loop.waits = 0
        await asyncio.sleep(HOUR)

    loop.run_until_complete(main())

    assert loop.waits == 0


def test_a_job_that_failed_has_ended_too(loop: WatchedLoop) -> None:
    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, divmod, 1, 0)
        await loop.shutdown_default_executor()
        loop.waits = 0
        await asyncio.sleep(HOUR)

    loop.run_until_complete(main())

    assert loop.waits == 0


def test_a_job_that_was_refused_is_not_waited_for(loop: WatchedLoop) -> None:
    executor = concurrent.futures.ThreadPoolExecutor()
    executor.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        loop.run_in_executor(executor, int)
    loop.run_until_complete(asyncio.sleep(HOUR))

    assert loop.waits == 0


def test_shutting_the_executor_down_waits_for_its_threads(loop: WatchedLoop) -> None:
    # A job nobody waits for any more still runs: asyncio waits for its thread by another thread.
    started = threading.Event()

    def work() -> None:
        started.set()
        loop.waiting.wait(30)

    async def main() -> None:
        job = loop.run_in_executor(None, work)
        started.wait(30)
        job.cancel()
        await asyncio.sleep(0)
        await loop.shutdown_default_executor()

    loop.run_until_complete(main())

    assert loop.waiting.is_set()
    assert loop.time() < 60


def test_a_runner_winds_up_in_virtual_time() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(int)
        background = asyncio.ensure_future(asyncio.sleep(HOUR))
        await asyncio.sleep(60)
        assert not background.done()
        return loop.time()

    with Runner(loop_factory=VirtualEventLoop) as runner:
        passed = runner.run(main())

    assert 60 <= passed < HOUR


def test_a_readable_socket_is_waited_for_in_real_time(loop: WatchedLoop) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)

    def send() -> None:
        wait_for_the_loop(loop)
        there.send(b"hello")

    async def main() -> int:
        return await first_of(loop.sock_recv(here, 10), asyncio.sleep(HOUR))

    thread = threading.Thread(target=send)
    with here, there:
        thread.start()
        winner = loop.run_until_complete(main())
        thread.join()

    assert winner == 0
    assert 0 < loop.time() < HOUR


def test_a_socket_that_is_readable_already_takes_no_time(loop: WatchedLoop) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    log: list[bytes] = []

    def read() -> None:
        log.append(here.recv(10))
        loop.remove_reader(here)
        loop.stop()

    with here, there:
        there.send(b"hello")
        loop.add_reader(here, read)
        loop.call_later(HOUR, loop.stop)
        loop.run_forever()

    assert log == [b"hello"]
    assert loop.time() < HOUR


def test_a_deadline_passes_in_real_time_while_a_socket_is_watched(loop: WatchedLoop) -> None:
    here, there = socket.socketpair()
    with here, there:
        loop.add_reader(here, int)
        started = time.monotonic()
        loop.run_until_complete(asyncio.sleep(0.02))
        passed = time.monotonic() - started
        loop.remove_reader(here)

    assert loop.time() >= 0.02
    assert passed >= 0.02


def test_a_server_and_a_client_talk_in_real_time(loop: WatchedLoop) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()
        await writer.wait_closed()

    async def main() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        answer = await asyncio.wait_for(reader.read(), HOUR)
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return answer

    assert loop.run_until_complete(main()) == b"HELLO\n"
    assert loop.time() < HOUR
    loop.run_until_complete(asyncio.sleep(HOUR))
    assert loop.time() >= HOUR


@pytest.mark.skipif(sys.platform == "win32", reason="no subprocesses on selector loops there")
def test_a_subprocess_is_waited_for_in_real_time(loop: WatchedLoop) -> None:
    async def main() -> tuple[bytes, int | None]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(input()[::-1])",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(b"abc\n"), HOUR)
        return output.strip(), process.returncode

    assert loop.run_until_complete(main()) == (b"cba", 0)
    assert loop.time() < HOUR


@pytest.mark.skipif(sys.platform == "win32", reason="no subprocesses on selector loops there")
def test_a_subprocess_without_pipes_is_waited_for_in_real_time(loop: WatchedLoop) -> None:
    async def main() -> int:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(3)")
        return await asyncio.wait_for(process.wait(), HOUR)

    assert loop.run_until_complete(main()) == 3
    assert loop.time() < HOUR


@pytest.mark.parametrize("name", ["waitpid-0", "asyncio-waitpid-0"])
def test_a_thread_of_asyncio_s_that_waits_for_a_process_is_waited_for(
    loop: WatchedLoop, name: str
) -> None:
    future = loop.create_future()

    def reap() -> None:
        loop.waiting.wait(30)
        loop.call_soon_threadsafe(future.set_result, None)

    async def main() -> int:
        return await first_of(future, asyncio.sleep(HOUR))

    thread = threading.Thread(target=reap, name=name)
    thread.start()
    winner = loop.run_until_complete(main())
    thread.join()

    assert winner == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no signal handlers on selector loops there")
def test_a_signal_with_a_handler_is_waited_for_in_real_time(loop: WatchedLoop) -> None:
    def send() -> None:
        loop.waiting.wait(30)
        os.kill(os.getpid(), signal.SIGUSR1)

    loop.add_signal_handler(signal.SIGUSR1, loop.stop)
    loop.call_later(HOUR, loop.stop)
    thread = threading.Thread(target=send)
    thread.start()
    loop.run_forever()
    thread.join()
    loop.remove_signal_handler(signal.SIGUSR1)

    assert 0 < loop.time() < HOUR


def test_what_a_thread_has_scheduled_before_the_wait_is_no_deadlock(loop: WatchedLoop) -> None:
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=(loop.stop,))
    thread.start()
    thread.join()
    loop.run_forever()

    assert loop.waits == 0


# Strictly virtual.


def test_a_strict_loop_jumps_as_any_other(strict: WatchedLoop) -> None:
    strict.run_until_complete(asyncio.sleep(HOUR))

    assert strict.time() == HOUR


def test_a_strict_loop_refuses_to_wait_for_the_outside(strict: WatchedLoop) -> None:
    here, there = socket.socketpair()
    with here, there:
        strict.add_reader(here, int)
        with pytest.raises(RuntimeError, match="strict"):
            strict.run_until_complete(asyncio.sleep(1))
        strict.remove_reader(here)

    assert strict.time() == 0


def test_a_strict_loop_takes_what_is_there_already(strict: WatchedLoop) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there:
        there.send(b"hello")
        received = strict.run_until_complete(strict.sock_recv(here, 10))

    assert received == b"hello"


def test_a_strict_loop_reports_a_deadlock_as_any_other(strict: WatchedLoop) -> None:
    with pytest.raises(Deadlock):
        strict.run_forever()


# In a test suite: what it is for.


def virtually(test: Callable[[], Coroutine[Any, Any, T]]) -> Callable[[], T]:
    """Run a coroutine function as a test in virtual time."""

    @functools.wraps(test)
    def run() -> T:
        with Runner(loop_factory=lambda: VirtualEventLoop(strict=True)) as runner:
            return runner.run(test())

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


async def retry(action: Callable[[], Awaitable[T]], *, attempts: int, pause: float) -> T:
    """The kind of code that is tedious to test: exponential back-off."""
    for attempt in range(attempts):
        try:
            return await action()
        except ConnectionError:
            if attempt == attempts - 1:
                raise
            await asyncio.sleep(pause * 2**attempt)
    raise AssertionError


class Server:
    """Refuses connections for a time."""

    def __init__(self, up_at: float) -> None:
        self.up_at = up_at
        self.tried: list[float] = []

    async def connect(self) -> str:
        self.tried.append(now())
        if now() < self.up_at:
            raise ConnectionError
        return "connected"


@virtually
async def test_back_off_doubles_its_pause() -> None:
    server = Server(up_at=100)

    assert await retry(server.connect, attempts=9, pause=10) == "connected"
    assert server.tried == [0, 10, 30, 70, 150]


@virtually
async def test_back_off_gives_up() -> None:
    server = Server(up_at=math.inf)
    with pytest.raises(ConnectionError):
        await retry(server.connect, attempts=4, pause=60)

    assert server.tried == [0, 60, 180, 420]


@virtually
async def test_back_off_can_be_given_a_time_limit() -> None:
    server = Server(up_at=math.inf)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(retry(server.connect, attempts=99, pause=1), 24 * HOUR)

    assert now() == 24 * HOUR


@virtually
async def test_a_heartbeat_beats_and_ends_with_its_task() -> None:
    beats: list[float] = []

    async def heartbeat() -> None:
        while True:
            beats.append(now())
            await asyncio.sleep(30)

    task = asyncio.ensure_future(heartbeat())
    await asyncio.sleep(100)
    task.cancel()
    await asyncio.sleep(1000)

    assert beats == [0, 30, 60, 90]
    assert task.cancelled()


@virtually
async def test_a_queue_between_a_slow_and_a_fast_side_fills_up() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(2)
    delivered: list[float] = []

    async def produce() -> None:
        for number in range(5):
            await queue.put(number)
            delivered.append(now())

    task = asyncio.ensure_future(produce())
    for _ in range(5):
        await asyncio.sleep(10)
        await queue.get()
    await task

    assert delivered == [0, 0, 10, 20, 30]
