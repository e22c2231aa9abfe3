# SPDX-License-Identifier: BSD-3-Clause
"""Programs in child processes, without pytest: what ends a process can only be seen from outside.

pytest plug-ins replace ``sys.excepthook``, which keeps PyQt from aborting, so aborts, Ctrl-C and
exit codes are proved here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import asyncio, os, signal, sys, threading, time
import qtinter
from qtinter.bindings import QtCore
from tests.tools.console import send_to_self
def qt_exec(runner):
    return (getattr(runner, "exec", None) or runner.exec_)()
"""


@attrs.frozen
class Child:
    """A program that has ended.

    Attributes:
        returncode: Its exit status; negative for a signal.
        stdout: What it has written.
        stderr: What it has written there.
    """

    returncode: int
    stdout: str
    stderr: str


#: What old bindings and old versions of Qt write by themselves.
_BINDING_NOISE = ("sipPyTypeDict() is deprecated", "XDG_RUNTIME_DIR not set")


def without_binding_noise(stderr: str) -> str:
    """Leave out the lines that an old binding has written on its own account."""
    lines = stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not any(noise in line for noise in _BINDING_NOISE))


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child with the binding under test."""
    environment = dict(os.environ)
    environment["QT_QPA_PLATFORM"] = "offscreen"
    environment["PYTHONUNBUFFERED"] = "1"
    environment.update(extra or {})
    return environment


def run_child(
    code: str,
    *,
    timeout: float = 20.0,
    env: Mapping[str, str] | None = None,
    signals: tuple[signal.Signals, ...] = (),
    arguments: tuple[str, ...] = (),
    prelude: str = PRELUDE,
) -> Child:
    """Run a program in a child process.

    Args:
        code: The program; ``asyncio``, ``qtinter``, ``QtCore`` and the like are imported already.
        timeout: After so many seconds the child is killed and the test fails.
        env: Additions to the environment.
        signals: Sent one each time the program prints a line ``READY``.
        arguments: Options for Python, such as ``-X dev``.
        prelude: What the program begins with, if not with the usual imports.
    """
    command = [sys.executable, "-W", "error", *arguments, "-c", prelude + textwrap.dedent(code)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=child_environment(env),
    )
    seen: list[str] = []
    try:
        if signals:
            assert process.stdout is not None
            waiting = list(signals)
            for line in process.stdout:
                seen.append(line)
                if line.strip() == "READY" and waiting:
                    process.send_signal(waiting.pop(0))
                if not waiting:
                    break
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(
            f"the child did not end within {timeout} s\n{''.join(seen)}{stdout}\n{stderr}"
        ) from None
    return Child(process.returncode, "".join(seen) + stdout, without_binding_noise(stderr))
