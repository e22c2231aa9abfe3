# SPDX-License-Identifier: BSD-3-Clause
"""The timers: a binary heap with lazy cancellation.

A cancelled timer stays in the heap until it comes to the top, or until cancelled ones are the
majority and the heap is rebuilt without them; so cancelling costs O(1), and memory is bounded by
twice the live timers and a constant. Rebuilding happens in place, on the loop's own thread,
because the list is shared with whoever shows it to users.

The heap holds the handles themselves, not tuples: with many cancelled timers a second object per
timer costs more in garbage collection than the cheaper comparison gains. A heap does not keep equal
deadlines in order, and comparing ages in it would make each timer dearer; timers with the same
deadline are released together, so they are put in order then, if there are any.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from .handle import TimerLike

_deadline_and_age = attrgetter("_when", "_age")

#: Up to this many cancelled timers are left alone, whatever their share.
COMPACT_ABOVE = 100


@attrs.define(eq=False)
class TimerHeap:
    """Timers by deadline.

    Attributes:
        entries: The heap; its first item has the earliest deadline. Never rebound.
        cancelled: How many of the entries are cancelled.
    """

    entries: list[TimerLike] = attrs.field(factory=list["TimerLike"])
    cancelled: int = 0

    def push(self, timer: TimerLike) -> None:
        """Add a timer."""
        entries = self.entries
        if self.cancelled > COMPACT_ABOVE and self.cancelled * 2 > len(entries):
            self._compact()  # here as well: nobody need ever call release() at rest
        heappush(entries, timer)
        timer._scheduled = True

    def note_cancelled(self) -> None:
        """Count a timer of the heap that has just been cancelled."""
        self.cancelled += 1

    def next_deadline(self) -> float | None:
        """Return the earliest deadline of a live timer, or None where there is none."""
        entries = self.entries
        while entries:
            first = entries[0]
            if not first._cancelled:
                return first._when
            heappop(entries)
            first._scheduled = False
            self.cancelled -= 1
        return None

    def release(self, limit: float, extend: Callable[[list[TimerLike]], object]) -> None:
        """Hand over the live timers whose deadline has come, earliest first.

        Args:
            limit: The time up to which (inclusive) a deadline counts as come.
            extend: Called with the timers, if there are any.
        """
        entries = self.entries
        if self.cancelled > COMPACT_ABOVE and self.cancelled * 2 > len(entries):
            self._compact()
        due: list[TimerLike] = []
        last = None
        ties = False
        while entries:
            timer = entries[0]
            when = timer._when
            if timer._cancelled:
                self.cancelled -= 1
            elif when > limit:
                break
            else:
                due.append(timer)
                ties = ties or when == last
                last = when
            heappop(entries)
            timer._scheduled = False
        if ties:
            due.sort(key=_deadline_and_age)
        if due:
            extend(due)

    def _compact(self) -> None:
        live: list[TimerLike] = []
        for timer in self.entries:
            if timer._cancelled:
                timer._scheduled = False
            else:
                live.append(timer)
        self.entries[:] = live
        heapify(self.entries)
        self.cancelled = 0

    def clear(self) -> None:
        """Forget all timers."""
        self.entries.clear()
        self.cancelled = 0
