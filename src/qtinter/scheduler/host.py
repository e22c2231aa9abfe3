# SPDX-License-Identifier: BSD-3-Clause
"""A host in virtual time: the whole scheduler, without Qt and without waiting.

The host is who waits for the scheduler. In production that is Qt. :class:`VirtualHost` instead
jumps its clock to the next deadline, and calls the very methods that the production loop calls, so
a test of it is a test of the production code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lifecycle import Event, Lifecycle, QiLoopMode, State

if TYPE_CHECKING:
    from .clock import VirtualClock
    from .scheduler import Scheduler


class Deadlock(RuntimeError):
    """Nothing is ready, no timer is pending, and nobody has asked to stop."""


class VirtualHost:
    """Drives a scheduler in virtual time.

    Args:
        scheduler: What to drive; its clock must be ``clock``.
        clock: The clock that jumps.
        budget: How long a slice lasts, in seconds of the scheduler's clock. A virtual clock stands
            still in a slice, so 0 ends each slice after one chunk.

    Example:
        >>> from qtinter.scheduler import Scheduler, VirtualClock
        >>> clock = VirtualClock()
        >>> scheduler = Scheduler(clock=clock, on_error=print)
        >>> VirtualHost(scheduler, clock).run_until_idle()
    """

    __slots__ = ("budget", "clock", "lifecycle", "scheduler")

    def __init__(self, scheduler: Scheduler, clock: VirtualClock, budget: float = 0.0) -> None:
        self.scheduler: Scheduler = scheduler
        self.clock: VirtualClock = clock
        self.budget: float = budget
        self.lifecycle: Lifecycle = Lifecycle(QiLoopMode.GUEST)

    def wake(self) -> None:
        """Run one slice, then the modal calls that it has asked for.

        A wake-up that comes while a slice runs does nothing (I5).
        """
        if self.lifecycle.state is State.PROCESSING:
            return
        scheduler = self.scheduler
        self.lifecycle.fire(Event.WAKE)
        try:
            scheduler.slice(self.budget)
        finally:
            self.lifecycle.fire(Event.YIELD)
        while scheduler.modal.calls:
            scheduler.modal.take()()

    def run(self, *, idle_is_done: bool = False) -> None:
        """Run until a stop is asked for; jump to the next deadline when nothing is ready.

        A stop that is pending already lets exactly one turn run.

        Args:
            idle_is_done: Return when there is nothing more to wait for.

        Raises:
            Deadlock: There is nothing to wait for, and no stop was asked for.
        """
        scheduler = self.scheduler
        self.lifecycle.fire(Event.START)
        try:
            while True:
                timeout = scheduler.timeout()
                if timeout is None:
                    if idle_is_done:
                        return
                    raise Deadlock(
                        "nothing is ready, no timer is pending and no stop was asked for"
                    )
                if timeout > 0 and (when := scheduler.timers.next_deadline()) is not None:
                    self.clock.advance_to(when)
                self.wake()
                if scheduler.finished:
                    scheduler.stopping = False
                    return
        finally:
            self.lifecycle.fire(Event.FINISH)

    def run_until_idle(self) -> None:
        """Run until nothing is ready and no timer is pending."""
        self.run(idle_is_done=True)
