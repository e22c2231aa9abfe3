# SPDX-License-Identifier: BSD-3-Clause
"""The scheduler, one promise at a time; `test_model` has their combinations."""

from __future__ import annotations

import contextvars
import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from qtinter.scheduler import Scheduler, VirtualClock
from qtinter.scheduler.scheduler import MAX_CHUNK
from tests.scheduler.world import Handle, Timer


class Rig:
    """A scheduler, and what happened."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.log: list[object] = []
        self.errors: list[tuple[Handle, BaseException]] = []
        self.scheduler = Scheduler(
            clock=self.clock,
            on_error=lambda handle, exc: self.errors.append((handle, exc)),
            poll=lambda: self.log.append("poll"),
        )

    def soon(self, *todo: Callable[[], object] | str, advance: float = 0.0) -> Handle:
        """Schedule a callback that takes some time and notes or does each of these."""

        def callback() -> None:
            self.clock.advance(advance)
            for each in todo:
                if isinstance(each, str):
                    self.log.append(each)
                else:
                    each()

        handle = Handle(callback)
        self.scheduler.ready.append(handle)
        return handle

    def at(self, when: float, text: str) -> Timer:
        timer = Timer(when, lambda: self.log.append(text))
        self.scheduler.timers.push(timer)
        return timer

    def chain(self, text: str = "step", *, advance: float = 0.0) -> None:
        """Schedule a callback that schedules itself for ever."""
        self.soon(text, lambda: self.chain(text, advance=advance), advance=advance)

    def slice(self, chunk: int, budget: float = 0.0) -> list[object]:
        """Run a slice; return what happened in it."""
        self.scheduler.chunk = chunk
        before = len(self.log)
        self.scheduler.slice(budget)
        return self.log[before:]

    def stop(self) -> None:
        self.scheduler.stopping = True


@pytest.fixture
def rig() -> Rig:
    return Rig()


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


def wait_for(rig: Rig) -> Callable[[float | None], None]:
    def wait(timeout: float | None) -> None:
        rig.log.append(("wait", timeout))
        rig.clock.advance(timeout or 0)

    return wait


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


# Modal calls.


def test_a_modal_call_ends_the_slice_and_the_turn_resumes_with_what_was_left(rig: Rig) -> None:
    rig.soon("a", lambda: rig.scheduler.modal.put(int), lambda: rig.soon("next turn"))
    rig.soon("b")
    rig.soon("c")

    assert rig.slice(8, budget=60) == ["poll", "a"]
    assert rig.scheduler.generation == 2
    assert rig.slice(8, budget=60) == []
    rig.scheduler.modal.take()
    assert rig.slice(2) == ["b", "c"]


def test_a_modal_call_comes_before_the_next_turn_of_the_chunk(rig: Rig) -> None:
    rig.soon("a", lambda: rig.scheduler.modal.put(int), lambda: rig.soon("next turn"))

    assert rig.slice(8, budget=60) == ["poll", "a"]


def test_the_callback_that_asked_for_a_modal_call_may_fail(rig: Rig) -> None:
    rig.soon("a", lambda: rig.scheduler.modal.put(int), [].pop)
    rig.soon("b")

    assert rig.slice(8) == ["poll", "a"]
    assert len(rig.errors) == 1


# Chunks.


def ticks(*times: float) -> Callable[[], float]:
    steps: Iterator[float] = iter(times)
    return lambda: next(steps)


def chunk_after(before: int, took: float, *, callbacks: int) -> int:
    """The length of the next chunk after one that took so long."""
    scheduler = Scheduler(clock=ticks(0.0, took), on_error=print)
    scheduler.chunk = before
    for _ in range(callbacks):
        scheduler.ready.append(Handle(int))
    scheduler.slice(0.0)
    return scheduler.chunk


@pytest.mark.parametrize(
    ("took", "after"),
    [(0.0, 16), (49e-6, 16), (51e-6, 8), (199e-6, 8), (201e-6, 1), (1.0, 1)],
)
def test_a_chunk_grows_when_it_was_short_and_shrinks_when_it_was_long(
    took: float, after: int
) -> None:
    assert chunk_after(8, took, callbacks=8) == after


def test_a_chunk_that_was_not_used_up_does_not_grow() -> None:
    assert chunk_after(8, 0.0, callbacks=7) == 8


def test_a_chunk_that_was_not_used_up_shrinks_all_the_same() -> None:
    assert chunk_after(8, 1.0, callbacks=1) == 1


def test_a_chunk_has_a_greatest_length() -> None:
    assert chunk_after(MAX_CHUNK, 0.0, callbacks=MAX_CHUNK) == MAX_CHUNK


def test_a_chunk_is_never_shorter_than_one() -> None:
    assert chunk_after(1, 1.0, callbacks=3) == 1


def test_callbacks_that_are_dear_all_of_a_sudden_hold_up_qt_for_sixteen_of_them_at_most() -> None:
    clock = VirtualClock()
    scheduler = Scheduler(clock=clock, on_error=print)
    ran: list[str] = []

    def cheap() -> None:
        ran.append("cheap")

    def dear() -> None:
        clock.advance(0.01)
        ran.append("dear")

    scheduler.ready.extend(Handle(cheap) for _ in range(300))
    scheduler.ready.extend(Handle(dear) for _ in range(100))
    scheduler.slice(0.001)

    assert ran.count("cheap") == 300
    assert 0 < ran.count("dear") <= 16


def test_a_slice_of_long_callbacks_ends_soon_after_its_time(rig: Rig) -> None:
    rig.scheduler.chunk = 1
    for _ in range(50):
        rig.soon("x", advance=0.0004)

    assert rig.slice(1, budget=0.001).count("x") == 3


# Being observed (debug mode).


def observe(rig: Rig) -> list[Handle]:
    observed: list[Handle] = []

    def run(handle: Handle) -> None:
        observed.append(handle)
        handle._callback()

    rig.scheduler.observe = run
    return observed


def test_an_observer_runs_each_handle_in_place_of_the_hot_loop(rig: Rig) -> None:
    observed = observe(rig)
    handles = [rig.soon("a"), rig.soon("b")]

    assert rig.slice(8, budget=60) == ["poll", "a", "b", "poll"]
    assert observed == handles


def test_an_observed_slice_looks_at_the_clock_after_each_callback(rig: Rig) -> None:
    observe(rig)
    rig.soon("a", advance=2)
    rig.soon("b")

    assert rig.slice(8, budget=1) == ["poll", "a"]
    assert rig.slice(8, budget=1) == ["b", "poll"]


def test_an_observer_does_not_see_cancelled_handles(rig: Rig) -> None:
    observed = observe(rig)
    rig.soon("a")._cancelled = True
    rig.slice(8, budget=1)

    assert observed == []


def test_an_observed_stop_finishes_its_turn(rig: Rig) -> None:
    observe(rig)
    rig.soon("a", rig.stop, lambda: rig.soon("next turn"))
    rig.soon("b")

    assert rig.slice(8, budget=60) == ["poll", "a", "b"]
    assert rig.scheduler.finished


def test_an_observed_modal_call_comes_right_after_its_callback(rig: Rig) -> None:
    observe(rig)
    rig.soon("a", lambda: rig.scheduler.modal.put(int))
    rig.soon("b")

    assert rig.slice(8, budget=60) == ["poll", "a"]
    assert rig.scheduler.generation == 1


def test_an_observed_native_turn_is_one_turn(rig: Rig) -> None:
    observe(rig)
    rig.soon("a", lambda: rig.soon("b"))
    rig.scheduler.turn(wait_for(rig))

    assert rig.log == [("wait", 0), "a"]


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
