# SPDX-License-Identifier: BSD-3-Clause
"""The scheduler: the order in which callbacks run.

Theory of operation. A *turn* (or generation) is what was ready when it began: the callbacks are
run in order, and what they schedule belongs to the next turn. Between two turns the scheduler may
*poll* (append what became ready outside) and release the timers that are due. Whoever owns the
thread calls :meth:`Scheduler.slice`, which runs turns for about a given time and then gives
control back, if need be in the middle of a turn, which the next slice resumes. How to *wait* is
the caller's business: :meth:`Scheduler.timeout` says for how long.

    hosted:    on a wake-up: slice(0.001); arm the host for timeout()
    native:    turn(wait): wait for timeout(), then run exactly one turn
    in tests:  advance the virtual clock by timeout(); slice or turn

So that a short callback does not pay for a clock, callbacks run in *chunks*, and the clock is read
between them. A chunk grows while it takes less than 50 us and shrinks when it takes more than
200 us; a turn begins inside a chunk only when all of it fits in. A poll is a system call: while
there is work, it is made between two turns, but only every 100 us.

Invariants, cited by number elsewhere:

* I1  Callbacks run only inside a slice.
* I2  First in, first out; a turn runs what was ready when it began. Nothing is polled and no timer
  is released before it is finished, however many slices that takes.
* I3  No timer runs before its deadline; equal deadlines run in the order of scheduling. A timer
  whose deadline is not later than the last reading of the clock runs in the next turn.
* I4  A handle runs at most once, a cancelled one never.
* I5  A turn is never re-entered: who is woken up during PROCESSING must not call :meth:`slice`.
* I6  At rest with work to do, the host is armed.
* I7  A modal call runs at rest, with the host armed; no callback runs between the one that asked
  for it and the call.
* I8  Nothing is accepted after CLOSED.

I5, I6 and I8 are kept by the loop that owns the scheduler.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

from .modal import ModalSlot
from .timers import TimerHeap

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clock import Clock
    from .handle import HandleLike

#: Callbacks that were cheap may suddenly be dear, and the clock is not read before the chunk ends.
MAX_CHUNK = 16
GROW_BELOW = 50e-6
SHRINK_ABOVE = 200e-6
#: While there is work, the world is polled only so often, in seconds: a poll costs a system call.
POLL_INTERVAL = 100e-6


def _nothing(*_: object) -> None:
    """Poll a world in which nothing happens; hear of an error when all is over."""


class Scheduler:
    """Runs callbacks, a slice at a time.

    Not thread-safe, but for ``ready``, to which any thread may append.

    Args:
        clock: The clock, in seconds.
        on_error: Called with a handle and the exception that its callback raised.
        poll: Called between turns; appends to ``ready`` what became ready outside, without waiting.

    Attributes:
        ready: The handles to run, in order. Never rebound.
        timers: The handles that wait for a deadline.
        modal: The calls that wait to run outside every callback.
        observe: Runs a handle in place of the hot loop, one per look at the clock (debug mode).
        stopping: The current turn is the last one.
        generation: How many handles of ``ready`` belong to the turn that a slice left unfinished.
        chunk: How many callbacks run between two looks at the clock.
        poll_interval: How often the world is polled while there is work, in seconds; 0 for a poll
            between any two turns.
    """

    __slots__ = (
        "chunk",
        "clock",
        "generation",
        "modal",
        "observe",
        "on_error",
        "poll",
        "poll_interval",
        "ready",
        "stopping",
        "timers",
    )

    def __init__(
        self,
        clock: Clock,
        on_error: Callable[[HandleLike, BaseException], object],
        poll: Callable[[], object] = _nothing,
        *,
        timers: TimerHeap | None = None,
        modal: ModalSlot | None = None,
        observe: Callable[[HandleLike], object] | None = None,
    ) -> None:
        self.clock: Clock = clock
        self.on_error: Callable[[HandleLike, BaseException], object] = on_error
        self.poll: Callable[[], object] = poll
        self.ready: deque[HandleLike] = deque()
        self.timers: TimerHeap = TimerHeap() if timers is None else timers
        self.modal: ModalSlot = ModalSlot() if modal is None else modal
        self.observe: Callable[[HandleLike], object] | None = observe
        self.stopping: bool = False
        self.generation: int = 0
        self.chunk: int = MAX_CHUNK
        self.poll_interval: float = POLL_INTERVAL

    @property
    def finished(self) -> bool:
        """Whether a stop was asked for and the turn in which it was is over."""
        return self.stopping and not self.generation

    def timeout(self) -> float | None:
        """Return how long the world may be waited for, in seconds.

        0 when there is work to do or a stop is pending, None when only the world can bring work.
        """
        if self.ready or self.stopping or self.modal.calls:
            return 0.0
        when = self.timers.next_deadline()
        return None if when is None or when == math.inf else max(0.0, when - self.clock())

    def close(self) -> None:
        """Forget everything, also who owns it: a closed loop is freed without the collector."""
        self.ready.clear()
        self.timers.clear()
        self.generation = 0
        self.poll = self.on_error = _nothing
        self.observe = None

    def turn(self, wait: Callable[[float | None], object]) -> None:
        """Wait, then run exactly one turn; first the rest of an unfinished one.

        Args:
            wait: Called with :meth:`timeout`; waits and appends to ``ready`` what became ready.
        """
        if not self.generation:
            wait(self.timeout())
            self.timers.release(self.clock(), self.ready.extend)
            self.generation = len(self.ready)
        while self.generation and not self.modal.calls:
            self.slice(0.0, turns=False)

    def slice(self, budget: float, *, turns: bool = True) -> None:
        """Run callbacks until the time is up or there is nothing to do.

        Returns early when a modal call is to be run (I7), and at the end of a turn in which a stop
        was asked for. A SystemExit or KeyboardInterrupt of a callback comes out; what was left of
        the turn stays ready, and belongs to no turn any more.

        Args:
            budget: For how long, in seconds.
            turns: Whether new turns may be begun; else only the unfinished one goes on.
        """
        ready = self.ready
        popleft = ready.popleft
        timers = self.timers
        modal = self.modal.calls
        clock = self.clock
        generation, self.generation = self.generation, 0
        chunk = self.chunk
        poll_interval = self.poll_interval
        look_each_turn = not turns or not poll_interval
        now = poll_due = clock()
        end = now + budget
        handle: HandleLike | None = None
        args: Any = ()
        while not modal:
            if not generation:
                if not turns:
                    break
                if now >= poll_due or not ready:
                    self.poll()
                    poll_due = now + poll_interval
                if timers.earliest <= now:
                    timers.release(now, ready.extend)
                generation = len(ready)
                if not generation:
                    break
            if self.observe is not None:
                generation -= 1
                handle = popleft()
                if not handle._cancelled:
                    self.observe(handle)
                now = clock()
            else:
                left = chunk
                while True:
                    n = generation if generation < left else left  # noqa: FURB136 - min() is a call
                    generation -= n
                    left -= n
                    # A countdown: making a range object costs a chain of callbacks 18 %.
                    while n:
                        n -= 1
                        handle = popleft()
                        if handle._cancelled:
                            continue
                        args = handle._args
                        try:
                            # Unpacking a tuple costs as much as all the rest of the dispatch.
                            if not args:
                                handle._context.run(handle._callback)  # type: ignore[arg-type]
                            elif len(args) == 1:
                                handle._context.run(handle._callback, args[0])  # type: ignore[arg-type]
                            else:
                                handle._context.run(handle._callback, *args)  # type: ignore[arg-type]
                        except (SystemExit, KeyboardInterrupt):
                            raise
                        except BaseException as exc:
                            self.on_error(handle, exc)
                        if modal:
                            generation += n
                            n = 0
                    if generation or modal or self.stopping or look_each_turn:
                        break
                    if timers.earliest <= now:
                        break  # I3: a clock that stands still must not starve a timer
                    generation = len(ready)
                    if not generation or generation > left:
                        # Look at the world before a turn that does not fit into this chunk.
                        generation = 0
                        break
                before, now = now, clock()
                elapsed = now - before
                if elapsed > SHRINK_ABOVE:
                    chunk = 1
                elif elapsed < GROW_BELOW and not left and chunk < MAX_CHUNK:
                    chunk <<= 1
            if now >= end or (self.stopping and not generation):
                break
        # A finished frame that holds the last handle would keep its task alive: tracebacks reach
        # this frame through f_back, and "exception was never retrieved" would come too late.
        handle = args = None
        self.chunk = chunk
        self.generation = generation
