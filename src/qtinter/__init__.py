# SPDX-License-Identifier: BSD-3-Clause
"""asyncio and Qt for Python in one thread.

An asyncio event loop that runs on Qt's, awaitable signals, coroutines as slots, and modal dialogs
that don't stop asyncio, for PyQt6, PySide6, PyQt5 and PySide2. Importing this package imports no
binding: the one that the program uses is found when it is first needed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .compat.features import keep_names

keep_names()  # before the other modules are imported

from .loop import (  # noqa: E402
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

if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    from .loop import QiBaseProactorEventLoop, QiProactorEventLoop

if TYPE_CHECKING:
    from .loop.policy import QiDefaultEventLoopPolicy, QiSelectorEventLoopPolicy
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

if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    if TYPE_CHECKING:
        from .loop.policy import QiProactorEventLoopPolicy

    __all__ += ["QiBaseProactorEventLoop", "QiProactorEventLoop", "QiProactorEventLoopPolicy"]

#: What is imported when it is first asked for: the signals, since programs without them should not
#: wait for that; the policies, since newer Pythons have none.
_LAZY = {
    name: ".loop.policy" if name.endswith("Policy") else ".signals"
    for name in __all__
    if name not in globals()
}


def __getattr__(name: str) -> Any:
    """Import what is not imported yet."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LAZY[name], __name__), name)
    return found


def __dir__() -> list[str]:
    """List what is not imported yet, too."""
    return sorted({*globals(), *_LAZY})
