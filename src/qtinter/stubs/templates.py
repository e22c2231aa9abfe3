# SPDX-License-Identifier: BSD-3-Clause
"""The text of the overlay's signal classes.

The class that the binding names stays an untyped base, so it is right as an annotation as before;
behind it there are generic classes under private names:

* ``_pyqtSignal[*Ts]``, what stands in a class body, and ``_pyqtBoundSignal[*Ts]``, what an
  instance has. For PySide they are ``_Signal`` and ``_SignalInstance``.
* ``_pyqtSignalOf[B]``, a signal whose bound signal is of the class ``B``, made for it alone.
* ``_MultiplepyqtSignal[*Ts]``, a user's signal of several signatures, the first of them ``Ts``.

Two things here have been found out by experiment with both checkers:

* A bound signal derives from `qtinter.BoundSignal` by name. ``connect`` is overloaded, and no
  checker solves type variables through overloads against a protocol.
* The first overload of ``connect`` takes slots of all arguments and slots of none. Without the
  second, mypy doesn't understand lambdas with default arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

import attrs

from .parse import BOUND_CLASSES, SIGNAL_CLASSES, Module
from .signatures import Signal

MOST_ARGUMENTS = 6
"""How many arguments a user's own signal can have and be typed."""

LONGEST_PREFIX = 5
"""How many of the arguments that a signal passes a slot can take, if not all, and be typed."""

VARIABLES = [f"_{letter}" for letter in "ABCDEF"]
TS = "typing_extensions.Unpack[_Ts]"
ANYTHING = "typing_extensions.Unpack[tuple[typing.Any, ...]]"

IMPORTS = "import collections.abc\n\nimport typing_extensions\n\nimport qtinter\n"
"""What the file with the signal classes needs."""


@attrs.frozen
class Flavour:
    """What a binding calls things.

    Attributes:
        signal: The class of what stands in a class body.
        bound: The class of bound signals.
        returns: What ``connect``, ``disconnect`` and ``emit`` return.
        core: What goes before the names of QtCore: ``PyQt6.QtCore.``, or nothing inside of it.
    """

    signal: str
    bound: str
    returns: dict[str, str]
    core: str = ""

    @classmethod
    def of(cls, core: Module) -> Flavour:
        """Read it off the binding's QtCore."""
        signal = next(name for name in SIGNAL_CLASSES if name in core.classes)
        bound = next(name for name in BOUND_CLASSES if name in core.classes)
        returns = {
            node.name: ast.unparse(node.returns)
            for node in core.classes[bound].node.body
            if isinstance(node, ast.FunctionDef) and node.returns is not None
        }
        return cls(signal, bound, returns)

    @property
    def is_pyqt(self) -> bool:
        """Whether it is one of the two PyQt bindings."""
        return self.signal == "pyqtSignal"

    @property
    def new(self) -> str:
        """The keyword arguments of a signal."""
        revision = ", revision: int = ..." if self.is_pyqt else ""
        return f"name: str = ..., arguments: collections.abc.Sequence[str] = ...{revision}"

    def connect(self, slot: str, receiver: str = "self") -> str:
        """Return a ``connect``."""
        more = ", no_receiver_check: bool = ..." if self.is_pyqt else ""
        returns = self.returns.get("connect", "None")
        if "Connection" in returns:
            returns = f"{self.core}QMetaObject.Connection"
        return (
            f"def connect({receiver}, slot: {slot}, type: {self.core}Qt.ConnectionType = ...{more})"
            f" -> {returns}: ..."
        )

    def emit(self, arguments: str) -> str:
        """Return an ``emit``."""
        return f"def emit({arguments}) -> {self.returns.get('emit', 'None')}: ..."

    def typed_signal(self, types: Iterable[str]) -> str:
        """Return the class of what stands in a class body."""
        return f"{self.core}_{self.signal}[{joined(types)}]"

    def typed_bound(self, types: Iterable[str]) -> str:
        """Return the class of a bound signal."""
        return f"{self.core}_{self.bound}[{joined(types)}]"

    def signal_of(self, bound: str) -> str:
        """Return the class of what stands in a class body for a bound signal of its own class."""
        return f"{self.core}_{self.signal}Of[{bound}]"


def signal_classes(names: Flavour) -> str:
    """Return the classes of what stands in a class body."""
    multiple = f"_Multiple{names.signal}"
    new: list[str] = []
    for types in _prefixes(MOST_ARGUMENTS):
        arguments = _by_position("cls", [f"type[{one}]" for one in types])
        new.append(f"def __new__({arguments}, *, {names.new}) -> {names.typed_signal(types)}: ...")
    for types in _prefixes(LONGEST_PREFIX):
        arguments = _by_position("cls", [_type_of(types)])
        rest = "*more: tuple[typing.Any, ...]"
        result = f"{multiple}[{joined(types)}]"
        new.append(f"def __new__({arguments}, {rest}, {names.new}) -> {result}: ...")
    new.append(f"def __new__(cls, *types: typing.Any, {names.new}) -> {names.signal}: ...")
    keys = list(_keys(names.typed_signal, names.signal))
    return _text(
        *(f'{one} = typing.TypeVar("{one}")' for one in VARIABLES),
        '_Ts = typing_extensions.TypeVarTuple("_Ts")',
        '_Bound = typing.TypeVar("_Bound")',
        f"class {names.signal}:",
        "    signatures: tuple[str, ...]",
        *_overloads(new),
        *_get(names.bound),
        f"    def __getitem__(self, key: object, /) -> {names.signal}: ...",
        f"class _{names.signal}({names.signal}, typing.Generic[{TS}]):",
        *_get(names.typed_bound([TS])),
        *_overloads(keys),
        f"class {multiple}({names.signal}, typing.Generic[{TS}]):",
        *_get(f"_Multiple{names.bound}[{TS}]"),
        *_overloads(keys),
        f"class _{names.signal}Of({names.signal}, typing.Generic[_Bound]):",
        *_get("_Bound"),
    )


def bound_classes(names: Flavour) -> str:
    """Return the classes of bound signals."""
    anything = f"collections.abc.Callable[..., object] | {names.bound}"
    disconnects = names.returns.get("disconnect", "None")
    connect = [names.connect(_slot([TS], []))]
    for types in _prefixes(LONGEST_PREFIX):
        if types:
            receiver = f"self: {names.typed_bound([*types, ANYTHING])}"
            connect.append(names.connect(_slot(types), receiver))
    connect.append(names.connect(names.bound))
    return _text(
        f"class {names.bound}:",
        *(["    signal: str"] if names.is_pyqt else []),
        f"    def __getitem__(self, key: object, /) -> {names.bound}: ...",
        f"    {names.connect(anything)}",
        f"    def disconnect(self, slot: {anything} | QMetaObject.Connection | None = ...)"
        f" -> {disconnects}: ...",
        f"    {names.emit('self, *args: typing.Any')}",
        f"class _{names.bound}({names.bound}, qtinter.BoundSignal[{TS}]):",
        *_overloads(_keys(names.typed_bound, names.bound)),
        *_overloads(connect),
        f"    {names.emit(f'self, *args: {TS}')}",
        f"class _Multiple{names.bound}({names.typed_bound([TS])}):",
        # PyQt connects the first signature whatever the slot takes, PySide looks for one that fits.
        "    ..." if names.is_pyqt else f"    {names.connect(anything)}",
    )


def own_class(names: Flavour, name: str, signal: Signal) -> str:
    """Return the class of one bound signal that can do more than one thing."""
    default = signal.default
    lines = [f"class {name}({names.typed_bound(default)}):"]
    if signal.slots:
        connect = [names.connect(_slot(default, [], *signal.slots))]
        connect += [names.connect(_slot(default[:count])) for count in range(1, len(default))]
        connect.append(names.connect(f"{names.core}{names.bound}"))
        lines += _overloads(connect)
    if signal.short:
        lines += _overloads(
            names.emit(_by_position("self", one)) for one in (default, *signal.short)
        )
    if signal.others:
        keys = [
            f"def __getitem__(self, key: {key}, /) -> {names.typed_bound(one)}: ..."
            for one in (default, *signal.others)
            for key in _keys_of([part.removesuffix(" | None") for part in one])
        ]
        keys.append(f"def __getitem__(self, key: str, /) -> {names.core}{names.bound}: ...")
        lines += _overloads(keys)
    return _text(*lines)


def joined(types: Iterable[str]) -> str:
    """Return types for a subscript, which can't be empty."""
    return ", ".join(types) or "()"


def _prefixes(longest: int) -> Iterator[list[str]]:
    """Yield the type variables for no argument, for one, and so on."""
    for count in range(longest + 1):
        yield VARIABLES[:count]


def _type_of(types: Iterable[str]) -> str:
    """Return the type of a tuple of types."""
    return f"tuple[{joined(f'type[{one}]' for one in types)}]"


def _slot(*signatures: Iterable[str]) -> str:
    """Return the type of a function that takes one of these."""
    return " | ".join(
        dict.fromkeys(f"collections.abc.Callable[[{', '.join(one)}], object]" for one in signatures)
    )


def _by_position(first: str, types: Iterable[str]) -> str:
    """Return positional-only parameters of these types after ``self`` or ``cls``."""
    return ", ".join([first, *(f"arg{index}: {one}" for index, one in enumerate(types)), "/"])


def _get(bound: str) -> Iterator[str]:
    return _overloads(
        [
            "def __get__(self, instance: None, owner: object, /) -> typing_extensions.Self: ...",
            f"def __get__(self, instance: QObject, owner: object, /) -> {bound}: ...",
        ]
    )


def _keys(typed: Callable[[Iterable[str]], str], untyped: str) -> Iterator[str]:
    """Yield ``__getitem__`` for signatures of up to three types."""
    for types in _prefixes(3):
        for key in _keys_of(types):
            yield f"def __getitem__(self, key: {key}, /) -> {typed(types)}: ..."
    yield f"def __getitem__(self, key: object, /) -> {untyped}: ..."


def _keys_of(types: list[str]) -> list[str]:
    """Return what a signature can be named by in ``signal[...]``."""
    return [*(f"type[{one}]" for one in types if len(types) == 1), _type_of(types)]


def _overloads(definitions: Iterable[str]) -> Iterator[str]:
    """Yield the overloads of a method."""
    for one in definitions:
        yield "    @typing.overload"
        yield f"    {one}"


def _text(*lines: str) -> str:
    return "\n".join(lines)
