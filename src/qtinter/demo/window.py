# SPDX-License-Identifier: BSD-3-Clause
"""The window: widgets, and the coroutines that their signals start.

`asyncslot` makes a slot of a coroutine function: `Window.download` and `Window.ask_to_cancel` are
written as if they had all the time in the world, and block nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final, NoReturn

import qtinter
from qtinter import bindings as qt

from .download import download

TICK: Final = 0.05


class Window:
    """A download with a progress bar, a Cancel button, and a clock.

    Attributes:
        ticks: How often the clock has ticked.
        received: The bytes that the current or last download has received.
        checksum: What the last download returned; None if it hasn't, or was cancelled.
        task: The current or last download.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ticks: int = 0
        self.received: int = 0
        self.checksum: str | None = None
        self.task: asyncio.Task[Any] | None = None

        self.widget: Any = qt.QtWidgets.QWidget()
        self.widget.setWindowTitle("qtinter demo")
        self.clock: Any = qt.QtWidgets.QLabel()
        self.clock.setStyleSheet("font-size: 34px; font-weight: bold; color: #2d6a9f")
        self.status: Any = qt.QtWidgets.QLabel(url)
        self.bar: Any = qt.QtWidgets.QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setValue(0)
        self.download_button: Any = qt.QtWidgets.QPushButton("Download")
        self.cancel_button: Any = qt.QtWidgets.QPushButton("Cancel")
        self.cancel_button.setEnabled(False)
        self._arrange()

        self.download_button.clicked.connect(qtinter.asyncslot(self.download))
        self.cancel_button.clicked.connect(qtinter.asyncslot(self.ask_to_cancel))

    def _arrange(self) -> None:
        buttons = qt.QtWidgets.QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.download_button)
        buttons.addWidget(self.cancel_button)
        layout = qt.QtWidgets.QVBoxLayout(self.widget)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(14)
        layout.addWidget(self.clock, 0, qt.QtCore.Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()
        layout.addWidget(self.status)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        self.widget.resize(500, 320)

    async def run_clock(self) -> NoReturn:
        """Show the time, for ever. Each tick is asyncio's, each repaint is Qt's."""
        while True:
            now = dt.datetime.now().astimezone()
            self.clock.setText(now.strftime("%H:%M:%S.%f")[:-5])  # to a tenth of a second
            self.ticks += 1
            await asyncio.sleep(TICK)

    async def download(self) -> None:
        """Download the file: the slot of the Download button."""
        self.task = asyncio.current_task()
        self.received, self.checksum = 0, None
        self._set_running(True)
        try:
            self.checksum = await download(self.url, self._show_progress)
        except ConnectionError as error:
            self.status.setText(f"Failed: {error}")
        except asyncio.CancelledError:
            self.status.setText("Cancelled")
            raise
        else:
            self.status.setText(f"Done: SHA-256 {self.checksum[:16]}…")
        finally:
            self._set_running(False)

    def _show_progress(self, received: int, expected: int) -> None:
        self.received = received
        self.bar.setValue(100 * received // expected)
        self.status.setText(f"{received / 1e6:.1f} of {expected / 1e6:.1f} MB")

    def _set_running(self, running: bool) -> None:
        self.download_button.setEnabled(not running)
        self.cancel_button.setEnabled(running)

    async def ask_to_cancel(self) -> None:
        """Ask, then cancel the download: the slot of the Cancel button.

        The message box runs a Qt event loop of its own until it is answered. Called directly, it
        would hold up every coroutine of the program; `modal` lets them go on.
        """
        box = qt.QtWidgets.QMessageBox
        answer = await qtinter.modal(box.question)(
            self.widget, "Cancel", "The download is still running.\nDo you want to cancel it?"
        )
        if answer == box.StandardButton.Yes:
            self.cancel()

    def cancel(self) -> None:
        """Cancel the download, if there is one."""
        if self.task is not None:
            self.task.cancel()
