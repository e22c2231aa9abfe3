# SPDX-License-Identifier: BSD-3-Clause
"""Timers of the loop without Qt: in order, at any time, and bounded in memory when cancelled."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from qtinter.loop.core import SchedulerLoop
from tests.loop.native import NativeLoop, ours, run_briefly


@ours
def test_equal_deadlines_run_in_the_order_of_scheduling(loop: Any) -> None:
    log: list[int] = []
    when = loop.time()
    for number in range(100):
        loop.call_at(when, log.append, number)
    run_briefly(loop, 2)

    assert log == list(range(100))


@ours
def test_a_timer_is_ordered_by_its_deadline(loop: Any) -> None:
    early, late = loop.call_at(1, int), loop.call_at(2, int)

    assert early < late
    assert not late < early


@ours
@pytest.mark.parametrize("way", ["call_at", "call_later"])
def test_a_deadline_that_is_not_a_number_is_refused_and_changes_nothing(
    loop: Any, way: str
) -> None:
    with pytest.raises(ValueError, match="nan"):
        getattr(loop, way)(math.nan, int)
    for wrong in (None, "soon"):
        with pytest.raises(TypeError):
            getattr(loop, way)(wrong, int)

    assert loop._scheduled == []


@pytest.mark.parametrize("way", ["call_at", "call_later"])
@pytest.mark.parametrize("when", [-math.inf, -1, 0])
def test_a_deadline_in_the_past_is_due_at_once(loop: Any, way: str, when: float) -> None:
    log: list[object] = []
    getattr(loop, way)(when, log.append, "ran")
    run_briefly(loop)

    assert log == ["ran"]


@pytest.mark.parametrize("way", ["call_at", "call_later"])
@pytest.mark.parametrize("when", [math.inf, 1e300, 1e9])
def test_a_deadline_in_the_far_future_is_accepted(loop: Any, way: str, when: float) -> None:
    log: list[object] = []
    getattr(loop, way)(when, log.append, "never")
    loop.call_soon_threadsafe(loop.stop)
    loop.run_forever()

    assert log == []


@ours
def test_a_very_long_wait_is_done_in_parts(loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    def select(timeout: float | None) -> list[object]:
        waits.append(timeout)
        return []

    monkeypatch.setattr(loop._selector, "select", select)
    for timeout in (1e12, 0.5, None):
        SchedulerLoop._wait(loop, timeout)

    assert waits == [24 * 3600.0, 0.5, None]


def test_the_memory_of_cancelled_timers_is_bounded(loop: Any) -> None:
    loop.call_later(1e6, int)
    for _ in range(20):
        for handle in [loop.call_later(1e6 + n, int) for n in range(100)]:
            handle.cancel()
        run_briefly(loop)

    assert len(loop._scheduled) <= 202
    assert loop._timer_cancelled_count == len(loop._scheduled) - 1


@ours
def test_cancelling_a_timer_twice_or_after_it_ran_is_not_counted(loop: Any) -> None:
    timer = loop.call_later(1e6, int)
    ran = loop.call_at(loop.time(), int)
    run_briefly(loop)
    timer.cancel()
    timer.cancel()
    ran.cancel()

    assert loop._timer_cancelled_count == 1
    assert len(loop._scheduled) == 1


@ours
def test_what_asyncio_calls_ready_and_scheduled_is_the_scheduler_s(loop: Any) -> None:
    ready, scheduled = loop._ready, loop._scheduled
    for handle in [loop.call_later(1e6, int) for _ in range(300)]:
        handle.cancel()
    run_briefly(loop, 2)

    assert loop._ready is ready is loop._scheduler.ready
    assert loop._scheduled is scheduled is loop._scheduler.timers
    loop._timer_cancelled_count = 7
    loop._stopping = True
    assert (loop._scheduler.timers.cancelled, loop._scheduler.stopping) == (7, True)
    loop._stopping = False


def test_a_loop_whose_time_is_overridden_runs_by_that_time() -> None:
    class Loop(NativeLoop):
        now = 1000.0

        def time(self) -> float:
            return self.now

    loop = Loop()
    log: list[object] = []
    loop.call_later(50, log.append, "due")
    run_briefly(loop)
    before = list(log)
    loop.now = 1050.0
    run_briefly(loop)
    loop.close()

    assert (before, log) == ([], ["due"])


@ours
def test_the_scheduled_timers_look_like_a_list(loop: Any) -> None:
    first = loop.call_later(1e6, int)
    second = asyncio.TimerHandle(loop.time() + 1e6, int, (), loop)
    loop._scheduled.append(second)

    assert loop._scheduled == [first, second]
    assert loop._scheduled != [second]
    assert len(loop._scheduled) == 2
    assert hash(loop._scheduled) == hash(loop._scheduled)
