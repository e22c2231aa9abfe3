# SPDX-License-Identifier: BSD-3-Clause
"""Wrappers whose number of parameters shows what they wrap.

A binding decides by the slot which arguments to pass. PySide even decides by it which overload to
connect: a slot of one parameter gets ``clicked(bool)``, but one of variable arguments gets
``clicked()``. So a wrapper that takes ``*args`` would receive other arguments than the function
that it wraps, and on PySide there are wrappers of exactly as many parameters. PyQt always connects
the overload that was named and offers all arguments, which is fastest with ``*args``.

PyQt, in turn, passes a decorated method no more than ``@pyqtSlot`` has declared. A wrapper of the
bound method can't be decorated itself, for PyQt would then call the method by its name instead; so
`declared_cut` does the same to the arguments.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any, Final

from .bindings import known_binding

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Args: TypeAlias = tuple[Any, ...]

_ABSENT: Final = object()

_takes_any: Final[weakref.WeakKeyDictionary[Any, Callable[[Args], Any]]] = (
    weakref.WeakKeyDictionary()
)
"""For each wrapper of a fixed number of parameters, what takes surplus arguments as well."""

DECORATIONS: Final = ("__pyqtSignature__", "_slots")
"""The attributes by which ``@pyqtSlot`` and ``@Slot`` mark a function."""

_ACCEPTS: Final[dict[str, tuple[type, ...]]] = {
    "QString": (str,),
    "bool": (bool, int),
    "double": (float, int),
    "int": (int,),
    "QStringList": (list,),
    "QVariantList": (list,),
}


def runs_functions_in_sender_thread() -> bool:
    """Whether the binding runs a slot that is no QObject's where the sender lives.

    The others run it in the thread that has connected it.
    """
    known = known_binding()
    return known is not None and known.name == "PySide6"


def wrapper(count: int, call: Callable[[Args], Any]) -> Callable[..., Any]:
    """Make a function that passes its arguments to another one as a tuple.

    Args:
        count: The number of parameters that a binding should see, or -1 for ``*args``.
        call: The function to call.

    Returns:
        A new function.
    """
    known = known_binding()
    # A function of no parameters gets no arguments from either kind of wrapper.
    if count < 1 or known is None or known.is_pyqt:
        return lambda *args: call(args)
    made: Callable[..., Any] = _factory(count)(call, _ABSENT)
    _takes_any[made] = call
    return made


def invoke(slot: Callable[..., Any], *args: Any) -> Any:
    """Call a slot; if it is a wrapper, with as many arguments as one likes."""
    call = _takes_any.get(getattr(slot, "__func__", slot)) if _takes_any else None
    if call is None:
        return slot(*args)
    receiver = getattr(slot, "__self__", None)
    return call(args if receiver is None else (receiver, *args))


@functools.cache
def _factory(count: int) -> Callable[..., Any]:
    # The number of parameters is in a function's code, and only source text makes new code.
    names = [f"a{index}" for index in range(count)]
    lines = [
        "def factory(call, absent):",
        f"  def wrapper({', '.join(f'{name}=absent' for name in names)}):",
    ]
    for used in range(count, 0, -1):
        lines.append(f"    if {names[used - 1]} is not absent:")
        lines.append(f"      return call(({', '.join(names[:used])},))")
    lines += ["    return call(())", "  return wrapper"]
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)  # noqa: S102 - nothing but the lines above
    factory: Callable[..., Any] = namespace["factory"]
    return factory


def declared_cut(receiver: Any, function: Any) -> Callable[[Args], Args] | None:
    """Return what cuts arguments to those that ``@pyqtSlot`` declares for a method.

    Args:
        receiver: The object of the bound method.
        function: Its function.

    Returns:
        A function, or None if nothing is declared or the binding does not go by it.
    """
    if not hasattr(function, "__pyqtSignature__") or not hasattr(receiver, "metaObject"):
        return None
    meta = receiver.metaObject()
    name = function.__name__
    found = {
        tuple(bytes(type_name.data()).decode() for type_name in method.parameterTypes())
        for method in map(meta.method, range(meta.methodCount()))
        if bytes(method.name().data()).decode() == name
    }
    overloads = sorted(found, key=len, reverse=True)
    if len({len(types) for types in overloads}) == 1:
        declared = len(overloads[0])
        return lambda args: args[:declared]
    return functools.partial(_cut_to_best, overloads)


def _cut_to_best(overloads: list[tuple[str, ...]], args: Args) -> Args:
    # As PyQt does when it connects, but by the arguments: the longest overload that they fit.
    for types in overloads:
        if len(types) <= len(args) and all(map(_fits, types, args)):
            return args[: len(types)]
    return args


def _fits(type_name: str, arg: Any) -> bool:
    accepted = _ACCEPTS.get(type_name)
    return accepted is None or isinstance(arg, accepted)
