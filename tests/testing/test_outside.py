# SPDX-License-Identifier: BSD-3-Clause
"""While there is something outside to wait for, virtual time passes as real time does."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable
from typing import Any

import pytest

from qtinter.compat.python import Runner
from qtinter.testing import Deadlock, VirtualEventLoop
from tests.testing.watched import HOUR, WatchedLoop

# Waiting for the outside.


async def first_of(*awaitables: Awaitable[Any]) -> int:
    """Wait for the first; cancel the others; return which it was."""
    futures = [asyncio.ensure_future(each) for each in awaitables]
    done, pending = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    for future in pending:
        future.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    (winner,) = done
    return futures.index(winner)


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
