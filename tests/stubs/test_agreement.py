# SPDX-License-Identifier: BSD-3-Clause
"""What an overlay says of built-in signals is what arrives.

Signals are emitted with values of the types that the overlay names, which go through C++ and come
back, and some are provoked by doing what a user would do. The types of what a slot is given are
compared with the overlay's.
"""

from __future__ import annotations

import enum
import importlib
import os
import types
import typing

import pytest

from qtinter.stubs.find import find
from qtinter.stubs.overlay import make

pytestmark = [
    pytest.mark.qt,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("QTINTERBINDING") not in {"PyQt6", "PySide6"},
        reason="compared for the bindings of Qt 6",
    ),
]

MODULES = ("QtCore", "QtGui", "QtWidgets", "QtNetwork")
CLASSES = {
    "QtCore": """QTimer QTimeLine QFileSystemWatcher QPropertyAnimation QSequentialAnimationGroup
        QSortFilterProxyModel QStringListModel QItemSelectionModel QBuffer QThread QProcess""",
    "QtGui": """QAction QActionGroup QStandardItemModel QUndoStack QUndoGroup QTextDocument
        QMovie QDoubleValidator QIntValidator QWindow""",
    "QtWidgets": """QPushButton QLineEdit QTextEdit QPlainTextEdit QTextBrowser QSpinBox
        QDoubleSpinBox QComboBox QFontComboBox QSlider QTabBar QTabWidget QStackedWidget QToolBar
        QToolButton QToolBox QMenu QMenuBar QStatusBar QMainWindow QDockWidget QMdiArea
        QMdiSubWindow QMessageBox QInputDialog QColorDialog QFontDialog QFileDialog QProgressDialog
        QListWidget QTableWidget QTreeWidget QListView QTableView QTreeView QSplitter QGroupBox
        QCalendarWidget QDateTimeEdit QButtonGroup QCompleter QGraphicsScene QLabel QLCDNumber
        QKeySequenceEdit QStyledItemDelegate QSystemTrayIcon QGraphicsBlurEffect
        QGraphicsColorizeEffect QGraphicsDropShadowEffect QGraphicsOpacityEffect
        QDialogButtonBox QCheckBox""",
    "QtNetwork": "QTcpSocket QTcpServer QUdpSocket QLocalSocket QNetworkAccessManager QDnsLookup",
}


DEADLY = "proxyAuthenticationRequired"
"""PySide6 takes a null QAuthenticator for an object and crashes."""


@pytest.fixture(scope="module")
def binding(qapp):
    return os.environ["QTINTERBINDING"]


@pytest.fixture(scope="module")
def signals(binding):
    """Return the types of the arguments of each signal, as the overlay has them."""
    overlay = make(find(binding), lambda _: None)
    scope = {binding: importlib.import_module(binding), "typing": typing}
    for name in MODULES:
        importlib.import_module(f"{binding}.{name}")
    return {
        f"{module}.{signal.name}": [eval(text, scope) for text in signal.arguments]
        for module, signal in overlay.all_signals()
        if module in MODULES
    }


def fits(value: object, wanted: object) -> bool:
    """Whether a value is of a type, exactly where Python has several that are alike."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if wanted is typing.Any:
        return True
    if origin in {types.UnionType, typing.Union}:
        return any(fits(value, one) for one in arguments)
    if origin is list:
        return type(value) is list and all(fits(one, arguments[0]) for one in value)
    if origin is dict:
        return type(value) is dict
    if wanted in {int, float, bool, str}:
        return type(value) is wanted
    return isinstance(value, wanted)


class Unmakeable(Exception):
    """There is no value of that type to be had."""


def sample(wanted):
    """Return a value of a type."""
    plain = {int: 3, float: 1.5, bool: True, str: "x", typing.Any: "x", types.NoneType: None}
    if wanted in plain:
        return plain[wanted]
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in {types.UnionType, typing.Union}:
        return None  # a null pointer
    if origin is list:
        return [sample(arguments[0])]
    if isinstance(wanted, enum.EnumMeta):
        return next(iter(wanted))
    try:
        return wanted()
    except (TypeError, NotImplementedError) as error:
        raise Unmakeable(wanted) from error


def senders(binding):
    for module, names in CLASSES.items():
        for name in names.split():
            cls = getattr(importlib.import_module(f"{binding}.{module}"), name)
            yield cls(None) if name == "QActionGroup" else cls()  # a parent, which it insists on


def test_what_is_emitted_arrives_with_the_types_of_the_overlay(binding, signals):
    compared, refused, wrong = set(), {}, {}
    for sender in senders(binding):
        owners = {
            f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}" for cls in type(sender).mro()
        }
        for key, wanted in signals.items():
            owner, _, name = key.rpartition(".")
            if owner not in owners or key in compared or name == DEADLY:
                continue
            try:
                values = [sample(one) for one in wanted]
            except Unmakeable:
                continue
            arrived = []
            signal = getattr(sender, name)
            slot = lambda *args, arrived=arrived: arrived.append(args)  # noqa: E731
            signal.connect(slot)
            try:
                signal.emit(*values)
            except TypeError as error:  # each binding has a few types that it can't emit
                refused[key] = error
                continue
            signal.disconnect(slot)
            compared.add(key)
            args = arrived[0]
            if len(args) != len(wanted) or not all(map(fits, args, wanted)):
                wrong[key] = (args, wanted)

    assert wrong == {}
    assert len(compared) >= 200
    assert len(refused) <= 8


def test_what_a_user_does_arrives_with_the_types_of_the_overlay(binding, signals):
    core = importlib.import_module(f"{binding}.QtCore")
    gui = importlib.import_module(f"{binding}.QtGui")
    widgets = importlib.import_module(f"{binding}.QtWidgets")
    button, field, spin = widgets.QPushButton(), widgets.QLineEdit(), widgets.QDoubleSpinBox()
    box, combo, slider = widgets.QCheckBox(), widgets.QComboBox(), widgets.QSlider()
    tabs, calendar, names = widgets.QTabWidget(), widgets.QCalendarWidget(), widgets.QListWidget()
    combo.addItems(["a", "b"])
    names.addItems(["a", "b"])
    tabs.addTab(widgets.QLabel(), "a")
    tabs.addTab(widgets.QLabel(), "b")
    model, stack, action = gui.QStandardItemModel(2, 2), gui.QUndoStack(), gui.QAction()
    action.setCheckable(True)
    model.setItem(0, gui.QStandardItem("b"))
    line, document, watched = core.QTimeLine(), gui.QTextDocument(), core.QObject()
    cases = [
        ("QtWidgets.QAbstractButton.clicked", button, button.click),
        ("QtWidgets.QAbstractButton.pressed", button, button.click),
        ("QtWidgets.QAbstractButton.toggled", box, box.toggle),
        ("QtWidgets.QCheckBox.stateChanged", box, box.toggle),
        ("QtWidgets.QLineEdit.textChanged", field, lambda: field.setText("a")),
        ("QtWidgets.QLineEdit.cursorPositionChanged", field, lambda: field.setText("abc")),
        ("QtWidgets.QLineEdit.selectionChanged", field, field.selectAll),
        ("QtWidgets.QDoubleSpinBox.valueChanged", spin, lambda: spin.setValue(2)),
        ("QtWidgets.QDoubleSpinBox.textChanged", spin, lambda: spin.setValue(3)),
        ("QtWidgets.QComboBox.currentIndexChanged", combo, lambda: combo.setCurrentIndex(1)),
        ("QtWidgets.QComboBox.currentTextChanged", combo, lambda: combo.setCurrentIndex(0)),
        ("QtWidgets.QAbstractSlider.valueChanged", slider, lambda: slider.setValue(5)),
        ("QtWidgets.QAbstractSlider.rangeChanged", slider, lambda: slider.setRange(1, 9)),
        ("QtWidgets.QTabWidget.currentChanged", tabs, lambda: tabs.setCurrentIndex(1)),
        (
            "QtWidgets.QCalendarWidget.currentPageChanged",
            calendar,
            lambda: calendar.setCurrentPage(2001, 2),
        ),
        ("QtWidgets.QListWidget.currentItemChanged", names, lambda: names.setCurrentRow(1)),
        ("QtWidgets.QListWidget.itemChanged", names, lambda: names.item(0).setText("c")),
        ("QtWidgets.QWidget.windowTitleChanged", field, lambda: field.setWindowTitle("t")),
        ("QtCore.QAbstractItemModel.dataChanged", model, lambda: model.item(0).setText("a")),
        ("QtCore.QAbstractItemModel.rowsInserted", model, lambda: model.appendRow([])),
        ("QtCore.QAbstractItemModel.layoutChanged", model, lambda: model.sort(0)),
        ("QtCore.QAbstractItemModel.modelReset", model, model.clear),
        ("QtGui.QUndoStack.cleanChanged", stack, lambda: stack.push(gui.QUndoCommand("a"))),
        ("QtGui.QAction.triggered", action, action.trigger),
        ("QtGui.QAction.toggled", action, action.toggle),
        ("QtCore.QTimeLine.stateChanged", line, line.start),
        ("QtCore.QTimeLine.valueChanged", line, lambda: line.setCurrentTime(500)),
        ("QtGui.QTextDocument.contentsChange", document, lambda: document.setPlainText("abc")),
        ("QtCore.QObject.objectNameChanged", watched, lambda: watched.setObjectName("n")),
    ]  # fmt: skip
    arrived = {}
    for key, sender, act in cases:
        getattr(sender, key.rpartition(".")[2]).connect(
            lambda *args, key=key: arrived.setdefault(key, args)
        )
        act()
    wrong = {
        key: (args, signals[key])
        for key, args in arrived.items()
        if len(args) != len(signals[key]) or not all(map(fits, args, signals[key]))
    }

    assert wrong == {}
    assert set(arrived) == {key for key, _, _ in cases}
    clicked = arrived["QtWidgets.QAbstractButton.clicked"]
    assert clicked == ((False,) if binding == "PyQt6" else ())
