# SPDX-License-Identifier: BSD-3-Clause
"""The loop: asyncio's own, on our scheduler, hosted by Qt.

The walk of a callback: ``call_soon`` (:mod:`~qtinter.loop.core`) appends it to the scheduler's
queue and arms the :mod:`~qtinter.loop.host`; Qt wakes the loop (:mod:`~qtinter.loop.hosted`), which
runs a slice of the scheduler. That of an fd event: the :mod:`~qtinter.loop.watch` wakes the loop,
whose poll has asyncio append the handles. :mod:`~qtinter.loop.owner` runs Qt in OWNER mode and
:mod:`~qtinter.loop.quit` says what its quitting means; :mod:`~qtinter.loop.guest` is about leaving
a Qt that is not ours. :mod:`~qtinter.loop.interrupt` deals with signals, :mod:`~qtinter.loop.run`
has the entry points, :mod:`~qtinter.loop.selector` the concrete classes.
"""

from __future__ import annotations

import sys

from qtinter.scheduler import QiLoopMode

from .base import QiBaseEventLoop
from .modal import modal
from .run import (
    QiDefaultEventLoop,
    new_event_loop,
    run,
    using_asyncio_from_qt,
    using_qt_from_asyncio,
)
from .selector import QiBaseSelectorEventLoop, QiSelectorEventLoop

if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    from .proactor import QiBaseProactorEventLoop as QiBaseProactorEventLoop
    from .proactor import QiProactorEventLoop as QiProactorEventLoop
from .tasks import run_task

__all__ = [
    "QiBaseEventLoop",
    "QiBaseSelectorEventLoop",
    "QiDefaultEventLoop",
    "QiLoopMode",
    "QiSelectorEventLoop",
    "modal",
    "new_event_loop",
    "run",
    "run_task",
    "using_asyncio_from_qt",
    "using_qt_from_asyncio",
]
