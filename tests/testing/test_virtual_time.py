# SPDX-License-Identifier: BSD-3-Clause
"""Virtual time jumps from deadline to deadline, and waiting for nothing is a deadlock."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from qtinter.scheduler import VirtualClock
from qtinter.testing import Deadlock
from tests.testing.watched import HOUR, WatchedLoop

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
