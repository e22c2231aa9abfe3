# SPDX-License-Identifier: BSD-3-Clause
"""``python -m examples.monitor [HOST:PORT]...``."""

from __future__ import annotations

import asyncio
import sys

from PyQt6 import QtWidgets

import qtinter

from .probe import Address
from .window import Window


async def main(window: Window) -> None:
    """Show the window until it is closed."""
    window.resize(520, 360)
    window.show()
    await window.check()
    await asyncio.Event().wait()  # cancelled by run() when the window is closed


if __name__ == "__main__":
    application = QtWidgets.QApplication(sys.argv)
    monitor = Window()
    for argument in application.arguments()[1:]:
        monitor.services.add(Address.parse(argument))
    qtinter.run(main(monitor))
