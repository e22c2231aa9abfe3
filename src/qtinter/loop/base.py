# SPDX-License-Identifier: BSD-3-Clause
"""The public loop: modes, starting and stopping, in terms of asyncio.

In OWNER mode asyncio's own ``run_forever`` calls :meth:`QiBaseEventLoop._run_once`, which runs Qt's
event loop until the loop is to stop (:mod:`~qtinter.loop.owner`). In GUEST mode somebody else runs
Qt, and :meth:`~QiBaseEventLoop.start` returns at once. In NATIVE mode Qt is not involved. What
happens in between is the affair of :mod:`~qtinter.loop.hosted`.

What must stay true: every misuse raises at the call that is wrong and changes nothing; nothing
touches a Qt object but running and starting, so a loop can be made before the application object
and closed after its death.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from qtinter.compat import aio, qt
from qtinter.compat.python import run_forever_cleanup, run_forever_setup, signals_end_waits
from qtinter.scheduler import Event, QiLoopMode, State

from .hosted import HostedLoop
from .modal import ModalCall
from .owner import OwnerRun
from .quit import is_cleanup, logger

if TYPE_CHECKING:
    from collections.abc import Callable


class QiBaseEventLoop(HostedLoop):
    """An asyncio event loop on top of a Qt event loop.

    It has all of asyncio's methods, and those for working with Qt. A new loop is in OWNER mode.

    Attributes:
        slow_cleanup_duration: After so many seconds of clean-up, ``using_asyncio_from_qt`` warns of
            the tasks that are still not done.
    """

    slow_cleanup_duration: float = 5.0

    # Settings.

    @property
    def slice_duration(self) -> float:
        """For how long callbacks run before Qt gets control back, in seconds; 0.001 at first.

        A longer slice gives no more throughput above 0.0005 and makes the user interface late.
        """
        return self._slice_duration

    @slice_duration.setter
    def slice_duration(self, seconds: float) -> None:
        try:
            makes_sense = 0 <= seconds < float("inf")
        except TypeError:
            raise TypeError(f"slice_duration must be a number, not {seconds!r}") from None
        if not makes_sense:
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
        if self._carried is not None:
            self._leave()
            self._raise_carried()  # nobody else would
        if self._lifecycle.mode is not QiLoopMode.GUEST:
            raise RuntimeError(
                "start() can only be called for a loop operating in GUEST mode; "
                f"the loop is {self._lifecycle.state.name} in {self._lifecycle.mode.name} mode"
            )
        if self._lifecycle.running:
            raise RuntimeError(
                "start() can only be called for a loop that is not running; "
                f"the loop is {self._lifecycle.state.name} in GUEST mode"
            )
        level = int(qt.current_thread().loopLevel())  # there may be no binding to ask
        run_forever_setup(self)
        self._lifecycle.fire(Event.START)
        self._scheduler.generation = 0
        self._last_turn_over = False
        self._block_level = level
        self._install_interrupts()
        self._open_when_possible()

    def run_forever(self) -> None:
        """Run until :meth:`stop`, or in OWNER mode until Qt quits.

        Raises:
            RuntimeError: The loop is in GUEST mode, is running already, or is closed; another loop
                runs in this thread; or in OWNER mode there is no application object.
        """
        self._check_may_run("run_forever", cleaning_up=self._cleaning_up)
        if self._lifecycle.mode is not QiLoopMode.NATIVE:
            super().run_forever()
            return
        self._lifecycle.fire(Event.START)
        try:
            with signals_end_waits(self._csock):
                super().run_forever()
        finally:
            if self._thread_id is not None:
                # An interrupt has struck in the jump back to the top of asyncio's loop, which from
                # Python 3.14 on is no part of its try statement.
                run_forever_cleanup(self)
            self._lifecycle.fire(Event.FINISH)

    def run_until_complete(self, future: Any) -> Any:
        """Run until a future, task or coroutine is done; see ``asyncio.loop.run_until_complete``.

        In OWNER mode, when Qt quits first, it is cancelled and goes on until it is done.

        Raises:
            RuntimeError: As :meth:`run_forever`.
        """
        cleaning_up = is_cleanup(future)
        self._check_may_run("run_until_complete", cleaning_up=cleaning_up)
        if cleaning_up and self._has_nothing_to_shut_down(future):
            with contextlib.suppress(StopIteration):
                future.send(None)
            return None
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

    def _has_nothing_to_shut_down(self, future: Any) -> bool:
        """Whether a run for asyncio's shutdown coroutines would run nothing but these.

        ``asyncio.run()`` ends with two such runs, which were a quarter of the cost of a short one.
        """
        if self._slow or not aio.is_shutdown_coroutine(future) or not aio.is_shut_down(self):
            return False
        self._scheduler.poll()
        return self._scheduler.timeout() != 0.0 and self._task_factory is None

    def _check_may_run(self, operation: str, *, cleaning_up: bool = False) -> None:
        """Raise if the state, the mode or a missing application object forbids to run.

        Cleaning up is always possible: after a run that was refused, too.
        """
        self._check_closed()
        mode = self._lifecycle.mode
        if mode is QiLoopMode.GUEST:
            raise RuntimeError(
                f"{operation}() cannot be called for a loop operating in GUEST mode; "
                f"the loop is {self._lifecycle.state.name}"
            )
        self._check_running()
        if mode is not QiLoopMode.OWNER or self._was_hosted or cleaning_up:
            return
        if qt.application() is None:
            raise RuntimeError(
                f"An instance of QCoreApplication must exist before {operation}() is called for "
                f"a loop operating in OWNER mode; the loop is {self._lifecycle.state.name}"
            )

    def _run_once(self) -> None:
        """Run one turn in NATIVE mode; in OWNER mode Qt, until the end of the run."""
        if self._thread_id is None or self._lifecycle.mode is not QiLoopMode.OWNER:
            super()._run_once()
            return
        self._lifecycle.fire(Event.START)
        self._scheduler.generation = 0
        self._last_turn_over = False
        try:
            if not qt.has_application():
                self._drop_host()  # its Qt objects may have gone with the application
                with signals_end_waits(self._csock):
                    self._run_without_qt()
            else:
                host = self._open_host()
                self._install_interrupts()
                self._owner_run = OwnerRun(self, host, self._main, cleaning_up=self._cleaning_up)
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

        From a callback: after this turn. From interleaved code (a slot): in GUEST mode at once, and
        what is left of the turn stays ready for the next start; in OWNER mode as if by
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
            RuntimeError: Not called from a callback; a modal call is pending already; or the loop
                is in NATIVE mode.
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
