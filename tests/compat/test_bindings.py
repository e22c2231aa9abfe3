# SPDX-License-Identifier: BSD-3-Clause
"""Which binding is chosen, and how."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from qtinter.compat.bindings import BINDINGS, choose


def run(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program without any binding chosen for it."""
    import os

    env = {
        key: value for key, value in os.environ.items() if key not in {"QTINTERBINDING", "QT_API"}
    }
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**env, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- the rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BINDINGS)
def test_the_one_that_is_imported_wins_over_the_environment(name):
    modules = {name: object(), f"{name}.QtCore": object()}

    assert choose(modules, {"QTINTERBINDING": "PyQt5", "QT_API": "pyside2"}) == name


@pytest.mark.parametrize("name", ["PyQt6", "PySide6"])
def test_of_two_that_are_imported_the_environment_names_one(name):
    modules = {"PyQt6.QtCore": object(), "PySide6.QtCore": object()}

    assert choose(modules, {"QTINTERBINDING": name}) == name


@pytest.mark.parametrize("environ", [{}, {"QT_API": "pyqt6"}, {"QTINTERBINDING": ""}])
def test_two_that_are_imported_are_an_import_error_that_names_both(environ):
    modules = {"PyQt6.QtCore": object(), "PySide6.QtCore": object()}

    with pytest.raises(ImportError, match="PyQt6, PySide6.*QTINTERBINDING"):
        choose(modules, environ)


def test_of_two_that_are_imported_none_is_chosen_by_naming_a_third():
    modules = {"PyQt6.QtCore": object(), "PySide6.QtCore": object()}

    with pytest.raises(ImportError, match="PyQt6, PySide6.*'PyQt5'"):
        choose(modules, {"QTINTERBINDING": "PyQt5"})


def test_a_package_counts_only_while_no_qtcore_is_imported():
    assert choose({"PyQt6": object()}, {}) == "PyQt6"
    assert choose({"PyQt6": object(), "PySide6.QtCore": object()}, {}) == "PySide6"


def test_a_blocked_import_counts_for_nothing():
    assert (
        choose({"PyQt6": None, "PyQt6.QtCore": None, "PySide6.QtCore": object()}, {}) == "PySide6"
    )


@pytest.mark.parametrize("name", BINDINGS)
def test_where_none_is_imported_the_environment_names_one(name):
    assert choose({}, {"QTINTERBINDING": name}) == name
    assert choose({}, {"QT_API": name.lower()}) == name
    assert choose({}, {"QT_API": name}) == name


def test_our_own_variable_comes_before_that_of_qtpy():
    assert choose({}, {"QTINTERBINDING": "PyQt6", "QT_API": "pyside6"}) == "PyQt6"


def test_where_nothing_names_one_the_import_error_says_what_to_do():
    with pytest.raises(ImportError, match="import one of PyQt6.*QTINTERBINDING"):
        choose({}, {})


@pytest.mark.parametrize("variable", ["QTINTERBINDING", "QT_API"])
def test_a_name_that_is_none_is_an_import_error_that_names_it(variable):
    with pytest.raises(ImportError, match=f"{variable}.*'PyQt7'"):
        choose({}, {variable: "PyQt7"})


# --- the process ---------------------------------------------------------------------------------


def test_importing_qtinter_imports_no_binding():
    ended = run(
        """
        import sys
        for name in ("PyQt6", "PySide6", "PyQt5", "PySide2"):
            sys.modules[name] = None  # an attempt to import it fails
        import qtinter, qtinter.bindings, qtinter.testing
        print([name for name in sys.modules if "Qt" in name and sys.modules[name]])
        """
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")


def test_a_binding_that_is_not_there_is_an_import_error_that_names_it():
    ended = run(
        """
        import sys
        sys.modules["PyQt5"] = None
        from qtinter.compat.bindings import binding
        try:
            binding()
        except ImportError as exc:
            print(exc)
        """,
        QTINTERBINDING="PyQt5",
    )

    assert "PyQt5" in ended.stdout
    assert ended.returncode == 0


def test_a_failure_is_not_remembered_but_a_choice_is(qapp):
    from qtinter.compat.bindings import binding

    ended = run(
        f"""
        import os
        from qtinter.compat.bindings import binding, known_binding
        assert known_binding() is None
        os.environ["QTINTERBINDING"] = {binding().name!r}
        first = binding()
        os.environ["QTINTERBINDING"] = "none"
        assert binding() is first is known_binding()
        print(first.name)
        """
    )

    assert (ended.stdout, ended.stderr) == (f"{binding().name}\n", "")


def test_the_bindings_module_gives_the_binding_s_modules(qapp):
    import importlib

    from qtinter.bindings import QtCore, QtWidgets
    from qtinter.compat.bindings import binding

    assert QtCore is importlib.import_module(f"{binding().name}.QtCore") is binding().QtCore
    assert QtWidgets is importlib.import_module(f"{binding().name}.QtWidgets")


def test_a_module_that_the_binding_lacks_is_an_import_error(qapp):
    with pytest.raises(ImportError, match="QtNothing"):
        from qtinter.bindings import QtNothing  # noqa: F401


def test_other_attributes_of_the_bindings_module_import_nothing():
    import qtinter.bindings

    assert not hasattr(qtinter.bindings, "__path__")


def test_what_a_module_of_the_binding_lacks_is_named_by_the_error(qapp, monkeypatch, tmp_path):
    import importlib

    import qtinter.bindings
    from qtinter.compat.bindings import binding

    (tmp_path / "QtHalf.py").write_text("import no_such_library")
    package = importlib.import_module(binding().name)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        qtinter.bindings.QtHalf  # noqa: B018 - it is imported by being named


def test_without_a_binding_there_is_no_application():
    ended = run("from qtinter.compat import qt; print(qt.has_application())")

    assert (ended.stdout, ended.stderr) == ("False\n", "")
