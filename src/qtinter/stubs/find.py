# SPDX-License-Identifier: BSD-3-Clause
"""Where the .pyi files of a binding are.

A stub package (``PyQt5-stubs``) goes before the files of the binding itself, as PEP 561 has it.
Nothing is imported but what the import system needs to find a package.
"""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import sys
from pathlib import Path

import attrs

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "PyQt6": ("PyQt6",),
    "PySide6": ("PySide6-Essentials", "PySide6"),
    "PyQt5": ("PyQt5",),
    "PySide2": ("PySide2",),
}


@attrs.frozen
class Source:
    """The stubs of a binding, as they are installed.

    Attributes:
        binding: Its name.
        version: Its version, with that of the stub package if there is one.
        files: The .pyi files by the name of the module.
        package: The folders of the binding.
        path: Where it was found, as in `sys.path`.
    """

    binding: str
    version: str
    files: dict[str, Path]
    package: tuple[Path, ...]
    path: tuple[str, ...]

    @property
    def is_pyqt(self) -> bool:
        """Whether it is one of the two PyQt bindings."""
        return self.binding.startswith("PyQt")


def find(binding: str, path: list[str] | None = None) -> Source | None:
    """Find the stubs of a binding.

    Args:
        binding: Its name.
        path: Where to look; `sys.path` if None.

    Returns:
        None if the binding isn't installed. What has no .pyi files is no binding here.
    """
    path = sys.path if path is None else path
    package = _folders(binding, path)
    stubs = _folders(f"{binding}-stubs", path)
    files: dict[str, Path] = {}
    for folder in (*reversed(package), *stubs):
        files.update({file.stem: file for file in sorted(folder.glob("*.pyi"))})
    files.pop("__init__", None)
    if not package or not files:
        return None
    version = installed_version(DISTRIBUTIONS[binding], path)
    if stubs:
        version += f", stubs {installed_version((f'{binding}-stubs',), path)}"
    return Source(binding, version, dict(sorted(files.items())), package, tuple(path))


def _folders(name: str, path: list[str]) -> tuple[Path, ...]:
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    return tuple(map(Path, (spec and spec.submodule_search_locations) or ()))


def installed_version(names: tuple[str, ...], path: list[str]) -> str:
    """Return the version of the first of some distributions that is installed."""
    for name in names:
        for distribution in importlib.metadata.distributions(name=name, path=path):
            return distribution.version
    return "unknown"
