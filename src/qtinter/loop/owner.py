# SPDX-License-Identifier: BSD-3-Clause
"""OWNER mode: one run of Qt's event loop, from ``run_forever`` to its return.

Which event loop: ``exec()`` of the application's own class, since only then Qt's ``quit()``, the
last window and the end of the session are noticed; but only for running ``main`` (or
``run_forever``), in the main thread, and where none runs already. A bare QEventLoop elsewhere: for
clean-up, in other threads, nested, and once Qt has quit. Where Qt refuses to run one (an outer one
is quitting, the thread was told to quit), events are handled by hand.

How it ends: :meth:`OwnerRun.end`. A bare QEventLoop ends by itself when those nested in it have.
``exit()`` of the application would end the nested ones too, and so reject a dialog of the user's;
then it is waited for.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from qtinter.compat import qt

from .quit import LastWindow, cancellable, logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from .host import QtHost
    from .hosted import HostedLoop

#: How often to look whether a nested Qt loop has returned, in milliseconds.
LOOK_AGAIN = 20
#: The code by which an interrupt ends all Qt loops; ours is then run again. Nobody else's code.
INTERRUPTED = -130


class OwnerRun:
    """One run in OWNER mode.

    Args:
        loop: The loop.
        host: Its host.
        main: What is run to its end, None for ``run_forever``.
        cleaning_up: Whether asyncio runs ``main`` to clean up.

    Attributes:
        windows: Watches the last window while ``exec()`` of the application runs.
    """

    def __init__(
        self,
        loop: HostedLoop,
        host: QtHost,
        main: asyncio.Future[Any] | None,
        *,
        cleaning_up: bool,
    ) -> None:
        self.windows: LastWindow | None = None
        self._loop = loop
        self._host = host
        self._main = main
        self._cleaning_up = cleaning_up
        self._application = False
        self._ended = False
        self._has_quit = False
        self._patience: Any = None

    def run(self) -> None:
        """Run Qt until :meth:`end`."""
        host = self._host
        if self._cleaning_up:
            self._loop._wake()  # there is seldom more to do than fits into a slice
        if not self._ended:
            self._loop._begin()
        while not self._ended:
            self._application = self._may_run_application()
            self._loop._woken = False
            if self._application:
                self._exec_application()
            else:
                host.exec(application=False)
            if self._ended:
                break
            if host.code == INTERRUPTED:
                continue  # that was for the loops nested in it
            if not self._application and not self._loop._woken:
                host.pump()  # Qt refuses to run an event loop here
            else:
                self._qt_has_quit()

    def _may_run_application(self) -> bool:
        return (
            not self._cleaning_up
            and not self._has_quit
            and qt.in_main_thread()
            and self._host.level() == 0
        )

    def _exec_application(self) -> None:
        quits = self._quit_by_window if self._loop._quits_with_last_window else None
        self.windows = LastWindow(self._host.app, quits, self._loop._look_soon)
        try:
            self._host.exec(application=True)
        finally:
            windows, self.windows = self.windows, None
            windows.close()

    def _quit_by_window(self) -> None:
        if self._main is None or not self._main.done():
            self._host.exit(application=True, quietly=False)

    def _qt_has_quit(self) -> None:
        again, self._has_quit = self._has_quit, True
        if again or self._cleaning_up:
            return  # main is cleaning up already, and is not to be disturbed
        if self._main is None:
            self._loop._scheduler.stopping = True
            self._loop._finish()
        else:
            self._cancel_main()

    def _cancel_main(self) -> None:
        main = self._main
        if main is None or main.done():
            return
        if cancellable(main):
            self._loop._main_quit = True
            main.cancel()
        else:
            self._loop.call_soon(self._cancel_main)

    def end(self) -> None:
        """Let :meth:`run` return, once the Qt loops nested in it have."""
        self._ended = True
        host = self._host
        if not host.running:
            return  # Qt has ended by itself
        nested = self._application and host.level() > host.level_of_exec
        # An interrupt does not wait: whoever presses Ctrl-C wants the dialog gone, too.
        if nested and self._loop._carried is None:
            if self._loop.get_debug():
                logger.warning(
                    "the run has ended; it returns when the nested Qt event loop that is still "
                    "open (a dialog, a menu) has returned"
                )
            self._patience = qt.timer(self._look_again, single_shot=False)
            self._patience.start(LOOK_AGAIN)
        else:
            host.exit(application=self._application, quietly=not self._has_quit)

    def _look_again(self) -> None:
        interrupted = self._loop._interrupts.held is not None
        if interrupted or self._host.level() <= self._host.level_of_exec:
            self._patience.stop()
            self._host.exit(application=self._application, quietly=not self._has_quit)

    def nested_loops_end(self) -> Callable[[], object] | None:
        """Return what asks the Qt loops nested in ours to end, if ours is the outermost one."""
        if self._host.level_of_exec == 1 and self._host.app is not None:
            return functools.partial(self._host.app.exit, INTERRUPTED)
        return None
