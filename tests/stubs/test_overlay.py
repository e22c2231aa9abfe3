# SPDX-License-Identifier: BSD-3-Clause
"""What the generator makes of small bindings."""

from __future__ import annotations

import ast
import sys

import pytest

from qtinter.stubs import overlay as overlay_module
from qtinter.stubs.find import find
from qtinter.stubs.overlay import make, stale
from qtinter.stubs.runtime import ask
from tests.stubs import fakes


def quiet(_: str) -> None: ...


@pytest.fixture(scope="module")
def pyqt(tmp_path_factory):
    return make(find("PyQt6", [str(fakes.pyqt(tmp_path_factory.mktemp("pyqt")))]), quiet)


@pytest.fixture(scope="module")
def pyside(tmp_path_factory):
    return make(find("PySide6", [str(fakes.pyside(tmp_path_factory.mktemp("pyside")))]), quiet)


def annotations(text: str) -> dict[str, str]:
    """Return the annotations of all attributes, by the names of class and attribute."""
    return {
        f"{cls.name}.{node.target.id}": ast.unparse(node.annotation)
        for cls in ast.walk(ast.parse(text))
        if isinstance(cls, ast.ClassDef)
        for node in cls.body
        if isinstance(node, ast.AnnAssign)
    }


def overloads(text: str, cls: str, method: str) -> list[str]:
    """Return the parameters and the result of each overload of a method."""
    return [
        ast.unparse(node).partition(f"def {method}(")[2].rpartition(":")[0]
        for found in ast.parse(text).body
        if isinstance(found, ast.ClassDef) and found.name == cls
        for node in found.body
        if isinstance(node, ast.FunctionDef) and node.name == method
    ]


def test_a_signal_gets_the_types_that_the_binding_names_at_run_time(pyqt):
    found = annotations(pyqt.files["QtCore.pyi"])

    assert found["QProcess.finished"] == "typing.ClassVar[_pyqtSignal[int, State]]"
    assert found["QProcess.anything"] == "typing.ClassVar[_pyqtSignal[typing.Any]]"


def test_a_nested_class_finds_the_names_of_the_outer_one(pyqt):
    assert (
        annotations(pyqt.files["QtCore.pyi"])["Inner.changed"]
        == "typing.ClassVar[_pyqtSignal[QProcess.State]]"
    )


def test_what_is_no_signal_stays_as_it_was(pyqt):
    text = pyqt.files["QtCore.pyi"]

    for line in (
        "notASignal: typing.ClassVar[int]",
        "def name(self) -> str: ...",
        "noClassVar: pyqt",
    ):
        assert line in text
    assert "# when it goes" in text


def test_a_signal_that_can_be_emitted_short_has_a_class_of_its_own(pyqt):
    text = pyqt.files["QtWidgets.pyi"]

    of = "PyQt6.QtCore._pyqtSignalOf[_QButton_clicked]"
    assert annotations(text)["QButton.clicked"] == f"typing.ClassVar[{of}]"
    assert overloads(text, "_QButton_clicked", "emit") == [
        "self, arg0: bool, /) -> None",
        "self, /) -> None",
    ]
    assert overloads(text, "_QButton_clicked", "connect") == []


def test_a_signal_of_several_signatures_can_be_told_which(pyqt):
    keys = overloads(pyqt.files["QtWidgets.pyi"], "_QButton_activated", "__getitem__")

    assert keys == [
        "self, key: type[str], /) -> PyQt6.QtCore._pyqtBoundSignal[str]",
        "self, key: tuple[type[str]], /) -> PyQt6.QtCore._pyqtBoundSignal[str]",
        "self, key: type[PyQt6.QtCore.QObject], /)"
        " -> PyQt6.QtCore._pyqtBoundSignal[PyQt6.QtCore.QObject | None]",
        "self, key: tuple[type[PyQt6.QtCore.QObject]], /)"
        " -> PyQt6.QtCore._pyqtBoundSignal[PyQt6.QtCore.QObject | None]",
        "self, key: str, /) -> PyQt6.QtCore.pyqtBoundSignal",
    ]


def test_a_signal_that_the_stubs_lack_is_put_in(pyqt):
    found = annotations(pyqt.files["QtWidgets.pyi"])

    assert found["QMenuAction.aboutToShow"] == "typing.ClassVar[PyQt6.QtCore._pyqtSignal[()]]"
    assert (
        found["QAction.triggered"]
        == "typing.ClassVar[PyQt6.QtCore._pyqtSignal[PyQt6.QtCore.QProcess.State]]"
    )


def test_what_is_not_known_is_any_and_is_said(pyqt):
    assert (
        annotations(pyqt.files["QtCore.pyi"])["QProcess.strange"]
        == "typing.ClassVar[_pyqtSignal[typing.Any, int]]"
    )
    assert pyqt.inexact() == {
        "QtCore.QProcess.strange": "no Python type for QNobodyKnows",
        "QtCore.QProcess.absent": "the binding doesn't have it",
        "QtMultimedia.QCamera.opened": "no sound",
    }
    assert pyqt.variants() == 1


def test_every_file_says_who_made_it_and_is_ignored_by_the_checkers(pyqt):
    for text in pyqt.files.values():
        assert text.startswith("# mypy: ignore-errors\n# pyright: basic")
        assert "of the stubs of PyQt6 6.0.\n" in text
        ast.parse(text)


def test_the_file_of_the_package_declares_what_the_package_has(pyqt):
    lines = pyqt.files["__init__.pyi"].splitlines()

    assert lines[6:] == [
        "from PyQt6 import uic as uic",
        "__version__: str",
        "__version_info__: tuple[int, int, str, tuple[()]]",
        "first: typing.Any",
        "second: typing.Any",
        "def shown(*args: typing.Any, **kwargs: typing.Any) -> typing.Any: ...",
    ]


def test_pyside_s_types_come_from_its_comments(pyside):
    found = annotations(pyside.files["QtThings.pyi"])

    assert (
        found["QThing.changed"]
        == "typing.ClassVar[PySide6.QtCore._Signal[PySide6.QtCore.QObject | None]]"
    )
    assert (
        annotations(pyside.files["QtCore.pyi"])["QObject.hidden"] == "typing.ClassVar[_Signal[()]]"
    )


def test_a_pyside_slot_may_be_made_for_another_signature(pyside):
    connects = overloads(pyside.files["QtThings.pyi"], "_QThing_pressed", "connect")

    assert connects == [
        "self, slot: collections.abc.Callable[[], object] | "
        "collections.abc.Callable[[bool], object], type: PySide6.QtCore.Qt.ConnectionType=...)"
        " -> PySide6.QtCore.QMetaObject.Connection",
        "self, slot: PySide6.QtCore.SignalInstance, type: PySide6.QtCore.Qt.ConnectionType=...)"
        " -> PySide6.QtCore.QMetaObject.Connection",
    ]


def test_of_two_signatures_of_one_length_the_first_counts(pyside):
    connects = overloads(pyside.files["QtCore.pyi"], "_QObject_laid", "connect")

    assert "Callable[[bool, int], object]" in connects[0]
    assert "Callable[[int, int], object]" not in connects[0]


def test_a_shorter_signature_of_pyside_can_be_emitted(pyside):
    assert overloads(pyside.files["QtCore.pyi"], "_QObject_moved", "emit") == [
        "self, arg0: int, arg1: QObject | None, arg2: bool, /) -> None",
        "self, arg0: int, arg1: QObject | None, /) -> None",
    ]


def test_the_output_is_the_same_every_time(pyqt, pyside):
    for one in (pyqt, pyside):
        assert make(one.source, quiet).files == one.files


def test_two_bindings_share_a_folder_and_a_file_that_is_gone_is_removed(pyqt, pyside, tmp_path):
    pyqt.write(tmp_path)
    (tmp_path / "PyQt6" / "QtOld.pyi").write_text("")
    pyqt.write(tmp_path)
    pyside.write(tmp_path)

    assert {file.name for file in (tmp_path / "PyQt6").iterdir()} == set(pyqt.files)
    assert {file.name for file in (tmp_path / "PySide6").iterdir()} == set(pyside.files)


def test_an_overlay_is_stale_when_it_is_missing_or_incomplete_or_of_other_versions(
    pyqt, tmp_path, monkeypatch
):
    assert stale(pyqt.source, tmp_path) == "there is none"
    pyqt.write(tmp_path)
    assert stale(pyqt.source, tmp_path) is None
    (tmp_path / "PyQt6" / "QtPlain.pyi").unlink()
    assert stale(pyqt.source, tmp_path) == "QtPlain.pyi is missing"
    pyqt.write(tmp_path)
    monkeypatch.setattr(overlay_module, "installed_version", lambda *_: "9.9")
    why = stale(pyqt.source, tmp_path)
    assert why is not None
    assert why.startswith("it says: Made by qtinter")


def test_a_binding_that_ends_the_process_leaves_its_signals_untyped(tmp_path):
    folder = fakes.pyqt(tmp_path)
    (folder / "PyQt6" / "QtWidgets.py").write_text("raise SystemExit('gone')")
    made = make(find("PyQt6", [str(folder)]), quiet)

    assert made.untyped["QtWidgets.QButton.clicked"] == "status 1, gone"
    assert "clicked: typing.ClassVar[QtCore.pyqtSignal]" in made.files["QtWidgets.pyi"]


def test_a_child_that_says_nothing_is_reported_too(tmp_path):
    fakes.write(tmp_path, "PyQt6", {"__init__.py": "", "QtCore.py": "import os; os._exit(3)"})

    found = ask("PyQt6", ["QtCore"], [str(tmp_path), *sys.path])
    assert found.failed == {"QtCore": "status 3, no message"}


def test_a_pyside_without_comments_is_asked_at_run_time(tmp_path):
    folder = fakes.pyside(tmp_path)
    core = folder / "PySide6" / "QtCore.pyi"
    lines = core.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if "ClassVar" not in line) + "    name: str\n"
    core.write_text(text.replace("-> PySide6.QtCore.QMetaObject.Connection", "-> None"))
    (folder / "PySide6" / "QtThings.pyi").unlink()
    fakes.write(
        folder,
        "PySide6",
        {
            "QtCore.py": "class Signal:\n    def __str__(self): return 'd(); d(QObject*)'\n"
            "class QObject:\n    destroyed = Signal()\n"
        },
    )
    made = make(find("PySide6", [str(folder)]), quiet)

    assert made.inexact() == {}
    assert (
        annotations(made.files["QtCore.pyi"])["QObject.destroyed"]
        == "typing.ClassVar[_SignalOf[_QObject_destroyed]]"
    )
    connects = overloads(made.files["QtCore.pyi"], "_QObject_destroyed", "connect")
    assert all(one.endswith("-> None") for one in connects)
