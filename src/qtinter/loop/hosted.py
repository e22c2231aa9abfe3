# SPDX-License-Identifier: BSD-3-Clause
"""The loop as Qt sees it: wake-ups, slices, and errors that must not reach Qt.

Theory of operation. Qt calls :meth:`HostedLoop._wake`, its only way in. That runs a slice of the
scheduler, then arms the host for what comes next and gives control back to Qt.

What must stay true: a wake-up during PROCESSING (a nested Qt loop in a callback) runs nothing and
parks the host (I5); at rest with work to do the host is armed (I6); modal calls run at rest (I7);
an exception that asyncio would let out of ``run_forever`` is *carried* to there, or to the end of
the GUEST block, and never leaves :meth:`HostedLoop._wake`.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import TYPE_CHECKING, Any

from qtinter.compat import qt
from qtinter.compat.python import run_forever_cleanup
from qtinter.scheduler import Event, Lifecycle, QiLoopMode, State

from .atomic import atomic, is_atomic
from .core import SchedulerLoop
from .guest import ask_qt_to_exit
from .host import QtHost, open_host
from .interrupt import Interrupts, loses_exceptions
from .quit import logger
from .watch import SelectorWatch, watch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import FrameType

    from .owner import OwnerRun
    from .watch import Watch

#: How long a slice lasts before Qt gets control back, in seconds.
DEFAULT_SLICE = 0.001


class HostedLoop(SchedulerLoop):
    """A loop that Qt wakes up; :class:`~qtinter.loop.base.QiBaseEventLoop` is its public half."""

    def __init__(self, *args: Any) -> None:
        self._lifecycle = Lifecycle()
        self._interrupts = Interrupts(self)
        self._slice_duration = DEFAULT_SLICE
        self._host: QtHost | None = None
        self._host_thread: int | None = None
        self._starter: Any = None
        self._was_hosted = False
        self._owner_run: OwnerRun | None = None
        self._main: asyncio.Future[Any] | None = None
        self._cleaning_up = False
        self._carried: BaseException | None = None
        self._block_level: int | None = None
        self._wake_level = 0
        self._woken = False
        self._nested_warned = False
        #: Whether the turn in which a stop was asked for is over.
        self._last_turn_over = False
        #: Whether the closing of the last window cancels main; qtinter.run() sets it.
        self._quits_with_last_window = False
        #: Whether main was cancelled because Qt has quit.
        self._main_quit = False
        super().__init__(*args)

    # The way in from Qt.

    @atomic
    def _wake(self, *_: object) -> None:
        """Run a slice. Whatever Qt has noticed, it calls this; nothing may come out of it."""
        state = self._lifecycle.state
        if state is State.SELECTING:
            self._woken = True
            try:
                self._wake_up()
            except BaseException as exc:
                self._carry(exc)
        else:
            # I5: a nested Qt loop in a callback, or a wake-up after the end.
            self._park(signals=state is State.PROCESSING)
            if state is State.PROCESSING and self._debug:
                self._warn_nested()

    @atomic
    def _wake_up(self) -> None:
        interrupts = self._interrupts
        scheduler = self._scheduler
        lifecycle = self._lifecycle
        host: Any = self._host
        if interrupts.active:
            interrupts.back_in_qt()
        self._wake_level = host.level()
        if not interrupts.held and not self._carried and not self._last_turn_over:
            self._resting = False
            turns = not scheduler.modal.calls  # else none goes on before those calls are made
            lifecycle.fire(Event.WAKE)
            try:
                scheduler.slice(self._slice_duration)
            except (SystemExit, KeyboardInterrupt) as exc:
                self._carried = exc
            finally:
                lifecycle.fire(Event.YIELD)
            self._last_turn_over = turns and scheduler.finished
        if self._host is None:
            return  # a callback has destroyed the application object
        self._nested_warned = False
        if host.parked:
            self._wakeup_pending = False  # see _read_signals
        if self._over():
            return
        host.unpark()
        self._rest()
        while scheduler.modal.calls and lifecycle.state is State.SELECTING:
            # I7: the host is armed, so a nested Qt loop finds a loop at rest.
            self._run_modal()
            if lifecycle.running and not self._over():
                self._rest()

    @atomic
    def _over(self) -> bool:
        """End the run if there is a reason to; say whether there was."""
        held = self._interrupts.take()
        if held is not None and self._carried is None:
            self._carried = held
        if self._carried is None and (not self._last_turn_over or self._scheduler.modal.calls):
            return False  # a modal call is made even if its callback has stopped the loop (I7)
        self._finish()
        return True

    @atomic
    def _rest(self) -> None:
        """Arm the host for what comes next (I6)."""
        scheduler = self._scheduler
        host: Any = self._host
        run = self._owner_run
        if run is not None and run.windows is not None and run.windows.pending:
            run.windows.look(ready=bool(scheduler.ready))
        if scheduler.modal.calls:
            self._resting = False
            host.now_nested()
        elif scheduler.ready:
            self._resting = False
            host.now()
        else:
            host.rest(scheduler.timeout())
            self._resting = True

    def _run_modal(self) -> None:
        try:
            self._scheduler.modal.take()()
        except (SystemExit, KeyboardInterrupt) as exc:
            self._carry(exc)
        except BaseException as exc:
            self.call_exception_handler({"message": "Exception in modal call", "exception": exc})

    @atomic
    def _host_now(self) -> None:
        if self._host is not None:
            self._host.now()
        else:
            self._open_again()

    @atomic
    def _host_at(self, when: float) -> None:
        if self._host is not None:
            self._host.after(when - self._scheduler.clock())
        else:
            self._open_again()

    def _look_soon(self) -> None:
        """Have a turn run soon, whether or not something is ready."""
        self._resting = False
        self._host_now()

    def _watch_changed(self) -> None:
        """Note, at rest, that the selector watches another file descriptor."""
        if threading.get_ident() == self._thread_id:
            if self._host is not None:
                self._host.update()
            else:
                self._open_again()

    def _watch_dropped(self, fd: Any, *, write: bool) -> None:
        """Note that the selector has given up a file descriptor: it may be closed next."""
        if self._host is not None and threading.get_ident() == self._thread_id:
            self._host.forget(fd if isinstance(fd, int) else fd.fileno(), write=write)

    # The end of a run.

    def _carry(self, exc: BaseException) -> None:
        """Let an exception come out where the run ends: asyncio would, but Qt is in between."""
        if self._carried is None:
            self._carried = exc
        if self._lifecycle.state is State.SELECTING:
            if self._host is not None:
                self._look_soon()
            elif self._lifecycle.mode is QiLoopMode.GUEST:
                self._finish()  # nobody would wake us up, and trying to get a host may fail again

    def _raise_carried(self) -> None:
        held = self._interrupts.take()
        exc, self._carried = self._carried or held, None
        if exc is not None:
            try:
                raise exc
            finally:
                del exc

    def _finish(self) -> None:
        """End the run, in OWNER mode by letting ``run_forever`` return."""
        self._resting = False
        self._lifecycle.fire(Event.FINISH)
        self._park()
        if self._lifecycle.mode is QiLoopMode.GUEST:
            self._interrupts.remove(keep_fd=self._has_signal_handlers())
            self._scheduler.generation = 0
            if self._carried is None:
                run_forever_cleanup(self)
            else:
                # It stays the running loop of the thread until leave(): Qt still delivers what it
                # has begun to, and an asyncslot that finds no loop would raise into it.
                ask_qt_to_exit(self._carried, owned=self._block_level == 0)
        else:
            run: Any = self._owner_run
            run.end()

    def _leave(self) -> None:
        """Cease to be the running loop after a run in GUEST mode that an exception has ended."""
        if self._thread_id is not None and not self._lifecycle.running:
            run_forever_cleanup(self)

    def _park(self, *, signals: bool = False) -> None:
        if self._host is not None:
            self._host.park(signals=signals)

    # Opening and dropping the host.

    def _open_host(self) -> QtHost:
        """Make the host for this thread and application object, or keep the one there is."""
        host = self._host
        thread = threading.get_ident()
        if host is not None and (self._host_thread != thread or host.app is not qt.application()):
            self._drop_host()
            host = None
        if host is None:
            in_main_thread = threading.current_thread() is threading.main_thread()
            host = self._host = open_host(
                self._wake,
                self._watch_io,
                self._watch_signals if in_main_thread else None,
                self._read_signals,
            )
            self._host_thread = thread
            self._was_hosted = True
        return host

    def _watch_io(self, wake: Callable[..., object], used: Watch | None) -> Watch:
        return watch(self._selector, wake, used)

    def _watch_signals(self, wake: Callable[..., object], used: Watch | None) -> Watch:
        del used
        return SelectorWatch(self._ssock.fileno(), wake)

    def _begin(self) -> None:
        host: Any = self._host
        if self._lifecycle.mode is QiLoopMode.GUEST:
            host.watch_app(self._app_gone)
        host.unpark()
        host.now()

    def _open_when_possible(self) -> None:
        """Open the host, in GUEST mode as soon as there is an application object."""
        if qt.application() is None:
            self._starter = qt.post_call(self._open_late)
        else:
            self._open_host()
            self._begin()

    def _open_late(self) -> None:
        self._starter = None
        try:
            if self._lifecycle.state is State.SELECTING:
                self._open_host()
                self._begin()
        except BaseException as exc:
            self._carry(exc)

    def _app_gone(self, *_: object) -> None:
        """Wait for the next application object, in GUEST mode."""
        try:
            if self._lifecycle.running and self._lifecycle.mode is QiLoopMode.GUEST:
                self._drop_host()
                # What is posted now dies with the application. So rest: whatever is scheduled
                # from now on looks for the next one.
                self._resting = True
        except BaseException as exc:
            self._carry(exc)

    def _open_again(self) -> None:
        """Look for the next application object: who rests without a host is a running guest."""
        self._resting = False
        self._open_when_possible()

    def _drop_host(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            host.close()

    # Signals.

    def _has_signal_handlers(self) -> bool:
        return bool(getattr(self, "_signal_handlers", None))

    def _install_interrupts(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._interrupts.install(self._csock.fileno())

    @atomic
    def _read_signals(self, *_: object) -> None:
        """Let signals reach Python while the loop is parked."""
        try:
            self._interrupts.back_in_qt()
            self._read_from_self()
            # The queue is looked at when the callback returns: no thread needs to write till then.
            self._wakeup_pending = self._lifecycle.state is State.PROCESSING
        except BaseException as exc:
            self._carry(exc)

    def _nested_in_callback(self) -> bool:
        host = self._host
        return (
            host is not None
            and self._lifecycle.state is State.PROCESSING
            and host.level() > self._wake_level
        )

    def _interrupted(self, frame: FrameType | None) -> str:
        """Say what a signal has interrupted: a "callback", a "slot", or code to be "spared"."""
        spared = frame is not None and (is_atomic(frame) or loses_exceptions(frame))
        if self._lifecycle.state is State.PROCESSING and not self._nested_in_callback():
            return "spared" if spared else "callback"
        return "spared" if spared else "slot"

    def _interleaved(self) -> bool:
        """Whether the code that runs was called by Qt, not by the loop."""
        return self._lifecycle.state is State.SELECTING or self._nested_in_callback()

    def _in_callback(self) -> bool:
        """Whether callbacks are being run: not necessarily in this moment, and maybe nested."""
        return self._lifecycle.state is State.PROCESSING

    def _nested_loops_end(self) -> Callable[[], object] | None:
        """Return what asks the Qt loops nested in a callback to end, if all of Qt is ours to end.

        It is a C function, so that it can be called while no Python runs.
        """
        run = self._owner_run
        if run is not None:
            return run.nested_loops_end()
        if self._block_level == 0 and self._wake_level > 0:
            return functools.partial(qt.application().exit, 1)  # type: ignore[union-attr]
        return None

    def _warn_nested(self) -> None:
        """Name the place of a nested Qt loop in a callback, once for each."""
        if self._nested_warned:
            return
        self._nested_warned = True
        frame = sys._getframe(1)  # the wake-up, or the alarm that called it
        while frame.f_back is not None and is_atomic(frame):
            frame = frame.f_back
        place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        logger.warning(
            "asyncio is paused by a Qt event loop that a callback has started at %s; "
            "qtinter.modal() would let it run on",
            place,
        )
