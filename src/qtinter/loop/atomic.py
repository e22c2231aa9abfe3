# SPDX-License-Identifier: BSD-3-Clause
"""Code that a KeyboardInterrupt must not leave half-done.

A signal handler runs between any two bytecodes, and what it raises is raised there. Between two
callbacks it would lose a handle, or run one twice; in ``call_soon()`` and its like, the step of a
task that is to go on (asyncio's own loop does lose it); after a write to the self-pipe, all later
wake-ups. While such code is the innermost that runs, an interrupt is held until it has ended, which
is soon. The functions of this layer are marked where they are defined, those of others named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from qtinter.compat import aio
from qtinter.scheduler import Lifecycle, Scheduler, TimerHeap

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

_F = TypeVar("_F", bound="Callable[..., Any]")

_stock_loop: Any = aio.BaseEventLoop
_codes: set[CodeType] = {
    function.__code__
    for function in (
        Scheduler.slice,
        TimerHeap.push,
        TimerHeap.release,
        TimerHeap.next_deadline,
        TimerHeap._compact,
        Lifecycle.fire,
        aio.Handle.__init__,
        aio.TimerHandle.__init__,
        _stock_loop.call_soon,
        _stock_loop._call_soon,
    )
}


def atomic(function: _F) -> _F:
    """Mark a function: an interrupt that strikes in its own code is held until it has ended."""
    _codes.add(function.__code__)
    return function


def is_atomic(frame: FrameType) -> bool:
    """Whether a frame runs code that must not be left half-done."""
    return frame.f_code in _codes
