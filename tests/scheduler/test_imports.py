# SPDX-License-Identifier: BSD-3-Clause
"""What importing pulls in: no binding anywhere, and nothing of the world in the scheduler."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import qtinter.scheduler

BINDINGS = ["PyQt5", "PyQt6", "PySide2", "PySide6", "shiboken2", "shiboken6", "sip"]

WITHOUT_BINDINGS = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BINDINGS}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocker())
"""


def run(program: str) -> str:
    """Run a program in a fresh interpreter; return what it has printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_BINDINGS + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "QTINTERBINDING": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_imports_without_a_binding() -> None:
    found = run(f"""
        import qtinter, qtinter.scheduler, qtinter.testing, qtinter.bindings
        for name in qtinter.__all__:
            if not name.endswith("Policy"):
                getattr(qtinter, name)
        print([name for name in sys.modules if name.partition(".")[0] in {BINDINGS}])
    """)

    assert found == "[]\n"


def test_a_coroutine_runs_in_virtual_time_without_a_binding() -> None:
    found = run(f"""
        import asyncio
        from qtinter.testing import VirtualEventLoop
        loop = VirtualEventLoop()
        print(loop.run_until_complete(asyncio.sleep(3600, "an hour later")))
        loop.close()
        print([name for name in sys.modules if name.partition(".")[0] in {BINDINGS}])
    """)

    assert found == "an hour later\n[]\n"


FILES = sorted(Path(qtinter.scheduler.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_scheduler_imports_nothing_of_the_world(file: Path) -> None:
    allowed = {
        "__future__",
        "attrs",
        "bisect",
        "collections",
        "collections.abc",
        "contextvars",
        "enum",
        "heapq",
        "itertools",
        "operator",
        "math",
        "typing",
    }
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1, "the scheduler imports from its own package only"

    assert found <= allowed


def test_the_files_of_the_scheduler_were_found() -> None:
    assert {"scheduler.py", "timers.py", "lifecycle.py"} <= {file.name for file in FILES}
