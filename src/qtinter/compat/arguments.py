# SPDX-License-Identifier: BSD-3-Clause
"""Making the arguments of an emission safe to keep.

PySide hands a slot Python objects of its own. PyQt does so too for most types, but a C++ value of
a class that Qt's meta type system doesn't know (``QItemSelection``, ``QTextCharFormat``,
``QSslError``, ...) arrives as a wrapper of the emitter's own variable, which is gone as soon as
the slot returns. Whoever keeps such an argument must copy it first.

What is copied, on PyQt only:

* a wrapped C++ value that Python does not own, by its class's copy constructor.
  (A ``QVariant`` can't do it: it copies just those types which arrive as copies anyway.)

What is never copied: everything that is not a wrapper; wrappers that Python owns, among them all
objects that were emitted through ``PyQt_PyObject`` and must keep their identity; QObjects; and
pointers, for a copied ``QListWidgetItem`` would be another item.

A value and a pointer look alike from Python. The C++ types of the signal tell them apart, so
`copier` is the exact way; `copy_signal_arguments`, which sees no more than the arguments, goes by
their classes.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .bindings import binding, known_binding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")

T = TypeVar("T")

_PASSED_AS_PYTHON_OBJECTS: Final = frozenset(
    [
        "bool",
        "char",
        "double",
        "float",
        "int",
        "long",
        "longlong",
        "qint8",
        "qint16",
        "qint32",
        "qint64",
        "qlonglong",
        "qreal",
        "quint8",
        "quint16",
        "quint32",
        "quint64",
        "qulonglong",
        "short",
        "uint",
        "ulong",
        "ulonglong",
        "ushort",
        "PyQt_PyObject",
        "QByteArray",
        "QDate",
        "QDateTime",
        "QModelIndex",
        "QPoint",
        "QPointF",
        "QRect",
        "QRectF",
        "QSize",
        "QSizeF",
        "QString",
        "QStringList",
        "QTime",
        "QUrl",
        "QVariant",
        "QVariantList",
        "QVariantMap",
    ]
)
"""Types that always arrive as objects which Python owns, so that nothing need be looked at."""


def copy_signal_arguments(args: tuple[Unpack[Ts]]) -> tuple[Unpack[Ts]]:
    """Return the arguments of an emission in a form that is safe to keep.

    In PyQt5 and PyQt6 an argument can be a reference to a C++ variable that lives only until the
    slot returns; using it later crashes the process. Such arguments are copied. Everything else is
    passed on as it is, and in PySide2 and PySide6 that is everything.

    Args:
        args: The arguments as a slot has received them.

    Returns:
        The same arguments, copied where necessary.

    Example:
        >>> copy_signal_arguments((1, "two"))
        (1, 'two')
    """
    return safe_to_keep(args)


def safe_to_keep(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Do what `copy_signal_arguments` does, whose types say more than a checker can follow."""
    known = known_binding()
    return tuple(map(_by_class(), args)) if known is not None and known.is_pyqt else args


def copier(types: Sequence[str]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
    """Return a function that makes arguments of the given C++ types safe to keep.

    Args:
        types: The C++ types in a PyQt signal's signature.

    Returns:
        The function, or None if arguments of these types are always safe.
    """
    positions = [
        index
        for index, name in enumerate(types)
        # A container arrives as a Python list or dict of objects that Python owns.
        if name not in _PASSED_AS_PYTHON_OBJECTS and not name.endswith(("*", ">"))
    ]
    if not positions:
        return None
    sip = binding().module("sip")

    def copy(args: tuple[Any, ...]) -> tuple[Any, ...]:
        for index in positions:
            arg = args[index]
            if isinstance(arg, sip.simplewrapper) and not sip.ispyowned(arg):
                args = (*args[:index], _constructed(arg), *args[index + 1 :])
        return args

    return copy


@functools.cache
def _by_class() -> Callable[[Any], Any]:
    sip = binding().module("sip")
    qobject = binding().QtCore.QObject
    qvariant = binding().QtCore.QVariant

    def copy(arg: Any) -> Any:
        if not isinstance(arg, sip.simplewrapper) or sip.ispyowned(arg):
            return arg
        if not isinstance(arg, sip.wrapper):
            return _constructed(arg)
        # A class whose objects can own one another. Nearly all of these are passed by pointer;
        # QVariant copies the few that are values and known to it, and returns the others.
        return arg if isinstance(arg, qobject) else qvariant(arg).value()

    return copy


def _constructed(value: T) -> T:
    try:
        return type(value)(value)  # type: ignore[call-arg]
    except TypeError:  # it has no copy constructor, so it can't have been passed by value
        return value
