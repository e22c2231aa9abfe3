# SPDX-License-Identifier: BSD-3-Clause
"""Wrapping slots without changing how long they live.

A binding keeps a function alive while it is connected, but refers to the receiver of a bound method
only weakly, and ends the connection with the receiver. A wrapper keeps to that:

================  =====================================  ======================================
slot              the wrapper keeps the slot alive ...   the wrapper is called until ...
================  =====================================  ======================================
function,         ... always                             ... the sender is gone, or it is
lambda, partial,                                         disconnected
callable object
bound method of   ... while user code refers to the      ... that, or the QObject is deleted in
a QObject         wrapper                                C++ or collected in Python
bound method of   ... while user code refers to the      ... that, or the object is collected
another object    wrapper
bound method of   TypeError: its lifetime can't be
an object without followed
weak references
================  =====================================  ======================================

A method is only a bound method here if it says what it is bound to and which function it calls, or
if it is a method of a QObject that is written in C++. The bound methods of builtin types, such as
``list.append``, say neither, and are like functions: a reference to them keeps the list alive.
"""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from qtinter.compat.receivers import bound_wrapper, is_qobject
from qtinter.compat.shape import DECORATIONS, declared_cut, wrapper

if TYPE_CHECKING:
    from typing_extensions import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")
    Rs = TypeVarTuple("Rs")
    Es = TypeVarTuple("Es")

T = TypeVar("T")
R = TypeVar("R")


def transform_slot(
    slot: Callable[[Unpack[Ts]], T],
    transform: Callable[[Callable[[Unpack[Ts]], T], tuple[Unpack[Rs]], Unpack[Es]], R],
    *extras: Unpack[Es],
) -> Callable[[Unpack[Rs]], R]:
    """Wrap a slot so that something else is done with its arguments.

    Args:
        slot: A function or bound method.
        transform: What the wrapper does: ``wrapper(*args)`` is ``transform(slot, args, *extras)``.
        extras: Further arguments for ``transform``.

    Returns:
        A bound method with the lifetime of ``slot`` if ``slot`` is one, else a function that holds
        ``slot``; the module docstring says exactly which. Once the receiver of the slot is gone,
        the wrapper does nothing.

    Raises:
        TypeError: ``slot`` or ``transform`` can't be called, or the receiver of ``slot`` can't be
            referenced weakly.

    Example:
        >>> def add(a: int, b: int) -> int:
        ...     return a + b
        >>> def swapped(slot, args, sign):
        ...     return sign * slot(*reversed(args))
        >>> transform_slot(add, swapped, -1)(1, 2)
        -3
    """
    if not callable(slot):
        raise TypeError(f"transform_slot() argument 'slot' must be callable, not {slot!r}")
    if not callable(transform):
        raise TypeError(f"transform_slot() argument 'transform' must be callable, not {transform!r}")
    return wrap(slot, transform, extras, -1)


def wrap(
    slot: Callable[..., Any], transform: Callable[..., Any], extras: tuple[Any, ...], count: int
) -> Callable[..., Any]:
    """Do what `transform_slot` does, for a wrapper that shows a number of parameters.

    Args:
        slot: As there.
        transform: As there.
        extras: As there.
        count: How many arguments a binding should see that the wrapper takes, -1 for any number.
    """
    receiver = getattr(slot, "__self__", None)
    function = getattr(slot, "__func__", None)
    if receiver is None or isinstance(receiver, types.ModuleType):
        pass
    elif function is not None:
        cut = declared_cut(receiver, function)
        return _bound(
            slot,
            receiver,
            function,
            _make_call(lambda owner: types.MethodType(function, owner), transform, extras, cut),
            (id(function), id(transform), *map(id, extras)),
            count,
        )
    elif isinstance(slot, types.BuiltinMethodType) and is_qobject(receiver):
        name = slot.__name__
        return _bound(
            slot,
            receiver,
            slot,
            _make_call(lambda owner: getattr(owner, name), transform, extras, None),
            (name, id(transform), *map(id, extras)),
            count,
        )
    made = wrapper(count, lambda args: transform(slot, args, *extras))
    functools.update_wrapper(made, slot)
    return made
