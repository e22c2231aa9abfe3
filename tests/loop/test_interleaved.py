# SPDX-License-Identifier: BSD-3-Clause
"""What slots schedule wakes a loop that rests: nothing else could, in these tests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.loop.hosting import HOSTED, Driver, core, driver_of, from_qt, run_qt_for


def run_slot(driver: Driver, slot: Callable[[], object]) -> None:
    """Run the loop until it stops; call a slot as soon as the loop rests."""

    def look() -> None:
        if driver.loop._resting:
            slot()
        else:
            from_qt(look, 1)

    from_qt(look, 5)
    driver.run()


@HOSTED
def test_call_soon(kind: str) -> None:
    with driver_of(kind) as driver:
        run_slot(driver, lambda: driver.loop.call_soon(driver.loop.stop))


@HOSTED
def test_several_in_order(kind: str) -> None:
    ran: list[object] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def slot() -> None:
            for number in range(10):
                loop.call_soon(ran.append, number)
            loop.call_later(0, ran.append, "timer")
            loop.call_soon(ran.append, 10)
            loop.call_later(0.001, loop.stop)
            assert ran == []

        run_slot(driver, slot)
    assert [each for each in ran if each != "timer"] == list(range(11))
    assert "timer" in ran


@HOSTED
@pytest.mark.parametrize("delay", [0, 0.001, 0.02])
def test_call_later(kind: str, delay: float) -> None:
    with driver_of(kind) as driver:
        run_slot(driver, lambda: driver.loop.call_later(delay, driver.loop.stop))


@HOSTED
@pytest.mark.parametrize("delay", [-1, 0, 0.01])
def test_call_at(kind: str, delay: float) -> None:
    with driver_of(kind) as driver:
        loop = driver.loop
        run_slot(driver, lambda: loop.call_at(loop.time() + delay, loop.stop))


@HOSTED
def test_call_soon_threadsafe(kind: str) -> None:
    with driver_of(kind) as driver:
        run_slot(driver, lambda: driver.loop.call_soon_threadsafe(driver.loop.stop))


@HOSTED
@pytest.mark.parametrize("outcome", ["result", "exception", "cancel"])
def test_the_outcome_of_a_future(kind: str, outcome: str) -> None:
    seen: list[str] = []
    with driver_of(kind) as driver:
        future: asyncio.Future[int] = driver.loop.create_future()

        async def waiter() -> None:
            try:
                await future
                seen.append("result")
            except ZeroDivisionError:
                seen.append("exception")
            except asyncio.CancelledError:
                seen.append("cancel")
            driver.loop.stop()

        def slot() -> None:
            if outcome == "result":
                future.set_result(1)
            elif outcome == "exception":
                future.set_exception(ZeroDivisionError())
            else:
                future.cancel()

        task = driver.loop.create_task(waiter())
        run_slot(driver, slot)
        assert task.done()
    assert seen == [outcome]


@HOSTED
def test_create_task_and_cancelling_it(kind: str) -> None:
    seen: list[str] = []
    with driver_of(kind) as driver:

        async def child() -> None:
            seen.append("begun")
            try:
                from_qt(task_of[0].cancel, 5)
                await asyncio.sleep(60)
            finally:
                seen.append("cancelled")
                driver.loop.stop()

        task_of: list[asyncio.Task[None]] = []
        run_slot(driver, lambda: task_of.append(driver.loop.create_task(child())))
        assert task_of[0].done()
    assert seen == ["begun", "cancelled"]


@HOSTED
@pytest.mark.parametrize("ready", [False, True], ids=["becomes ready", "ready already"])
def test_add_reader(kind: str, *, ready: bool) -> None:
    read, write = socket.socketpair()
    got: list[bytes] = []
    with driver_of(kind) as driver:

        def on_read() -> None:
            got.append(read.recv(10))
            driver.loop.remove_reader(read)
            driver.loop.stop()

        def slot() -> None:
            if ready:
                write.send(b"data")
            driver.loop.add_reader(read, on_read)
            if not ready:
                from_qt(lambda: write.send(b"data"), 10)

        run_slot(driver, slot)
    read.close()
    write.close()
    assert got == [b"data"]


@HOSTED
def test_add_writer(kind: str) -> None:
    left, right = socket.socketpair()
    with driver_of(kind) as driver, left, right:
        left.setblocking(False)

        def on_write() -> None:
            driver.loop.remove_writer(left)
            driver.loop.stop()

        run_slot(driver, lambda: driver.loop.add_writer(left, on_write))


@HOSTED
def test_removing_a_reader_in_a_slot_ends_its_calls(kind: str) -> None:
    read, write = socket.socketpair()
    calls: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def on_read() -> None:  # it doesn't read: Qt would call for ever
            calls.append(1)

        def slot() -> None:
            assert loop.remove_reader(read)
            seen.append(len(calls))
            loop.call_later(0.02, loop.stop)

        seen: list[int] = []
        loop.add_reader(read, on_read)
        write.send(b"x")
        from_qt(slot, 20)
        driver.run()
    read.close()
    write.close()
    assert seen[0] > 0
    assert len(calls) - seen[0] <= 1  # one that was polled already is still in the queue


@HOSTED
def test_a_slot_that_calls_an_executor(kind: str) -> None:
    results: list[Any] = []
    with driver_of(kind) as driver:

        async def work() -> None:
            results.append(await driver.loop.run_in_executor(None, pow, 2, 5))
            await driver.loop.shutdown_default_executor()
            driver.loop.stop()

        task_of: list[object] = []
        run_slot(driver, lambda: task_of.append(driver.loop.create_task(work())))
    assert results == [32]


@HOSTED
def test_what_a_slot_in_a_nested_loop_of_a_slot_schedules_runs_there(kind: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def slot() -> None:
            from_qt(lambda: loop.call_soon(ran.append, "callback"))
            run_qt_for(30)
            ran.append("slot ends")
            loop.call_soon(loop.stop)

        run_slot(driver, slot)
    assert ran == ["callback", "slot ends"]


@HOSTED
def test_callbacks_never_run_inside_the_call_that_schedules_them(kind: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def slot() -> None:
            loop.call_soon(ran.append, "callback")
            loop.call_later(0, ran.append, "callback")
            ran.append("slot")
            loop.call_later(0.001, loop.stop)

        run_slot(driver, slot)
    assert ran == ["slot", "callback", "callback"]


@HOSTED
def test_event_handlers_count_as_slots_do(kind: str) -> None:
    qtcore = core()

    class Receiver(qtcore.QObject):  # type: ignore[misc, name-defined]
        def event(self, event: Any) -> bool:
            if event.type() == qtcore.QEvent.Type.User:
                driver.loop.call_soon(driver.loop.stop)
                return True
            return bool(super().event(event))

    with driver_of(kind) as driver:
        receiver = Receiver()
        event = qtcore.QEvent(qtcore.QEvent.Type.User)
        run_slot(driver, lambda: qtcore.QCoreApplication.postEvent(receiver, event))


@HOSTED
def test_what_is_scheduled_while_a_guest_or_owner_is_stopped_waits_for_its_run(kind: str) -> None:
    ran: list[int] = []
    with driver_of(kind) as driver:
        from_qt(lambda: driver.loop.call_soon(ran.append, 1))
        run_qt_for(10)
        assert ran == []
        driver.run_until_idle()
    assert ran == [1]
