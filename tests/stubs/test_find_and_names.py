# SPDX-License-Identifier: BSD-3-Clause
"""Where stubs are found, and which Python types stand for which C++ types."""

from __future__ import annotations

import pytest

from qtinter.stubs.find import find
from qtinter.stubs.names import Names, Place, split
from qtinter.stubs.parse import Module
from tests.stubs import fakes

CORE = """
class QObject: ...
class QModelIndex: ...
class QPoint: ...
class Qt:
    class Orientation: ...
    class WindowType: ...
    class Capability: ...
"""
WIDGETS = """
import PyQt6.QtCore
from PyQt6 import QtCore
class QWidget(QtCore.QObject, Unknown):
    class Hint: ...
class QBox(PyQt6.QtWidgets.QWidget):
    class FeatureFlag: ...
"""


@pytest.fixture
def names():
    modules = {"QtCore": Module("QtCore", CORE), "QtWidgets": Module("QtWidgets", WIDGETS)}
    return Names("PyQt6", modules)


@pytest.mark.parametrize(
    ("cpp", "python"),
    [
        ("int", "int"),
        ("qreal", "float"),
        ("const QString &", "str"),
        ("QStringList", "list[str]"),
        ("QVariantMap", "dict[str, typing.Any]"),
        ("QVariant", "typing.Any"),
        ("PyObject*", "typing.Any"),
        ("QModelIndexList", "list[PyQt6.QtCore.QModelIndex]"),
        ("QRemoteObjectSourceLocation", None),
        ("QPoint", "PyQt6.QtCore.QPoint"),
        ("QWidget*", "QWidget | None"),
        ("QNobody*", None),
        ("QList<QPoint>", "list[PyQt6.QtCore.QPoint]"),
        ("QMap<QString, QList<int>>", "dict[str, list[int]]"),
        ("std::pair<int,QPoint>", "tuple[int, PyQt6.QtCore.QPoint]"),
        ("QList<QNobody>", None),
        ("QBag<int>", None),
        ("QFlags<Qt::Orientation>", "PyQt6.QtCore.Qt.Orientation"),
        ("Qt::Orientations", "PyQt6.QtCore.Qt.Orientation"),
        ("Qt::Capabilities", "PyQt6.QtCore.Qt.Capability"),
        ("Qt::WindowFlags", "PyQt6.QtCore.Qt.WindowType"),
        ("Feature", "FeatureFlag"),
        ("QBox::FeatureFlag", "FeatureFlag"),
        ("Hint", "QWidget.Hint"),
        ("Orientation", None),
    ],
)
def test_a_cpp_type_stands_for_a_python_type(names, cpp, python):
    assert names.python_type(cpp, Place("QtWidgets", "QBox"), "QBox") == python


def test_how_a_type_is_written_depends_on_where_it_stands(names):
    place = Place("QtWidgets", "QBox")

    assert names.python_type("Feature", place, "") == "QBox.FeatureFlag"
    assert names.python_type("Feature", place, None) == "PyQt6.QtWidgets.QBox.FeatureFlag"


def test_cpp_arguments_are_split_outside_of_templates():
    assert split("int,QMap<QString, QUrl>, QPoint") == ["int", "QMap<QString, QUrl>", "QPoint"]
    assert split("") == []


def test_a_stub_package_goes_before_the_binding_s_own_files(tmp_path):
    fakes.write(tmp_path, "PyQt5", {"__init__.py": "", "QtCore.pyi": "", "QtGui.pyi": ""})
    fakes.write(tmp_path, "PyQt5-stubs", {"__init__.pyi": "", "QtCore.pyi": ""})
    fakes.write(tmp_path, "PyQt5-5.15.dist-info", {"METADATA": "Name: PyQt5\nVersion: 5.15\n"})
    source = find("PyQt5", [str(tmp_path)])

    assert source is not None
    assert source.files == {
        "QtCore": tmp_path / "PyQt5-stubs" / "QtCore.pyi",
        "QtGui": tmp_path / "PyQt5" / "QtGui.pyi",
    }
    assert source.version == "5.15, stubs unknown"


@pytest.mark.parametrize("files", [{}, {"__init__.py": ""}])
def test_without_stubs_there_is_nothing_to_find(tmp_path, files):
    fakes.write(tmp_path, "PyQt6" if files else "other", files)

    assert find("PyQt6", [str(tmp_path)]) is None
