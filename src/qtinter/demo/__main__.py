# SPDX-License-Identifier: BSD-3-Clause
"""The program: choose a binding, make the application object, run `main`, report.

`qtinter.run` is all that it takes to run a coroutine on Qt. It ends when `main` returns, or when
the last window is closed: then `main` is cancelled, its ``finally`` runs, and the result is None.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import platform
import sys
from pathlib import Path

import qtinter
from qtinter import bindings as qt

from .checks import save_screenshot
from .script import play
from .server import FileServer
from .window import Window

NAMES = ("PyQt6", "PySide6", "PyQt5", "PySide2")

TIME_LIMIT = 60
"""Seconds for the script, which takes three: one that is stuck must not wait for ever."""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m qtinter.demo",
        description="Download a file, in a window, while a clock ticks.",
        epilog="Without --headless or --window: headless where there is no display.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--headless", action="store_true", help="click by itself, check, and end with a status"
    )
    where.add_argument("--window", action="store_true", help="stay open until closed")
    parser.add_argument("--screenshot", metavar="FILE", type=Path, help="save a picture there")
    parser.add_argument("--binding", choices=NAMES, help="default: the first one installed")
    options = parser.parse_args(arguments)
    if not options.window:
        options.headless = options.headless or not has_display()
    return options


def has_display() -> bool:
    """Whether there is a screen to open a window on."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def choose_binding(name: str | None) -> None:
    """Tell qtinter which binding to use, unless the environment does.

    A program that imports its binding itself needs nothing of the kind.
    """
    if name is not None:
        os.environ["QTINTERBINDING"] = name
    elif not (os.environ.get("QTINTERBINDING") or os.environ.get("QT_API")):
        installed = [one for one in NAMES if importlib.util.find_spec(one) is not None]
        if not installed:
            raise SystemExit("the demo needs a Qt binding: pip install PyQt6 (or PySide6)")
        os.environ["QTINTERBINDING"] = installed[0]


def print_message(_kind: object, _context: object, text: str) -> None:
    """Print a message of Qt's, but not what Qt says at each window that it shows nowhere."""
    if "propagateSizeHints" not in text:
        print(text, file=sys.stderr)


async def main(headless: bool, screenshot: Path | None) -> int:
    """Serve, show the window, and stay until the script or the user is done.

    Returns:
        The exit status.
    """
    server = FileServer(os.urandom(3 * 1024 * 1024))
    async with server.serve() as url:
        window = Window(url)
        window.widget.show()
        clock = asyncio.create_task(window.run_clock())
        try:
            if headless:
                checks = await asyncio.wait_for(play(window, server, screenshot), TIME_LIMIT)
                return checks.report()
            if screenshot is not None:
                await asyncio.sleep(0.2)  # let the clock tick first
                save_screenshot(window.widget, screenshot)
            print("close the window to end", flush=True)
            return await clock  # for ever: it is closing the window that ends this
        finally:
            clock.cancel()
            window.cancel()


def run(arguments: list[str] | None = None) -> int:
    """Run the demo.

    Args:
        arguments: The command line, if not that of the process.

    Returns:
        The exit status.
    """
    options = parse(arguments)
    choose_binding(options.binding)
    if options.headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        qt.QtCore.qInstallMessageHandler(print_message)
    app = qt.QtWidgets.QApplication(sys.argv[:1])
    print(
        f"qtinter demo on Python {platform.python_version()}, Qt {qt.QtCore.qVersion()}"
        f" ({qt.QtCore.__name__.partition('.')[0]}, {app.platformName()})",
        flush=True,
    )
    try:
        status = qtinter.run(main(options.headless, options.screenshot))
    finally:
        qt.QtCore.qInstallMessageHandler(None)
    return 0 if status is None else status  # None: the window was closed


if __name__ == "__main__":
    sys.exit(run())
