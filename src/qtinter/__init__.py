# SPDX-License-Identifier: BSD-3-Clause
"""asyncio and Qt for Python in one thread.

An asyncio event loop that runs on Qt's, awaitable signals, coroutines as slots, and modal dialogs
that don't stop asyncio, for PyQt6, PySide6, PyQt5 and PySide2. Importing this package imports no
binding: the one that the program uses is found when it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .loop import (
    QiBaseEventLoop,
    QiBaseSelectorEventLoop,
    QiDefaultEventLoop,
    QiLoopMode,
    QiSelectorEventLoop,
    modal,
    new_event_loop,
    run,
    run_task,
    using_asyncio_from_qt,
    using_qt_from_asyncio,
)
from .signals import (
    BoundSignal,
    SemiWeakRef,
    SignalStream,
    asyncsignal,
    asyncsignalstream,
    asyncslot,
    copy_signal_arguments,
    get_positional_parameter_count,
    multisignal,
    transform_slot,
)

if TYPE_CHECKING:
    from .loop.policy import QiDefaultEventLoopPolicy, QiSelectorEventLoopPolicy

__all__ = [
    "BoundSignal",
    "QiBaseEventLoop",
    "QiBaseSelectorEventLoop",
    "QiDefaultEventLoop",
    "QiDefaultEventLoopPolicy",
    "QiLoopMode",
    "QiSelectorEventLoop",
    "QiSelectorEventLoopPolicy",
    "SemiWeakRef",
    "SignalStream",
    "asyncsignal",
    "asyncsignalstream",
    "asyncslot",
    "copy_signal_arguments",
    "get_positional_parameter_count",
    "modal",
    "multisignal",
    "new_event_loop",
    "run",
    "run_task",
    "transform_slot",
    "using_asyncio_from_qt",
    "using_qt_from_asyncio",
]

_POLICIES = ("QiDefaultEventLoopPolicy", "QiSelectorEventLoopPolicy")


def __getattr__(name: str) -> Any:
    """Load the policy classes when they are asked for: newer Pythons have no policies."""
    if name in _POLICIES:
        from .loop import policy

        return getattr(policy, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
