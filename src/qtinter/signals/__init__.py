# SPDX-License-Identifier: BSD-3-Clause
"""Signals and slots in coroutines.

* :mod:`~qtinter.signals.single` waits for one emission, :mod:`~qtinter.signals.stream` iterates
  over them, and :mod:`~qtinter.signals.multi` makes one signal of several.
* :mod:`~qtinter.signals.slot` makes slots of coroutine functions, by way of
  :mod:`~qtinter.signals.transform`, which has the rules of how long slots live.
* :mod:`~qtinter.signals.protocols` says what a signal is to a type checker, and
  :mod:`~qtinter.signals.pending` keeps waiting tasks alive.

What differs between bindings is in :mod:`qtinter.compat`: ``listener`` makes connections of ours,
``receivers`` and ``shape`` make wrappers of a user's slot, ``arguments`` makes them safe to keep.
"""

from __future__ import annotations

from qtinter.compat.arguments import copy_signal_arguments

from .multi import multisignal
from .protocols import BoundSignal
from .single import asyncsignal
from .slot import asyncslot
from .stream import SignalStream, asyncsignalstream
from .transform import SemiWeakRef, get_positional_parameter_count, transform_slot

__all__ = [
    "BoundSignal",
    "SemiWeakRef",
    "SignalStream",
    "asyncsignal",
    "asyncsignalstream",
    "asyncslot",
    "copy_signal_arguments",
    "get_positional_parameter_count",
    "multisignal",
    "transform_slot",
]
