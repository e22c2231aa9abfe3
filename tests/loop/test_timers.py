# SPDX-License-Identifier: BSD-3-Clause
"""Timers: never early, in order of deadline, every delay accepted, nothing left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import math
import random
import threading
import time
import tracemalloc

import pytest

from tests.loop.hosting import (
    HOSTED,
    count_qt_objects,
    driver_of,
    from_qt,
    kinds,
    needs_qt,
    run_qt_until,
)

ALL_KINDS = kinds("owner", "guest", "native")


@pytest.mark.virtual
@pytest.mark.parametrize("total", [10_000])
def test_ten_thousand_random_delays_run_in_order_and_none_early(run_in, total: int) -> None:
    ran: list[tuple[float, int, float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        randoms = random.Random(7)

        def fire(when: float, number: int) -> None:
            ran.append((when, number, loop.time()))
            if len(ran) == total:
                done.set_result(None)

        now = loop.time()
        for number in range(total):
            # Some in the past, many with the same deadline.
            when = now + round(randoms.uniform(-0.01, 0.4), 3)
            loop.call_at(when, fire, when, number)
        await done

    run_in(main)
    assert len(ran) == total
    assert [(when, number) for when, number, _ in ran] == sorted((w, n) for w, n, _ in ran)
    assert all(when <= at for when, _, at in ran)


@HOSTED
def test_dense_timers_that_are_scheduled_one_by_one_are_never_early(kind: str) -> None:
    early = []

    async def main() -> None:
        loop = driver.loop
        randoms = random.Random(3)
        for _ in range(300):
            when = loop.time() + randoms.uniform(0, 0.002)
            future = loop.create_future()
            loop.call_at(when, future.set_result, None)
            await future
            if loop.time() < when:
                early.append(when - loop.time())
        loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        task.result()
        assert early == []


@HOSTED
def test_sleeps_of_many_tasks_with_threads_and_executors_all_end(kind: str) -> None:
    async def sleeper(seed: int) -> int:
        randoms = random.Random(seed)
        loop = driver.loop
        for _ in range(60):
            before, delay = loop.time(), randoms.uniform(0, 0.002)
            await asyncio.sleep(delay)
            assert loop.time() >= before + delay
        return seed

    async def thread_user() -> None:
        for _ in range(60):
            await driver.loop.run_in_executor(None, time.sleep, 0)

    async def main() -> list[object]:
        sleepers = [sleeper(seed) for seed in range(20)]
        try:
            return await asyncio.wait_for(asyncio.gather(*sleepers, thread_user()), 15)
        finally:
            await driver.loop.shutdown_default_executor()
            driver.loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        assert task.result() == [*range(20), None]


@pytest.mark.virtual
def test_timers_with_the_same_deadline_run_in_the_order_they_were_made(run_in) -> None:
    ran: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        when = loop.time() + 0.005
        for number in range(100):
            loop.call_at(when, ran.append, number)
        await asyncio.sleep(0.02)

    run_in(main)
    assert ran == list(range(100))


@pytest.mark.virtual
def test_an_earlier_timer_made_later_runs_first(run_in) -> None:
    ran: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        loop.call_at(now + 0.03, ran.append, "late")
        await asyncio.sleep(0)
        loop.call_at(now + 0.01, ran.append, "early")
        await asyncio.sleep(0.05)

    run_in(main)
    assert ran == ["early", "late"]


@HOSTED
def test_an_earlier_timer_of_a_slot_runs_first(kind: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def slot() -> None:
            loop.call_later(0.01, ran.append, "early")

        loop.call_later(0.2, ran.append, "late")
        loop.call_later(0.25, loop.stop)
        from_qt(slot, 5)
        driver.run()
    assert ran == ["early", "late"]


@pytest.mark.virtual
def test_a_timer_that_is_due_runs_in_the_next_turn_before_a_busy_chain(run_in) -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        turns = 0
        fired = []

        def chain() -> None:
            nonlocal turns
            turns += 1
            if not fired and turns < 100_000:
                loop.call_soon(chain)

        loop.call_at(loop.time(), fired.append, 1)
        loop.call_soon(chain)
        while not fired:
            await asyncio.sleep(0)
        return turns

    assert run_in(main) < 1000


LONG_DELAYS = [
    pytest.param(dt.timedelta(days=40).total_seconds(), id="40 days"),
    pytest.param(dt.timedelta(days=3650).total_seconds(), id="10 years"),
    pytest.param(1e18, id="1e18"),
    pytest.param(1e300, id="1e300"),
    pytest.param(10**15, id="int"),
    pytest.param(math.inf, id="inf"),
]


@ALL_KINDS
@pytest.mark.parametrize("delay", LONG_DELAYS)
@pytest.mark.parametrize("place", ["callback", "slot"])
def test_a_far_deadline_is_accepted_and_disturbs_nothing(
    kind: str, delay: float, place: str
) -> None:
    if kind == "native" and place == "slot":
        place = "callback"  # there are no slots in NATIVE mode
    ran = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def schedule() -> None:
            loop.call_later(delay, ran.append, "far")
            loop.call_later(0.01, ran.append, "near")
            loop.call_later(0.02, loop.stop)

        if place == "slot":
            from_qt(schedule, 5)
        else:
            loop.call_soon(schedule)
        driver.run()
        assert ran == ["near"]


@ALL_KINDS
@pytest.mark.parametrize("delay", [0, -1, -1e18, -math.inf])
def test_a_deadline_in_the_past_runs_in_the_next_turn(kind: str, delay: float) -> None:
    ran = []
    with driver_of(kind) as driver:
        driver.loop.call_later(delay, ran.append, "timer")
        driver.loop.stop() if kind != "guest" else driver.loop.call_soon(driver.loop.stop)
        driver.run()
    assert ran == ["timer"]


@HOSTED
def test_a_wait_for_ever_is_ended_by_a_timer_or_a_cancel(kind: str) -> None:
    async def main() -> None:
        try:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.sleep(math.inf), 0.01)
            for_ever = asyncio.ensure_future(asyncio.sleep(math.inf))
            await asyncio.sleep(0)
            for_ever.cancel()
            with pytest.raises(asyncio.CancelledError):
                await for_ever
        finally:
            driver.loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        task.result()


@pytest.mark.virtual
@pytest.mark.parametrize("delay", [math.nan, None, "soon"])
def test_what_is_no_time_is_refused_at_the_call_and_the_loop_stays_usable(run_in, delay) -> None:
    ran: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for place in (loop.call_at, loop.call_later):
            with pytest.raises((TypeError, ValueError)):
                place(delay, ran.append, 0)
        loop.call_later(0.001, ran.append, 1)
        await asyncio.sleep(0.01)

    run_in(main)
    assert ran == [1]


@pytest.mark.parametrize("when", ["soon", b"", [], object()])
def test_a_deadline_that_is_no_number_is_named_and_poisons_nothing(run_in, when) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        before = list(loop._scheduled)
        with pytest.raises(TypeError, match=r"call_at\(\) argument 'when' must be a number"):
            loop.call_at(when, print)
        assert loop._scheduled == before

    run_in(main)


@HOSTED
def test_a_cancelled_timer_does_not_run_and_says_so(kind: str) -> None:
    ran: list[int] = []
    with driver_of(kind) as driver:
        timer = driver.loop.call_later(0.001, ran.append, 0)
        timer.cancel()
        assert timer.cancelled()
        timer.cancel()
        driver.loop.call_later(0.01, driver.loop.stop)
        driver.run()
    assert ran == []


@HOSTED
def test_a_hundred_thousand_cancelled_timers_leave_nothing_behind(kind: str) -> None:
    async def main() -> None:
        loop = driver.loop
        for _ in range(100):
            timers = [loop.call_later(3600, print) for _ in range(1000)]
            for timer in timers:
                timer.cancel()
            await asyncio.sleep(0)
        del timers, timer
        await asyncio.sleep(0.001)  # a loop that rests has looked for its next deadline
        loop.stop()

    def run() -> None:
        driver.loop.create_task(main())
        driver.run()

    with driver_of(kind) as driver:
        run()  # what is made once only
        objects = count_qt_objects()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            run()
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert grown < 500_000  # up to a thousand may be left, which are 250 kB
        assert count_qt_objects() == objects
        assert len(driver.loop._scheduled) <= 1000


@HOSTED
def test_live_timers_make_no_qt_objects(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.call_soon(driver.loop.stop)
        driver.run()
        driver.loop.call_later(1800, print)
        driver.loop.call_soon(driver.loop.stop)
        driver.run()
        objects = count_qt_objects()
        timers = [driver.loop.call_later(3600, print) for _ in range(1000)]
        driver.loop.call_soon(driver.loop.stop)
        driver.run()
        assert count_qt_objects() == objects
        assert len(timers) == 1000


@HOSTED
def test_a_timer_that_another_thread_cancels_does_not_run(kind: str) -> None:
    ran: list[int] = []
    with driver_of(kind) as driver:
        timer = driver.loop.call_later(0.1, ran.append, 0)
        thread = threading.Thread(target=driver.loop.call_soon_threadsafe, args=[timer.cancel])
        thread.start()
        driver.loop.call_later(0.15, driver.loop.stop)
        driver.run()
        thread.join()
    assert ran == []


@needs_qt
def test_a_guests_timer_runs_after_a_pause_of_qt() -> None:
    ran: list[float] = []
    with driver_of("guest") as driver:
        loop = driver.loop
        loop.start()
        when = loop.time() + 0.02
        loop.call_at(when, lambda: ran.append(loop.time()))
        run_qt_until(lambda: not loop._ready)
        time.sleep(0.03)  # nobody runs Qt
        assert ran == []
        run_qt_until(lambda: ran)
        assert ran[0] >= when


@pytest.mark.timing
@HOSTED
def test_a_sleep_of_a_millisecond_is_at_most_half_a_millisecond_late_on_average(kind: str) -> None:
    async def main() -> float:
        loop = driver.loop
        late = []
        for _ in range(200):
            before = loop.time()
            await asyncio.sleep(0.001)
            late.append(loop.time() - before - 0.001)
        loop.stop()
        return sorted(late)[len(late) // 2]

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        assert task.result() < 0.0005
