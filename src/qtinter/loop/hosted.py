# SPDX-License-Identifier: BSD-3-Clause
"""The loop that lives on Qt's: modes, wake-ups, stopping, and errors that must not reach Qt.

Theory of operation. Qt calls :meth:`QiBaseEventLoop._wake`, its only way in. That runs a slice of
the scheduler, then arms the host for what comes next and gives control back to Qt. In OWNER mode
asyncio's own ``run_forever`` calls :meth:`_run_once`, which runs Qt's event loop until the loop is
to stop (:mod:`~qtinter.loop.owner`); in GUEST mode somebody else runs Qt, and :meth:`start` returns
at once; in NATIVE mode Qt is not involved.

What must stay true: a wake-up during PROCESSING (a nested Qt loop in a callback) runs nothing and
parks the host (I5); at rest with work to do the host is armed (I6); modal calls run at rest (I7);
an exception that asyncio would let out of ``run_forever`` is *carried* to there, or to the end of
the GUEST block, and never leaves :meth:`_wake`.
"""

from __future__ import annotations

import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from qtinter.compat import aio, qt
from qtinter.compat.python import run_forever_cleanup, run_forever_setup
from qtinter.scheduler import Event, Lifecycle, QiLoopMode, Scheduler, State, TimerHeap

from .core import SchedulerLoop
from .host import QtHost
from .interrupt import Interrupts
from .guest import ask_qt_to_exit
from .modal import ModalCall
from .owner import OwnerRun
from .quit import is_cleanup, logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import FrameType

#: How long a slice lasts before Qt gets control back, in seconds.
DEFAULT_SLICE = 0.001


class QiBaseEventLoop(SchedulerLoop):
    """An asyncio event loop on top of a Qt event loop.

    It has all of asyncio's methods, and those for working with Qt. A new loop is in OWNER mode.

    Attributes:
        slow_cleanup_duration: After so many seconds of clean-up, ``using_asyncio_from_qt`` warns of
            the tasks that are still not done.
    """

    slow_cleanup_duration: float = 5.0

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
        #: Whether the closing of the last window cancels main; qtinter.run() sets it.
        self._quits_with_last_window = False
        #: Whether main was cancelled because Qt has quit.
        self._main_quit = False
        super().__init__(*args)

    # Settings.

    @property
    def slice_duration(self) -> float:
        """For how long callbacks run before Qt gets control back, in seconds; 0.001 at first.

        A longer slice gives no more throughput above 0.0005 and makes the user interface late.
        """
        return self._slice_duration

    @slice_duration.setter
    def slice_duration(self, seconds: float) -> None:
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"slice_duration must be a finite time of 0 or more, not {seconds!r}")
        self._slice_duration = seconds

    def set_mode(self, mode: QiLoopMode) -> None:
        """Set the mode.

        Modal calls that are pending can't be run in NATIVE mode: going there cancels those of
        :func:`qtinter.modal` and drops those of :meth:`exec_modal` with a warning.

        Args:
            mode: The new mode.

        Raises:
            TypeError: ``mode`` is not a :class:`QiLoopMode`.
            RuntimeError: The loop is running or closed, or a stop is pending.
        """
        self._lifecycle.set_mode(mode, stopping=self._scheduler.stopping)
        if mode is QiLoopMode.NATIVE:
            for call in self._scheduler.modal.drop():
                if isinstance(call, ModalCall):
                    call.cancel()
                else:
                    logger.warning("a pending modal call is dropped in NATIVE mode: %r", call)

    # Running.

    def start(self) -> None:
        """Start the loop in GUEST mode and return at once.

        From then on it is the running loop of this thread, until :meth:`stop`. It works whenever
        Qt handles events in this thread. There need not be an application object yet.

        Raises:
            RuntimeError: The loop is not in GUEST mode, is running already, or is closed.
        """
        self._check_closed()
        if self._lifecycle.mode is not QiLoopMode.GUEST:
            raise RuntimeError(
                "start() can only be called for a loop operating in GUEST mode; "
                f"the loop is {self._lifecycle.state.name} in {self._lifecycle.mode.name} mode"
            )
        run_forever_setup(self)
        self._lifecycle.fire(Event.START)
        self._scheduler.generation = 0
        self._block_level = int(qt.current_thread().loopLevel())
        self._install_interrupts()
        self._open_when_possible()

    def run_forever(self) -> None:
        """Run until :meth:`stop`, or in OWNER mode until Qt quits.

        Raises:
            RuntimeError: The loop is in GUEST mode, is running already, or is closed; another loop
                runs in this thread; or in OWNER mode there is no application object.
        """
        self._check_closed()
        self._check_running()
        self._check_mode("run_forever")
        if self._lifecycle.mode is not QiLoopMode.NATIVE:
            super().run_forever()
            return
        self._lifecycle.fire(Event.START)
        try:
            super().run_forever()
        finally:
            self._lifecycle.fire(Event.FINISH)

    def run_until_complete(self, future: Any) -> Any:
        """Run until a future, task or coroutine is done; see ``asyncio.loop.run_until_complete``.

        In OWNER mode, when Qt quits first, it is cancelled and goes on until it is done.

        Raises:
            RuntimeError: As :meth:`run_forever`.
        """
        self._check_closed()
        self._check_running()
        self._check_mode("run_until_complete")
        cleaning_up = is_cleanup(future)
        is_new = not aio.isfuture(future)
        main = aio.ensure_future(future, loop=self)
        if is_new:
            aio.forgive_pending(main)  # who runs it can see that it did not end
        self._main, self._cleaning_up = main, cleaning_up
        try:
            return super().run_until_complete(main)
        except BaseException:
            if is_new and main.done() and not main.cancelled():
                main.exception()  # it comes out of here, so it was retrieved
            raise
        finally:
            self._main, self._cleaning_up = None, False

    def _check_mode(self, operation: str) -> None:
        """Raise if the mode or a missing application object forbids to run."""
        mode = self._lifecycle.mode
        if mode is QiLoopMode.GUEST:
            raise RuntimeError(
                f"{operation}() cannot be called for a loop operating in GUEST mode; "
                f"the loop is {self._lifecycle.state.name}"
            )
        if mode is QiLoopMode.OWNER and not self._was_hosted and qt.application() is None:
            raise RuntimeError(
                f"An instance of QCoreApplication must exist before {operation}() is called for "
                f"a loop operating in OWNER mode; the loop is {self._lifecycle.state.name}"
            )

    def _run_once(self) -> None:
        """Run one turn in NATIVE mode, or Qt's event loop until the end of the run in OWNER mode."""
        if self._thread_id is None or self._lifecycle.mode is not QiLoopMode.OWNER:
            super()._run_once()
            return
        self._lifecycle.fire(Event.START)
        self._scheduler.generation = 0
        try:
            if qt.application() is None:
                self._run_without_qt()
            else:
                self._open_host()
                self._install_interrupts()
                self._begin()
                self._owner_run = OwnerRun(
                    self, self._host, self._main, cleaning_up=self._cleaning_up
                )
                self._owner_run.run()
        finally:
            self._owner_run = None
            self._resting = False
            if self._lifecycle.running:
                self._lifecycle.fire(Event.FINISH)
            self._interrupts.remove(keep_fd=self._has_signal_handlers())
            self._park()
            if threading.current_thread() is not threading.main_thread():
                self._drop_host()  # its objects must not outlive their thread
        self._raise_carried()

    def _run_without_qt(self) -> None:
        """Go on where the application object is gone."""
        while not self._scheduler.finished:
            self._lifecycle.fire(Event.WAKE)
            try:
                super()._run_once()
            finally:
                self._lifecycle.fire(Event.YIELD)
            while self._scheduler.modal.calls:
                self._run_modal()
                if self._carried is not None:
                    return

    def stop(self) -> None:
        """Stop the loop.

        From a callback: after this turn. From interleaved code (a slot): in GUEST mode at once, what
        is left of the turn stays ready for the next start; in OWNER mode as if by
        ``call_soon_threadsafe``. When not running: the next run does exactly one turn.

        Raises:
            RuntimeError: The loop is in GUEST mode and not running.
        """
        state = self._lifecycle.state
        mode = self._lifecycle.mode
        if mode is QiLoopMode.GUEST and not self._lifecycle.running:
            raise RuntimeError(
                f"stop() needs a running loop in GUEST mode; the loop is {state.name}"
            )
        if state is not State.SELECTING or threading.get_ident() != self._thread_id:
            super().stop()
        elif mode is QiLoopMode.GUEST:
            self._finish()
        else:
            self.call_soon(super().stop)

    def close(self) -> None:
        """Close the loop; see ``asyncio.loop.close``. Closing it twice is fine.

        Raises:
            RuntimeError: The loop is running.
        """
        super().close()
        if self._lifecycle.state is State.STOPPED:
            self._lifecycle.fire(Event.CLOSE)
            self._drop_host()
            for call in self._scheduler.modal.drop():
                if isinstance(call, ModalCall):
                    call.cancel()

    def exec_modal(self, fn: Callable[[], object]) -> None:
        """Schedule a function to be called as interleaved code right after the current callback.

        The loop goes on inside a nested Qt loop that the function starts. Its return value is
        ignored; its exception goes to the exception handler.

        Args:
            fn: What to call, without arguments.

        Raises:
            TypeError: ``fn`` can't be called.
            RuntimeError: Not called from a callback; a modal call is pending already; or the loop is
                in NATIVE mode.
        """
        if not callable(fn):
            raise TypeError(f"exec_modal() argument 'fn' must be callable, not {fn!r}")
        if self._lifecycle.mode is QiLoopMode.NATIVE:
            raise RuntimeError(
                "exec_modal() is not supported in NATIVE mode; "
                f"the loop is {self._lifecycle.state.name}"
            )
        if self._lifecycle.state is not State.PROCESSING:
            raise RuntimeError(
                "exec_modal() must be called from a coroutine or callback; "
                f"the loop is {self._lifecycle.state.name} in {self._lifecycle.mode.name} mode"
            )
        self._scheduler.modal.put(fn, exclusive=True)

    def _queue_modal(self, call: ModalCall) -> None:
        """Queue a call of :func:`qtinter.modal`, from wherever a coroutine can run."""
        if self._lifecycle.mode is QiLoopMode.NATIVE:
            raise RuntimeError(
                f"modal() is not supported in NATIVE mode; the loop is {self._lifecycle.state.name}"
            )
        self._scheduler.modal.put(call)
        if self._resting:
            self._arm()

    # The way in from Qt.

    def _wake(self, *_: object) -> None:
        """Run a slice. Whatever Qt has noticed, it calls this; nothing may come out of it."""
        state = self._lifecycle.state
        if state is State.SELECTING:
            self._woken = True
            try:
                self._wake_up()
            except BaseException as exc:  # noqa: BLE001 - PyQt would abort, PySide lose it
                self._carry(exc)
        else:
            # I5: a nested Qt loop in a callback, or a wake-up after the end.
            self._park(signals=state is State.PROCESSING)
            if state is State.PROCESSING and self._debug:
                self._warn_nested()

    def _wake_up(self) -> None:
        interrupts = self._interrupts
        scheduler = self._scheduler
        lifecycle = self._lifecycle
        host: Any = self._host
        if interrupts.active:
            interrupts.back_in_qt()
            self._wake_level = host.level()
        if interrupts.held is None and self._carried is None:
            self._resting = False
            lifecycle.fire(Event.WAKE)
            try:
                scheduler.slice(self._slice_duration)
            except (SystemExit, KeyboardInterrupt) as exc:
                self._carried = exc
            finally:
                lifecycle.fire(Event.YIELD)
        if host.parked:
            host.unpark()
            self._nested_warned = False
        if self._over():
            return
        self._rest()
        while scheduler.modal.calls and lifecycle.state is State.SELECTING:
            # I7: the host is armed, so a nested Qt loop finds a loop at rest.
            self._run_modal()
            if lifecycle.state is not State.SELECTING or self._over():
                return
            self._rest()

    def _over(self) -> bool:
        """End the run if there is a reason to; say whether there was."""
        held = self._interrupts.take()
        if held is not None and self._carried is None:
            self._carried = held
        if self._carried is None and not self._scheduler.finished:
            return False
        self._finish()
        return True

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
        except BaseException as exc:  # noqa: BLE001 - reported, as that of a callback
            self.call_exception_handler({"message": "Exception in modal call", "exception": exc})

    def _host_now(self) -> None:
        if self._host is not None:
            self._host.now()

    def _host_at(self, when: float) -> None:
        if self._host is not None:
            self._host.after(when - self._scheduler.clock())

    def _look_soon(self) -> None:
        """Have a turn run soon, whether or not something is ready."""
        self._resting = False
        self._host_now()

    def _watch_changed(self) -> None:
        """Note that a file descriptor was added to or taken from the selector."""
        if self._resting and self._host is not None and threading.get_ident() == self._thread_id:
            self._host.update()

    # The end of a run.

    def _carry(self, exc: BaseException) -> None:
        """Let an exception come out where the run ends: asyncio would, but Qt is in between."""
        if self._carried is None:
            self._carried = exc
        if self._lifecycle.state is State.SELECTING:
            self._look_soon()

    def _raise_carried(self) -> None:
        exc, self._carried = self._carried, None
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
            run_forever_cleanup(self)
            if self._carried is not None:
                ask_qt_to_exit(self._carried, owned=self._block_level == 0)
        elif self._owner_run is not None:
            self._owner_run.end()

    def _park(self, *, signals: bool = False) -> None:
        if self._host is not None:
            self._host.park(signals=signals)

    # Opening and dropping the host.

    def _open_host(self) -> None:
        """Make the host for this thread and application object, or keep the one there is."""
        host = self._host
        thread = threading.get_ident()
        if host is not None and (self._host_thread != thread or host.app is not qt.application()):
            self._drop_host()
            host = None
        if host is None:
            csock = self._ssock if threading.current_thread() is threading.main_thread() else None
            self._host = QtHost(
                self._wake,
                self._selector,
                None if csock is None else csock.fileno(),
                self._read_signals,
            )
            self._host_thread = thread
            self._was_hosted = True

    def _begin(self) -> None:
        host: Any = self._host
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
        except BaseException as exc:  # noqa: BLE001 - must not reach Qt
            self._carry(exc)

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

    def _read_signals(self, *_: object) -> None:
        """Let signals reach Python while the loop is parked."""
        try:
            self._interrupts.back_in_qt()
            self._read_from_self()
            # The queue is looked at when the callback returns: no thread needs to write till then.
            self._wakeup_pending = True
        except BaseException as exc:  # noqa: BLE001 - must not reach Qt
            self._carry(exc)

    def _nested_in_callback(self) -> bool:
        host = self._host
        return (
            host is not None
            and self._lifecycle.state is State.PROCESSING
            and host.level() > self._wake_level
        )

    def _interrupted(self, frame: FrameType | None) -> str:
        """Say what a signal has interrupted: a "callback", code of "ours", or a "slot"."""
        ours = frame is not None and frame.f_code in _OWN_CODE
        if self._lifecycle.state is State.PROCESSING and not self._nested_in_callback():
            return "ours" if ours else "callback"
        return "ours" if ours else "slot"

    def _interleaved(self) -> bool:
        """Whether the code that runs was called by Qt, not by the loop."""
        return self._lifecycle.state is State.SELECTING or self._nested_in_callback()

    def _end_nested_loops(self) -> None:
        """Ask the Qt loops nested in a callback to end, if all of Qt is ours to end."""
        run = self._owner_run
        if run is not None:
            run.end_nested_loops()
        elif self._block_level == 0 and self._lifecycle.mode is QiLoopMode.GUEST:
            ask_qt_to_exit(KeyboardInterrupt(), owned=True)

    def _warn_nested(self) -> None:
        """Name the place of a nested Qt loop in a callback, once for each."""
        if self._nested_warned:
            return
        self._nested_warned = True
        where = traceback.extract_stack(sys._getframe(2).f_back, limit=1)
        place = f"{where[0].filename}:{where[0].lineno} in {where[0].name}" if where else "unknown"
        logger.warning(
            "asyncio is paused by a Qt event loop that a callback has started at %s; "
            "qtinter.modal() would let it run on",
            place,
        )


#: Code between callbacks: a KeyboardInterrupt raised here would lose a handle or run one twice.
_OWN_CODE = frozenset(
    function.__code__
    for function in (
        Scheduler.slice,
        TimerHeap.release,
        TimerHeap._compact,
        Lifecycle.fire,
        QiBaseEventLoop._wake,
        QiBaseEventLoop._wake_up,
        QiBaseEventLoop._over,
        QiBaseEventLoop._rest,
        QiBaseEventLoop._read_signals,
        QtHost._ring,
    )
)
