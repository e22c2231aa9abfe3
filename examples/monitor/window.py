# SPDX-License-Identifier: BSD-3-Clause
"""The window: what is typed and clicked, and what is shown of the services."""

from __future__ import annotations

import asyncio

from PyQt6 import QtCore, QtGui, QtWidgets
from PyQt6.QtCore import QModelIndex, QSortFilterProxyModel, Qt

from qtinter import asyncsignal, asyncslot, modal, multisignal

from .model import Column, Services
from .probe import Address, probe

AT_A_TIME = 8
"""How many services are probed at a time."""


class Window(QtWidgets.QMainWindow):
    """The monitor's only window."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Monitor")
        self.services = Services(self)
        self.entry = QtWidgets.QLineEdit()
        self.entry.setPlaceholderText("host:port")
        self.add_button = QtWidgets.QPushButton("Add")
        self.add_button.setEnabled(False)
        self.filter = QtWidgets.QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.timeout = QtWidgets.QDoubleSpinBox()
        self.timeout.setRange(0.1, 60)
        self.timeout.setValue(3)
        self.repeat = QtWidgets.QCheckBox("every minute")
        self.check_button = QtWidgets.QPushButton("Check")
        self.stop_button = QtWidgets.QPushButton("Stop")
        self.stop_button.setEnabled(False)
        self.summary = QtWidgets.QLabel("nothing checked yet")
        self.table = QtWidgets.QTableView()
        self._shown = QSortFilterProxyModel(self)
        self._minute = QtCore.QTimer(self)
        self._minute.setInterval(60_000)
        self._checking: asyncio.Task[None] | None = None
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._shown.setSourceModel(self.services)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table.setModel(self._shown)
        self.table.setSelectionBehavior(QtWidgets.QTableView.SelectionBehavior.SelectRows)
        rows = (
            (self.entry, self.add_button, self.filter),
            (self.timeout, self.repeat, self.check_button, self.stop_button),
            (self.table,),
            (self.summary,),
        )
        column = QtWidgets.QVBoxLayout()
        for widgets in rows:
            row = QtWidgets.QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget)
            column.addLayout(row)
        central = QtWidgets.QWidget()
        central.setLayout(column)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        self.entry.textChanged.connect(self.allow_adding)
        self.entry.returnPressed.connect(self.add)
        self.add_button.clicked.connect(self.add)
        self.filter.textChanged.connect(self._shown.setFilterFixedString)
        self.timeout.valueChanged.connect(lambda seconds: self.say(f"waiting {seconds:g} s"))
        self.repeat.toggled.connect(self.check_every_minute)
        self._minute.timeout.connect(self.check)
        self.check_button.clicked.connect(self.check)
        self.table.doubleClicked.connect(asyncslot(self.ask_to_remove))
        self.services.counted.connect(self.show_summary)
        self.services.wentDown.connect(lambda name, why: self.say(f"{name} went down: {why}"))

    def say(self, message: str, milliseconds: int = 5000) -> None:
        """Show a message for a while."""
        bar = self.statusBar()
        if bar is not None:
            bar.showMessage(message, milliseconds)

    def allow_adding(self, text: str) -> None:
        """Allow what can be added."""
        try:
            Address.parse(text)
        except ValueError:
            self.add_button.setEnabled(False)
        else:
            self.add_button.setEnabled(True)

    def add(self) -> None:
        """Add the service that was typed."""
        if not self.add_button.isEnabled():
            return
        address = Address.parse(self.entry.text())
        if self.services.add(address):
            self.entry.clear()
        else:
            self.say(f"{address} is there already")

    def show_summary(self, up: int, down: int) -> None:
        """Say how many services are up and down."""
        self.summary.setText(f"{up} up, {down} down")

    def check_every_minute(self, on: bool) -> None:
        """Start or stop the clock."""
        if on:
            self._minute.start()
        else:
            self._minute.stop()

    @asyncslot
    async def check(self) -> None:
        """Probe all services, until it is done or stopped."""
        if self._checking is not None:
            return
        self._checking = asyncio.create_task(self._check_all())
        either = multisignal({self.stop_button.clicked: "stopped"})
        stopped = asyncio.create_task(asyncsignal(either))
        self.check_button.setEnabled(False)
        self.stop_button.setEnabled(True)
        try:
            await asyncio.wait([self._checking, stopped], return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                how, _ = stopped.result()
                self.say(how)
        finally:
            for task in (self._checking, stopped):
                task.cancel()
            self._checking = None
            self.check_button.setEnabled(True)
            self.stop_button.setEnabled(False)

    async def _check_all(self) -> None:
        free = asyncio.Semaphore(AT_A_TIME)

        async def check_one(address: Address) -> None:
            async with free:
                self.services.record(address, await probe(address, self.timeout.value()))

        await asyncio.gather(*map(check_one, self.services.addresses()))

    async def ask_to_remove(self, index: QModelIndex) -> None:
        """Ask whether the service of a row is to go; the checks go on meanwhile."""
        row = self._shown.mapToSource(index).row()
        address = self.services.address(row)
        box = QtWidgets.QMessageBox
        answer = await modal(box.question)(self, "Monitor", f"Remove {address}?")
        if answer == box.StandardButton.Yes:
            self.services.remove(self.services.addresses().index(address))

    def state(self, row: int) -> str:
        """Return what is shown of a service."""
        return str(self._shown.index(row, Column.STATE).data())

    def closeEvent(self, a0: QtGui.QCloseEvent | None) -> None:
        """Stop checking, and close."""
        if self._checking is not None:
            self._checking.cancel()
        super().closeEvent(a0)
