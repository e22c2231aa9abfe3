# SPDX-License-Identifier: BSD-3-Clause
"""What happens when Qt quits before the coroutine that it was run for has ended.

Qt has quit when the ``exec()`` that we run returns without our asking. Then ``main`` is cancelled,
and goes on in a bare QEventLoop until its clean-up is done. A main whose awaited future is already
done is left alone until it has taken the result, which a cancellation would lose.

The *last window closing* makes Qt post itself a Quit event. Whether that ends the program is ours
to say: not at all under plain ``asyncio.run``, and under ``qtinter.run`` only if no window has
appeared by the time nothing is ready any more (a message box before the main window must not end
the program). So the event is swallowed, by a filter that is installed for just that moment, since a
filter on the application sees every event of every object.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from qtinter.compat import aio, qt

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long a program may take to show its next window, if it is busy, in seconds.
WINDOW_GRACE = 0.05

logger: logging.Logger = logging.getLogger("qtinter")


def cancellable(main: asyncio.Future[Any]) -> bool:
    """Whether a cancellation would reach something unfinished and lose no result."""
    waiter = main
    while isinstance(waiter, asyncio.Task):
        inner = aio.waits_for(waiter)
        if inner is None:
            return True
        if inner.done():
            return False
        waiter = inner
    return True


def is_cleanup(awaitable: object) -> bool:
    """Whether a loop is run for cleaning up: by asyncio.run() and its like, after main."""
    if aio.is_shutdown_coroutine(awaitable):
        return True
    gathered = aio.gathered(awaitable)
    return bool(gathered) and all(_cancel_requested(task) for task in gathered or ())


def _cancel_requested(task: Any) -> bool:
    if hasattr(task, "cancelling"):
        return bool(task.cancelling())
    return getattr(task, "_must_cancel", False) or _cancelled_waiter(task)  # drop with 3.10


def _cancelled_waiter(task: Any) -> bool:
    waiter = aio.waits_for(task)
    return waiter is not None and bool(waiter.cancelled() or _cancel_requested_inside(waiter))


def _cancel_requested_inside(waiter: Any) -> bool:
    return isinstance(waiter, asyncio.Task) and _cancel_requested(waiter)


class LastWindow:
    """Decides what the closing of the last window means, for the time of one ``exec()``.

    Args:
        app: The application object.
        quits: Called when it means to quit; None if it never does.
        wake: Called to have :meth:`look` called soon.

    Attributes:
        pending: Whether :meth:`look` is to be called when the loop goes to rest.
    """

    def __init__(
        self, app: Any, quits: Callable[[], object] | None, wake: Callable[[], object]
    ) -> None:
        self.pending: bool = False
        self._app = app
        self._quits = quits
        self._wake = wake
        self._until = 0.0
        self._filter: Any = None
        self._signal = getattr(app, "lastWindowClosed", None)  # a QCoreApplication has none
        if self._signal is not None:
            self._signal.connect(self._closed)

    def _closed(self) -> None:
        if self._filter is None and self._app.quitOnLastWindowClosed():
            self._filter = qt.swallow_quit_event(self._app)
        self._until = time.monotonic() + WINDOW_GRACE
        self.pending = True
        self._wake()

    def look(self, *, ready: bool) -> None:
        """Quit if no window has come up and nothing is left that might open one.

        Args:
            ready: Whether callbacks are ready.
        """
        if ready and time.monotonic() < self._until:
            return
        self.pending = False
        self._unfilter()
        if (
            self._quits is not None
            and self._app.quitOnLastWindowClosed()
            and not qt.any_window_visible(self._app)
        ):
            logger.info(
                "the last window was closed: the program quits; "
                "setQuitOnLastWindowClosed(False) keeps it running"
            )
            self._quits()

    def _unfilter(self) -> None:
        if self._filter is not None:
            self._filter.remove()
            self._filter = None

    def close(self) -> None:
        """Stop watching."""
        self.pending = False
        self._unfilter()
        if self._signal is not None:
            self._signal.disconnect(self._closed)
