# SPDX-License-Identifier: BSD-3-Clause
"""What a binding says of its signals at run time: a script for a child process.

PyQt's .pyi files say nothing of a signal's arguments, but the signal objects do, and the meta
objects know the shorter forms that default arguments in C++ make. Each binding gets a process of
its own: two bindings in one process don't go together, and one that crashes takes nothing with it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from typing import Any

import attrs

Signatures = dict[str, dict[str, list[str]]]


@attrs.frozen
class Runtime:
    """What a binding says.

    Attributes:
        signals: The signatures of each signal, for each ``Module.Class``, the default one first.
        forms: All that the meta object has under the names of these, where that is more.
        failed: For each module that couldn't be imported, why.
    """

    signals: Signatures = attrs.field(factory=dict[str, dict[str, list[str]]])
    forms: Signatures = attrs.field(factory=dict[str, dict[str, list[str]]])
    failed: dict[str, str] = attrs.field(factory=dict[str, str])


def ask(binding: str, modules: list[str], path: list[str]) -> Runtime:
    """Ask a binding about its signals, in a child process.

    Args:
        binding: Its name.
        modules: The modules to look at.
        path: Where the child is to look for the binding, and for this package.
    """
    environ = dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONPATH=os.pathsep.join(path))
    command = [sys.executable, "-m", __name__, binding, *modules]
    child = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - this file
    if child.returncode:
        why = (child.stderr.strip().splitlines() or ["no message"])[-1]
        return Runtime(failed=dict.fromkeys(modules, f"status {child.returncode}, {why}"))
    return Runtime(**json.loads(child.stdout.splitlines()[-1]))


def main(binding: str, modules: list[str]) -> None:
    """Print what some modules of a binding say, as JSON on one line."""
    found = Runtime()
    core = importlib.import_module(f"{binding}.QtCore")
    kind = core.pyqtSignal if hasattr(core, "pyqtSignal") else core.Signal
    for name in modules:
        try:
            module = importlib.import_module(f"{binding}.{name}")
        except ImportError as error:
            found.failed[name] = str(error)
            continue
        for attribute, value in list(vars(module).items()):
            if isinstance(value, type):
                _walk(value, f"{name}.{attribute}", kind, found)
    print(json.dumps(attrs.asdict(found)))


def _walk(cls: Any, name: str, kind: type, found: Runtime) -> None:
    signals: dict[str, list[str]] = {}
    names: dict[str, Any] = dict(cls.__dict__)
    for attribute, value in names.items():
        if isinstance(value, kind):
            signals[attribute] = _signatures(value)
        elif isinstance(value, type) and value.__qualname__.endswith(f"{cls.__name__}.{attribute}"):
            _walk(value, f"{name}.{attribute}", kind, found)
    if not signals:
        return
    found.signals[name] = signals
    forms = _forms(cls, signals)
    found.forms[name] = {one: forms[one] for one in signals if len(forms.get(one, ())) > 1}


def _signatures(signal: Any) -> list[str]:
    listed = getattr(signal, "signatures", None)
    return list(listed) if listed else [part.strip() for part in str(signal).split(";")]


def _forms(cls: Any, signals: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return what the meta object of a class has under some names."""
    forms: dict[str, list[str]] = {}
    meta: Any = getattr(cls, "staticMetaObject", None)
    if meta is None:
        return forms
    for index in range(meta.methodCount()):
        form = bytes(meta.method(index).methodSignature()).decode()
        name = form.partition("(")[0]
        if name in signals:
            forms.setdefault(name, []).append(form)
    return forms


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
