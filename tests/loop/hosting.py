# SPDX-License-Identifier: BSD-3-Clause
"""What the in-process tests of the loop are made of: loops in one mode, and Qt run by the test.

A `Driver` runs one loop again and again, as its mode allows: OWNER by ``run_forever``, GUEST by
``start`` and a Qt loop of the test's, NATIVE without Qt. It lets a test be written once for
everything that the modes have in common. Waiting is always for a condition, never for a time.
"""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

import qtinter

#: Bounds a hang; it is no promise of time.
PATIENCE = 20.0

_T = TypeVar("_T", bound=Callable[..., object])


def needs_qt(test: _T) -> _T:
    """Mark a test, or all of a class, as one that needs the application object."""
    return pytest.mark.usefixtures("qapp")(test)


def kinds(*names: str) -> Callable[[_T], _T]:
    """Run a test with each of these kinds of `Driver`."""

    def mark(test: _T) -> _T:
        return needs_qt(pytest.mark.parametrize("kind", names)(test))

    return mark


#: The modes in which Qt hosts the loop.
HOSTED: Callable[[_T], _T] = kinds("owner", "guest")


def core() -> Any:
    """The QtCore of the binding under test."""
    from qtinter.bindings import QtCore

    return QtCore


def qt_exec(runner: Any) -> int:
    """Run ``exec`` of an event loop or a thread."""
    return int((getattr(runner, "exec", None) or runner.exec_)())


def from_qt(call: Callable[[], object], milliseconds: int = 0) -> None:
    """Have Qt call this as a slot of its own: interleaved code, while the loop is selecting."""
    core().QTimer.singleShot(milliseconds, call)


def run_qt_until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Run a Qt event loop until the condition holds; it is looked at every millisecond."""
    outer, ticker = core().QEventLoop(), core().QTimer()
    end = time.monotonic() + patience

    def look() -> None:
        if condition() or time.monotonic() > end:
            outer.quit()

    ticker.timeout.connect(look)
    ticker.start(1)
    qt_exec(outer)
    ticker.stop()
    ticker.timeout.disconnect(look)
    assert condition(), f"the condition did not hold within {patience} s"


def run_qt_for(milliseconds: int) -> None:
    """Run a Qt event loop for a time: a nested one, where one runs already."""
    inner = core().QEventLoop()
    timer = core().QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(inner.quit)
    timer.start(milliseconds)
    qt_exec(inner)


@contextmanager
def new_loop(
    mode: qtinter.QiLoopMode = qtinter.QiLoopMode.OWNER,
    selector: selectors.BaseSelector | None = None,
) -> Iterator[qtinter.QiSelectorEventLoop]:
    """Make a loop in a mode; whatever state the test leaves it in, it is closed at the end."""
    loop = qtinter.QiSelectorEventLoop(selector)
    loop.set_mode(mode)
    try:
        yield loop
    finally:
        if loop.is_running():
            loop.stop()
        loop.close()


class Driver:
    """Runs one loop, again and again."""

    def __init__(self, kind: str, loop: qtinter.QiSelectorEventLoop) -> None:
        self.kind = kind
        self.loop = loop

    def run(self) -> None:
        """Run the loop until it stops."""
        if self.kind == "guest":
            self.loop.start()
            run_qt_until(lambda: not self.loop.is_running())
        else:
            self.loop.run_forever()

    def run_until_idle(self) -> None:
        """Run the loop until nothing is ready any more."""

        def look() -> None:
            if self.loop._ready:
                self.loop.call_soon(look)
            else:
                self.loop.stop()

        self.loop.call_soon(look)
        self.run()


@contextmanager
def driver_of(kind: str, selector: selectors.BaseSelector | None = None) -> Iterator[Driver]:
    """Make a `Driver` and its loop."""
    with new_loop(qtinter.QiLoopMode[kind.upper()], selector) as loop:
        yield Driver(kind, loop)


async def kind_of_loop() -> type:
    """Return the class of the running loop."""
    await asyncio.sleep(0)
    return type(asyncio.get_running_loop())


def count_qt_objects() -> int:
    """Count the QObjects that Python holds."""
    gc.collect()
    qobject = core().QObject
    return sum(isinstance(each, qobject) for each in gc.get_objects())


@contextmanager
def collect_errors(loop: asyncio.AbstractEventLoop) -> Iterator[list[dict[str, Any]]]:
    """Collect what reaches the loop's exception handler."""
    errors: list[dict[str, Any]] = []
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: errors.append(context))
    try:
        yield errors
    finally:
        loop.set_exception_handler(before)


#: The end of a binding-free program: nothing of it has imported a binding.
_NO_BINDING = """
import sys
imported = {name.partition(".")[0] for name in sys.modules}
assert not imported & {"PyQt5", "PyQt6", "PySide2", "PySide6"}
"""


def run_without_binding(code: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a child process that is told of no binding and must not import one."""
    environment = dict(os.environ)
    for name in ("QTINTERBINDING", "QT_API"):
        environment.pop(name, None)
    program = "import asyncio, qtinter\n" + textwrap.dedent(code) + _NO_BINDING
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
