# SPDX-License-Identifier: BSD-3-Clause
"""The mode and state machine of a loop, as a table.

Theory of operation: everything that changes a loop's state goes through :meth:`Lifecycle.fire`,
which looks the event up in :data:`TRANSITIONS`. What the table does not hold is illegal: it
raises and changes nothing. The documentation's diagram is drawn from the same table.

* STOPPED: not running.
* SELECTING: running, and at rest: control is with Qt, or with what Qt runs.
* PROCESSING: running, and inside a slice: callbacks run.
* CLOSED: for good.

In OWNER and GUEST mode somebody else waits (the host), and wakes us up for a slice at a time. In
NATIVE mode the loop waits by itself, so there is no rest to be in.

One thing does not fit the table: a stop that is *pending* while the loop is stopped. The mode can't
be changed then either, because the stop belongs to the next run in the present mode.

The table is consulted twice a slice, never for a callback.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING


class QiLoopMode(enum.Enum):
    """Who runs the Qt event loop while the asyncio loop runs."""

    if not TYPE_CHECKING:  # enum's own is written in Python, and the table is asked every slice
        __hash__ = object.__hash__

    #: The asyncio loop does: for asyncio-driven code.
    OWNER = "OWNER"
    #: Somebody else does: for Qt-driven code.
    GUEST = "GUEST"
    #: Nobody does; the asyncio loop works without Qt: for clean-up code.
    NATIVE = "NATIVE"


class State(enum.Enum):
    """What a loop is doing."""

    if not TYPE_CHECKING:
        __hash__ = object.__hash__

    STOPPED = "STOPPED"
    SELECTING = "SELECTING"
    PROCESSING = "PROCESSING"
    CLOSED = "CLOSED"


class Event(enum.Enum):
    """What can happen to a loop."""

    if not TYPE_CHECKING:
        __hash__ = object.__hash__

    START = "start"
    WAKE = "wake"
    YIELD = "yield"
    FINISH = "finish"
    CLOSE = "close"


_HOSTED: dict[State, dict[Event, State]] = {
    State.STOPPED: {Event.START: State.SELECTING, Event.CLOSE: State.CLOSED},
    State.SELECTING: {Event.WAKE: State.PROCESSING, Event.FINISH: State.STOPPED},
    State.PROCESSING: {Event.YIELD: State.SELECTING, Event.FINISH: State.STOPPED},
    State.CLOSED: {},
}
_NATIVE: dict[State, dict[Event, State]] = {
    State.STOPPED: {Event.START: State.PROCESSING, Event.CLOSE: State.CLOSED},
    State.SELECTING: {},
    State.PROCESSING: {Event.FINISH: State.STOPPED},
    State.CLOSED: {},
}

#: Mode, state and event to the next state. Total in mode and state; a missing event is illegal.
TRANSITIONS: dict[QiLoopMode, dict[State, dict[Event, State]]] = {
    QiLoopMode.OWNER: _HOSTED,
    QiLoopMode.GUEST: _HOSTED,
    QiLoopMode.NATIVE: _NATIVE,
}


class InvalidTransition(RuntimeError):
    """Something was asked of a loop that its mode or state does not allow."""


class Lifecycle:
    """The mode and the state of one loop.

    Attributes:
        mode: The mode; set by :meth:`set_mode`.
        state: The state; set by :meth:`fire`.
    """

    __slots__ = ("mode", "state")

    def __init__(self, mode: QiLoopMode = QiLoopMode.OWNER, state: State = State.STOPPED) -> None:
        self.mode: QiLoopMode = mode
        self.state: State = state

    @property
    def running(self) -> bool:
        """Whether the loop runs."""
        return self.state is State.SELECTING or self.state is State.PROCESSING

    def fire(self, event: Event) -> None:
        """Let an event happen.

        Raises:
            InvalidTransition: The table has no such event for the mode and the state.
        """
        try:
            self.state = TRANSITIONS[self.mode][self.state][event]
        except KeyError:
            raise InvalidTransition(
                f"can't {event.value} a loop in {self.mode.name} mode; "
                f"the loop is {self.state.name}"
            ) from None

    def set_mode(self, mode: QiLoopMode, *, stopping: bool) -> None:
        """Change the mode.

        Args:
            mode: The new mode.
            stopping: Whether a stop is pending.

        Raises:
            TypeError: ``mode`` is not a mode.
            InvalidTransition: The loop is running or closed, or a stop is pending.
        """
        if not isinstance(mode, QiLoopMode):
            raise TypeError(f"set_mode() argument 'mode' must be a QiLoopMode, not {mode!r}")
        if self.state is not State.STOPPED:
            raise InvalidTransition(
                f"set_mode({mode.name}) needs a stopped loop; "
                f"the loop is {self.state.name} in {self.mode.name} mode"
            )
        if stopping:
            raise InvalidTransition(
                f"set_mode({mode.name}) is not possible while a stop is pending; "
                f"the loop is STOPPED in {self.mode.name} mode"
            )
        self.mode = mode
