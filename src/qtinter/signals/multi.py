# SPDX-License-Identifier: BSD-3-Clause
"""``multisignal``: several signals as one, each emission with a tag.

`multisignal.connect` connects a wrapper of the slot to each signal, made by
`~qtinter.signals.transform`; so the connections live as the table there says.

Invariants:

* The slot is called in the thread that has called ``connect``, or the one that its receiver, a
  QObject, lives in.
* Signals are never looked up by identity: PyQt makes a new object at each access.
* When the receiver is gone, ``receivers()`` of the senders is as it was.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Mapping
from threading import get_ident
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Unpack

from qtinter.compat.arguments import safe_to_keep
from qtinter.compat.listener import (
    Closeable,
    Poster,
    disconnect_all,
    is_signal,
    listen_to_object,
    listen_to_signal,
)
from qtinter.compat.shape import invoke, runs_functions_in_sender_thread

from .protocols import BoundSignal, check_source
from .transform import transform_slot

if TYPE_CHECKING:
    from qtinter.compat.spare import Deliver

K = TypeVar("K")
S = TypeVar("S", bound=BoundSignal[Unpack[tuple[Any, ...]]])


class multisignal(BoundSignal[K, tuple[Any, ...]], Generic[K]):  # noqa: N801 - looks like a function
    """Several signals as one that is emitted with a tag.

    Args:
        signal_map: The signals, each with its tag. The senders must be alive when `connect` is
            called.

    Raises:
        TypeError: ``signal_map`` is not a mapping, or not one of signals.

    Example:
        .. code-block:: python

            both = multisignal({accept.clicked: "yes", cancel.clicked: "no"})
            answer, _ = await asyncsignal(both)
    """

    @overload
    def __init__(self, signal_map: Mapping[BoundSignal[Unpack[tuple[Any, ...]]], K]) -> None: ...
    @overload
    def __init__(self, signal_map: Mapping[S, K]) -> None: ...
    def __init__(self, signal_map: Mapping[Any, K]) -> None:
        if not isinstance(signal_map, Mapping):
            raise TypeError(
                f"multisignal() argument 'signal_map' must be a mapping, not {signal_map!r}"
            )
        self._signals = list(signal_map.items())
        for signal, _ in self._signals:
            check_source("multisignal", signal)

    def connect(self, slot: Callable[[K, tuple[Any, ...]], object], /) -> None:
        """Have a function called with the tag and the arguments of each emission.

        There is no way to disconnect it. The connections end with the sender, and with the
        receiver if ``slot`` is a bound method.

        Args:
            slot: Called with the tag of the signal and the tuple of its arguments, in the thread
                that this method is called in. What it returns is ignored.

        Raises:
            TypeError: ``slot`` can't be called.
        """
        if not callable(slot):
            raise TypeError(f"multisignal.connect() argument 'slot' must be callable, not {slot!r}")
        poster = None
        if not hasattr(slot, "__func__") and self._signals and runs_functions_in_sender_thread():
            poster = Poster()
        links: list[Any] = []
        for signal, tag in self._signals:
            if poster is None:
                links.append(signal.connect(transform_slot(slot, _emit, tag)))
            else:
                signal.connect(transform_slot(slot, _emit_at_home, tag, poster, get_ident()))
        if isinstance(slot, types.MethodType) and links:
            weakref.finalize(slot.__self__, disconnect_all, links).atexit = False

    def listen(self, deliver: Deliver) -> Closeable:
        """Connect to a function until the connection is closed, as asyncsignal() does."""
        return _Connections([_listen_tagged(signal, tag, deliver) for signal, tag in self._signals])


class _Connections:
    """The connections to the signals of a multisignal, as one."""

    def __init__(self, connections: list[Closeable]) -> None:
        self._connections = connections

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


def open_connection(function: str, source: Any, deliver: Deliver) -> Closeable:
    """Connect a signal, or whatever is like one, to a function of ours.

    Args:
        function: What of ours the user has called.
        source: The signal.
        deliver: Called with the tuple of the arguments of each emission, in this thread.

    Raises:
        TypeError: The source can't be connected to.
    """
    if is_signal(source):
        return listen_to_signal(source, deliver)
    check_source(function, source)
    if isinstance(source, multisignal):
        return source.listen(deliver)
    return listen_to_object(source, deliver)


def _listen_tagged(signal: Any, tag: Any, deliver: Deliver) -> Closeable:
    return open_connection("multisignal", signal, lambda args: deliver((tag, args)))


def _emit(slot: Callable[..., object], args: tuple[Any, ...], tag: Any) -> None:
    invoke(slot, tag, safe_to_keep(args))


def _emit_at_home(
    slot: Callable[..., object], args: tuple[Any, ...], tag: Any, poster: Poster, thread: int
) -> None:
    if get_ident() == thread:
        invoke(slot, tag, safe_to_keep(args))
    else:
        poster.post(invoke, slot, tag, safe_to_keep(args))
