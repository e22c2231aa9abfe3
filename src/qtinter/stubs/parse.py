# SPDX-License-Identifier: BSD-3-Clause
"""What a .pyi file says of classes and signals.

The text stays as it is; `ast` only tells what stands where. So whatever isn't a signal comes out of
the overlay as it went in, comments included.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import attrs

SIGNAL_CLASSES = ("pyqtSignal", "Signal")
BOUND_CLASSES = ("pyqtBoundSignal", "SignalInstance")


@attrs.frozen
class Declaration:
    """A signal in a class body of a .pyi file.

    Attributes:
        owner: The qualified name of the class.
        name: The signal's name.
        line: Its line, counted from 0.
        indent: The white space before it.
        signatures: Those that its comment lists, as C++ writes them.
        is_missing: Whether it isn't there, and has to be put in before that line.
    """

    owner: str
    name: str
    line: int
    indent: str
    signatures: tuple[str, ...]
    is_missing: bool = False


@attrs.frozen
class Class:
    """A class of a .pyi file: its bases as they are written, and its first and last line."""

    node: ast.ClassDef
    bases: tuple[str, ...]
    first: int
    last: int


@attrs.define(slots=False)
class Module:
    """A .pyi file, parsed when something is asked of it.

    Attributes:
        name: The name inside the binding, such as ``QtCore``.
        text: The whole file.
    """

    name: str
    text: str

    @classmethod
    def read(cls, name: str, file: Path) -> Module:
        """Read a file. A class on one line gets a second one, so that there is room in it."""
        text = file.read_text(encoding="utf-8")
        one_line = re.compile(r"^([ \t]*)(class .*:) \.\.\.$", re.MULTILINE)
        return cls(name, one_line.sub(r"\1\2\n\1    ...", text))

    @property
    def may_have_signals(self) -> bool:
        """Whether it is worth parsing."""
        return any(name in self.text for name in SIGNAL_CLASSES)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file, without what ends them."""
        return self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def classes(self) -> dict[str, Class]:
        """All classes by their qualified names, outer ones before inner ones."""
        return dict(_classes(self.tree.body, ""))

    @cached_property
    def declarations(self) -> list[Declaration]:
        """All signals, in the order of the file."""
        found = [
            _declaration(qualname, node.target.id, self.lines[node.lineno - 1], node.lineno - 1)
            for qualname, one in self.classes.items()
            for node in one.node.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and _is_signal(node.annotation)
        ]
        return sorted(found, key=lambda declaration: declaration.line)


def first_line(node: ast.stmt) -> int:
    """Return the first line of a statement, that of its first decorator if it has one."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)]) - 1


def _classes(body: list[ast.stmt], outer: str) -> Iterator[tuple[str, Class]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            qualname = outer + node.name
            bases = tuple(map(ast.unparse, node.bases))
            yield qualname, Class(node, bases, first_line(node), (node.end_lineno or 0) - 1)
            yield from _classes(node.body, f"{qualname}.")


def _is_signal(annotation: ast.expr) -> bool:
    """Whether an annotation is ``ClassVar[Signal]``, however the names are qualified."""
    if not isinstance(annotation, ast.Subscript) or _last_name(annotation.value) != "ClassVar":
        return False
    return _last_name(annotation.slice) in SIGNAL_CLASSES


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _declaration(owner: str, name: str, line: str, number: int) -> Declaration:
    _, _, comment = line.partition("#")
    signatures = tuple(
        part.strip() for part in comment.split(";") if part.strip().startswith(f"{name}(")
    )
    indent = re.match(r"\s*", line)
    assert indent is not None
    return Declaration(owner, name, number, indent[0], signatures)
