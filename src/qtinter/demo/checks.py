# SPDX-License-Identifier: BSD-3-Clause
"""What the demo shows for itself: a line for each check, and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from qtinter import bindings as qt

if TYPE_CHECKING:
    from pathlib import Path


@attrs.define
class Checks:
    """Counts checks and prints a line for each."""

    passed: int = 0
    failed: int = 0

    def check(self, promise: str, kept: bool) -> None:
        """Print and count one check.

        Args:
            promise: What must hold.
            kept: Whether it does.
        """
        print("ok  " if kept else "FAIL", promise, flush=True)
        self.passed += kept
        self.failed += not kept

    def report(self) -> int:
        """Print a summary.

        Returns:
            The exit status: 0 if every check passed.
        """
        print(f"{self.passed} checks passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


def save_screenshot(widget: Any, path: Path) -> None:
    """Save a picture of a window, with the modal dialog before it if there is one."""
    picture = widget.grab()
    dialog = qt.QtWidgets.QApplication.activeModalWidget()
    if dialog is not None:
        face = dialog.grab()
        painter = qt.QtGui.QPainter(picture)
        painter.fillRect(picture.rect(), qt.QtGui.QColor(0, 0, 0, 60))
        x = (picture.width() - face.width()) // 2
        y = (picture.height() - face.height()) // 2
        painter.drawPixmap(x, y, face)
        painter.setPen(qt.QtGui.QColor("#2d6a9f"))
        painter.drawRect(x, y, face.width(), face.height())
        painter.end()
    if not picture.save(str(path)):
        raise OSError(f"Qt can't write a picture to {path}")
