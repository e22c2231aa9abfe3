# SPDX-License-Identifier: BSD-3-Clause
"""The timers: a heap of milliseconds, with lazy cancellation.

Timers whose deadlines lie in the same millisecond share a *bucket*, a list in the order of
scheduling, and a binary heap orders the buckets by their milliseconds. So most timers cost an
append, and the heap compares integers; ordering the timers themselves would call their Python
comparison some dozen times for each. A bucket is sorted only when its time comes. The sort is
stable, and thus equal deadlines keep the order of scheduling. At most one bucket is sorted and not
yet used up, that of the earliest deadline; what is added to it goes to its place.

A cancelled timer stays in its bucket until it is the earliest, or until cancelled ones are the
majority and are swept out; so cancelling costs O(1), and memory is bounded by twice the live timers
and a constant. Sweeping is done on the loop's own thread.
"""

from __future__ import annotations

from bisect import bisect_right, insort_right
from heapq import heappop, heappush
from itertools import filterfalse
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .handle import TimerLike

#: Up to this many cancelled timers are left alone, whatever their share.
COMPACT_ABOVE = 100

_deadline = attrgetter("_when")
_is_cancelled = attrgetter("_cancelled")


class TimerHeap:
    """Timers by deadline; iterating yields them in no particular order.

    Attributes:
        earliest: No live timer has an earlier deadline; infinity where there is none. It is exact
            after :meth:`next_deadline`; a cancelled timer may have had it before.
        cancelled: How many of the timers are cancelled; counted by whoever cancels one.
    """

    __slots__ = ("_buckets", "_size", "_sorted", "_ticks", "cancelled", "earliest")

    def __init__(self) -> None:
        self.earliest: float = inf
        self.cancelled: int = 0
        self._size = 0
        self._buckets: dict[float, list[TimerLike]] = {}
        self._ticks: list[float] = []
        self._sorted: float | None = None

    def __len__(self) -> int:
        """Return how many timers there are, cancelled ones included."""
        return self._size

    def __iter__(self) -> Iterator[TimerLike]:
        """Yield all timers, cancelled ones included."""
        for bucket in self._buckets.values():
            yield from bucket

    def push(self, timer: TimerLike) -> None:
        """Add a timer."""
        if self.cancelled > COMPACT_ABOVE and self.cancelled * 2 > self._size:
            self._compact()  # here as well: nobody need ever call release() at rest
        when = timer._when
        tick: float
        try:
            tick = int(when * 1000.0)
        except OverflowError:
            tick = when  # infinity
        bucket = self._buckets.get(tick)
        if bucket is None:
            self._buckets[tick] = [timer]
            heappush(self._ticks, tick)
        elif tick == self._sorted:
            insort_right(bucket, timer, key=_deadline)
        else:
            bucket.append(timer)
        timer._scheduled = True
        self._size += 1
        if when < self.earliest:  # noqa: PLR1730 - min() is a call
            self.earliest = when

    def next_deadline(self) -> float | None:
        """Return the earliest deadline of a live timer, or None where there is none."""
        ticks = self._ticks
        while ticks:
            tick = ticks[0]
            bucket = self._buckets[tick]
            if tick != self._sorted:
                bucket.sort(key=_deadline)
                self._sorted = tick
            dead = 0
            for timer in bucket:
                if not timer._cancelled:
                    break
                timer._scheduled = False
                dead += 1
            if dead:
                del bucket[:dead]
                self._size -= dead
                self.cancelled -= dead
            if bucket:
                self.earliest = bucket[0]._when
                return self.earliest
            heappop(ticks)
            del self._buckets[tick]
        self.earliest = inf
        return None

    def release(self, limit: float, extend: Callable[[list[TimerLike]], object]) -> None:
        """Hand over the live timers whose deadline has come, earliest first.

        Args:
            limit: The time up to which (inclusive) a deadline counts as come.
            extend: Called with the timers, once for each bucket; not at all where there are none.
        """
        if self.cancelled > COMPACT_ABOVE and self.cancelled * 2 > self._size:
            self._compact()
        while self.earliest <= limit:
            when = self.next_deadline()
            if when is None or when > limit:
                return
            tick = self._ticks[0]
            bucket = self._buckets[tick]
            if bucket[-1]._when <= limit:
                heappop(self._ticks)
                del self._buckets[tick]
                due = bucket
            else:
                end = bisect_right(bucket, limit, key=_deadline)
                due = bucket[:end]
                del bucket[:end]
            self._size -= len(due)
            for timer in due:
                timer._scheduled = False
            if self.cancelled:
                live = list(filterfalse(_is_cancelled, due))
                self.cancelled -= len(due) - len(live)
                due = live
            extend(due)
            self.next_deadline()

    def _compact(self) -> None:
        for tick, bucket in list(self._buckets.items()):
            for timer in bucket:
                timer._scheduled = not timer._cancelled
            live = list(filterfalse(_is_cancelled, bucket))
            if live:
                self._buckets[tick] = live
            else:
                del self._buckets[tick]
        self._ticks = sorted(self._buckets)
        self._size = sum(map(len, self._buckets.values()))
        self.cancelled = 0

    def clear(self) -> None:
        """Forget all timers."""
        self._buckets.clear()
        self._ticks.clear()
        self._size = self.cancelled = 0
        self.earliest = inf
