# SPDX-License-Identifier: BSD-3-Clause
"""timerfd by way of the C library, for Pythons whose ``os`` has no such calls: drop with 3.12."""

from __future__ import annotations

import ctypes
import functools
import os
import sys

from .descriptor import Descriptor

assert sys.platform == "linux"  # for type checkers

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
def library() -> ctypes.CDLL | None:
    """Return the C library, None if it has no timerfd."""
    found = ctypes.CDLL(None, use_errno=True)
    return found if hasattr(found, "timerfd_create") else None


class CTimerFd(Descriptor):
    """A timer on the monotonic clock that makes a file descriptor readable.

    Raises:
        OSError: The system has none left.
    """

    def __init__(self, found: ctypes.CDLL) -> None:
        fd = found.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create() failed")
        super().__init__(fd)
        self._spec = _ITimerSpec()
        self._pointer = ctypes.byref(self._spec)
        self._settime = found.timerfd_settime

    def set(self, nanoseconds: int) -> None:
        """Set the deadline, in nanoseconds of the monotonic clock."""
        spec = self._spec
        spec.seconds, spec.nanoseconds = divmod(nanoseconds, 1_000_000_000)
        self._settime(self._fd, _TFD_TIMER_ABSTIME, self._pointer, None)
