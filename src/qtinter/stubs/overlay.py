# SPDX-License-Identifier: BSD-3-Clause
"""The overlay of one binding: made of its stubs, written into a folder, compared with one there.

The first lines of each file say which versions it was made of. An overlay is stale when these are
others now, or when a file is missing.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import attrs

from .find import Source, installed_version
from .names import ANY, Names, Place
from .parse import Declaration, Module, first_line
from .rewrite import IGNORE, Rewriter
from .runtime import Runtime, ask
from .signatures import Signal, TypesOf, describe
from .templates import Flavour

FIRST = ("QtCore", "QtGui", "QtWidgets")
"""Where names are looked for first."""


@attrs.frozen
class Overlay:
    """The files of an overlay, and what is known of the signals in them.

    Attributes:
        source: The stubs that it was made of.
        files: The text of each file by its name.
        signals: The typed signals of each module.
        untyped: The signals that nothing is known of, as ``Module.Class.name``, and why.
    """

    source: Source
    files: dict[str, str]
    signals: dict[str, list[Signal]]
    untyped: dict[str, str]

    def all_signals(self) -> list[tuple[str, Signal]]:
        """Return each signal with the name of its module."""
        return [(name, signal) for name, found in self.signals.items() for signal in found]

    def inexact(self) -> dict[str, str]:
        """Return the names of the signals with an argument whose type isn't known, and why."""
        partly = {
            f"{name}.{signal.name}": f"no Python type for {', '.join(signal.unknown)}"
            for name, signal in self.all_signals()
            if signal.unknown
        }
        return partly | self.untyped

    def variants(self) -> int:
        """Return how many signals pass something that may be anything: a QVariant."""
        return sum(
            not signal.unknown and any(ANY in one for one in signal.arguments)
            for _, signal in self.all_signals()
        )

    def write(self, folder: Path) -> None:
        """Write the files into the folder of the binding in a folder; others there are removed."""
        mine = folder / self.source.binding
        mine.mkdir(parents=True, exist_ok=True)
        for old in mine.glob("*.pyi"):
            if old.name not in self.files:
                old.unlink()
        for name, text in self.files.items():
            (mine / name).write_text(text, encoding="utf-8")


def make(source: Source, tell: Callable[[str], object]) -> Overlay:
    """Make the overlay of a binding.

    Args:
        source: Its stubs.
        tell: Called with the name of what is being done.
    """
    gc.disable()  # millions of nodes and no cycle: looking for some takes a third of the time
    try:
        return _make(source, tell)
    finally:
        gc.enable()


def _make(source: Source, tell: Callable[[str], object]) -> Overlay:
    tell("reading")
    modules = {name: Module.read(name, file) for name, file in source.files.items()}
    order = sorted(modules, key=lambda name: (name not in FIRST, name))
    modules = {name: modules[name] for name in order}
    runtime = Runtime()
    if source.is_pyqt or not any("ClassVar[Signal]" in one.text for one in modules.values()):
        tell("asking the binding")
        runtime = ask(source.binding, list(modules), [*source.path, *sys.path])
    names = Names(source.binding, modules)
    signals: dict[str, list[Signal]] = {}
    untyped: dict[str, str] = {}
    tell("finding types")
    for name, module in modules.items():
        found = signals.setdefault(name, [])
        for declaration in _declarations(module, runtime):
            key = f"{name}.{declaration.owner}"
            listed = runtime.signals.get(key, {}).get(declaration.name, declaration.signatures)
            forms = runtime.forms.get(key, {}).get(declaration.name, [])
            if listed:
                types = TypesOf(names, Place(name, declaration.owner))
                found.append(describe(declaration, listed, forms, types))
            else:
                why = runtime.failed.get(name, "the binding doesn't have it")
                untyped[f"{key}.{declaration.name}"] = why
    tell("writing")
    rewriter = Rewriter(source, Flavour.of(modules["QtCore"]), made(source))
    files = {f"{name}.pyi": rewriter.module(one, signals[name]) for name, one in modules.items()}
    files["__init__.pyi"] = rewriter.package()
    return Overlay(source, files, signals, untyped)


def stale(source: Source, folder: Path) -> str | None:
    """Say why the overlay of a binding in a folder isn't up to date, None if it is."""
    mine = folder / source.binding
    expected = {*(f"{name}.pyi" for name in source.files), "__init__.pyi"}
    if not mine.is_dir():
        return "there is none"
    missing = sorted(expected - {file.name for file in mine.glob("*.pyi")})
    if missing:
        return f"{', '.join(missing)} is missing"
    head = (mine / "QtCore.pyi").read_text(encoding="utf-8").removeprefix(IGNORE)
    if not head.startswith(made(source)):
        return f"it says: {head.partition(chr(10))[0].lstrip('# ')}"
    return None


def made(source: Source) -> str:
    """Return the comment that says what an overlay was made by and of."""
    mine = installed_version(("qtinter",), sys.path)
    return f"# Made by qtinter {mine} of the stubs of {source.binding} {source.version}.\n"


def _declarations(module: Module, runtime: Runtime) -> list[Declaration]:
    """Return the signals that a module declares, and those that it should."""
    declared = list(module.declarations) if module.may_have_signals else []
    known = {(one.owner, one.name) for one in declared}
    for key, signals in runtime.signals.items():
        name, _, owner = key.partition(".")
        if name != module.name or owner not in module.classes:
            continue
        first = module.classes[owner].node.body[0]
        line, indent = first_line(first), " " * first.col_offset
        declared += [
            Declaration(owner, signal, line, indent, (), is_missing=True)
            for signal in signals
            if (owner, signal) not in known
        ]
    return declared
