# SPDX-License-Identifier: BSD-3-Clause
"""The Qt side of a loop: what wakes it up, and the Qt event loop that it runs in OWNER mode.

Three things wake the loop, by calling one function: the *idle* timer (0 ms, left running while
there is work, the cheapest way through Qt), the *io* watch on the selector, and the *alarm* for the
next deadline (a timerfd under a notifier, else a precise QTimer). No thread.

The alarm is set lazily: only when the new deadline is earlier than the one it is set to. A wake-up
that comes too early or for nothing is harmless. Deadlines within a millisecond after an alarm wait
for that millisecond, else a dense series of timers would cost a trip through Qt for each.

Making Qt's objects and connecting them costs as much as a short run. So the host that a loop of
the main thread leaves is kept, disconnected, for the next one (:func:`open_host`,
:meth:`QtHost.close`).

A *parked* host wakes nobody: a nested Qt loop inside a callback must not spin on a notifier that
nobody may answer. In the main thread the self-pipe gets a notifier of its own for that time, so
that signals go on reaching Python.
"""

from __future__ import annotations

import contextlib
import math
import time
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from qtinter.compat import qt
from qtinter.compat.timerfd import make_timerfd

from .atomic import atomic
from .core import MAX_WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from .watch import MakeWatch, Watch

#: No alarm rings earlier than this after the one before, in seconds.
COALESCE = 0.001


class TimerFdAlarm:
    """A deadline by a timerfd under a notifier."""

    def __init__(self, fd: Any, ring: Callable[..., object]) -> None:
        self._fd = fd
        self._notifier = qt.notifier(fd.fileno(), ring)
        self.enable: Callable[[bool], object] = self._notifier.setEnabled
        self.clear: Callable[[], object] = fd.clear

    def set(self, when: float, _now: float) -> None:
        """Ring at a time of the monotonic clock, rounded up to the nanosecond."""
        self._fd.set(max(1, math.ceil(when * 1e9)))

    def close(self) -> None:
        """Close the file descriptor, which no notifier watches any more."""
        self._fd.close()


class QTimerAlarm:
    """A deadline by a QTimer."""

    def __init__(self, ring: Callable[..., object]) -> None:
        self._timer = qt.timer(ring, single_shot=True)
        self._enabled = False
        self._when: float | None = None

    def set(self, when: float, now: float) -> None:
        """Ring at a time of the monotonic clock, rounded up to the millisecond."""
        self._when = when
        if self._enabled:
            self._timer.start(max(0, math.ceil((when - now) * 1e3)))

    def enable(self, enabled: bool) -> None:
        """Stop the timer, or start it for what is left."""
        self._enabled = enabled
        if not enabled:
            self._timer.stop()
        elif self._when is not None:
            self.set(self._when, time.monotonic())

    def clear(self) -> None:
        """Forget the deadline."""
        self._when = None

    def close(self) -> None:
        """Do nothing: a stopped timer holds nothing."""


def open_host(
    wake: Callable[..., object],
    watch_io: MakeWatch,
    watch_signals: MakeWatch | None,
    on_signal: Callable[..., object],
) -> QtHost:
    """Return a host for a loop: the one that was kept, if it fits, or a new one.

    Args:
        wake: Called for a wake-up.
        watch_io: Makes the watch on what the loop's selector watches.
        watch_signals: Makes the watch on the self-pipe while parked; None in threads that no signal
            reaches.
        on_signal: Called when a signal has come while parked.
    """
    app: Any = qt.application()
    host = None
    if watch_signals is not None:
        host, QtHost.kept = QtHost.kept, None
    if host is not None and not host.belongs_to(app):
        host.drop_alarm()
        host = None
    if host is None:
        # Only what is to be kept needs a slot of its own. In other threads there is none: PySide
        # may crash when objects die in two threads to whose methods signals are connected.
        host = QtHost(app, wake if watch_signals is None else None)
    host.connect(app, wake, watch_io, watch_signals, on_signal)
    return host


class QtHost:
    """Wakes a loop up from Qt, in one thread and under one application object.

    Attributes:
        kept: The host that waits for the next loop of the main thread.
        app: The application object.
        parked: Whether it wakes nobody up.
        running: Whether it runs a Qt event loop.
        level_of_exec: At which level that is.
        code: What that has returned.
    """

    kept: ClassVar[QtHost | None] = None

    def __init__(self, app: Any, slot: Callable[..., object] | None) -> None:
        self.app: Any = None  # not held while it is kept: that would keep the application alive
        self._home: Any = weakref.ref(app)
        self._on_app_gone: Callable[..., object] | None = None
        self._loop = qt.event_loop()  # first: it makes the thread's event dispatcher
        self._thread = qt.current_thread()
        self._wake: Callable[..., object] = _nobody
        self._slot = slot
        self._idle = qt.timer(slot or self._fire, single_shot=False)
        self._idle_on = False
        self._io: Any = None
        self._alarm: TimerFdAlarm | QTimerAlarm | None = None
        self._alarm_at: float | None = None
        self._last_ring = 0.0
        self._watch_signals: MakeWatch | None = None
        self._on_signal: Callable[..., object] = _nobody
        self._signals: Watch | None = None
        self.parked: bool = True
        self._exits = False
        self._unblock = False
        self.running: bool = False
        self.level_of_exec: int = 0
        self.code: int = 0

    def belongs_to(self, app: Any) -> bool:
        """Whether it was made under this application object."""
        return app is not None and self._home() is app

    def connect(
        self,
        app: Any,
        wake: Callable[..., object],
        watch_io: MakeWatch,
        watch_signals: MakeWatch | None,
        on_signal: Callable[..., object],
    ) -> None:
        """Serve a loop; see :func:`open_host`."""
        # Held as long as there is a loop: the application of a host program, written in C++, has
        # a Python object only while somebody refers to it.
        self.app = app
        self._wake = wake
        self._io = watch_io(self._slot or self._fire, self._io)
        self._watch_signals = watch_signals
        self._on_signal = on_signal

    @atomic
    def _fire(self, *_: object) -> None:
        self._wake()

    def watch_app(self, gone: Callable[..., object]) -> None:
        """Have a function called when the application object is destroyed."""
        if self._on_app_gone is None:
            self._on_app_gone = gone
            self.app.destroyed.connect(gone)

    def level(self) -> int:
        """Return how many Qt event loops run in this thread, one inside the other."""
        return int(self._thread.loopLevel())

    # Waking up.

    @atomic
    def now(self) -> None:
        """Wake the loop up as soon as Qt gets to it, and again until :meth:`rest`."""
        if not self._idle_on and not self.parked:
            self._idle_on = True
            self._idle.start()

    def now_nested(self) -> None:
        """As :meth:`now`, for a Qt event loop that is about to be run from inside a wake-up.

        Qt does not fire a timer while its slot runs, so the idle timer gets a new identity.
        """
        self._idle_on = False
        self._idle.stop()
        self.now()

    @atomic
    def rest(self, delay: float | None) -> None:
        """Wake the loop up when a file descriptor is ready, or after a delay in seconds."""
        if self._idle_on:
            self._idle_on = False
            self._idle.stop()
        self._io.update()
        if delay is not None:
            self.after(delay)

    @atomic
    def after(self, delay: float) -> None:
        """Wake the loop up after a delay, in seconds, at the latest."""
        now = time.monotonic()
        when = now + min(delay, MAX_WAIT)
        armed = self._alarm_at
        if armed is not None and armed <= when:
            return  # it rings before that, or is about to: only _ring() takes it back
        when = max(when, self._last_ring + COALESCE)
        self._alarm_at = when
        if self._alarm is None:
            self._alarm = self._make_alarm()
        self._alarm.set(when, now)

    def _make_alarm(self) -> TimerFdAlarm | QTimerAlarm:
        timerfd = make_timerfd()
        alarm = QTimerAlarm(self._ring) if timerfd is None else TimerFdAlarm(timerfd, self._ring)
        alarm.enable(not self.parked)
        return alarm

    @atomic
    def _ring(self, *_: object) -> None:
        if self._alarm is not None and not self.parked:
            self._alarm_at = None
            self._last_ring = time.monotonic()
            self._alarm.clear()
        self._wake()

    def update(self) -> None:
        """Watch what the selector watches now."""
        self._io.update()

    def forget(self, fd: int, *, write: bool) -> None:
        """Stop watching a file descriptor, which may be closed next."""
        self._io.forget(fd, write=write)

    def park(self, *, signals: bool) -> None:
        """Wake nobody up until :meth:`unpark`.

        Args:
            signals: Whether to watch the self-pipe meanwhile.
        """
        if not self.parked:
            self.parked = True
            self._idle_on = False
            self._idle.stop()
            self._io.enable(False)
            if self._alarm is not None:
                self._alarm.enable(False)
        if not signals:
            self.mute_signals()
        elif self._watch_signals is not None:
            if self._signals is None:
                self._signals = self._watch_signals(self._signal, None)
            self._signals.enable(True)

    def mute_signals(self) -> None:
        """Stop watching the self-pipe, until the next :meth:`park`."""
        if self._signals is not None:
            self._signals.enable(False)

    @atomic
    def _signal(self, *_: object) -> None:
        self._on_signal()
        if self._signals is not None:  # pragma: no branch - a signal's handler may end the host
            self._signals.update()

    def unpark(self) -> None:
        """Undo :meth:`park`; the idle timer stays off."""
        if self.parked:
            self.parked = False
            self.mute_signals()
            self._io.update()
            self._io.enable(True)
            if self._alarm is not None:
                self._alarm.enable(True)

    # Running Qt.

    def exec(self, *, application: bool) -> bool:
        """Run Qt's event loop.

        Args:
            application: Run ``exec()`` of the application's own class, not a bare QEventLoop.

        Returns:
            Whether it was ended by :meth:`exit`; else Qt ended it.
        """
        self._exits = False
        self.running = True
        self.level_of_exec = self.level() + 1
        self.code = qt.exec_loop(self.app if application else self._loop)
        if self._unblock:
            self._unblock = False
            self.app.blockSignals(False)
        self.running = False
        return self._exits

    def pump(self) -> None:
        """Handle events until :meth:`exit`, where Qt refuses to run an event loop."""
        self._exits = False
        self.running = True
        self.level_of_exec = self.level()
        while not self._exits:
            qt.wait_for_events(self._loop)
        self.running = False

    def exit(self, *, application: bool, quietly: bool) -> None:
        """End :meth:`exec` or :meth:`pump`.

        Args:
            application: End ``exec()`` of the application, and with it every event loop of the
                thread; the caller makes sure that there is no other.
            quietly: Without the application's ``aboutToQuit``: it is not Qt that quits.
        """
        self._exits = True
        if application:
            if quietly:
                self._unblock = not self.app.blockSignals(True)
            self.app.exit(0)
        else:
            self._loop.exit(0)

    def close(self) -> None:
        """Drop what wakes the loop up. Qt's objects may be gone already, at the program's end."""
        with contextlib.suppress(RuntimeError):
            self.park(signals=False)
            self._io.close()
            if self._signals is not None:
                self._signals.close()
            if self._on_app_gone is not None:
                self.app.destroyed.disconnect(self._on_app_gone)
        keep = (
            self._watch_signals is not None
            and QtHost.kept is None
            and self.belongs_to(qt.application())
        )
        self.app = self._on_app_gone = self._watch_signals = self._signals = None
        self._wake = self._on_signal = _nobody
        if self._alarm_at is not None or not keep:
            self.drop_alarm()
        if keep:
            QtHost.kept = self

    def drop_alarm(self) -> None:
        """Close the alarm of a closed host; when there is a deadline again, a new one is made."""
        if self._alarm is not None:
            self._alarm.close()
        self._alarm = self._alarm_at = None


def _nobody(*_: object) -> None:
    """Be woken up for a loop that is closed."""
