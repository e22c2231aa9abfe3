# SPDX-License-Identifier: BSD-3-Clause
"""The scheduler: what runs next, and when. Pure: no asyncio, no Qt, no clock of its own.

* :mod:`~qtinter.scheduler.scheduler` runs callbacks: turns, slices, the hot loop.
* :mod:`~qtinter.scheduler.timers` holds what waits for a deadline.
* :mod:`~qtinter.scheduler.lifecycle` is the mode and state machine, as a table.
* :mod:`~qtinter.scheduler.modal` queues calls that must run outside every callback.
* :mod:`~qtinter.scheduler.clock` and :mod:`~qtinter.scheduler.host` give virtual time,
  so that all of it can be tested without waiting and without Qt.
"""

from __future__ import annotations

from .clock import Clock, VirtualClock
from .handle import HandleLike, TimerLike
from .host import Deadlock, VirtualHost
from .lifecycle import TRANSITIONS, Event, InvalidTransition, Lifecycle, QiLoopMode, State
from .modal import ModalSlot
from .scheduler import Scheduler
from .timers import TimerHeap

__all__ = [
    "TRANSITIONS",
    "Clock",
    "Deadlock",
    "Event",
    "HandleLike",
    "InvalidTransition",
    "Lifecycle",
    "ModalSlot",
    "QiLoopMode",
    "Scheduler",
    "State",
    "TimerHeap",
    "TimerLike",
    "VirtualClock",
    "VirtualHost",
]
