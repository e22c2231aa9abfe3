# SPDX-License-Identifier: BSD-3-Clause
"""A thread that waits in place of Qt, on Windows, where there is nothing that Qt could wait for.

That is so for ``select``, and would be so for a completion port on a system that can't wait for its
handle. The thread waits for a *source*, rings an event that a QWinEventNotifier sits on, and then
does nothing until the loop goes to rest again: :meth:`ThreadWatch.update`. So a busy loop pays
nothing for it. It lives while the watch is switched on: a parked or stopped loop has none.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import selectors
    from collections.abc import Callable


class Source(Protocol):
    """What a thread waits for."""

    def update(self) -> None:
        """Bring what is waited for up to date. Called by the loop, while the thread may wait."""
        ...  # pragma: no cover - a protocol has no body to run

    def forget(self) -> None:
        """Wait for nothing that may be closed next."""
        ...  # pragma: no cover - a protocol has no body to run

    def wait(self) -> None:
        """Wait, in the thread, until there is something to tell or :meth:`interrupt` is called."""
        ...  # pragma: no cover - a protocol has no body to run

    def interrupt(self) -> None:
        """End the :meth:`wait` that goes on, or is about to begin."""
        ...  # pragma: no cover - a protocol has no body to run

    def close(self) -> None:
        """Give back what the system has lent it."""
        ...  # pragma: no cover - a protocol has no body to run


if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    import select
    import selectors as _selectors
    import socket
    import threading

    from qtinter.compat import qt, windows

    from .atomic import atomic

    class ThreadWatch:
        """Calls a function when a thread has found a source to have something to tell."""

        def __init__(self, source: Source, wake: Callable[..., object]) -> None:
            self._source = source
            self._event = windows.Event()
            self._wake = wake
            self._notifier = qt.event_notifier(self._event.handle, self._rang)
            self._thread: threading.Thread | None = None
            self._go = threading.Semaphore(0)
            self._waiting = False
            self._ended = False

        def enable(self, enabled: bool, /) -> None:
            """Switch it on or off, and start or end the thread."""
            qt.enable_event_notifier(self._notifier, enabled)
            if enabled and self._thread is None:
                self._ended = False
                self._thread = threading.Thread(
                    target=self._run, name="qtinter-waiter", daemon=True
                )
                self._thread.start()
                self.update()
            elif not enabled and self._thread is not None:
                thread, self._thread = self._thread, None
                self._ended = True
                if self._waiting:
                    self._source.interrupt()
                else:
                    self._go.release()
                thread.join()
                self._waiting = False

        def update(self) -> None:
            """Let the thread wait, if it doesn't, and for what it is to wait now."""
            if self._thread is None:
                return
            self._source.update()
            if not self._waiting:
                self._event.clear()
                self._waiting = True
                self._go.release()

        def forget(self, fd: int, *, write: bool) -> None:
            """Have the thread leave a file descriptor that may be closed next."""
            del fd, write
            self._source.forget()

        def close(self) -> None:
            """Close the event and the source."""
            self._event.close()
            self._source.close()

        @atomic
        def _rang(self) -> None:
            self._event.clear()  # once is enough
            self._wake()

        def _run(self) -> None:
            while True:
                self._go.acquire()
                if not self._ended:
                    self._source.wait()
                if self._ended:
                    return
                self._waiting = False
                self._event.set()

    class SelectSource:
        """The file descriptors of a selector, waited for by ``select``."""

        def __init__(self, selector: selectors.BaseSelector) -> None:
            self._selector = selector
            self._wanted: tuple[list[int], list[int]] = ([], [])
            self._bell, self._button = socket.socketpair()
            self._interrupted = False

        def update(self) -> None:
            """Look what the selector watches."""
            readers: list[int] = []
            writers: list[int] = []
            for key in self._selector.get_map().values():
                if key.events & _selectors.EVENT_READ:
                    readers.append(key.fd)
                if key.events & _selectors.EVENT_WRITE:
                    writers.append(key.fd)
            if (readers, writers) != self._wanted:
                self._wanted = (readers, writers)
                self._button.send(b"\0")

        def forget(self) -> None:
            """Wait for none until the next :meth:`update`."""
            self._wanted = ([], [])
            self._button.send(b"\0")

        def wait(self) -> None:
            """Wait until one is ready."""
            while not self._interrupted:
                readers, writers = self._wanted
                try:
                    ready: Any = select.select([self._bell, *readers], writers, writers)
                except OSError:
                    break  # one is closed; if it shouldn't be, the loop's own poll will complain
                if self._bell in ready[0]:
                    self._bell.recv(4096)
                    ready[0].remove(self._bell)
                if any(ready):
                    break
            self._interrupted = False

        def interrupt(self) -> None:
            """End the wait."""
            self._interrupted = True
            self._button.send(b"\0")

        def close(self) -> None:
            """Close the pair of sockets by which the thread is told."""
            self._bell.close()
            self._button.close()

    class PortSource:
        """A completion port. What the thread takes out of it to notice is put back for the loop."""

        _MARK = (0, 0, 0, windows.ADDRESS)

        def __init__(self, port: int) -> None:
            self._port = port
            self._lock = threading.Lock()
            self._in_port = False
            self._marked = False

        def update(self) -> None:
            """Do nothing: the system keeps the port up to date."""

        def forget(self) -> None:
            """Do nothing, as above."""

        def wait(self) -> None:
            """Wait until there is a packet. None of ours is left behind."""
            with self._lock:
                if self._marked:
                    self._marked = False
                    return
                self._in_port = True
            packets = [windows.take(self._port)]
            with self._lock:
                self._in_port = False
                marked, self._marked = self._marked, False
            while marked and packets[-1] != self._MARK:
                packets.append(windows.take(self._port))
            for packet in packets:
                if packet is not None and packet != self._MARK:
                    windows.put(self._port, packet)

        def interrupt(self) -> None:
            """End the wait."""
            with self._lock:
                self._marked = True
                if self._in_port:
                    windows.put(self._port, self._MARK)

        def close(self) -> None:
            """Do nothing: the port is the proactor's."""
