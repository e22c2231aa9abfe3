# SPDX-License-Identifier: BSD-3-Clause
"""Time as a parameter.

The scheduler never reads a clock of its own: it is given one. In production that is
``time.monotonic``; in a test it is a :class:`VirtualClock`, which stands still until told to move.
Both count seconds from an arbitrary origin and never go backwards.
"""

from __future__ import annotations

import math
from typing import Protocol


class Clock(Protocol):
    """Anything that can be called for the current time, in seconds."""

    def __call__(self) -> float:
        """Return the current time in seconds."""
        ...  # pragma: no cover - a protocol has no body to run


class VirtualClock:
    """A clock that moves only when it is told to.

    Args:
        now: The time it shows at first, in seconds.

    Example:
        >>> clock = VirtualClock()
        >>> clock.advance(2.5)
        >>> clock()
        2.5
    """

    __slots__ = ("now",)

    def __init__(self, now: float = 0.0) -> None:
        self.now: float = now

    def __call__(self) -> float:
        """Return the time shown, in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move forward.

        Args:
            seconds: How far; finite and not negative.

        Raises:
            ValueError: ``seconds`` is negative, infinite or not a number.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"advance() needs a finite time of 0 or more seconds, not {seconds!r}")
        self.now += seconds

    def advance_to(self, when: float) -> None:
        """Move forward to a point in time; a point in the past changes nothing.

        Args:
            when: The time to show, in seconds.

        Raises:
            ValueError: ``when`` is infinite or not a number.
        """
        if not -math.inf < when < math.inf:
            raise ValueError(f"advance_to() needs a finite time, not {when!r}")
        self.now = max(self.now, when)
