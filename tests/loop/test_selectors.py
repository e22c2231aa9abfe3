# SPDX-License-Identifier: BSD-3-Clause
"""Every selector of the ``selectors`` module works, those without a file descriptor too."""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import qtinter
from qtinter.loop.watch import DescriptorWatch
from tests.loop.hosting import HOSTED, driver_of, from_qt, run_qt_for, run_qt_until

NAMES = ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector", "DevpollSelector")
SELECTORS = pytest.mark.parametrize(
    "make",
    [getattr(selectors, name) for name in NAMES if hasattr(selectors, name)],
    ids=lambda make: make.__name__,
)
Make = Callable[[], selectors.BaseSelector]


@HOSTED
@SELECTORS
def test_streams_timers_and_threads_work(kind: str, make: Make) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def client(port: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        payload = os.urandom(200_000)
        writer.write(payload)
        assert await reader.readexactly(len(payload)) == payload
        writer.close()
        return len(payload)

    async def main() -> list[object]:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        clients = [client(port) for _ in range(10)]
        thread = driver.loop.run_in_executor(None, threading.get_ident)
        try:
            await asyncio.wait_for(asyncio.gather(*clients, asyncio.sleep(0.01), thread), 20)
            server.close()
            await driver.loop.shutdown_default_executor()
            return ["done"]
        finally:
            driver.loop.stop()

    with driver_of(kind, make()) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        assert task.result() == ["done"]
        driver.run_until_idle()


@HOSTED
@SELECTORS
def test_a_descriptor_that_a_slot_adds_while_the_loop_rests_is_watched(
    kind: str, make: Make
) -> None:
    read, write = socket.socketpair()
    with driver_of(kind, make()) as driver:
        loop = driver.loop

        def on_read() -> None:
            loop.remove_reader(read)
            loop.stop()

        def slot() -> None:
            assert loop._resting
            loop.add_reader(read, on_read)
            from_qt(lambda: write.send(b"x"), 10)

        from_qt(slot, 20)
        driver.run()
    read.close()
    write.close()


@HOSTED
@SELECTORS
def test_a_writer_that_a_slot_adds_while_the_loop_rests_is_watched(kind: str, make: Make) -> None:
    left, right = socket.socketpair()
    with driver_of(kind, make()) as driver, left, right:
        loop = driver.loop

        def on_write() -> None:
            loop.remove_writer(left)
            loop.stop()

        from_qt(lambda: loop.add_writer(left, on_write), 20)
        driver.run()


@HOSTED
@SELECTORS
def test_a_descriptor_that_a_slot_removes_is_watched_no_more(kind: str, make: Make) -> None:
    read, write = socket.socketpair()
    calls: list[int] = []
    with driver_of(kind, make()) as driver:
        loop = driver.loop
        loop.add_reader(read, calls.append, 1)

        def slot() -> None:
            loop.remove_reader(read)
            write.send(b"x")
            loop.call_later(0.02, loop.stop)

        from_qt(slot, 10)
        driver.run()
    read.close()
    write.close()
    assert calls == []


@HOSTED
@SELECTORS
def test_reading_and_writing_on_one_descriptor_can_be_changed_in_slots(
    kind: str, make: Make
) -> None:
    left, right = socket.socketpair()
    got: list[str] = []
    with driver_of(kind, make()) as driver, left, right:
        loop = driver.loop

        def on_read() -> None:
            left.recv(10)
            got.append("read")
            loop.remove_reader(left)
            from_qt(lambda: loop.add_writer(left, on_write), 5)

        def on_write() -> None:
            got.append("write")
            loop.remove_writer(left)
            from_qt(again, 5)

        def again() -> None:
            loop.add_reader(left, on_second_read)
            right.send(b"x")

        def on_second_read() -> None:
            got.append("read again")
            loop.remove_reader(left)
            loop.stop()

        loop.add_reader(left, on_read)
        from_qt(lambda: right.send(b"x"), 5)
        driver.run()
    assert got == ["read", "write", "read again"]


@HOSTED
@SELECTORS
def test_a_number_that_is_closed_and_used_again_is_watched_again(kind: str, make: Make) -> None:
    got: list[int] = []
    with driver_of(kind, make()) as driver:
        loop = driver.loop

        async def main() -> None:
            for number in range(20):
                left, right = socket.socketpair()
                future = loop.create_future()
                loop.add_reader(left, lambda f=future: f.done() or f.set_result(None))
                from_qt(lambda right=right: right.send(b"x"), number % 3)
                await asyncio.wait_for(future, 10)
                loop.remove_reader(left)
                left.close()
                right.close()
                got.append(number)
            loop.stop()

        task = loop.create_task(main())
        driver.run()
        task.result()
    assert got == list(range(20))


@HOSTED
@SELECTORS
def test_a_thread_wakes_the_loop(kind: str, make: Make) -> None:
    with driver_of(kind, make()) as driver:
        threading.Timer(0.02, driver.loop.call_soon_threadsafe, [driver.loop.stop]).start()
        driver.run()


@HOSTED
@SELECTORS
def test_a_nested_loop_in_a_callback_does_not_spin_on_a_ready_descriptor(
    kind: str, make: Make
) -> None:
    read, write = socket.socketpair()
    polls: list[int] = []
    used: list[float] = []
    with driver_of(kind, make()) as driver:
        loop = driver.loop

        def on_read() -> None:
            polls.append(1)
            read.recv(10)
            if len(polls) == 1:
                write.send(b"y")  # ready for as long as the nested loop runs
                before = time.process_time()
                run_qt_for(100)
                used.append(time.process_time() - before)
            else:
                loop.remove_reader(read)
                loop.stop()

        loop.add_reader(read, on_read)
        write.send(b"x")
        driver.run()
    read.close()
    write.close()
    assert len(polls) == 2
    assert used[0] < 0.08  # a loop that spins uses all of it


@HOSTED
def test_an_error_of_the_selector_comes_out_of_the_run_and_not_into_qt(kind: str) -> None:
    class Broken(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
        broken = False

        def select(self, timeout: float | None = None) -> list[Any]:
            if self.broken:
                raise OSError("broken")
            result: list[Any] = super().select(timeout)
            return result

    selector = Broken()
    if kind == "guest":
        with pytest.raises(OSError, match="broken"):
            run_broken_guest(selector)
        return
    with driver_of(kind, selector) as driver:
        driver.loop.call_soon(setattr, selector, "broken", True)
        watchdog = driver.loop.call_later(5, driver.loop.stop)
        with pytest.raises(OSError, match="broken"):
            driver.run()
        watchdog.cancel()
        selector.broken = False
        driver.loop.call_soon(driver.loop.stop)
        driver.run()


def run_broken_guest(selector: Any) -> None:
    def factory() -> qtinter.QiSelectorEventLoop:
        return qtinter.QiSelectorEventLoop(selector)

    with qtinter.using_asyncio_from_qt(loop_factory=factory) as loop:
        loop.call_soon(setattr, selector, "broken", True)
        loop.call_later(0.02, list)  # a loop at rest has no reason to ask the selector again
        run_qt_until(lambda: not loop._lifecycle.running)
        selector.broken = False


@SELECTORS
def test_runners_work_with_the_selector(qapp, make: Make) -> None:
    from qtinter.compat.python import Runner

    async def main() -> str:
        await asyncio.sleep(0.001)
        return "done"

    with Runner(loop_factory=lambda: qtinter.QiSelectorEventLoop(make())) as runner:
        assert runner.run(main()) == "done"


@HOSTED
@SELECTORS
def test_our_own_descriptors_are_not_among_those_that_users_see(kind: str, make: Make) -> None:
    selector = make()
    seen: list[int] = []
    with driver_of(kind, selector) as driver:
        loop = driver.loop

        def look() -> None:
            seen.append(len(selector.get_map()))
            loop.stop()

        loop.call_soon(look)
        driver.run()
    plain = asyncio.SelectorEventLoop(make())
    stock = len(plain._selector.get_map())  # type: ignore[attr-defined]
    plain.close()
    assert seen == [stock]


@pytest.mark.usefixtures("qapp")
def test_what_was_taken_from_the_selector_itself_is_watched_no_more() -> None:
    woken: list[int] = []
    selector = selectors.SelectSelector()
    read, write = socket.socketpair()
    selector.register(read, selectors.EVENT_READ)
    watch = DescriptorWatch(selector, lambda *_: woken.append(1))
    watch.enable(True)
    watch.update()
    selector.unregister(read)
    watch.update()
    write.send(b"x")
    run_qt_for(5)
    read.close()
    write.close()
    assert woken == []


@HOSTED
def test_a_descriptor_that_another_thread_adds_is_watched_without_touching_qt(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: list[int] = []
    threads: list[threading.Thread] = []
    read, write = socket.socketpair()
    write.send(b"x")
    with driver_of(kind) as driver:
        loop = driver.loop

        def look() -> None:
            if not loop._resting:
                from_qt(look, 1)
                return
            monkeypatch.setattr(loop._host, "update", lambda: updates.append(1))
            threads.append(threading.Thread(target=loop.add_reader, args=(read, loop.stop)))
            threads[0].start()
            threads[0].join()

        from_qt(look, 1)
        watchdog = loop.call_later(20, pytest.fail)
        driver.run()
        watchdog.cancel()
        loop.remove_reader(read)
    read.close()
    write.close()
    assert updates == []
