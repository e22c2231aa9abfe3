# SPDX-License-Identifier: BSD-3-Clause
"""What the scheduler needs to know of a scheduled callback.

These are the attributes that ``asyncio.Handle`` and ``asyncio.TimerHandle`` have had in every
Python so far. They are private there, so this is the one place of the scheduler that names them;
the hot loop reads them directly, since a method call for each callback would cost more than all
the rest of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context


class HandleLike(Protocol):
    """A callback that is to run once, unless it is cancelled first."""

    _cancelled: bool
    _callback: Callable[..., object] | None
    _args: Any
    _context: Context


class TimerLike(HandleLike, Protocol):
    """A callback that waits for its deadline.

    ``_when`` is the deadline in seconds of the scheduler's clock. ``_scheduled`` says whether it
    is in the heap.
    """

    _when: float
    _scheduled: bool
