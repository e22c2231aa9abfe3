# SPDX-License-Identifier: BSD-3-Clause
"""Linux's timerfd: a deadline as a file descriptor, to the nanosecond.

Qt's own timers count milliseconds, and the GLib dispatcher waits in whole ones. ``os`` has the
calls from Python 3.13; before, the C library is asked directly (drop with 3.12).
"""

from __future__ import annotations

import contextlib
import os
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


class _Descriptor:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)

    def close(self) -> None:
        os.close(self._fd)


if sys.platform == "linux" and sys.version_info >= (3, 13):
    import time

    class _TimerFd(_Descriptor):
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
    import ctypes
    import functools

    _CLOCK_MONOTONIC = 1
    _TFD_TIMER_ABSTIME = 1
    _FLAGS = os.O_NONBLOCK | os.O_CLOEXEC

    class _ITimerSpec(ctypes.Structure):
        _fields_ = (
            ("interval_seconds", ctypes.c_long),
            ("interval_nanoseconds", ctypes.c_long),
            ("seconds", ctypes.c_long),
            ("nanoseconds", ctypes.c_long),
        )

    @functools.cache
    def _library() -> ctypes.CDLL | None:
        library = ctypes.CDLL(None, use_errno=True)
        return library if hasattr(library, "timerfd_create") else None

    class _TimerFd(_Descriptor):
        def __init__(self, library: ctypes.CDLL) -> None:
            fd = library.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
            if fd < 0:
                raise OSError(ctypes.get_errno(), "timerfd_create() failed")
            super().__init__(fd)
            self._spec = _ITimerSpec()
            self._pointer = ctypes.byref(self._spec)
            self._settime = library.timerfd_settime

        def set(self, nanoseconds: int) -> None:
            spec = self._spec
            spec.seconds, spec.nanoseconds = divmod(nanoseconds, 1_000_000_000)
            self._settime(self._fd, _TFD_TIMER_ABSTIME, self._pointer, None)

    def make_timerfd() -> TimerFd | None:
        """Make a timerfd; None where the system has none, or none left."""
        library = _library()
        try:
            return None if library is None else _TimerFd(library)
        except OSError:
            return None

else:  # pragma: no cover - coverage is measured on Linux

    def make_timerfd() -> TimerFd | None:
        """Make a timerfd; None where the system has none."""
        return None
