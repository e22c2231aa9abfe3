# SPDX-License-Identifier: BSD-3-Clause
"""What a child process is given: packages in folders of their own, a path, a pinned allocator.

qtinter 0.11 has our import name, so no peer is ever installed beside ours: each set of packages
goes into its own folder below `.cache/benchmarks` of the project and is put first on the path of
those children only that need it. The folder ignores itself in git.

The allocator is pinned because stock asyncio reads sockets with a new 256 KB object per event:
glibc takes that either from the heap or from the kernel, and which of the two it does changes a
socket figure threefold. `Allocator.FAST` never asks the kernel, `Allocator.SLOW` always does.
"""

from __future__ import annotations

import enum
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
CACHE = ROOT / ".cache" / "benchmarks"

BINDINGS = {
    "PyQt6": "PyQt6",
    "PySide6": "PySide6-Essentials",
    "PyQt5": "PyQt5",
    "PySide2": "PySide2",
}

# where Qt itself is, for the bindings that have it apart
QT_WHEELS = {"PyQt6": "PyQt6-Qt6", "PyQt5": "PyQt5-Qt5"}


class Allocator(enum.Enum):
    """How glibc serves large objects."""

    FAST = "fast"
    SLOW = "slow"

    def variables(self) -> dict[str, str]:
        """Return the environment variables that pin it."""
        if self is Allocator.FAST:
            size = str(32 * 1024 * 1024)
            return {"MALLOC_MMAP_THRESHOLD_": size, "MALLOC_TRIM_THRESHOLD_": size}
        return {"MALLOC_MMAP_THRESHOLD_": str(128 * 1024)}


def install(requirements: Sequence[str]) -> Path:
    """Return the folder that holds the requirements; fill it the first time.

    Raises:
        RuntimeError: when there is no installer, or it fails.
    """
    text = " ".join(sorted(requirements))
    label = "".join(c if c.isalnum() or c in ".-" else "_" for c in text)[:60]
    folder = CACHE / f"{sys.implementation.cache_tag}-{sys.platform}"
    target = folder / f"{label}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    # a name of its own until it is complete: an interrupted installation is not taken for one
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    command = [*_installer(), "--quiet", "--target", str(partial), *requirements]
    print(f"installing {text} for the benchmarks", file=sys.stderr)
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise RuntimeError(f"{' '.join(command)} failed:\n{finished.stderr}")
    partial.replace(target)
    return target


def _installer() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install"]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--python", sys.executable]
    raise RuntimeError("the benchmarks need pip or uv to install the peers, and found neither")


def path_of(module: str, requirement: str) -> list[str]:
    """Return what to add to the path so that `module` can be imported: mostly nothing."""
    if importlib.util.find_spec(module) is not None:
        return []
    return [str(install([requirement]))]


def child_environment(binding: str, path: Sequence[str], allocator: Allocator) -> dict[str, str]:
    """Return the environment of a child process.

    Args:
        binding: the Qt binding, by its import name.
        path: folders to import from before any other.
        allocator: how large objects are allocated.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "MALLOC_", "GLIBC_TUNABLES", "QT_LOGGING"))
    }
    return {
        **inherited,
        **allocator.variables(),
        "PYTHONPATH": os.pathsep.join([*path, str(ROOT)]),
        "QTINTERBINDING": binding,
        "QT_API": binding.lower(),
        "QT_QPA_PLATFORM": "offscreen",
    }
