# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of signals share: the binding under test, and a sender of many signals."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="session")
def qt(qapp: Any) -> SimpleNamespace:
    """Return the binding under test in one spelling."""
    from qtinter.bindings import QtCore, QtWidgets
    from qtinter.compat.bindings import binding

    is_pyqt = binding().is_pyqt
    Signal = QtCore.pyqtSignal if is_pyqt else QtCore.Signal
    Slot = QtCore.pyqtSlot if is_pyqt else QtCore.Slot

    class Sender(QtCore.QObject):
        nothing = Signal()
        number = Signal(int)
        text = Signal(str)
        pair = Signal(int, str)
        thing = Signal(object)
        overloaded = Signal((int,), (str,))

        def count(self, name: str) -> int:
            """Say how many receivers a signal has."""
            if is_pyqt:
                return int(self.receivers(getattr(self, name)))
            types = {"nothing": "", "number": "int", "text": "QString", "pair": "int,QString"}
            return int(self.receivers(f"2{name}({types[name]})"))

    def delete(thing: Any) -> None:
        """Delete the C++ object, leaving the Python object."""
        if is_pyqt:
            binding().module("sip").delete(thing)
        elif binding().name == "PySide6":
            from shiboken6 import Shiboken

            Shiboken.delete(thing)
        else:
            import shiboken2

            shiboken2.delete(thing)

    def settle() -> None:
        """Have Qt handle what is posted, deferred deletions included."""
        for _ in range(3):
            QtCore.QCoreApplication.sendPostedEvents(None, 0)
            QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
            qapp.processEvents()

    def exec_(thing: Any) -> Any:
        """Call its exec(), by the name that the binding has for it."""
        return (getattr(thing, "exec", None) or thing.exec_)()

    return SimpleNamespace(
        name=binding().name,
        is_pyqt=is_pyqt,
        QtCore=QtCore,
        QtWidgets=QtWidgets,
        Signal=Signal,
        Slot=Slot,
        Sender=Sender,
        delete=delete,
        settle=settle,
        exec_=exec_,
        Queued=QtCore.Qt.ConnectionType.QueuedConnection,
    )


@pytest.fixture
def sender(qt: SimpleNamespace) -> Any:
    """Return an object with many signals."""
    return qt.Sender()
