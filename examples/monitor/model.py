# SPDX-License-Identifier: BSD-3-Clause
"""The services and what is known of them, as a table."""

from __future__ import annotations

from enum import IntEnum

from PyQt6 import QtCore
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal

from .probe import Address, Answer

NO_INDEX = QModelIndex()


class Column(IntEnum):
    """The columns of the table."""

    ADDRESS = 0
    STATE = 1
    TIME = 2


TITLES = {Column.ADDRESS: "Service", Column.STATE: "State", Column.TIME: "Time"}


class Services(QAbstractTableModel):
    """A row for each service.

    Signals:
        counted: How many services are up, and how many are down.
        wentDown: A service that was up isn't any more, and why.
    """

    counted = pyqtSignal(int, int)
    wentDown = pyqtSignal(str, str)  # noqa: N815 - as Qt's signals

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Address] = []
        self._answers: dict[Address, Answer] = {}

    def rowCount(self, parent: QModelIndex = NO_INDEX) -> int:  # noqa: N802
        """Return the number of services."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = NO_INDEX) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Return the text of a cell."""
        if role != Qt.ItemDataRole.DisplayRole or not index.isValid():
            return None
        address = self._rows[index.row()]
        answer = self._answers.get(address)
        column = Column(index.column())
        if column is Column.ADDRESS:
            return str(address)
        if answer is None:
            return "?" if column is Column.STATE else ""
        if column is Column.STATE:
            return "up" if answer.is_up else "down"
        return answer.error if answer.milliseconds is None else f"{answer.milliseconds:.1f} ms"

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> str | None:
        """Return the title of a column."""
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return TITLES[Column(section)]

    def addresses(self) -> list[Address]:
        """Return all services."""
        return list(self._rows)

    def address(self, row: int) -> Address:
        """Return the service of a row."""
        return self._rows[row]

    def add(self, address: Address) -> bool:
        """Add a service; return False if it is there already."""
        if address in self._rows:
            return False
        row = len(self._rows)
        self.beginInsertRows(NO_INDEX, row, row)
        self._rows.append(address)
        self.endInsertRows()
        return True

    def remove(self, row: int) -> None:
        """Remove the service of a row."""
        self.beginRemoveRows(NO_INDEX, row, row)
        self._answers.pop(self._rows.pop(row), None)
        self.endRemoveRows()
        self._count()

    def record(self, address: Address, answer: Answer) -> None:
        """Note what came of a probe."""
        if address not in self._rows:
            return  # it was removed meanwhile
        before = self._answers.get(address)
        self._answers[address] = answer
        row = self._rows.index(address)
        first, last = self.index(row, Column.STATE), self.index(row, Column.TIME)
        self.dataChanged.emit(first, last)
        if before is not None and before.is_up and not answer.is_up:
            self.wentDown.emit(str(address), answer.error)
        self._count()

    def _count(self) -> None:
        up = sum(answer.is_up for answer in self._answers.values())
        self.counted.emit(up, len(self._answers) - up)
