# SPDX-License-Identifier: BSD-3-Clause
"""What keeps a waiting task alive.

A task that waits for a signal is referred to only by what the signal is connected to, and that
only by the task: a cycle that the garbage collector would take, with a task in it that was never
done. So the loop refers to each connection that is waited for. The references are the loop's own,
not the module's, so that a loop which is dropped takes them with it.
"""

from __future__ import annotations

import asyncio
from typing import Any

_NAME = "_qtinter_waits"

_homeless: set[Any] = set()


def waits(loop: asyncio.AbstractEventLoop) -> set[Any]:
    """Return the set of what the loop keeps alive, to be added to while waiting."""
    held: set[Any] | None = getattr(loop, _NAME, None)
    if held is None:
        held = set()
        try:
            setattr(loop, _NAME, held)
        except AttributeError:  # a loop written in C that has no place for it
            held = _homeless
    return held
