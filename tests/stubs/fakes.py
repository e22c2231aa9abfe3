# SPDX-License-Identifier: BSD-3-Clause
"""Small bindings, written by hand: what their stubs say, and what they do at run time."""

from __future__ import annotations

from pathlib import Path

PYQT_CORE = '''\
"""Written like PyQt's."""
import enum, typing


class pyqtSignal:
    signatures = ...  # type: tuple[str, ...]
    def __init__(self, *types: typing.Any, name: str = ...) -> None: ...


class pyqtBoundSignal:
    signal = ...  # type: str
    def connect(self, slot: 'PYQT_SLOT') -> 'QMetaObject.Connection': ...
    def emit(self, *args: typing.Any) -> None: ...


PYQT_SLOT = typing.Union[typing.Callable[..., Any], pyqtBoundSignal]


class Qt:
    class ConnectionType(enum.Enum):
        AutoConnection = ...


class QMetaObject:
    class Connection: ...


class QVariantLike: ...


class QObject:
    destroyed: typing.ClassVar[pyqtSignal]  # when it goes
    def name(self) -> str: ...


class QProcess(QObject):

    class State(enum.Enum):
        Running = ...

    finished: typing.ClassVar[pyqtSignal]
    anything: typing.ClassVar[pyqtSignal]
    strange: typing.ClassVar[pyqtSignal]
    absent: typing.ClassVar[pyqtSignal]
    notASignal: typing.ClassVar[int]
    noClassVar: pyqtSignal
    alsoNot: list[pyqtSignal]
    nor: typing.ClassVar["pyqtSignal"]

    class Inner(QObject):
        changed: typing.ClassVar[pyqtSignal]
'''

PYQT_WIDGETS = """\
import typing
from PyQt6 import QtCore


@typing.final
class QButton(QtCore.QObject):
    clicked: typing.ClassVar[QtCore.pyqtSignal]
    activated: typing.ClassVar[QtCore.pyqtSignal]


class QAction(QButton):
    @typing.overload
    def text(self) -> str: ...
    @typing.overload
    def text(self, key: int) -> str: ...


class QMenuAction(QAction): ...
"""

PYQT_BROKEN = """\
import typing
from PyQt6 import QtCore


class QCamera(QtCore.QObject):
    opened: typing.ClassVar[QtCore.pyqtSignal]
"""

PYQT_RUNTIME = """
class pyqtSignal:
    def __init__(self, *signatures):
        self.signatures = signatures


class Method:
    def __init__(self, signature):
        self.signature = signature

    def methodSignature(self):
        return self.signature.encode()


class Meta:
    def __init__(self, *signatures):
        self.signatures = signatures

    def methodCount(self):
        return len(self.signatures)

    def method(self, index):
        return Method(self.signatures[index])


class QObject:
    destroyed = pyqtSignal("destroyed(QObject*)")
    staticMetaObject = Meta("destroyed(QObject*)", "destroyed()", "deleteLater()")


class QProcess(QObject):
    finished = pyqtSignal("finished(int,QProcess::State)")
    anything = pyqtSignal("anything(QVariant)")
    strange = pyqtSignal("strange(QNobodyKnows,int)")

    class Inner(QObject):
        changed = pyqtSignal("changed(State)")

    Alias = QObject
"""

PYQT_WIDGETS_RUNTIME = """
from PyQt6.QtCore import Meta, QObject, pyqtSignal


class QButton(QObject):
    clicked = pyqtSignal("clicked(bool)")
    activated = pyqtSignal("activated(QString)", "activated(QObject*)")
    staticMetaObject = Meta("clicked(bool)", "clicked()", "other()")


class QAction(QButton):
    triggered = pyqtSignal("triggered(QProcess::State)")
    staticMetaObject = None


class QMenuAction(QAction):
    aboutToShow = pyqtSignal("aboutToShow()")
"""

PYSIDE_CORE = '''\
"""Written like PySide's."""
import typing
import PySide6.QtCore


class Signal:
    def __init__(self, /, *types: type, name: str | None = ...) -> None: ...


class SignalInstance:
    def connect(self, slot: object, /) -> PySide6.QtCore.QMetaObject.Connection: ...
    def disconnect(self, /, slot: object | None = ...) -> bool: ...
    def emit(self, /, *args: typing.Any) -> None: ...


class Qt:
    class ConnectionType: ...


class QMetaObject:
    class Connection: ...


class QObject:
    destroyed : typing.ClassVar[Signal] = ... # destroyed(); destroyed(QObject*)
    moved     : typing.ClassVar[Signal] = ... # moved(int,QObject*,bool); moved(int,QObject*)
    laid      : typing.ClassVar[Signal] = ... # laid(QString); laid(bool,int); laid(int,int)
    hidden    : typing.ClassVar[Signal] = ... # hidden(QPrivateSignal)
'''

PYSIDE_OTHER = """\
import typing
from PySide6.QtCore import Signal
import PySide6.QtCore


class QThing(PySide6.QtCore.QObject):
    changed : typing.ClassVar[Signal] = ... # changed(QObject*)
    pressed : typing.ClassVar[Signal] = ... # pressed(); pressed(bool)
"""

PACKAGE = """
__version__ = "1.2"
__version_info__ = (1, 2, "", ())
__all__ = ["QtCore"]
__path__ = list(__path__)
first = second = object()
a, b = 1, 2
print


def shown():
    pass


def _hidden():
    pass
"""


def write(folder: Path, package: str, files: dict[str, str]) -> Path:
    """Write a package; return the folder that it is in."""
    (folder / package).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / package / name).write_text(text)
    return folder


def pyqt(folder: Path) -> Path:
    write(folder, "PyQt6-6.0.dist-info", {"METADATA": "Name: PyQt6\nVersion: 6.0\n"})
    write(folder, "PyQt6/uic", {"__init__.py": ""})
    write(folder, "PyQt6/_private", {"__init__.py": ""})
    return write(
        folder,
        "PyQt6",
        {
            "__init__.py": PACKAGE,
            "QtCore.pyi": PYQT_CORE,
            "QtWidgets.pyi": PYQT_WIDGETS,
            "QtMultimedia.pyi": PYQT_BROKEN,
            "QtPlain.pyi": "class QPlain: ...\n",
            "QtCore.py": PYQT_RUNTIME,
            "QtWidgets.py": PYQT_WIDGETS_RUNTIME,
            "QtMultimedia.py": "raise ImportError('no sound')",
            "QtPlain.py": "",
        },
    )


def pyside(folder: Path) -> Path:
    return write(
        folder,
        "PySide6",
        {"QtCore.pyi": PYSIDE_CORE, "QtThings.pyi": PYSIDE_OTHER, "__init__.py": ""},
    )
