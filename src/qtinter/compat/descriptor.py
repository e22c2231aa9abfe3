# SPDX-License-Identifier: BSD-3-Clause
"""What both ways to make a timerfd have in common."""

from __future__ import annotations

import contextlib
import os


class Descriptor:
    """The file descriptor of a timer."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._fd

    def clear(self) -> None:
        """Make the file descriptor unreadable after the deadline."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)

    def close(self) -> None:
        """Close the file descriptor."""
        os.close(self._fd)
