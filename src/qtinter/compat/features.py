# SPDX-License-Identifier: BSD-3-Clause
"""Keeps a program's choice of names in PySide6 out of qtinter.

A program may say ``from __feature__ import snake_case, true_property``. Then PySide6 gives its
classes other names, for the modules that said so. Which names the rest gets is a guess from their
source: a module that mentions PySide6 gets Qt's own, any other those that somebody asked for last.
qtinter doesn't mention PySide6, so it would meet a ``QThread`` without ``currentThread``. Also, to
read all that source takes PySide6 longer than Python needs to import qtinter.

So its table is filled in before it guesses: of our modules by name, for in a program that was
frozen into one file there is nothing to list them from; and of the standard library, which we
import, too, and which doesn't use PySide6.
"""

from __future__ import annotations

import sys
from typing import Final

_PACKAGE: Final = __name__.partition(".")[0]
_MODULES: Final = {
    "": "bindings testing",
    "compat": "aio arguments bindings ctimerfd descriptor features listener python qt receivers "
    "shape spare timerfd windows",
    "loop": "atomic base core guest host hosted interrupt modal owner policy poll proactor quit "
    "run selector tasks waiter watch",
    "scheduler": "clock handle host lifecycle modal scheduler timers",
    "signals": "multi pending protocols single slot stream transform",
}
MODULES: Final = tuple(
    ".".join(filter(None, (_PACKAGE, package, name)))
    for package, names in _MODULES.items()
    for name in ("", *names.split())
)
"""The modules that a program runs: all but the demo and the generator of stubs."""

_QTS_OWN_NAMES: Final = 0
_INDIFFERENT: Final = -1


def keep_names() -> None:
    """Have our modules see Qt's own names, if PySide6 is imported."""
    table = getattr(sys.modules.get("shibokensupport.feature"), "pyside_feature_dict", None)
    if table is None:
        return
    standard = sys.stdlib_module_names
    for name in tuple(sys.modules):
        if name not in table and name.partition(".")[0] in standard:
            table[name] = _INDIFFERENT
    table.update(dict.fromkeys(MODULES, _QTS_OWN_NAMES))
