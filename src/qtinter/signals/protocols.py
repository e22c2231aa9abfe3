# SPDX-License-Identifier: BSD-3-Clause
"""What the signal functions accept, in types.

No binding types its signals, and their overloaded ``connect`` methods can't be matched against
a protocol reliably. So:

* `BoundSignal` is a protocol of the one method that counts, generic over the types of the
  arguments. A class of signals that wants to be typed exactly derives from it by name.
* The functions use ``Ds``, a type variable with a default. Where nothing is known of the arguments,
  a checker falls back to that, and the result is ``tuple[Any, ...]``. Without the default it would
  be ``tuple[Never, ...]`` for PySide6, which fits everywhere and is never right.

The default must not be on the protocol's own variable: a signal without arguments would get it.
What a slot returns is Any, since the stubs of PyQt5 want None, and others want nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from typing_extensions import TypeVarTuple, Unpack

Ts = TypeVarTuple("Ts")
Ds = TypeVarTuple("Ds", default=Unpack[tuple[Any, ...]])


class BoundSignal(Protocol[Unpack[Ts]]):
    """A bound signal of a Qt binding, or anything that can be connected to in the same way.

    Example:
        >>> def report(changed: BoundSignal[str]) -> None:
        ...     changed.connect(print)
    """

    def connect(self, slot: Callable[[Unpack[Ts]], Any], /) -> object:
        """Have a function called with the arguments of each emission."""
        ...


def check_source(function: str, source: object) -> None:
    """Raise TypeError if an object can't be connected to."""
    if not callable(getattr(source, "connect", None)):
        raise TypeError(
            f"{function}() argument 'signal' must be a bound signal or an object with a "
            f"connect method, not {source!r}"
        )
