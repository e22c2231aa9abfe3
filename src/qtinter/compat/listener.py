# SPDX-License-Identifier: BSD-3-Clause
"""The connections that qtinter makes itself: a QObject that hands each emission to a function.

Each `Connection` has a receiver of its own, a QObject made in the connecting thread, whose slot
passes the arguments on. So an emission arrives in that thread, whichever thread it comes from; a
plain callable would not do, since PySide6 runs it in the sender's thread.

What the bindings want of such a receiver:

* PyQt connects without a proxy, and so without a record that outlives the connection, if the
  slot is decorated with exactly the signal's types. There is one class of receivers for each list
  of types. Some types can't be written in a decorator; for these it has to be a proxy.
* PySide takes a decorated slot of variable arguments for any signal. The receivers of PySide6's
  signals are used again (:mod:`.spare`).
* PySide2 crashes with ``__slots__`` in QObjects, returns no connection object, and its bound
  signals must not be touched once the sender is gone. There the connection ends with the receiver.

A source that is no signal, but has a ``connect`` method, may call the slot from any thread, so
its receiver looks which one it is in, and posts the arguments to itself if that is not its own.
In a program without Qt, which can have such sources only, it is no QObject.

Invariants:

* After `Connection.close` nothing is delivered any more, and ``receivers()`` is as it was.
* A QObject is deleted by its own thread only, whoever drops the last reference to the connection.
* Delivery is the only thing that a slot of ours does; it must not raise.
"""

from __future__ import annotations

import functools
import importlib
from threading import get_ident
from typing import TYPE_CHECKING, Any, Protocol

from . import spare
from .arguments import copier, safe_to_keep
from .bindings import binding, known_binding
from .spare import disconnect_link, ignore

if TYPE_CHECKING:
    from collections.abc import Callable

    from .spare import Deliver


class Closeable(Protocol):
    """Something that delivers until it is closed."""

    def close(self) -> None:
        """Stop delivering."""
        ...


class Connection:
    """A connection, which lasts until it is closed or no longer referenced.

    Args:
        receiver: The QObject that the source was connected to, made by this thread.
        link: What ``connect`` has returned, if that is what the binding disconnects by.
        source: What to ask for the disconnection, if it is not a signal.
    """

    __slots__ = ("__weakref__", "_link", "_receiver", "_source", "_thread")

    def __init__(self, receiver: Any, link: Any, source: Any = None) -> None:
        self._receiver = receiver
        self._link = link
        self._source = source
        self._thread = get_ident()

    def close(self) -> None:
        """End the connection. Whatever has not been delivered yet never will be."""
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        receiver.deliver = ignore
        if self._link is not None:
            disconnect_link()(self._link)
        if self._source is not None:
            _ask_to_disconnect(self._source, receiver)
        if self._thread != get_ident():
            receiver.deleteLater()  # else it is deleted with this function's reference to it

    def __del__(self) -> None:
        if self._receiver is not None:
            self.close()


def is_signal(source: object) -> bool:
    """Whether an object is a bound signal of the binding in use."""
    return known_binding() is not None and isinstance(source, _bound_signal_class())


def listen_to_signal(signal: Any, deliver: Deliver) -> Closeable:
    """Connect a bound signal to a function.

    Args:
        signal: The signal.
        deliver: Called in this thread with the arguments of each emission, safe to keep, as a
            tuple. It must not raise.

    Returns:
        The connection. It is the caller's to keep.
    """
    if _is_pyside6():
        return spare.listen(signal, deliver)
    receiver = _receiver_class(signal)()
    receiver.deliver = deliver
    link = signal.connect(receiver.on)
    return Connection(receiver, link if binding().is_pyqt else None)


def listen_to_object(source: Any, deliver: Deliver) -> Connection:
    """Connect an object with a ``connect`` method to a function, as :func:`listen_to_signal`."""
    receiver = _relay_class()() if known_binding() is not None else _PlainReceiver()
    receiver.deliver = deliver
    receiver.thread_id = get_ident()
    link = source.connect(receiver.on)
    # What wraps a signal may return what the signal has returned.
    return Connection(receiver, link if _is_link(link) else None, source)


class Poster:
    """Calls functions in the thread that made it, from any thread."""

    __slots__ = ("_connection", "_receiver")

    def __init__(self) -> None:
        receiver = _relay_class()()
        receiver.deliver = _call
        receiver.thread_id = get_ident()
        self._receiver = receiver
        self._connection = Connection(receiver, None)  # sees to its deletion

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Have a function called by the event loop of the thread."""
        _post(self._receiver, (function, args, self))  # which must not be gone before that


class _PlainReceiver:
    """A receiver for a program without Qt."""

    deliver: Deliver
    thread_id: int

    def on(self, *args: Any) -> None:
        if get_ident() != self.thread_id:
            raise RuntimeError("without Qt, a source must be emitted in the thread that listens")
        self.deliver(args)

    def deleteLater(self) -> None:
        """Do nothing."""


def disconnect_all(links: list[Any]) -> None:
    """End connections, as far as they are still there, by what ``connect`` has returned."""
    for link in links:
        if _is_link(link):
            disconnect_link()(link)


@functools.cache
def _is_pyside6() -> bool:
    return binding().name == "PySide6"


def _is_link(link: object) -> bool:
    """Whether it is something that ends a connection."""
    return known_binding() is not None and isinstance(link, _link_class())


@functools.cache
def _link_class() -> Any:
    return binding().QtCore.QMetaObject.Connection


def _call(posted: tuple[Any, ...]) -> None:
    function, args, _poster = posted
    function(*args)


def _ask_to_disconnect(source: Any, receiver: Any) -> None:
    if not hasattr(source, "disconnect"):
        # The source may have kept a reference, so the C++ object has to go by itself.
        if receiver.thread_id == get_ident() and known_binding() is not None:
            _delete()(receiver)
        return
    try:
        source.disconnect(receiver.on)
    except (RuntimeError, TypeError):
        # How bindings say that the sender is gone, or that the connection is.
        pass


@functools.cache
def _delete() -> Callable[[Any], object]:
    delete: Callable[[Any], object] = {
        "PyQt5": lambda: binding().module("sip").delete,
        "PyQt6": lambda: binding().module("sip").delete,
        "PySide2": lambda: importlib.import_module("shiboken2").delete,
        "PySide6": lambda: importlib.import_module("shiboken6").Shiboken.delete,
    }[binding().name]()
    return delete


@functools.cache
def _bound_signal_class() -> Any:
    qtcore = binding().QtCore
    return qtcore.pyqtBoundSignal if binding().is_pyqt else qtcore.SignalInstance


def _receiver_class(signal: Any) -> Any:
    return _pyqt_receiver_class(signal.signal) if binding().is_pyqt else _pyside2_receiver_class()


@functools.cache
def _pyside2_receiver_class() -> Any:
    qtcore = binding().QtCore

    def on(self: Any, *args: Any) -> None:
        self.deliver(args)

    return type("Receiver", (qtcore.QObject,), {"on": qtcore.Slot()(on)})


@functools.cache
def _pyqt_receiver_class(signature: str) -> Any:
    # "2name(type,type)" is what PyQt calls the signal.
    if signature == "2destroyed(QObject*)":
        return _pyqt_receiver_class_for_destroyed()
    return _pyqt_receiver_class_for(signature[signature.index("(") + 1 : -1])


def _pyqt_receiver_class_for_destroyed() -> Any:
    qtcore = binding().QtCore
    set_deleted = binding().module("sip").setdeleted

    def on(self: Any, dying: Any) -> None:
        # PyQt wraps the dying object anew, and would never learn that it is gone.
        set_deleted(dying)
        self.deliver((dying,))

    return type("Receiver", (qtcore.QObject,), {"on": qtcore.pyqtSlot("QObject*")(on)})


@functools.cache
def _pyqt_receiver_class_for(type_list: str) -> Any:
    qtcore = binding().QtCore
    types = split_types(type_list)
    copy = copier(types)

    def on(self: Any, *args: Any) -> None:
        self.deliver(args)

    def on_copying(self: Any, *args: Any) -> None:
        self.deliver(copy(args))  # type: ignore[misc]

    slot = on if copy is None else on_copying
    slot.__name__ = "on"
    try:
        slot = qtcore.pyqtSlot(*types)(slot)
    except TypeError:
        pass  # such as "Feature", which C++ can only read inside its class
    return type("Receiver", (qtcore.QObject,), {"on": slot})


@functools.cache
def _relay_class() -> Any:
    qtcore = binding().QtCore

    def on(self: Any, *args: Any) -> None:
        # Without declared types, as the source may be anything that calls us.
        if get_ident() == self.thread_id:
            self.deliver(safe_to_keep(args))
        elif self.deliver is not ignore:  # else it may be deleted
            _post(self, safe_to_keep(args))

    def custom_event(self: Any, event: Any) -> None:
        self.deliver(event.arguments)

    slot = on if binding().is_pyqt else qtcore.Slot()(on)
    return type("Relay", (qtcore.QObject,), {"on": slot, "customEvent": custom_event})


@functools.cache
def _emission_class() -> Any:
    return type("Emission", (binding().QtCore.QEvent,), {})


def _post(receiver: Any, arguments: tuple[Any, ...]) -> None:
    qtcore = binding().QtCore
    event = _emission_class()(qtcore.QEvent.Type.User)
    event.arguments = arguments
    qtcore.QCoreApplication.postEvent(receiver, event)


def split_types(type_list: str) -> list[str]:
    """Split the list of types in a C++ signature at its commas, but not inside ``<>``."""
    types: list[str] = []
    depth = start = 0
    for index, character in enumerate(type_list):
        if character == "," and depth == 0:
            types.append(type_list[start:index])
            start = index + 1
        depth += (character == "<") - (character == ">")
    return [*types, type_list[start:]] if type_list else types
