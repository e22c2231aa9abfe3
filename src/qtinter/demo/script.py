# SPDX-License-Identifier: BSD-3-Clause
"""Somebody who clicks: two downloads, the second one cancelled, and a check of what came of it.

This is a coroutine beside the others. It sees what a user sees (the widgets) and does what a user
does (mouse clicks, sent through Qt), so it works the same on a screen and without one.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING, Any, Final

import qtinter
from qtinter import bindings as qt

from .checks import Checks, save_screenshot
from .server import COMPLETE, GIVEN_UP, FileServer
from .window import TICK, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUARTER: Final = 25
FULL: Final = 100


def click(button: Any) -> None:
    """Click a button as the mouse does."""
    print(f"     click {button.text().replace('&', '')!r}", flush=True)
    qt.QtTest.QTest.mouseClick(button, qt.QtCore.Qt.MouseButton.LeftButton)


async def play(window: Window, server: FileServer, screenshot: Path | None) -> Checks:
    """Click through the program.

    Args:
        window: The window, on the screen already.
        server: The server that it downloads from.
        screenshot: Where to save a picture of the window with the question before it.

    Returns:
        What was found.
    """
    checks = Checks()
    await download_all(window, server, checks)
    await cancel_halfway(window, server, checks, screenshot)
    return checks


async def download_all(window: Window, server: FileServer, checks: Checks) -> None:
    """Download the file to its end."""
    steps: list[int] = []
    window.bar.valueChanged.connect(steps.append)
    clock = _Stopwatch(window)

    click(window.download_button)
    assert window.task is not None  # an asyncslot runs up to its first await at once
    await asyncio.wait([window.task])

    size = len(server.content)
    checks.check(
        f"the file arrived: {window.received:,} of {size:,} bytes",
        window.received == size and await server.outcomes.get() == COMPLETE,
    )
    checks.check(
        f"the progress bar went up to {window.bar.value()} % in {len(steps)} steps",
        steps == sorted(steps) and len(steps) > QUARTER and window.bar.value() == FULL,
    )
    checks.check(
        f"a child process computed its SHA-256, {str(window.checksum)[:16]}…",
        window.checksum == hashlib.sha256(server.content).hexdigest(),
    )
    checks.check(f"meanwhile the clock ticked {clock}", clock.is_right())


async def cancel_halfway(
    window: Window, server: FileServer, checks: Checks, screenshot: Path | None
) -> None:
    """Download again, and answer Yes to the question whether to cancel it."""
    click(window.download_button)
    assert window.task is not None
    while not QUARTER <= window.bar.value() < FULL:
        await qtinter.asyncsignal(window.bar.valueChanged)

    click(window.cancel_button)
    question = await _appearance_of(qt.QtWidgets.QApplication.activeModalWidget)
    before, clock = window.received, _Stopwatch(window)
    await asyncio.sleep(0.5)
    checks.check(f"while a modal question was open the clock ticked {clock}", clock.is_right())
    checks.check(
        f"and the download went on: {window.received - before:,} bytes more",
        window.received > before,
    )
    if screenshot is not None:
        save_screenshot(window.widget, screenshot)
        print(f"     saved {screenshot}", flush=True)

    click(question.button(qt.QtWidgets.QMessageBox.StandardButton.Yes))
    await asyncio.wait([window.task])
    checks.check(
        f"Yes cancelled the download at {window.bar.value()} %",
        window.task.cancelled() and window.status.text() == "Cancelled",
    )
    outcome = await server.outcomes.get()
    checks.check(f"the server saw it {outcome}", outcome == GIVEN_UP)


class _Stopwatch:
    """Compares the ticks of the window's clock with the time that has gone by."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._began = time.monotonic()
        self._first = window.ticks

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        return f"{self._window.ticks - self._first} times in {seconds:.1f} s"

    def is_right(self) -> bool:
        """Whether a quarter of the ticks came; a clock that is held up has one or two."""
        expected = (time.monotonic() - self._began) / TICK
        return self._window.ticks - self._first >= expected / 4


async def _appearance_of(widget: Callable[[], Any]) -> Any:
    while widget() is None:  # noqa: ASYNC110 - Qt has no signal for it
        await asyncio.sleep(0.01)
    return widget()
