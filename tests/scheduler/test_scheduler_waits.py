# SPDX-License-Identifier: BSD-3-Clause
"""The scheduler's timers are never early, it waits for the earliest, and native turns do wait."""

from __future__ import annotations

from qtinter.scheduler.scheduler import MAX_CHUNK
from tests.scheduler.rig import Rig, wait_for

# Timers.


def test_a_timer_is_never_early(rig: Rig) -> None:
    rig.at(1, "timer")
    rig.clock.advance_to(1 - 2**-53)

    assert rig.slice(8) == ["poll"]


def test_a_timer_runs_at_its_very_deadline(rig: Rig) -> None:
    rig.at(1, "timer")
    rig.clock.advance_to(1)

    assert rig.slice(8) == ["poll", "timer"]


def test_a_standing_clock_does_not_starve_a_timer_that_is_due(rig: Rig) -> None:
    rig.chain()
    rig.soon(lambda: rig.at(0, "timer"))
    happened = rig.slice(MAX_CHUNK) + rig.slice(MAX_CHUNK)

    # It was scheduled in the first turn, in which one step ran; so it runs in the second.
    assert happened[:4] == ["poll", "step", "poll", "step"]
    assert happened.index("timer") == 4


def test_a_timer_that_comes_due_in_a_turn_waits_for_its_end(rig: Rig) -> None:
    rig.at(1, "timer")
    rig.soon("a", advance=2)
    rig.soon("b")
    happened = [rig.slice(1), rig.slice(1), rig.slice(1)]

    assert happened == [["poll", "a"], ["b"], ["poll", "timer"]]


def test_equal_deadlines_run_in_the_order_of_scheduling(rig: Rig) -> None:
    for text in "abc":
        rig.at(1, text)
    rig.clock.advance(1)

    assert rig.slice(8) == ["poll", "a", "b", "c"]


# How long to wait.


def test_there_is_nothing_to_wait_for_at_first(rig: Rig) -> None:
    assert rig.scheduler.timeout() is None


def test_the_wait_is_until_the_earliest_deadline(rig: Rig) -> None:
    rig.at(5, "late")
    rig.at(3, "early")
    rig.clock.advance(1)

    assert rig.scheduler.timeout() == 2


def test_the_wait_is_never_negative(rig: Rig) -> None:
    rig.at(1, "timer")
    rig.clock.advance(5)

    assert rig.scheduler.timeout() == 0


def test_a_timer_at_the_end_of_time_is_nothing_to_wait_for(rig: Rig) -> None:
    rig.at(float("inf"), "never")

    assert rig.scheduler.timeout() is None


def test_there_is_no_wait_with_work_to_do_or_a_stop_or_a_modal_call_pending(rig: Rig) -> None:
    rig.at(5, "timer")
    handle = rig.soon("work")
    with_work = rig.scheduler.timeout()
    rig.scheduler.ready.remove(handle)
    rig.scheduler.modal.put(int)
    with_a_modal_call = rig.scheduler.timeout()
    rig.scheduler.modal.take()
    rig.stop()

    assert (with_work, with_a_modal_call, rig.scheduler.timeout()) == (0, 0, 0)


# Native turns.


def test_a_native_turn_waits_and_runs_exactly_one_turn(rig: Rig) -> None:
    rig.at(2, "timer")
    rig.scheduler.turn(wait_for(rig))
    rig.soon("a", lambda: rig.soon("b"))
    rig.scheduler.turn(wait_for(rig))

    assert rig.log == [("wait", 2), "timer", ("wait", 0), "a"]


def test_a_native_turn_is_not_cut_by_chunks(rig: Rig) -> None:
    rig.scheduler.chunk = 2
    for text in "abcde":
        rig.soon(text)
    rig.scheduler.turn(wait_for(rig))

    assert rig.log == [("wait", 0), *"abcde"]


def test_a_native_turn_goes_on_with_an_unfinished_one_without_waiting(rig: Rig) -> None:
    rig.soon("a")
    rig.soon("b")
    rig.slice(1)
    rig.soon("c")
    rig.scheduler.turn(wait_for(rig))

    assert rig.log == ["poll", "a", "b"]


def test_a_native_turn_ends_for_a_modal_call(rig: Rig) -> None:
    rig.soon(lambda: rig.scheduler.modal.put(int))
    rig.soon("rest")
    rig.scheduler.turn(wait_for(rig))
    before = list(rig.log)
    rig.scheduler.modal.take()
    rig.scheduler.turn(wait_for(rig))

    assert before == [("wait", 0)]
    assert rig.log == [("wait", 0), "rest"]
