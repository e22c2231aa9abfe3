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
from typing import Any, Final, TypeVar

from typing_extensions import TypeVarTuple, Unpack

from qtinter.compat.receivers import bound_wrapper, is_qobject
from qtinter.compat.shape import declared_cut, wrapper

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
        raise TypeError(
            f"transform_slot() argument 'transform' must be callable, not {transform!r}"
        )
    made: Any = wrap(slot, transform, extras, -1)
    return made  # type: ignore[no-any-return]


def wrap(
    slot: Callable[..., Any], transform: Callable[..., Any], extras: tuple[Any, ...], count: int
) -> Any:
    """Do what `transform_slot` does, for a wrapper that shows a number of parameters.

    Args:
        slot: As there.
        transform: As there.
        extras: As there.
        count: How many arguments a binding should see that the wrapper takes, -1 for any number.
    """
    receiver = getattr(slot, "__self__", None)
    function = getattr(slot, "__func__", None)
    if receiver is not None and function is not None:
        cut = declared_cut(receiver, function)

        def call_method(args: tuple[Any, ...]) -> Any:
            method = types.MethodType(function, args[0])
            args = args[1:]
            return transform(method, args if cut is None else cut(args), *extras)

        key: tuple[object, ...] = (id(function), id(transform), *map(id, extras))
        return bound_wrapper(receiver, slot, count, call_method, key)
    if isinstance(slot, types.BuiltinMethodType) and is_qobject(receiver):
        name = slot.__name__

        def call_named(args: tuple[Any, ...]) -> Any:
            return transform(getattr(args[0], name), args[1:], *extras)

        key = (name, id(transform), *map(id, extras))
        return bound_wrapper(receiver, slot, count, call_named, key)
    function_wrapper = wrapper(count, lambda args: transform(slot, args, *extras))
    return functools.update_wrapper(function_wrapper, slot)


class SemiWeakRef:
    """A weak reference that is strong while user code refers to it.

    The object made is deleted when ``o`` is deleted; but as long as somebody holds it, it keeps
    ``o`` alive. When the last reference to it goes, it comes back once, holding ``o`` weakly then.

    Args:
        o: The object to refer to.
        ref: The kind of weak reference that suits it: `weakref.WeakMethod` for a bound method, else
            `weakref.ref`.

    Raises:
        TypeError: ``o`` can't be referenced weakly.

    Example:
        >>> def function() -> None: ...
        >>> SemiWeakRef(function).referent() is function
        True
    """

    def __init__(self, o: Any, ref: Callable[..., Any] = weakref.ref) -> None:
        super().__init__()
        self._strong: Any = None
        self._ref = ref
        self._weak = ref(o)
        self._strong = o

    def referent(self) -> Any:
        """Return the object referred to, or None once it is gone."""
        return self._weak()

    def __del__(self) -> None:
        o, self._strong = self._strong, None
        if o is None:
            return
        # Held from here on by this reference's callback, until that is called with o's death. The
        # reference is new, since the garbage collector may have cleared the old one just now.
        key = id(self)

        def forget(_: object, dormant: dict[int, SemiWeakRef] = _dormant) -> None:
            dormant.pop(key, None)

        self._weak = self._ref(o, forget)
        _dormant[key] = self
        if len(_dormant) > 2 * _Sweep.survivors + 64:
            _Sweep.run()


_dormant: Final[dict[int, SemiWeakRef]] = {}


class _Sweep:
    """Forgets references whose object has died without a callback, as it may in a garbage cycle."""

    survivors = 0

    @classmethod
    def run(cls) -> None:
        for key, reference in list(_dormant.items()):
            if reference.referent() is None:
                _dormant.pop(key, None)
        cls.survivors = len(_dormant)


def get_positional_parameter_count(fn: Callable[..., Any]) -> int:
    """Return how many arguments a function takes by position.

    Args:
        fn: The function. If it can't be inspected, like some builtins, it is taken for variadic.

    Returns:
        The number of positional parameters, or -1 if there is an ``*args`` among them.

    Raises:
        TypeError: ``fn`` can't be called, or not without keyword arguments.

    Example:
        >>> get_positional_parameter_count(lambda a, b=None: None)
        2
    """
    if not callable(fn):
        raise TypeError(
            f"get_positional_parameter_count() argument 'fn' must be callable, not {fn!r}"
        )
    try:
        parameters = inspect.signature(fn).parameters.values()
    except ValueError:
        return -1
    count = 0
    variadic = False
    for parameter in parameters:
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}:
            count += 1
        elif parameter.kind is parameter.VAR_POSITIONAL:
            variadic = True
        elif parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise TypeError(
                f"{fn!r} can't be a slot: its keyword-only parameter {parameter.name!r} has no "
                "default, and a signal has no keyword arguments"
            )
    return -1 if variadic else count
