# SPDX-License-Identifier: BSD-3-Clause
"""A fresh overlay of the binding under test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.typing.checkers import ROOT


@pytest.fixture(scope="session")
def binding() -> str:
    return os.environ["QTINTERBINDING"]


@pytest.fixture(scope="session")
def overlay(binding: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the overlay, as the command writes it."""
    folder = tmp_path_factory.mktemp("overlay") / "typings"
    command = [sys.executable, "-m", "qtinter.stubs", "--binding", binding, "--verify", "no"]
    environ = dict(os.environ, PYTHONPATH=str(ROOT / "src"))
    subprocess.run([*command, "--out", str(folder)], check=True, cwd=folder.parent, env=environ)
    return folder
