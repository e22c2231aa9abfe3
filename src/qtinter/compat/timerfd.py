# SPDX-License-Identifier: BSD-3-Clause
"""Linux's timerfd: a deadline as a file descriptor, to the nanosecond.

Qt's own timers count milliseconds, and the GLib dispatcher waits in whole ones. ``os`` has the
calls from Python 3.13; before, the C library is asked directly (:mod:`.ctimerfd`).
"""

from __future__ import annotations

import sys
from typing import Protocol


class TimerFd(Protocol):
    """A timer on the monotonic clock that makes a file descriptor readable."""

    def fileno(self) -> int:
        """Return the file descriptor."""
        ...  # pragma: no cover - a protocol has no body to run

    def set(self, nanoseconds: int) -> None:
        """Set the deadline, in nanoseconds of the monotonic clock."""
        ...  # pragma: no cover - a protocol has no body to run

    def clear(self) -> None:
        """Make the file descriptor unreadable after the deadline."""
        ...  # pragma: no cover - a protocol has no body to run

    def close(self) -> None:
        """Close the file descriptor."""
        ...  # pragma: no cover - a protocol has no body to run


if sys.platform == "linux" and sys.version_info >= (3, 13):
    import os
    import time

    from .descriptor import Descriptor

    class _TimerFd(Descriptor):
        def __init__(self) -> None:
            super().__init__(
                os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
            )

        def set(self, nanoseconds: int) -> None:
            os.timerfd_settime_ns(self._fd, flags=os.TFD_TIMER_ABSTIME, initial=nanoseconds)

    def make_timerfd() -> TimerFd | None:
        """Make a timerfd; None where the system has none, or none left."""
        try:
            return _TimerFd()
        except (OSError, AttributeError):
            return None

elif sys.platform == "linux":

    def make_timerfd() -> TimerFd | None:
        """Make a timerfd; None where the system has none, or none left."""
        from .ctimerfd import CTimerFd, library  # ctypes takes its time to import

        found = library()
        try:
            return None if found is None else CTimerFd(found)
        except OSError:
            return None

else:  # pragma: no cover - coverage is measured on Linux

    def make_timerfd() -> TimerFd | None:
        """Make a timerfd; None where the system has none."""
        return None
