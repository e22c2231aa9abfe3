# SPDX-License-Identifier: BSD-3-Clause
"""PyQt with its own stubs: nothing is known of the arguments, and that is what checkers say."""

from __future__ import annotations

from typing import Any

from PyQt6 import QtCore, QtWidgets
from typing_extensions import assert_type

from qtinter import asyncsignal, asyncsignalstream, asyncslot, modal, multisignal


class Worker(QtCore.QObject):
    """A class with a signal."""

    progress = QtCore.pyqtSignal(int, str)


async def signals(worker: Worker, timer: QtCore.QTimer, field: QtWidgets.QLineEdit) -> None:
    assert_type(await asyncsignal(timer.timeout), tuple[Any, ...])
    assert_type(await asyncsignal(field.textChanged), tuple[Any, ...])
    assert_type(await asyncsignal(worker.progress), tuple[Any, ...])
    (text,) = await asyncsignal(field.textChanged)
    field.setText(text)
    number, what = await asyncsignal(worker.progress)
    assert_type(number, Any)
    assert_type(what, Any)
    async for args in asyncsignalstream(field.textChanged):
        assert_type(args, tuple[Any, ...])
    either = multisignal({timer.timeout: "late", field.returnPressed: "done"})
    assert_type(await asyncsignal(either), tuple[str, tuple[Any, ...]])


@asyncslot
async def save(name: str, retries: int = 3) -> None: ...


async def dialogs(parent: QtWidgets.QWidget) -> None:
    answer = await modal(QtWidgets.QMessageBox.warning)(parent, "Title", "Message")
    assert_type(answer, QtWidgets.QMessageBox.StandardButton)
    save("name", retries=1)
