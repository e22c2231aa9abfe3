# SPDX-License-Identifier: BSD-3-Clause
"""PySide2 with its own stubs, which have no signals in their classes at all."""

from __future__ import annotations

from typing import Any

from PySide2 import QtCore, QtWidgets
from typing_extensions import assert_type

from qtinter import asyncsignal, modal, multisignal


async def signals(instance: QtCore.SignalInstance) -> None:
    assert_type(await asyncsignal(instance), tuple[Any, ...])
    assert_type(await asyncsignal(multisignal({instance: 1})), tuple[int, tuple[Any, ...]])


async def dialogs(parent: QtWidgets.QWidget) -> None:
    await modal(QtWidgets.QMessageBox.warning)(parent, "Title", "Message")
