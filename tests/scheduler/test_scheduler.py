# SPDX-License-Identifier: BSD-3-Clause
"""Turns of the scheduler, one promise at a time; `test_model` has their combinations."""

from __future__ import annotations

import contextvars
import gc
import threading
import weakref

import pytest

from qtinter.scheduler import Scheduler
from tests.scheduler.rig import Rig

# Turns and slices.


def test_a_slice_without_work_polls_once_and_returns(rig: Rig) -> None:
    assert rig.slice(4, budget=60) == ["poll"]


def test_a_slice_ends_inside_a_turn_and_the_next_resumes_it_without_a_poll(rig: Rig) -> None:
    for text in "abc":
        rig.soon(text)
    slices = [rig.slice(2), rig.slice(2), rig.slice(2)]

    assert slices == [["poll", "a", "b"], ["c"], ["poll"]]


def test_what_is_scheduled_meanwhile_does_not_join_the_turn(rig: Rig) -> None:
    rig.soon("a")
    rig.soon("b")
    rig.slice(1)
    rig.soon("c")

    assert rig.scheduler.generation == 1
    assert rig.slice(1) == ["b"]
    assert rig.slice(1) == ["poll", "c"]


def test_what_the_poll_has_found_runs_in_the_turn_before_the_timers(rig: Rig) -> None:
    rig.soon("ready")
    rig.at(0, "timer")
    rig.scheduler.poll = lambda: rig.soon("readable")

    assert rig.slice(3) == ["ready", "readable", "timer"]


def test_a_poll_never_happens_inside_a_turn(rig: Rig) -> None:
    for _ in range(20):
        rig.soon("x")
    slices = [rig.slice(chunk) for chunk in (1, 2, 3, 4, 5, 5)]

    assert [part.count("poll") for part in slices] == [1, 0, 0, 0, 0, 0]
    assert rig.slice(1) == ["poll"]


def test_a_turn_that_fits_into_the_chunk_begins_without_a_poll(rig: Rig) -> None:
    rig.chain()

    assert rig.slice(3) == ["poll", "step", "step", "step"]


def test_a_turn_that_does_not_fit_waits_for_a_poll(rig: Rig) -> None:
    rig.soon("a", lambda: rig.soon("b"), lambda: rig.soon("c"))

    assert rig.slice(2) == ["poll", "a"]
    assert rig.slice(2) == ["poll", "b", "c"]


def test_a_slice_goes_on_while_it_has_time_and_polls_between_chunks(rig: Rig) -> None:
    rig.chain(advance=1.0)

    assert rig.slice(1, budget=2.5) == ["poll", "step"] * 3


def test_a_budget_of_nothing_is_one_chunk(rig: Rig) -> None:
    rig.chain()

    assert rig.slice(5, budget=0.0).count("step") == 5


def test_nothing_runs_between_the_slices(rig: Rig) -> None:
    rig.soon("a")
    rig.soon("b")
    rig.slice(1)
    before = list(rig.log)
    rig.scheduler.timeout()

    assert rig.log == before


def test_any_thread_may_append_and_what_it_appends_runs_next(rig: Rig) -> None:
    thread = threading.Thread(target=rig.soon, args=("from a thread",))
    thread.start()
    thread.join()

    assert rig.slice(1) == ["poll", "from a thread"]


def test_a_callback_runs_in_its_context_with_its_arguments(rig: Rig) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="outside")
    handle = rig.soon()
    handle._context.run(variable.set, "inside")
    handle._callback = lambda *args: rig.log.append((args, variable.get()))
    handle._args = (1, 2)
    rig.slice(1)

    assert rig.log == ["poll", ((1, 2), "inside")]
    assert variable.get() == "outside"


def test_a_slice_may_be_told_to_begin_no_turn(rig: Rig) -> None:
    rig.soon("a")
    rig.soon("b", lambda: rig.soon("next turn"))
    rig.slice(1)
    rig.scheduler.slice(60, turns=False)
    rig.scheduler.slice(60, turns=False)

    assert rig.log == ["poll", "a", "b"]


# Stopping.


@pytest.mark.parametrize("chunk", [1, 2, 3, 8])
def test_a_stop_finishes_its_turn_and_only_that(rig: Rig, chunk: int) -> None:
    rig.soon("a")
    rig.soon("b", rig.stop, lambda: rig.soon("next turn"))
    rig.soon("c")
    rig.soon("d")
    slices = 0
    while not rig.scheduler.finished:
        rig.slice(chunk, budget=0.0)
        slices += 1

    assert rig.log == ["poll", "a", "b", "c", "d"]
    assert slices == -(-4 // chunk)
    assert len(rig.scheduler.ready) == 1


def test_a_stop_ends_a_slice_that_has_time_left(rig: Rig) -> None:
    rig.soon("a", rig.stop, lambda: rig.soon("next turn"))

    assert rig.slice(8, budget=60) == ["poll", "a"]
    assert rig.scheduler.finished


@pytest.mark.parametrize("chunk", [1, 2, 8])
def test_a_pending_stop_runs_exactly_one_turn(rig: Rig, chunk: int) -> None:
    rig.stop()
    rig.soon("a", lambda: rig.soon("next turn"))
    rig.soon("b")
    rig.slice(chunk)
    while not rig.scheduler.finished:
        rig.slice(chunk)

    assert rig.log == ["poll", "a", "b"]


def test_a_pending_stop_without_work_polls_once(rig: Rig) -> None:
    rig.stop()

    assert rig.slice(8, budget=60) == ["poll"]
    assert rig.scheduler.finished


def test_a_stop_in_the_middle_of_a_turn_is_not_the_end(rig: Rig) -> None:
    rig.soon(rig.stop)
    rig.soon("rest")
    rig.slice(1)

    assert not rig.scheduler.finished


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_exit_comes_out_and_leaves_the_rest_ready(rig: Rig, error: type[BaseException]) -> None:
    leaving = error()

    def leave() -> None:
        raise leaving

    rig.soon("a")
    rig.soon(leave)
    rig.soon("b")
    rig.soon("c")
    with pytest.raises(error) as caught:
        rig.slice(8)

    assert caught.value is leaving
    assert rig.errors == []
    assert rig.scheduler.generation == 0
    assert rig.slice(8) == ["poll", "b", "c"]


# Exceptions.


class OddError(BaseException):
    """Neither an Exception nor one of those that end a run."""


@pytest.mark.parametrize("error", [ValueError, OddError])
def test_an_exception_is_reported_with_its_handle_and_the_turn_goes_on(
    rig: Rig, error: type[BaseException]
) -> None:
    failure = error()

    def fail() -> None:
        raise failure

    handle = rig.soon("before", fail)
    rig.soon("after")

    assert rig.slice(8) == ["poll", "before", "after"]
    assert rig.errors == [(handle, failure)]


def test_an_exception_of_the_report_comes_out_and_leaves_the_rest_ready(rig: Rig) -> None:
    def leave(handle: object, exc: BaseException) -> None:
        raise SystemExit(str(exc))

    rig.scheduler.on_error = leave
    rig.soon([].pop)
    rig.soon("after")
    with pytest.raises(SystemExit, match="pop from empty list"):
        rig.slice(8)

    assert rig.slice(8) == ["poll", "after"]


def test_a_failed_handle_is_not_run_again(rig: Rig) -> None:
    rig.soon("once", [].pop)
    rig.slice(8)

    assert rig.slice(8) == ["poll"]
    assert len(rig.errors) == 1


# Cancelling.


def test_a_cancelled_handle_is_not_run(rig: Rig) -> None:
    rig.soon("a")._cancelled = True
    rig.soon("b")

    assert rig.slice(8) == ["poll", "b"]


def test_a_handle_cancelled_by_an_earlier_one_of_its_turn_is_not_run(rig: Rig) -> None:
    def cancel() -> None:
        later._cancelled = True

    rig.soon("a", cancel)
    later = rig.soon("b")
    rig.soon("c")

    assert rig.slice(8) == ["poll", "a", "c"]


def test_a_timer_cancelled_after_its_release_is_not_run(rig: Rig) -> None:
    rig.soon("a")
    timer = rig.at(0, "timer")
    rig.slice(1)
    timer._cancelled = True

    assert not timer._scheduled
    assert rig.slice(1) == []
    assert rig.scheduler.timers.cancelled == 0


# What is left behind.


def test_a_scheduler_does_not_hold_what_it_has_run(rig: Rig) -> None:
    gone = weakref.ref(rig.soon("a"))
    rig.slice(8)
    gc.collect()

    assert gone() is None


def test_the_frame_of_a_slice_does_not_hold_the_last_handle(rig: Rig) -> None:
    # A kept traceback reaches the frame of the slice; that must not keep a task alive.
    kept: list[BaseException] = []

    def fail() -> None:
        raise ValueError

    def keep(handle: object, exc: BaseException) -> None:
        kept.append(exc)

    rig.scheduler.on_error = keep
    rig.soon(fail)
    gone = weakref.ref(rig.soon("last"))
    rig.slice(8)
    gc.collect()

    assert kept[0].__traceback__.tb_frame.f_code is Scheduler.slice.__code__
    assert gone() is None
