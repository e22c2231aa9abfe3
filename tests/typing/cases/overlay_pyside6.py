# SPDX-License-Identifier: BSD-3-Clause
"""PySide6 with an overlay."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets
from typing_extensions import assert_type

from qtinter import BoundSignal, asyncsignal, asyncsignalstream, asyncslot, modal, multisignal


class Worker(QtCore.QObject):
    """A class with signals of its own."""

    finished = QtCore.Signal()
    progress = QtCore.Signal(int, str)
    loaded = QtCore.Signal(bytes, name="loaded")
    either = QtCore.Signal((int,), (str, int))
    named = QtCore.Signal("QString")
    six = QtCore.Signal(int, str, bytes, bool, float, object)


async def built_in_signals(
    timer: QtCore.QTimer,
    field: QtWidgets.QLineEdit,
    button: QtWidgets.QPushButton,
    process: QtCore.QProcess,
    reply: QtNetwork.QNetworkReply,
    model: QtGui.QStandardItemModel,
    application: QtWidgets.QApplication,
) -> None:
    assert_type(await asyncsignal(timer.timeout), tuple[()])
    assert_type(await asyncsignal(field.textChanged), tuple[str])
    assert_type(await asyncsignal(button.clicked), tuple[()])
    assert_type(await asyncsignal(process.finished), tuple[int, QtCore.QProcess.ExitStatus])
    assert_type(await asyncsignal(reply.errorOccurred), tuple[QtNetwork.QNetworkReply.NetworkError])
    assert_type(await asyncsignal(reply.sslErrors), tuple[list[QtNetwork.QSslError]])
    assert_type(
        await asyncsignal(model.dataChanged),
        tuple[QtCore.QModelIndex, QtCore.QModelIndex, list[int]],
    )
    assert_type(
        await asyncsignal(application.focusChanged),
        tuple["QtWidgets.QWidget | None", "QtWidgets.QWidget | None"],
    )
    (text,) = await asyncsignal(field.textChanged)
    assert_type(text, str)
    async for (text,) in asyncsignalstream(field.textEdited):
        assert_type(text, str)
    one, two = await asyncsignal(field.textChanged)  # type: ignore[misc]


async def own_signals(worker: Worker) -> None:
    assert_type(await asyncsignal(worker.finished), tuple[()])
    assert_type(await asyncsignal(worker.progress), tuple[int, str])
    assert_type(await asyncsignal(worker.loaded), tuple[bytes])
    assert_type(await asyncsignal(worker.six), tuple[int, str, bytes, bool, float, object])
    assert_type(await asyncsignal(worker.either), tuple[int])
    assert_type(await asyncsignal(worker.either[str, int]), tuple[str, int])
    assert_type(await asyncsignal(worker.named), tuple[Any, ...])


async def overloads(completer: QtWidgets.QCompleter, button: QtWidgets.QPushButton) -> None:
    assert_type(await asyncsignal(completer.activated), tuple[str])
    assert_type(await asyncsignal(completer.activated[str]), tuple[str])
    assert_type(
        await asyncsignal(completer.activated[QtCore.QModelIndex]), tuple[QtCore.QModelIndex]
    )
    assert_type(await asyncsignal(completer.activated["QModelIndex"]), tuple[Any, ...])
    completer.activated[int]  # type: ignore[index]
    assert_type(await asyncsignal(button.clicked[bool]), tuple[bool])


async def several(worker: Worker, timer: QtCore.QTimer) -> None:
    both = multisignal({worker.progress: 1, timer.timeout: 2})
    assert_type(await asyncsignal(both), tuple[int, tuple[Any, ...]])


def takes_text(text: str) -> None: ...
def takes_number(number: int) -> None: ...
def takes_object(thing: object) -> None: ...
def takes_nothing() -> None: ...
def takes_number_and_text(number: int, text: str = "") -> None: ...
def takes_five(a: int, b: str, c: bytes, d: bool, e: float) -> None: ...
def takes_all(*args: Any) -> None: ...


@asyncslot
async def save(name: str, retries: int = 3) -> None: ...
@asyncslot
async def count(number: int) -> None: ...


def connections(
    field: QtWidgets.QLineEdit,
    button: QtWidgets.QPushButton,
    label: QtWidgets.QLabel,
    model: QtGui.QStandardItemModel,
    timer: QtCore.QTimer,
    worker: Worker,
) -> None:
    connection = field.textChanged.connect(takes_text)
    assert_type(connection, QtCore.QMetaObject.Connection)
    field.textChanged.connect(takes_object)
    field.textChanged.connect(takes_nothing)
    field.textChanged.connect(takes_all)
    field.textChanged.connect(label.setText)
    field.textChanged.connect(save)
    field.textChanged.connect(worker.named)
    field.textChanged.connect(lambda text: label.setText(text))
    field.textChanged.connect(lambda text, suffix="!": label.setText(text + suffix))
    field.textChanged.connect(partial(takes_number_and_text, 1))
    field.textChanged.connect(takes_text, QtCore.Qt.ConnectionType.QueuedConnection)
    field.textChanged.connect(takes_text, type=QtCore.Qt.ConnectionType.QueuedConnection)
    field.textChanged.connect(takes_number)  # type: ignore[arg-type]
    field.textChanged.connect(takes_number_and_text)  # type: ignore[arg-type]
    field.textChanged.connect(count)  # type: ignore[arg-type]
    field.textChanged.connect("takes_text")  # type: ignore[call-overload]
    button.clicked.connect(lambda checked=False: takes_nothing())
    button.clicked.connect(button.update)
    button.clicked.connect(timer.start)
    button.clicked.connect(lambda checked: takes_object(checked))
    button.clicked.connect(takes_number)
    button.clicked.connect(takes_text)  # type: ignore[arg-type]
    timer.timeout.connect(label.update)
    timer.timeout.connect(lambda: takes_text("a"))
    timer.timeout.connect(takes_number)  # type: ignore[arg-type]
    model.dataChanged.connect(takes_nothing)
    model.dataChanged.connect(lambda first, last: None)
    model.dataChanged.connect(takes_number)  # type: ignore[arg-type]
    worker.progress.connect(takes_number)
    worker.progress.connect(takes_number_and_text)
    worker.progress.connect(takes_text)  # type: ignore[arg-type]
    worker.named.connect(takes_number)
    worker.six.connect(takes_five)
    worker.six.connect(takes_number_and_text)
    worker.six.connect(takes_text)  # type: ignore[arg-type]
    field.textChanged.disconnect(takes_text)
    field.textChanged.disconnect(connection)
    field.textChanged.disconnect()
    field.textChanged.disconnect("takes_text")  # type: ignore[arg-type]


def emissions(button: QtWidgets.QPushButton, field: QtWidgets.QLineEdit, worker: Worker) -> None:
    field.textChanged.emit("a")
    field.textChanged.emit(1)  # type: ignore[arg-type]
    field.textChanged.emit()  # type: ignore[call-arg]
    button.clicked.emit()
    button.clicked.emit(True)  # type: ignore[call-arg]
    button.clicked[bool].emit(True)
    button.clicked[bool].emit("a")  # type: ignore[arg-type]
    worker.progress.emit(1, "a")
    worker.progress.emit("a", 1)  # type: ignore[arg-type]
    worker.finished.emit(1)  # type: ignore[call-arg]
    worker.named.emit("a")


def wants_text(signal: BoundSignal[str]) -> None:
    signal.connect(takes_text)
    signal.connect(takes_number)  # type: ignore[arg-type]


def wants_any(signal: QtCore.SignalInstance) -> None:
    signal.connect(takes_number)


def parameters(field: QtWidgets.QLineEdit, timer: QtCore.QTimer) -> None:
    wants_text(field.textChanged)
    wants_any(field.textChanged)
    wants_text(timer.timeout)  # type: ignore[arg-type]
    assert_type(Worker.progress.signatures, tuple[str, ...])


async def dialogs(parent: QtWidgets.QWidget) -> None:
    answer = await modal(QtWidgets.QMessageBox.warning)(parent, "Title", "Message")
    assert_type(answer, QtWidgets.QMessageBox.StandardButton)
