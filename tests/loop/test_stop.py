# SPDX-License-Identifier: BSD-3-Clause
"""``stop()``: when stopped, from a callback, from interleaved code; and what is kept."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from qtinter import QiLoopMode
from tests.loop.hosting import (
    HOSTED,
    driver_of,
    from_qt,
    kinds,
    needs_qt,
    new_loop,
    run_qt_for,
    run_qt_until,
)

RUNNABLE = kinds("owner", "native")
ALL_KINDS = kinds("owner", "guest", "native")


@RUNNABLE
def test_a_run_after_a_stop_does_exactly_one_turn(kind: str) -> None:
    ran = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def chain(number: int) -> None:
            ran.append(number)
            loop.call_soon(chain, number + 1)

        loop.call_soon(chain, 0)
        loop.call_soon(ran.append, "second of the turn")
        loop.stop()
        loop.run_forever()
        assert ran == [0, "second of the turn"]
        loop.stop()
        loop.run_forever()
        assert ran == [0, "second of the turn", 1]


@RUNNABLE
def test_the_one_turn_of_a_stopped_run_polls_and_releases_due_timers(kind: str) -> None:
    ran = []
    read, write = socket.socketpair()
    with driver_of(kind) as driver:
        driver.loop.add_reader(read, ran.append, "read")
        write.send(b"x")
        driver.loop.call_at(driver.loop.time(), ran.append, "timer")
        driver.loop.call_soon(ran.append, "ready")
        driver.loop.stop()
        driver.run()
        driver.loop.remove_reader(read)
    read.close()
    write.close()
    assert ran == ["ready", "read", "timer"]


@RUNNABLE
def test_a_stopped_run_with_nothing_to_do_returns_at_once(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.call_later(3600, lambda: None)
        driver.loop.stop()
        driver.run()


@RUNNABLE
def test_a_stop_counts_for_one_run_only(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.stop()
        driver.loop.stop()
        driver.run()
        assert driver.loop.run_until_complete(asyncio.sleep(0.001, 42)) == 42


@RUNNABLE
def test_a_run_that_is_stopped_before_its_future_is_done_says_so(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.stop()
        with pytest.raises(RuntimeError, match="stopped before Future completed"):
            driver.loop.run_until_complete(driver.loop.create_future())


@needs_qt
def test_a_stopped_guest_can_not_be_stopped() -> None:
    with new_loop(QiLoopMode.GUEST) as loop:
        text = r"stop\(\) needs a running loop in GUEST mode; the loop is STOPPED"
        with pytest.raises(RuntimeError, match=text):
            loop.stop()
        loop.start()
        loop.stop()
        with pytest.raises(RuntimeError, match=text):
            loop.stop()
        loop.set_mode(QiLoopMode.OWNER)  # no stop was left pending


@ALL_KINDS
@pytest.mark.parametrize("slice_", [0.0, 0.001, 0.5])
def test_a_stop_in_a_callback_ends_after_its_turn(kind: str, slice_: float) -> None:
    ran = []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.slice_duration = slice_

        def run(number: int) -> None:
            ran.append(number)
            loop.call_soon(ran.append, number + 1000)
            if number == 10:
                loop.stop()

        for number in range(100):
            loop.call_soon(run, number)
        driver.run()
        assert ran == list(range(100))
        driver.run_until_idle()
        assert ran == [*range(100), *range(1000, 1100)]


@HOSTED
def test_a_turn_that_is_to_be_the_last_goes_on_over_many_slices(kind: str) -> None:
    ran, qt_ran = [], []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.slice_duration = 0

        def run(number: int) -> None:
            time.sleep(0.001)
            ran.append(number)
            loop.call_soon(ran.append, "of the next turn")
            if number == 0:
                from_qt(lambda: qt_ran.append(len(ran)), 10)

        loop.call_soon(loop.stop)
        for number in range(60):
            loop.call_soon(run, number)
        driver.run()
        assert ran == list(range(60))
        assert 0 < qt_ran[0] < 60


@needs_qt
def test_a_stop_in_interleaved_code_of_an_owner_does_one_turn_more() -> None:
    ran = []
    with new_loop() as loop:

        def slot() -> None:
            loop.call_soon(ran.append, "before")
            loop.stop()
            assert loop.is_running()
            loop.call_soon(chain, 0)

        def chain(number: int) -> None:
            ran.append(number)
            loop.call_soon(chain, number + 1)

        from_qt(slot)
        loop.run_forever()
        assert ran == ["before", 0]


@needs_qt
def test_a_stop_in_interleaved_code_wakes_an_owner_that_rests() -> None:
    with new_loop() as loop:
        from_qt(loop.stop, 20)
        loop.run_forever()
        assert not loop.is_running()


@needs_qt
def test_a_stop_in_interleaved_code_of_a_guest_takes_effect_at_once() -> None:
    ran, seen = [], []
    with new_loop(QiLoopMode.GUEST) as loop:

        def slot() -> None:
            loop.call_soon(ran.append, 1)
            loop.stop()
            seen.append(loop.is_running())
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            seen.append("raised")

        loop.start()
        from_qt(slot)
        run_qt_until(lambda: seen)
        run_qt_for(20)
        assert seen == [False, "raised"]
        assert ran == []
        loop.start()
        run_qt_until(lambda: ran)


@needs_qt
def test_a_guest_that_is_stopped_amid_a_turn_keeps_the_rest_in_order() -> None:
    ran = []
    stopped_at = []
    with new_loop(QiLoopMode.GUEST) as loop:
        loop.slice_duration = 0

        def run(number: int) -> None:
            time.sleep(0.001)
            ran.append(number)
            loop.call_soon(ran.append, number + 1000)

        def slot() -> None:
            loop.stop()
            stopped_at.append(len(ran))
            loop.call_soon(ran.append, "last")

        loop.start()
        for number in range(60):
            loop.call_soon(run, number)
        from_qt(slot, 10)
        run_qt_until(lambda: stopped_at)
        assert 0 < stopped_at[0] < 60
        assert ran == list(range(stopped_at[0]))
        run_qt_for(10)
        assert len(ran) == stopped_at[0]
        loop.start()
        run_qt_until(lambda: len(ran) == 121)
        done = stopped_at[0]
        assert ran[:60] == list(range(60))
        assert ran[60:] == [*range(1000, 1000 + done), "last", *range(1000 + done, 1060)]


@HOSTED
def test_a_stop_by_another_thread_wakes_the_loop(kind: str) -> None:
    with driver_of(kind) as driver:
        threading.Timer(0.02, driver.loop.call_soon_threadsafe, [driver.loop.stop]).start()
        driver.run()
        assert not driver.loop.is_running()


@HOSTED
def test_a_stop_by_a_slot_of_a_nested_loop_in_a_callback_counts_as_from_the_callback(
    kind: str,
) -> None:
    ran = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def slot() -> None:
            loop.stop()
            ran.append(("slot", loop.is_running()))

        def callback() -> None:
            from_qt(slot)
            run_qt_for(20)
            ran.append("callback")
            loop.call_soon(ran.append, "next turn")

        loop.call_soon(callback)
        loop.call_soon(ran.append, "same turn")
        driver.run()
        assert ran == [("slot", True), "callback", "same turn"]


@HOSTED
def test_a_loop_can_be_run_and_stopped_a_hundred_times(kind: str) -> None:
    ran = []
    with driver_of(kind) as driver:
        for number in range(100):
            driver.loop.call_soon(ran.append, number)
            driver.loop.call_soon(driver.loop.stop)
            driver.run()
    assert ran == list(range(100))


@HOSTED
def test_nothing_runs_between_two_runs(kind: str) -> None:
    ran = []
    read, write = socket.socketpair()
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.call_soon(loop.stop)
        driver.run()
        write.send(b"x")
        loop.add_reader(read, lambda: ran.append(read.recv(1)))
        loop.call_soon(ran.append, "ready")
        loop.call_later(0, ran.append, "timer")
        loop.call_soon_threadsafe(ran.append, "thread-safe")
        run_qt_for(20)
        assert ran == []
        driver.run_until_idle()
        assert ran[:2] == ["ready", "thread-safe"]
        assert sorted(map(str, ran[2:])) == ["b'x'", "timer"]
        loop.remove_reader(read)
    read.close()
    write.close()
