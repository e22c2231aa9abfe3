# SPDX-License-Identifier: BSD-3-Clause
"""mypy and pyright, each in strict mode on a folder of its own, with an overlay or without."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCAL_PYRIGHT = ROOT / "build/node/node_modules/.bin/pyright"
CHECKERS = ("mypy", "pyright")

#: Of an error: the file, relative to the folder, the line, and what it says.
Error = tuple[str, int, str]


def pyright() -> str | None:
    return shutil.which("pyright") or (str(LOCAL_PYRIGHT) if LOCAL_PYRIGHT.exists() else None)


def check(checker: str, folder: Path, overlay: Path | None) -> list[Error]:
    """Check all files in a folder.

    Args:
        checker: "mypy" or "pyright".
        folder: Where they are; nothing else is checked.
        overlay: The folder with overlays, None for the stubs of the binding.
    """
    if checker == "mypy":
        return _mypy(folder, overlay)
    command = pyright()
    if command is None:
        pytest.skip("pyright is neither on PATH nor in build/node (make pyright-installed)")
    return _pyright(command, folder, overlay)


def _mypy(folder: Path, overlay: Path | None) -> list[Error]:
    path = [*([overlay] if overlay else []), ROOT / "src", ROOT / "stubs"]
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental"]
    command += [
        "--no-error-summary",
        "--no-color-output",
        "--enable-error-code=ignore-without-code",
    ]
    environ = dict(os.environ, MYPYPATH=os.pathsep.join(map(str, path)))
    child = subprocess.run(
        [*command, "."], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    found = re.findall(r"^(.+?):(\d+): error: (.*)$", child.stdout, re.MULTILINE)
    assert child.returncode == (1 if found else 0), child.stdout + child.stderr
    return [(file, int(line), message) for file, line, message in found]


def _pyright(command: str, folder: Path, overlay: Path | None) -> list[Error]:
    config = {
        "stubPath": str(overlay or folder / "none"),
        "extraPaths": [str(ROOT / "src")],
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    child = subprocess.run(
        [command, "--outputjson", "--pythonpath", sys.executable],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode in {0, 1}, child.stdout + child.stderr
    return [
        (
            Path(one["file"]).relative_to(folder.resolve()).as_posix(),
            one["range"]["start"]["line"] + 1,
            one["message"],
        )
        for one in json.loads(child.stdout)["generalDiagnostics"]
        if one["severity"] == "error"
    ]
