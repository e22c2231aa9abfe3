# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's event loop on our scheduler. No Qt here.

:class:`SchedulerLoop` is asyncio's own ``BaseEventLoop`` with the part that decides what runs next
exchanged. The scheduler's queue *is* the loop's ``_ready`` and its heap *is* ``_scheduled``: one
object, two names, so everything else in asyncio (transports, TLS, subprocesses, streams) works on
it unchanged. The loop gives the scheduler a clock and a poll, and scheduling methods that build
handles without detours.

Two paths: the fast one, and the *slow* one that asyncio's own code takes, with all its checks, in
debug mode and on a closed loop. One flag decides.

At *rest* (running, hosted, and nothing armed that would run callbacks soon), whoever schedules
something must also arm the host (I6); the methods here test one flag for that. Only the loop's own
thread may touch the host, other threads wake it through the self-pipe.
"""

from __future__ import annotations

import threading
import time
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from qtinter.compat import aio
from qtinter.scheduler import Scheduler, TimerHeap

from .atomic import atomic

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from typing_extensions import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")

#: A wait longer than this is done in parts: selectors and QTimers count milliseconds in 32 bits.
MAX_WAIT = 24 * 3600.0

_new_handle = aio.Handle.__new__
_new_timer = aio.TimerHandle.__new__


class ScheduledTimers(TimerHeap):
    """The heap with what else asyncio's ``_scheduled`` is used for: a list, to look at."""

    __slots__ = ()

    def append(self, timer: Any) -> None:
        """Add a timer."""
        self.push(timer)

    def __eq__(self, other: object) -> bool:
        """Say whether the timers are those of a list."""
        return list(self) == other

    def __hash__(self) -> int:
        """Return a hash by identity: it changes all the time."""
        return id(self)


class SchedulerLoop(aio.BaseEventLoop):
    """asyncio's base loop, run by a :class:`~qtinter.scheduler.Scheduler`.

    By itself it is a native loop: it waits in its own selector. Concrete classes combine it with
    one of asyncio's loop classes.
    """

    def __init__(self, *args: Any) -> None:
        # Before asyncio's own __init__, which writes attributes that are the scheduler's.
        own_clock = type(self).time is aio.BaseEventLoop.time
        self._scheduler = Scheduler(
            clock=time.monotonic if own_clock else self.time,
            poll=self._poll,
            on_error=self._callback_failed,
            timers=ScheduledTimers(),
        )
        self._resting = False
        self._slow = False
        self._wakeup_pending = False
        super().__init__(*args)
        self._ready = self._scheduler.ready
        self._scheduled = self._scheduler.timers

    # What asyncio keeps in attributes of its own is the scheduler's here.

    @property
    def _stopping(self) -> bool:
        return self._scheduler.stopping

    @_stopping.setter
    def _stopping(self, value: bool) -> None:
        self._scheduler.stopping = value

    @property
    def _timer_cancelled_count(self) -> int:
        return self._scheduler.timers.cancelled

    @_timer_cancelled_count.setter
    def _timer_cancelled_count(self, value: int) -> None:
        self._scheduler.timers.cancelled = value

    # Scheduling.

    @atomic
    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Schedule a callback for the next turn; see ``asyncio.loop.call_soon``."""
        if self._slow:
            handle: Any = super().call_soon(callback, *args, context=context)
            del handle._source_traceback[-1]  # our own frame
        else:
            handle = _new_handle(aio.Handle)
            handle._context = copy_context() if context is None else context
            handle._loop = self
            handle._callback = callback
            handle._args = args
            handle._cancelled = False
            handle._repr = None
            handle._source_traceback = None
            self._ready.append(handle)
        if self._resting:
            self._arm()
        return handle  # type: ignore[no-any-return]

    @atomic
    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Schedule a callback from any thread; see ``asyncio.loop.call_soon_threadsafe``."""
        if self._slow:
            handle: Any = super().call_soon_threadsafe(callback, *args, context=context)
            if handle._source_traceback:
                del handle._source_traceback[-1]  # our own frame
            return handle  # type: ignore[no-any-return]
        if aio.ThreadSafeHandle is not None:
            handle = aio.ThreadSafeHandle(callback, args, self, context)
            # The lock is taken by its own _run(), which the scheduler does not call; so that is
            # the callback of the entry in the queue. It enters the context itself.
            self._ready.append(aio.Handle(handle._run, (), self, Context()))
        else:  # drop with 3.13
            handle = _new_handle(aio.Handle)
            handle._context = copy_context() if context is None else context
            handle._loop = self
            handle._callback = callback
            handle._args = args
            handle._cancelled = False
            handle._repr = None
            handle._source_traceback = None
            self._ready.append(handle)
        if not self._wakeup_pending:
            self._write_to_self()
        return handle  # type: ignore[no-any-return]

    @atomic
    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule a callback for after a delay; see ``asyncio.loop.call_later``.

        Raises:
            TypeError: ``delay`` is not a number.
            ValueError: ``delay`` is nan.
        """
        if delay is None:
            raise TypeError("call_later() argument 'delay' must be a number, not None")
        return self._add_timer(self._scheduler.clock() + delay, callback, args, context)

    @atomic
    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule a callback for a point in time; see ``asyncio.loop.call_at``.

        Raises:
            TypeError: ``when`` is not a number.
            ValueError: ``when`` is nan.
        """
        try:
            _ = when - 0.0  # what is no number would break each turn from then on
        except TypeError:
            raise TypeError(f"call_at() argument 'when' must be a number, not {when!r}") from None
        return self._add_timer(when, callback, args, context)

    @atomic
    def _add_timer(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> asyncio.TimerHandle:
        if when != when:  # noqa: PLR0124 - the quick test for nan
            raise ValueError("call_later() and call_at() need a point in time, not nan")
        if self._slow:
            self._check_closed()
            self._check_thread()
            self._check_callback(callback, "call_at")
            timer = aio.TimerHandle(when, callback, args, self, context)
            del timer._source_traceback[-2:]  # our own frames
        else:
            timer = _new_timer(aio.TimerHandle)
            timer._context = copy_context() if context is None else context
            timer._loop = self
            timer._callback = callback
            timer._args = args
            timer._cancelled = False
            timer._repr = None
            timer._source_traceback = None
            timer._when = when
        self._scheduler.timers.push(timer)
        if self._resting:
            self._deadline_added(when)
        return timer

    @atomic
    def _timer_handle_cancelled(self, handle: Any) -> None:
        if handle._scheduled:
            self._scheduler.timers.cancelled += 1

    # Waking up.

    @atomic
    def _arm(self) -> None:
        """Make a resting loop run what is ready (I6). Safe to be called in another thread."""
        if threading.get_ident() != self._thread_id:
            self._write_to_self()
            return
        self._resting = False
        self._host_now()

    @atomic
    def _deadline_added(self, when: float) -> None:
        """Tell a resting loop of a new deadline."""
        if threading.get_ident() != self._thread_id:
            self._write_to_self()
        else:
            self._host_at(when)

    def _host_now(self) -> None:
        """Ask the host for a wake-up as soon as possible; a native loop has none to ask."""

    def _host_at(self, when: float) -> None:
        """Ask the host for a wake-up at a time."""

    @atomic
    def _write_to_self(self) -> None:
        # One write suffices until it is read. The flag comes first: a reader that sees the byte
        # and clears the flag must not be overtaken by our setting it.
        self._wakeup_pending = True
        try:
            super()._write_to_self()
        except BaseException:
            self._wakeup_pending = False  # nothing was written: the next one must try again
            raise

    @atomic
    def _read_from_self(self) -> None:
        # Drain first, then clear: a thread that still sees the flag has already appended its
        # handle, and this runs inside a turn, after which the queue is looked at again.
        super()._read_from_self()
        self._wakeup_pending = False

    # Running.

    def _poll(self) -> None:
        self._process_events(self._selector.select(0))

    def _wait(self, timeout: float | None) -> None:
        if timeout is not None:
            timeout = min(timeout, MAX_WAIT)
        self._process_events(self._selector.select(timeout))

    def _run_once(self) -> None:
        self._scheduler.turn(self._wait)

    @atomic
    def _callback_failed(self, handle: Any, exc: BaseException) -> None:
        """Report an exception of a callback to the exception handler, as asyncio does."""
        traceback = exc.__traceback__
        # The first entry is the scheduler's frame: the report starts at the user's callback.
        below = None if traceback is None else traceback.tb_next
        if below is None and handle._cancelled:
            return  # cancelled by another thread between the test and the call
        exc.__traceback__ = below if below is not None else traceback
        description = aio.describe_callback(handle._callback, handle._args, debug=self._debug)
        context = {
            "message": f"Exception in callback {description}",
            "exception": exc,
            "handle": handle,
        }
        if handle._source_traceback:
            context["source_traceback"] = handle._source_traceback
        self.call_exception_handler(context)

    @atomic
    def _run_observed(self, handle: Any) -> None:
        """Run a callback in debug mode: asyncio's own way, with a look at the time it takes."""
        self._current_handle = handle
        started = self.time()
        try:
            handle._run()
            duration = self.time() - started
            if duration >= self.slow_callback_duration:
                aio.logger().warning(
                    "Executing %s took %.3f seconds", aio.describe_handle(handle), duration
                )
        finally:
            self._current_handle = None
            # Debug mode keeps frames; one that holds the handle would keep its task alive.
            del handle

    def set_debug(self, enabled: bool) -> None:
        """Switch debug mode; see ``asyncio.loop.set_debug``."""
        super().set_debug(enabled)
        self._slow = enabled or self._closed
        self._scheduler.observe = self._run_observed if enabled else None

    def close(self) -> None:
        """Close the loop; see ``asyncio.loop.close``."""
        super().close()
        self._slow = True
        self._scheduler.close()
