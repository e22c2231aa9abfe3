# SPDX-License-Identifier: BSD-3-Clause
"""One .pyi file of the overlay, made of one of the binding and of what its signals pass.

Lines are replaced, put in and added; what isn't a signal stays as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import attrs

from .find import Source
from .parse import Module
from .signatures import Signal
from .templates import IMPORTS, Flavour, bound_classes, own_class, signal_classes

IGNORE = """\
# mypy: ignore-errors
# pyright: basic, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportInconsistentOverload=false, reportMissingImports=false
# pyright: reportUndefinedVariable=false
"""
"""The checkers report errors in these files, too, and the binding's text has thousands."""


@attrs.frozen
class Rewriter:
    """Writes the files of one binding's overlay.

    Attributes:
        source: The binding's stubs.
        names: What the binding calls things in its QtCore.
        made: The comment that says who made the file, and of what.
    """

    source: Source
    names: Flavour
    made: str

    def module(self, module: Module, signals: list[Signal]) -> str:
        """Return the file of a module.

        Args:
            module: The binding's file.
            signals: What its signals pass.
        """
        binding = self.source.binding
        is_core = module.name == "QtCore"
        names = self.names if is_core else attrs.evolve(self.names, core=f"{binding}.QtCore.")
        lines = list(module.lines)
        own_classes: list[str] = []
        for signal in signals:
            declaration = signal.declaration
            if signal.is_overloaded:
                name = f"_{declaration.owner.replace('.', '_')}_{declaration.name}"
                own_classes.append(own_class(names, name, signal))
                annotation = names.signal_of(name)
            else:
                annotation = names.typed_signal(signal.default)
            text = f"{declaration.indent}{declaration.name}: typing.ClassVar[{annotation}]"
            if declaration.is_missing:
                lines[declaration.line] = f"{text}\n{lines[declaration.line]}"
            else:
                _, mark, comment = lines[declaration.line].partition("#")
                lines[declaration.line] = f"{text}  {mark}{comment}" if mark else text
        if is_core:
            for name, text in (
                (names.signal, signal_classes(names)),
                (names.bound, bound_classes(names)),
            ):
                old = module.classes[name]
                lines[old.first : old.last + 1] = [text, *[""] * (old.last - old.first)]
        body = "\n".join([*lines, *own_classes])
        return self._head(module.name, body) + body.rstrip() + "\n"

    def _head(self, name: str, body: str) -> str:
        binding = self.source.binding
        head = f"{IGNORE}{self.made}import typing\n"
        if self.source.is_pyqt:
            head += "from typing import Any  # its files use that and don't import it\n"
        if name == "QtCore":
            head += IMPORTS
        used = set(re.findall(rf"\b{binding}\.(\w+)\.", body)) & set(self.source.files)
        return head + "".join(f"import {binding}.{one}\n" for one in sorted(used - {name}))

    def package(self) -> str:
        """Return the file of the package, which declares what the package itself has."""
        binding = self.source.binding
        lines = [line for folder in self.source.package for line in _declared(folder, binding)]
        return f"{IGNORE}{self.made}import typing\n" + "".join(f"{line}\n" for line in lines)


def _declared(folder: Path, binding: str) -> Iterator[str]:
    """Yield declarations of the packages in a package, and of its global names."""
    for inner in sorted(folder.glob("[!_]*/__init__.py")):
        yield f"from {binding} import {inner.parent.name} as {inner.parent.name}"
    file = folder / "__init__.py"
    body = ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"def {node.name}(*args: typing.Any, **kwargs: typing.Any) -> typing.Any: ..."
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id not in {"__path__", "__all__"}:
                    yield f"{target.id}: {_type_of(node.value)}"


def _type_of(value: ast.expr) -> str:
    """Return the type of a literal, and Any for anything else."""
    if isinstance(value, ast.Constant):
        return type(value.value).__name__
    if isinstance(value, ast.Tuple):
        return f"tuple[{', '.join(map(_type_of, value.elts)) or '()'}]"
    return "typing.Any"
