# SPDX-License-Identifier: BSD-3-Clause
"""Has a type checker say what it makes of every signal of an overlay.

A checker takes what it can't find for Any without a word, in files that aren't the user's own. So
what it should make of each signal is asserted, in a file with a line for each of them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs

from .overlay import Overlay
from .templates import joined

CHECKERS = ("mypy", "pyright")


@attrs.frozen
class Verdict:
    """What a checker says.

    Attributes:
        checker: Its name.
        checked: The number of signals.
        wrong: What it says of those that it takes for something else.
        failed: Why there is no verdict at all, None if there is one.
    """

    checker: str
    checked: int
    wrong: tuple[str, ...] = ()
    failed: str | None = None


def available() -> str | None:
    """Return the checker that is at hand, mypy before pyright, None if there is none."""
    if importlib.util.find_spec("mypy") is not None:
        return "mypy"
    return "pyright" if shutil.which("pyright") else None


def verify(overlay: Overlay, folder: Path, checker: str) -> Verdict:
    """Have a checker compare an overlay with what was meant.

    Args:
        overlay: The overlay.
        folder: The folder that it was written into.
        checker: "mypy" or "pyright".
    """
    lines, names = assertions(overlay)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "signals.py")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        run = _mypy if checker == "mypy" else _pyright
        child, found = run(file, folder.resolve())
    if child.returncode not in {0, 1} or (child.returncode and not found):
        output = (child.stdout + child.stderr).strip() or f"status {child.returncode}"
        return Verdict(checker, 0, failed=output)
    wrong = tuple(f"{names.get(line, 'the check')}: {message}" for line, message in found)
    return Verdict(checker, len(names), wrong)


def assertions(overlay: Overlay) -> tuple[list[str], dict[int, str]]:
    """Return a program that asserts the type of each signal, and the signals by their lines."""
    binding = overlay.source.binding
    lines = [
        "import typing",
        "from typing_extensions import assert_type",
        "from qtinter import asyncsignal",
        *(f"import {binding}.{name}" for name in sorted(overlay.signals)),
    ]
    names: dict[int, str] = {}

    def add(owner: str, name: str, types: str) -> None:
        lines.append(
            f"async def _(o: {binding}.{owner}) -> None: "
            f"assert_type(await asyncsignal(o.{name}), tuple[{types}])"
        )
        names[len(lines)] = f"{owner}.{name}"

    for module, signal in overlay.all_signals():
        owner = f"{module}.{signal.declaration.owner}"
        add(owner, signal.declaration.name, joined(signal.arguments))
    for key in overlay.untyped:
        owner, _, name = key.rpartition(".")
        add(owner, name, "typing.Any, ...")
    return lines, names


Child = tuple["subprocess.CompletedProcess[str]", list[tuple[int, str]]]


def _mypy(file: Path, folder: Path) -> Child:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental"]
    command += ["--no-error-summary", "--no-color-output", "--hide-error-context", file.name]
    path = os.pathsep.join(map(str, (folder, *_own_folder())))
    child = _run(command, file.parent, dict(os.environ, MYPYPATH=path))
    found = re.findall(rf"^{file.name}:(\d+): error: (.*)$", child.stdout, re.MULTILINE)
    return child, [(int(line), message) for line, message in found]


def _pyright(file: Path, folder: Path) -> Child:
    config = {
        "include": [file.name],
        "stubPath": str(folder),
        "extraPaths": list(map(str, _own_folder())),
        "reportPrivateUsage": False,
    }
    Path(file.parent, "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [shutil.which("pyright") or "pyright", "--outputjson", "--pythonpath", sys.executable]
    child = _run(command, file.parent, dict(os.environ))
    try:
        diagnostics = json.loads(child.stdout)["generalDiagnostics"]
    except ValueError:
        return child, []
    return child, [
        (one["range"]["start"]["line"] + 1, " ".join(one["message"].split()))
        for one in diagnostics
        if one["severity"] == "error"
    ]


def _own_folder() -> list[Path]:
    """Return where this package is, unless a checker looks there by itself."""
    folder = Path(__file__).resolve().parents[2]
    return [] if folder.name in {"site-packages", "dist-packages"} else [folder]


def _run(
    command: Sequence[str], folder: Path, environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a checker, with arguments of ours
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
