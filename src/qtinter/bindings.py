# SPDX-License-Identifier: BSD-3-Clause
"""The modules of the Qt binding in use, whichever it is.

``from qtinter.bindings import QtCore, QtWidgets`` is ``from PyQt6 import QtCore, QtWidgets`` in
a program that uses PyQt6, and so on. Each name is looked up, and imported, when it is asked for;
importing this module alone loads no binding. `qtinter.compat.bindings` has the rules of the choice.
"""

from __future__ import annotations

from typing import Any

from qtinter.compat.bindings import binding


def __getattr__(name: str) -> Any:
    if name.startswith("_"):  # the import system asks for __path__ and the like
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    chosen = binding()
    try:
        return chosen.module(name)
    except ModuleNotFoundError as error:
        if error.name != f"{chosen.name}.{name}":
            raise  # the module is there, but something that it needs is not
        raise AttributeError(f"{chosen.name} has no module {name!r}") from None
