# SPDX-License-Identifier: BSD-3-Clause
"""The loop on Windows' completion ports: asyncio's own proactor and transports, hosted by Qt.

The proactor's completions queue up in its port. Qt waits for the port's handle: one
QWinEventNotifier wakes the loop as long as there is a completion, and asyncio's own ``select(0)``
then takes them out. No thread and no polling. Since it is not documented that a port can be waited
for, :func:`~qtinter.compat.windows.port_can_be_waited_for` tries it once in a process; where it
can't, or ``QTINTERPORTWAITER=thread`` is set, a thread waits (:mod:`~qtinter.loop.waiter`).

While the loop is parked, nobody may run callbacks, but signals must reach Python. Then the same
port is watched for the byte that a signal sends through the self-pipe. Completions that come with
it are taken, and their callbacks stand in the queue till the parking ends: they start nothing new
before, so this can't spin.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    import contextlib
    import os
    import signal
    import threading
    from typing import TYPE_CHECKING, Any

    from qtinter.compat import aio, qt, windows

    from .atomic import atomic
    from .base import QiBaseEventLoop
    from .waiter import PortSource, ThreadWatch

    if TYPE_CHECKING:
        from collections.abc import Callable, Generator

        from .watch import Watch

    class PortWatch:
        """One notifier, on the completion port."""

        def __init__(self, port: int, wake: Callable[..., object]) -> None:
            @atomic
            def activated() -> None:
                wake()

            self._notifier = qt.event_notifier(port, activated)

        def enable(self, enabled: bool, /) -> None:
            """Switch it on or off."""
            qt.enable_event_notifier(self._notifier, enabled)

        def update(self) -> None:
            """Do nothing: the system keeps the port up to date."""

        def forget(self, fd: int, *, write: bool) -> None:
            """Do nothing, as above."""

        def close(self) -> None:
            """Do nothing: the port is the proactor's."""

    def needs_thread() -> bool:
        """Whether a thread has to wait for the completion port, in place of Qt.

        Raises:
            ValueError: ``QTINTERPORTWAITER`` has no value that it may have.
        """
        wanted = os.environ.get("QTINTERPORTWAITER", "")
        if wanted not in {"", "qt", "thread"}:
            raise ValueError(f"QTINTERPORTWAITER must be 'qt' or 'thread', not {wanted!r}")
        if wanted:
            return wanted == "thread"
        return not windows.port_can_be_waited_for()

    @contextlib.contextmanager
    def _same_wakeup_fd(closed: int = -1) -> Generator[None, None, None]:
        """Keep asyncio from changing the wake-up fd, unless it is one that is closed meanwhile."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.set_wakeup_fd(-1)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1 if before == closed else before)

    class QiBaseProactorEventLoop(QiBaseEventLoop, aio.BaseProactorEventLoop):
        """Counterpart to asyncio's ``BaseProactorEventLoop``, on top of a Qt event loop."""

        def __init__(self, proactor: Any) -> None:
            self._closed = True  # till there is something to close
            self._needs_thread = needs_thread()
            with _same_wakeup_fd():
                super().__init__(proactor)
            # As asyncio does. A served named pipe has one free instance at a time: a client in this
            # thread that doesn't wait for the loop finds one only if each connection is noticed.
            self._scheduler.poll_interval = 0.0

        def _watch_io(self, wake: Callable[..., object], used: Watch | None) -> Watch:
            del used
            port = windows.port_of(self._proactor)
            if self._needs_thread:
                return ThreadWatch(PortSource(port), wake)
            return PortWatch(port, wake)

        _watch_signals = _watch_io

        def _begin(self) -> None:
            # asyncio only schedules it. But the very first callback may run a Qt loop for long.
            self._loop_self_reading()
            super()._begin()

        def _loop_self_reading(self, f: Any = None) -> None:
            # See _read_from_self() of the other loops: what was written is read now, and the queue
            # is looked at after this.
            self._wakeup_pending = False
            if f is not None and not f.cancelled() and f.exception() is None:
                self._interrupts.forward(bytes(f.result()))
            super()._loop_self_reading(f)

        def _park(self, *, signals: bool = False) -> None:
            # What is there by now must not call the watch on signals: that comes late, and would
            # run Python where a signal waits for the callback.
            if signals:
                self._read_from_self()
            super()._park(signals=signals)

        def _read_from_self(self) -> None:
            self._poll()
            read = self._self_reading_future
            if read is not None and read.done():
                self._loop_self_reading(read)  # asyncio's call, still to come, then does nothing

        def close(self) -> None:
            """Close the loop; see ``asyncio.loop.close``."""
            if not self.is_running():
                self._drop_host()  # nobody may wait for the port any more
            with _same_wakeup_fd(closed=-1 if self._closed else self._csock.fileno()):
                super().close()

    class QiProactorEventLoop(QiBaseProactorEventLoop, aio.ProactorEventLoop):
        """Counterpart to ``asyncio.ProactorEventLoop``, on top of a Qt event loop.

        Availability: Windows.

        Args:
            proactor: The proactor to use; a new ``asyncio.IocpProactor`` by default.
        """

        def __init__(self, proactor: Any = None) -> None:
            super().__init__(proactor)
