# SPDX-License-Identifier: BSD-3-Clause
"""Slices: however busy the loop is, Qt gets its turn, and the other way round."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.loop.hosting import HOSTED, core, driver_of, from_qt, new_loop, run_qt_until


@contextmanager
def ticking(milliseconds: int = 5) -> Iterator[list[float]]:
    """Have a QTimer of the user's tick; yield the times of its ticks."""
    ticks: list[float] = []
    timer = core().QTimer()
    timer.setTimerType(core().Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(milliseconds)
    try:
        yield ticks
    finally:
        timer.stop()


def chain(loop: asyncio.AbstractEventLoop, until: Any) -> None:
    """Keep the loop saturated with tiny callbacks until a condition holds."""
    if until():
        loop.stop()
    else:
        loop.call_soon(chain, loop, until)


@HOSTED
def test_a_qtimer_ticks_under_a_saturated_loop(kind: str) -> None:
    with driver_of(kind) as driver, ticking() as ticks:
        driver.loop.call_soon(chain, driver.loop, lambda: len(ticks) >= 20)
        driver.run()
    assert len(ticks) >= 20


@HOSTED
def test_a_qtimer_ticks_under_many_busy_tasks(kind: str) -> None:
    with driver_of(kind) as driver, ticking() as ticks:

        async def busy() -> None:
            while len(ticks) < 10:
                end = time.perf_counter() + 0.0001
                while time.perf_counter() < end:
                    pass
                await asyncio.sleep(0)
            driver.loop.stop()

        tasks = [driver.loop.create_task(busy()) for _ in range(100)]
        driver.run()
        driver.run_until_idle()
        assert all(task.done() for task in tasks)


@HOSTED
def test_a_slice_ends_inside_a_turn(kind: str) -> None:
    """A turn of 200 callbacks takes 0.2 s: Qt runs several times before it is over."""
    ran: list[int] = []
    seen: list[int] = []
    with driver_of(kind) as driver, ticking() as ticks:
        loop = driver.loop

        def callback(number: int) -> None:
            time.sleep(0.001)
            ran.append(number)
            seen.append(len(ticks))
            loop.call_soon(ran.append, 1000)

        for number in range(200):
            loop.call_soon(callback, number)
        loop.call_soon(loop.stop)
        driver.run()
        assert ran == list(range(200))  # and nothing that was scheduled meanwhile has joined
        assert len(set(seen)) > 5


@HOSTED
def test_the_duration_of_a_slice_can_be_set(kind: str) -> None:
    """In one slice of half a second Qt gets no turn; in slices of 1 ms it does."""

    def count(duration: float) -> int:
        with driver_of(kind) as driver, ticking(1) as ticks:
            loop = driver.loop
            loop.slice_duration = duration
            seen: list[int] = []

            def look() -> None:
                seen.append(len(ticks))
                if len(seen) == 2:
                    loop.stop()

            def begin() -> None:
                look()
                for _ in range(100):
                    loop.call_soon(time.sleep, 0.001)
                loop.call_soon(look)

            loop.call_soon(begin)
            driver.run()
            return seen[1] - seen[0]

    assert count(5.0) == 0
    assert count(0.001) > 3


def test_a_slice_lasts_a_millisecond_at_first_and_the_setting_is_kept() -> None:
    with new_loop() as loop:
        assert loop.slice_duration == 0.001
        loop.slice_duration = 0
        assert loop.slice_duration == 0
        loop.slice_duration = 0.25
        assert loop.slice_duration == 0.25


@pytest.mark.parametrize("duration", [-1, -0.001, float("inf"), float("nan"), None, "1", []])
def test_a_duration_that_makes_no_sense_is_refused(duration: Any) -> None:
    with new_loop() as loop:
        with pytest.raises((TypeError, ValueError), match="slice_duration"):
            loop.slice_duration = duration
        assert loop.slice_duration == 0.001


@HOSTED
@pytest.mark.parametrize("slice_", [0.0, 0.001, 1.0])
def test_the_order_of_callbacks_does_not_depend_on_the_slices(kind: str, slice_: float) -> None:
    ran: list[tuple[int, int]] = []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.slice_duration = slice_

        def callback(name: int, step: int) -> None:
            ran.append((step, name))
            if step < 20:
                loop.call_soon(callback, name, step + 1)

        for name in range(50):
            loop.call_soon(callback, name, 0)
        driver.run_until_idle()
    assert ran == sorted(ran)
    assert len(ran) == 50 * 21


@HOSTED
def test_a_storm_of_zero_timers_does_not_starve_asyncio(kind: str) -> None:
    with driver_of(kind) as driver:
        timers = [core().QTimer() for _ in range(10)]
        count: list[int] = []
        for timer in timers:
            timer.timeout.connect(lambda: count.append(1))
            timer.start(0)

        async def main() -> None:
            for _ in range(50):
                await asyncio.sleep(0.001)
            driver.loop.stop()

        task = driver.loop.create_task(main())
        driver.run()
        for timer in timers:
            timer.stop()
        task.result()
    assert count


@HOSTED
def test_a_storm_of_posted_events_does_not_starve_asyncio(kind: str) -> None:
    qtcore = core()
    kind_of_event = qtcore.QEvent.Type.User

    class Storm(qtcore.QObject):  # type: ignore[misc, name-defined]
        on = True

        def event(self, event: Any) -> bool:
            if event.type() == kind_of_event and self.on:
                qtcore.QCoreApplication.postEvent(self, qtcore.QEvent(kind_of_event))
            return True

    storm = Storm()
    with driver_of(kind) as driver:
        read, write = socket.socketpair()

        async def main() -> bytes:
            reader = driver.loop.create_future()
            driver.loop.add_reader(read, lambda: reader.done() or reader.set_result(None))
            for _ in range(20):
                await asyncio.sleep(0.001)
            write.send(b"x")
            await asyncio.wait_for(reader, 10)
            driver.loop.remove_reader(read)
            await driver.loop.run_in_executor(None, int)
            await driver.loop.shutdown_default_executor()
            storm.on = False
            driver.loop.stop()
            return read.recv(1)

        qtcore.QCoreApplication.postEvent(storm, qtcore.QEvent(kind_of_event))
        task = driver.loop.create_task(main())
        driver.run()
        storm.on = False
        assert task.result() == b"x"
        read.close()
        write.close()


@HOSTED
def test_a_saturated_loop_still_looks_at_descriptors_and_timers(kind: str) -> None:
    seen: list[str] = []
    read, write = socket.socketpair()
    with driver_of(kind) as driver:
        loop = driver.loop

        def on_read() -> None:
            loop.remove_reader(read)
            seen.append("read")

        loop.add_reader(read, on_read)
        loop.call_later(0.01, lambda: (seen.append("timer"), write.send(b"x")))
        loop.call_soon(chain, loop, lambda: len(seen) == 2)
        driver.run()
    read.close()
    write.close()
    assert seen == ["timer", "read"]


@HOSTED
def test_the_queue_does_not_grow_with_a_thousand_busy_connections(kind: str) -> None:
    """Each descriptor has at most one event in the queue, though slices end amid the turns."""
    resource = pytest.importorskip("resource", reason="Windows has no limit to be raised")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip("this system allows no thousand descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    read, write = os.pipe()
    os.write(write, b"x")  # never read: each copy of the descriptor is always ready
    copies = [os.dup(read) for _ in range(1000)]
    longest = 0
    calls = 0
    try:
        with driver_of(kind) as driver:
            loop = driver.loop

            def on_read() -> None:
                nonlocal longest, calls
                longest = max(longest, len(loop._ready))
                calls += 1
                time.sleep(0)
                if calls == 20_000:
                    loop.stop()

            for copy in copies:
                loop.add_reader(copy, on_read)
            driver.run()
            for copy in copies:
                loop.remove_reader(copy)
    finally:
        for each in (read, write, *copies):
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert longest <= 2100


@HOSTED
def test_slots_run_between_the_turns_of_a_chain(kind: str) -> None:
    slots: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        going = True

        def again() -> None:
            slots.append(1)
            if going:
                from_qt(again)

        from_qt(again)
        loop.call_soon(chain, loop, lambda: len(slots) >= 50)
        driver.run()
        going = False
        slots.clear()
        run_qt_until(lambda: slots)  # the last one


@pytest.mark.timing
@HOSTED
def test_a_5_ms_qtimer_is_at_most_5_ms_late_under_a_saturated_loop(kind: str) -> None:
    with driver_of(kind) as driver, ticking() as ticks:
        driver.loop.call_soon(chain, driver.loop, lambda: len(ticks) >= 100)
        driver.run()
    gaps = sorted(after - before for before, after in itertools.pairwise(ticks))
    assert gaps[len(gaps) // 2] < 0.0075
    assert gaps[int(len(gaps) * 0.9)] < 0.010


@pytest.mark.timing
@HOSTED
def test_a_ticking_qtimer_leaves_the_load_70_percent_of_its_throughput(kind: str) -> None:
    def throughput(interval: int | None) -> int:
        with driver_of(kind) as driver:
            count = 0
            loop = driver.loop
            end = time.monotonic() + 0.5

            def work() -> None:
                nonlocal count
                count += 1
                if count % 64 or time.monotonic() < end:
                    loop.call_soon(work)
                else:
                    loop.stop()

            loop.call_soon(work)
            if interval is None:
                driver.run()
            else:
                with ticking(interval):
                    driver.run()
            return count

    without = max(throughput(None) for _ in range(3))
    with_timer = max(throughput(5) for _ in range(3))
    assert with_timer > 0.7 * without
