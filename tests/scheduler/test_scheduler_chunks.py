# SPDX-License-Identifier: BSD-3-Clause
"""What ends a slice early: a modal call, or the length of its chunks; and the same if observed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from qtinter.scheduler import Scheduler, VirtualClock
from qtinter.scheduler.scheduler import MAX_CHUNK
from tests.scheduler.rig import Rig, wait_for
from tests.scheduler.world import Handle

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
