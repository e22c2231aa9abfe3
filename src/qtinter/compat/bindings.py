# SPDX-License-Identifier: BSD-3-Clause
"""Which Qt binding this process uses.

qtinter works with PyQt6, PySide6, PyQt5 and PySide2 and depends on none of them.
The choice is the program's, so it is read off what the program has done already:

1. One of the four is imported: that one.
2. Two or more are imported: the one of them that ``QTINTERBINDING`` names.
3. None is imported: the one that ``QTINTERBINDING`` names (the same four names),
   then the one that ``QT_API`` names (the values of qtpy: ``pyqt6``, ``pyside6``, ...).
4. Otherwise `ImportError`, which says what to do. Nothing is guessed from what happens
   to be installed: the wrong guess would load a second copy of Qt into the process.

Invariants:

* Importing this module imports no binding.
* The choice is made at first use of `binding` and remembered; a failure is not remembered.
* Other modules get Qt from the `Binding` object; only `qtinter.compat` asks which one it is.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from .features import keep_names

if TYPE_CHECKING:
    from collections.abc import Mapping

BINDINGS: Final = ("PyQt6", "PySide6", "PyQt5", "PySide2")
"""The names of the supported bindings, which are the names of their packages."""

_QTPY_NAMES: Final = {name.lower(): name for name in BINDINGS}


class Binding:
    """The Qt binding in use.

    Attributes:
        name: One of `BINDINGS`.
        is_pyqt: Whether it is one of the two PyQt bindings (else it is one of the two PySides).
        QtCore: Its ``QtCore`` module.
    """

    __slots__ = ("QtCore", "is_pyqt", "name")

    def __init__(self, name: str, *, is_pyqt: bool, core: Any) -> None:
        self.name: Final = name
        self.is_pyqt: Final = is_pyqt
        self.QtCore: Final = core

    def module(self, name: str) -> Any:
        """Import a module of the binding.

        Args:
            name: Its name inside the binding, such as ``"QtWidgets"``.

        Returns:
            The module object.

        Raises:
            ImportError: The binding has no such module, or it cannot be loaded.
        """
        return importlib.import_module(f"{self.name}.{name}")


_binding: Binding | None = None


def binding() -> Binding:
    """Return the Qt binding of this process, choosing it at the first call.

    Returns:
        The same object at every call.

    Raises:
        ImportError: No binding was chosen, more than one was, or the one chosen can't be loaded.
    """
    global _binding  # noqa: PLW0603 - the one process-wide decision
    if _binding is None:
        name = choose(sys.modules, os.environ)
        try:
            core = importlib.import_module(f"{name}.QtCore")
        except ImportError as error:
            raise ImportError(f"qtinter was told to use {name}: {error}") from error
        keep_names()
        _binding = Binding(name, is_pyqt=name.startswith("PyQt"), core=core)
    return _binding


def known_binding() -> Binding | None:
    """Return the binding of this process if it can be told already, else None."""
    if _binding is not None:
        return _binding
    try:
        return binding()
    except ImportError:
        return None


def choose(modules: Mapping[str, object], environ: Mapping[str, str]) -> str:
    """Choose a binding by the rules of this module's docstring.

    Args:
        modules: The imported modules, as in `sys.modules`.
        environ: The environment variables, as in `os.environ`.

    Returns:
        One of `BINDINGS`.

    Raises:
        ImportError: The rules name none, or more than one.
    """
    imported = _imported(modules)
    if len(imported) == 1:
        return imported[0]
    wanted = _wanted(environ)
    if not imported:
        if wanted is None:
            raise ImportError(
                f"qtinter found no Qt binding: import one of {', '.join(BINDINGS)} first, "
                "or name one in the environment variable QTINTERBINDING (or QT_API)"
            )
        return wanted
    named = environ.get("QTINTERBINDING", "")
    if named not in imported:
        raise ImportError(
            f"more than one Qt binding is imported ({', '.join(imported)}): import only one, "
            "or name the one to use in the environment variable QTINTERBINDING"
            + (f" (it says {named!r})" if named else "")
        )
    return named


def _imported(modules: Mapping[str, object]) -> list[str]:
    # A bare package is only evidence when nothing better is there: programs import
    # packages to look at version numbers, but load QtCore only to use it.
    for suffix in (".QtCore", ""):
        found = [name for name in BINDINGS if modules.get(name + suffix) is not None]
        if found:
            return found
    return []


def _wanted(environ: Mapping[str, str]) -> str | None:
    named = environ.get("QTINTERBINDING", "")
    if named:
        if named not in BINDINGS:
            raise ImportError(f"QTINTERBINDING must be one of {', '.join(BINDINGS)}, not {named!r}")
        return named
    api = environ.get("QT_API", "")
    if api:
        try:
            return _QTPY_NAMES[api.lower()]
        except KeyError:
            names = ", ".join(_QTPY_NAMES)
            raise ImportError(f"QT_API must be one of {names}, not {api!r}") from None
    return None
