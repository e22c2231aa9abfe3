# SPDX-License-Identifier: BSD-3-Clause
"""Bound methods that bindings treat as methods of their receiver.

A binding takes a bound method apart when it is connected: it keeps the receiver weakly, and the
function not at all or not for long. A wrapper that is to live exactly as long as the receiver is
therefore *another bound method of the same receiver*, made of a function that is kept here for as
long as the receiver lives:

==================  =====================================================================
receiver            wrapper
==================  =====================================================================
QObject, PyQt       bound method of the receiver
QObject, PySide     the same, and its class has the function as an attribute: PySide calls
                    a method by name, and only then in the receiver's thread and with
                    the right ``sender()``
other, PySide       bound method of an `anchor <_anchor_class>`, a QObject
other               bound method of the receiver
==================  =====================================================================

The anchor is there because PySide crashes over plain receivers: PySide6 (6.8 to 6.12 at least)
delivers a queued emission to one that is gone, and PySide2 may stumble over one that is collected
in another thread. What is queued for a QObject, Qt drops with it, and a QObject of ours can see to
it that its own thread deletes it. While somebody holds the wrapper, the anchor holds the receiver;
once nobody does, the receiver (that is, its entry here) holds the anchor.

Invariants:

* A reference to the wrapper keeps the receiver alive; a connection to it does not.
* Wrappers are remembered by what they do, so that wrapping the same method again and again makes
  one wrapper, and an equal one disconnects it.
* What is kept for a receiver goes with it.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import types
import weakref
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from .bindings import binding, known_binding
from .shape import DECORATIONS, wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import TypeAlias

    Call: TypeAlias = Callable[[tuple[Any, ...]], Any]


class _Entry:
    """What is kept for one receiver."""

    __slots__ = ("__weakref__", "functions", "published", "receiver")

    def __init__(self, receiver: Any) -> None:
        key = id(receiver)
        # Raises TypeError where the receiver can't be referenced weakly.
        entries = _entries  # at the interpreter's end the module's names may be gone
        self.receiver = weakref.ref(receiver, lambda _: entries.pop(key).clear())
        self.functions: dict[Hashable, Any] = {}
        self.published: list[tuple[type, str]] = []

    def clear(self) -> None:
        for owner, name in self.published:
            delattr(owner, name)
            _free_names.setdefault(owner, []).append(name)
        for kept in self.functions.values():
            if isinstance(kept, _Kept):
                kept.release()


_entries: Final[dict[int, _Entry]] = {}
_free_names: Final[weakref.WeakKeyDictionary[type, list[str]]] = weakref.WeakKeyDictionary()
_numbers: Final = itertools.count(1)


def is_qobject(thing: object) -> bool:
    """Whether an object is a QObject."""
    known = known_binding()
    return known is not None and isinstance(thing, known.QtCore.QObject)


def bound_wrapper(receiver: Any, method: Any, count: int, call: Call, key: Hashable) -> Any:
    """Make a bound method that does something else than the method that it stands for.

    Args:
        receiver: The object of the method.
        method: The method; what describes it describes the wrapper.
        count: How many arguments the binding should see that it takes, -1 for any number.
        call: Called with a tuple of the receiver and the arguments.
        key: What it does: wrappers of the same receiver with equal keys are interchangeable.

    Returns:
        A bound method.

    Raises:
        TypeError: The receiver can't be referenced weakly.
    """
    entry = _entries.get(id(receiver))
    if entry is None:
        entry = _Entry(receiver)
        _entries[id(receiver)] = entry
    qobject = is_qobject(receiver)
    known = known_binding()
    if not qobject and known is not None and not known.is_pyqt:
        return _anchored(entry, receiver, count, call, key)
    function = entry.functions.get(key)
    if function is None:
        function = _method(count, call)
        functools.update_wrapper(function, method)
        for decoration in DECORATIONS:
            # PyQt and PySide would call the original by its name.
            function.__dict__.pop(decoration, None)
        del function.__wrapped__  # the method, which holds the receiver
        if qobject and not binding().is_pyqt:
            _publish(entry, receiver.__class__, function)
        entry.functions[key] = function
    return types.MethodType(function, receiver)


def _method(count: int, call: Call) -> Any:
    # With no parameters but self, *args does as well, and takes surplus arguments.
    return wrapper(count + 1 if count > 0 else -1, call)


def _publish(entry: _Entry, owner: type, function: Any) -> None:
    # Names are used again, as Python never forgets one that was an attribute's.
    free = _free_names.get(owner)
    name = free.pop() if free else f"_qtinter_{next(_numbers)}"
    function.__name__ = name
    setattr(owner, name, function)
    entry.published.append((owner, name))


class _Kept:
    """An anchor's place in the entry of its receiver.

    The anchor is held by the wrapper while somebody refers to that, and else by this.
    """

    __slots__ = ("dormant", "known", "method")

    def __init__(self) -> None:
        self.dormant: Any = None
        self.known: Callable[[], Any] = _nothing
        self.method: Callable[[], Any] = _nothing

    def release(self) -> None:
        anchor, self.dormant = self.known(), None
        if anchor is not None and anchor.thread_id != get_ident():
            anchor.deleteLater()  # a QObject is deleted by its own thread


def _nothing() -> None:
    """Stand in for a reference that is dead."""


def _anchored(entry: _Entry, receiver: Any, count: int, call: Call, key: Hashable) -> Any:
    kept: _Kept = entry.functions.setdefault(key, _Kept())
    method = kept.method()
    if method is not None:
        return method
    anchor = kept.known()
    if anchor is None:
        anchor = _anchor_class(count)()
        anchor.weak = entry.receiver
        anchor.call = call
        anchor.thread_id = get_ident()
        kept.known = weakref.ref(anchor)
    anchor.strong = receiver
    known = kept.known

    def nobody_holds_it(_: object) -> None:
        # Runs before the bound method lets go of the anchor.
        anchor = known()
        if anchor is not None:
            kept.dormant = anchor
            anchor.strong = None

    method = anchor.on
    # The anchor holds this reference: where a cycle of receiver and wrapper is collected, it
    # must be collected with them, not called.
    anchor.method = kept.method = weakref.ref(method, nobody_holds_it)
    kept.dormant = None
    return method


def _free_anchors() -> None:
    """Let the interpreter's last collection find no anchor.

    A QObject that goes in a weak reference's callback of that collection leaves its own weak
    references dangling in PySide6 (6.12 at least), which crashes the process.
    """
    for entry in list(_entries.values()):
        entry.functions.clear()


@functools.cache
def _anchor_class(count: int) -> Any:
    qtcore = binding().QtCore

    def on(args: tuple[Any, ...]) -> Any:
        anchor = args[0]
        receiver = anchor.weak()
        return None if receiver is None else anchor.call((receiver, *args[1:]))

    def finalize(anchor: Any) -> None:
        # As part of a cycle, it may be collected by any thread; this brings it back.
        if anchor.thread_id != get_ident():
            anchor.strong = None
            anchor.deleteLater()

    atexit.register(_free_anchors)
    slot = _method(count, on)
    slot.__name__ = "on"
    return type("Anchor", (qtcore.QObject,), {"on": qtcore.Slot()(slot), "__del__": finalize})
