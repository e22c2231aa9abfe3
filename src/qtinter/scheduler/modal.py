# SPDX-License-Identifier: BSD-3-Clause
"""Calls that must run outside every callback, because they may start a nested event loop.

A callback asks for such a call; it runs right after that callback, before any other one, when the
loop is at rest and can go on inside the nested loop. The scheduler looks at :attr:`ModalSlot.calls`
after each callback and ends its slice when there is one; the host then takes it out and runs it.

Two kinds share the queue. An *exclusive* call is refused while another one is waiting; the others
queue up, in order.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class ModalSlot:
    """The modal calls that wait to be run.

    Attributes:
        calls: The queue. The hot loop tests it for being empty; never rebound.
    """

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls: deque[Callable[[], object]] = deque()

    def put(self, call: Callable[[], object], *, exclusive: bool = False) -> None:
        """Queue a call.

        Args:
            call: What is to be called, without arguments.
            exclusive: Refuse if another call is already waiting.

        Raises:
            RuntimeError: ``exclusive``, and a call is already waiting.
        """
        if exclusive and self.calls:
            raise RuntimeError("a modal call is already scheduled and pending")
        self.calls.append(call)

    def take(self) -> Callable[[], object]:
        """Take the call that has waited longest out of the queue.

        Raises:
            IndexError: None is waiting.
        """
        return self.calls.popleft()

    def drop(self) -> list[Callable[[], object]]:
        """Empty the queue; return what was in it."""
        dropped = list(self.calls)
        self.calls.clear()
        return dropped
