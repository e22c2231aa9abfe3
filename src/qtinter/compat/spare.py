# SPDX-License-Identifier: BSD-3-Clause
"""The connections of PySide6, whose receivers are used again.

To make a QObject and delete it costs PySide6 a third of a short wait for a signal. So a connection
that is closed leaves its receiver to the next one in the same thread, together with the bound
method that is connected and the place where the function stands that it calls. With PyQt, making
a QObject costs less than keeping one.

Invariants, besides those of :mod:`.listener`:

* A receiver that is used again gets nothing of what was emitted before.
* It is used by the thread that made it only.
"""

from __future__ import annotations

import functools
import threading
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from .bindings import binding

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Deliver: TypeAlias = Callable[[tuple[Any, ...]], object]
    #: The slot, a bound method of a QObject, and what it calls, as the only item of a list.
    Receiver: TypeAlias = tuple[Callable[..., object], list[Deliver]]


class _Spare(threading.local):
    """The receivers of closed connections."""

    #: How many are kept.
    ENOUGH = 8

    def __init__(self) -> None:
        self.receivers: list[Receiver] = []


_spare: Final = _Spare()


class SpareConnection:
    """A connection, which lasts until it is closed or no longer referenced.

    Args:
        receiver: What the signal was connected to, made by this thread.
        link: What ``connect`` has returned.
    """

    __slots__ = ("__weakref__", "_link", "_receiver", "_thread")

    def __init__(self, receiver: Receiver, link: Any) -> None:
        self._receiver: Receiver | None = receiver
        self._link = link
        self._thread = get_ident()

    def close(self) -> None:
        """End the connection. Whatever has not been delivered yet never will be."""
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        on, target = receiver
        target[0] = ignore
        disconnect_link()(self._link)
        if self._thread != get_ident():
            on.__self__.deleteLater()  # type: ignore[attr-defined]
        elif len(_spare.receivers) < _spare.ENOUGH:
            _forget_posted()(on.__self__)  # type: ignore[attr-defined] # by another thread
            _spare.receivers.append(receiver)

    def __del__(self) -> None:
        if self._receiver is not None:
            self.close()


def listen(signal: Any, deliver: Deliver) -> SpareConnection:
    """Connect a bound signal of PySide6 to a function; see :func:`.listener.listen_to_signal`."""
    spare = _spare.receivers
    receiver = spare.pop() if spare else _make_receiver()
    receiver[1][0] = deliver
    return SpareConnection(receiver, signal.connect(receiver[0]))


def ignore(_args: tuple[Any, ...]) -> None:
    """Deliver nothing."""


@functools.cache
def disconnect_link() -> Callable[[Any], object]:
    """Return what ends a connection, given what ``connect`` has returned."""
    disconnect: Callable[[Any], object] = binding().QtCore.QObject.disconnect
    return disconnect


@functools.cache
def _forget_posted() -> Callable[[Any], object]:
    forget: Callable[[Any], object] = binding().QtCore.QCoreApplication.removePostedEvents
    return forget


def _make_receiver() -> Receiver:
    target: list[Deliver] = [ignore]
    receiver = _receiver_class()()
    receiver.target = target
    return receiver.on, target


@functools.cache
def _receiver_class() -> Any:
    qtcore = binding().QtCore

    def on(self: Any, *args: Any) -> None:
        self.target[0](args)

    return type("Receiver", (qtcore.QObject,), {"on": qtcore.Slot()(on)})
