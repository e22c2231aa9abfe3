# SPDX-License-Identifier: BSD-3-Clause
"""The heap of timers."""

from __future__ import annotations

import gc
import math
import weakref
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qtinter.scheduler import TimerHeap
from qtinter.scheduler.timers import COMPACT_ABOVE
from tests.scheduler.world import Timer


def push(heap: TimerHeap, *deadlines: float) -> list[Timer]:
    timers = [Timer(when, int) for when in deadlines]
    for timer in timers:
        heap.push(timer)
    return timers


def cancel(heap: TimerHeap, *timers: Timer) -> None:
    for timer in timers:
        heap.cancelled += 1
        timer._cancelled = True


def release(heap: TimerHeap, limit: float) -> list[Timer]:
    released: list[Timer] = []
    heap.release(limit, released.extend)
    return released


def test_an_empty_heap_has_no_deadline() -> None:
    assert TimerHeap().next_deadline() is None


def test_the_next_deadline_is_the_earliest() -> None:
    heap = TimerHeap()
    push(heap, 3, 1, 2)

    assert heap.next_deadline() == 1


def test_timers_are_released_by_deadline_up_to_the_limit_inclusive() -> None:
    heap = TimerHeap()
    late, early, due, later = push(heap, 2.5, 1, 2, 3)

    assert release(heap, 2) == [early, due]
    assert heap.next_deadline() == 2.5
    assert release(heap, 9) == [late, later]
    assert list(heap) == []


def test_equal_deadlines_are_released_in_the_order_of_pushing() -> None:
    heap = TimerHeap()
    timers = push(heap, *[1.0] * 50)

    assert release(heap, 1) == timers


def test_a_timer_knows_whether_it_is_in_the_heap() -> None:
    heap = TimerHeap()
    (timer,) = push(heap, 1)
    before = timer._scheduled
    release(heap, 1)

    assert (before, timer._scheduled) == (True, False)


def test_a_cancelled_timer_stays_until_it_comes_to_the_top() -> None:
    heap = TimerHeap()
    first, second, third = push(heap, 1, 2, 3)
    cancel(heap, second)

    assert heap.next_deadline() == 1
    assert len(heap) == 3
    assert heap.cancelled == 1
    assert release(heap, 1) == [first]
    assert list(heap) == [third]
    assert heap.cancelled == 0
    assert not second._scheduled


def test_a_cancelled_timer_is_neither_a_deadline_nor_released() -> None:
    heap = TimerHeap()
    first, second, third = push(heap, 1, 2, 3)
    cancel(heap, first)

    assert heap.next_deadline() == 2
    assert not first._scheduled
    cancel(heap, second, third)
    assert release(heap, 5) == []
    assert heap.cancelled == 0


def test_a_heap_of_cancelled_timers_has_no_deadline() -> None:
    heap = TimerHeap()
    cancel(heap, *push(heap, 1, 2))

    assert heap.next_deadline() is None
    assert (list(heap), len(heap), heap.cancelled) == ([], 0, 0)


def test_a_majority_of_cancelled_timers_is_swept_out() -> None:
    heap = TimerHeap()
    push(heap, 0.5)  # keeps the others from the top
    doomed = push(heap, *range(1, COMPACT_ABOVE + 50))
    kept = push(heap, *range(9, 59))
    cancel(heap, *doomed)
    (first,) = release(heap, 0.5)

    assert sorted(heap, key=lambda timer: timer._when) == kept
    assert len(heap) == len(kept)
    assert heap.cancelled == 0
    assert not any(timer._scheduled for timer in [first, *doomed])
    assert all(timer._scheduled for timer in kept)
    assert release(heap, 99) == kept


def test_timers_that_come_and_are_cancelled_without_a_release_do_not_pile_up() -> None:
    heap = TimerHeap()
    kept = push(heap, *range(50))
    most = 0
    for _ in range(2000):
        cancel(heap, *push(heap, 99))
        most = max(most, len(heap))

    assert most <= 2 * len(kept) + COMPACT_ABOVE
    assert release(heap, 99) == kept


def test_a_minority_of_cancelled_timers_is_left_alone() -> None:
    heap = TimerHeap()
    push(heap, *[1] * (COMPACT_ABOVE + 2))
    cancel(heap, *push(heap, *[2] * (COMPACT_ABOVE + 2)))
    release(heap, 0)
    push(heap, 3)

    assert heap.cancelled == COMPACT_ABOVE + 2


def test_a_few_cancelled_timers_are_left_alone_whatever_their_share() -> None:
    heap = TimerHeap()
    push(heap, 1)
    cancel(heap, *push(heap, *[2] * COMPACT_ABOVE))
    release(heap, 0)

    assert heap.cancelled == COMPACT_ABOVE


def test_a_released_timer_is_not_held() -> None:
    heap = TimerHeap()
    push(heap, 1)
    gone = weakref.ref(release(heap, 1)[0])
    gc.collect()

    assert gone() is None


def test_clearing_forgets_all() -> None:
    heap = TimerHeap()
    cancel(heap, push(heap, 1, 2)[0])
    heap.clear()

    assert (list(heap), len(heap), heap.cancelled) == ([], 0, 0)
    assert heap.earliest == math.inf
    assert release(heap, 9) == []


def test_timers_of_one_millisecond_are_released_by_deadline_part_by_part() -> None:
    heap = TimerHeap()
    third, first, second = push(heap, 5.0003, 5.0001, 5.0002)

    assert release(heap, 5.0001) == [first]
    assert heap.next_deadline() == 5.0002
    assert release(heap, 5.00025) == [second]
    assert release(heap, 6) == [third]


def test_what_is_added_to_the_millisecond_that_is_being_released_goes_to_its_place() -> None:
    heap = TimerHeap()
    last, first = push(heap, 5.0009, 5.0001)
    release(heap, 5.0001)
    same, middle, also_same = push(heap, 5.0009, 5.0005, 5.0009)

    assert release(heap, 6) == [middle, last, same, also_same]
    assert not first._scheduled


def test_an_earlier_millisecond_comes_before_one_that_was_sorted_already() -> None:
    heap = TimerHeap()
    late, later = push(heap, 7.0002, 7.0003)
    assert heap.next_deadline() == 7.0002
    early, latest = push(heap, 3, 7.0004)
    assert heap.next_deadline() == 3

    assert release(heap, 3) == [early]
    assert release(heap, 9) == [late, later, latest]


def test_equal_deadlines_keep_their_order_when_some_are_cancelled_and_others_added() -> None:
    heap = TimerHeap()
    first, second, third = push(heap, 1, 1, 1)
    heap.next_deadline()
    cancel(heap, second)
    (fourth,) = push(heap, 1)

    assert release(heap, 1) == [first, third, fourth]
    assert heap.cancelled == 0


def test_infinite_deadlines_come_last_and_are_never_due() -> None:
    heap = TimerHeap()
    never, huge, always = push(heap, math.inf, 1e300, -math.inf)

    assert release(heap, 1e9) == [always]
    assert heap.next_deadline() == 1e300
    cancel(heap, huge)
    assert heap.next_deadline() == math.inf
    assert list(heap) == [never]


def test_no_live_timer_is_due_before_what_is_said_to_be_the_earliest() -> None:
    heap = TimerHeap()
    first, second = push(heap, 1, 2)
    said = [heap.earliest]
    cancel(heap, first)
    said.append(heap.earliest)  # a bound: nobody has looked since
    release(heap, 1)
    said.append(heap.earliest)
    cancel(heap, second)
    heap.next_deadline()

    assert said == [1, 1, 2]
    assert heap.earliest == math.inf


def test_many_timers_of_one_millisecond_are_cancelled_one_by_one_in_little_time() -> None:
    heap = TimerHeap()
    push(heap, 1)
    compared = 0

    class Counting(Timer):
        @property
        def _when(self) -> float:
            nonlocal compared
            compared += 1
            return self.when

        @_when.setter
        def _when(self, when: float) -> None:
            self.when = when

    timers: list[Timer] = [Counting(0.5, int) for _ in range(1000)]
    for timer in timers:
        heap.push(timer)
    for timer in timers:
        assert heap.next_deadline() == 0.5
        cancel(heap, timer)

    assert heap.next_deadline() == 1
    assert compared < 10 * len(timers)


#: Several in one millisecond, and several milliseconds.
DEADLINES = [0, 0.0002, 0.0004, 0.0006, 0.001, 0.0015, 0.002, 0.9, 0.9003, 1, 2, math.inf]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("push"), st.sampled_from(DEADLINES)),
            st.tuples(st.just("cancel"), st.integers(0, 50)),
            st.tuples(st.just("release"), st.sampled_from(DEADLINES)),
            st.tuples(st.just("look"), st.just(0)),
        ),
        max_size=60,
    )
)
def test_it_behaves_as_a_sorted_list(operations: list[tuple[str, Any]]) -> None:
    heap = TimerHeap()
    live: list[Timer] = []
    for operation, number in operations:
        if operation == "push":
            live += push(heap, number)
        elif operation == "cancel" and live:
            cancel(heap, live.pop(number % len(live)))
        elif operation == "release" and number < math.inf:
            due = sorted((t for t in live if t._when <= number), key=lambda t: t._when)
            live = [timer for timer in live if timer not in due]
            assert release(heap, number) == due
        elif operation == "look":
            assert heap.next_deadline() == min((t._when for t in live), default=None)
        assert len(heap) - heap.cancelled == len(live)
