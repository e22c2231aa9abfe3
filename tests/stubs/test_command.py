# SPDX-License-Identifier: BSD-3-Clause
"""The command line of the generator, and the checkers that it asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from qtinter.stubs import __main__ as command
from qtinter.stubs import verify
from tests.stubs import fakes


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder, with a small PyQt6 before whatever is installed."""
    monkeypatch.syspath_prepend(str(fakes.pyqt(tmp_path / "site")))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class Checker:
    """Stands in for a checker process."""

    def __init__(self, status: int, output: str) -> None:
        self.status = status
        self.output = output
        self.commands: list[list[str]] = []
        self.program = ""

    def __call__(self, command, folder, environ):
        self.commands.append(command)
        self.program = (folder / "signals.py").read_text()
        return subprocess.CompletedProcess(command, self.status, self.output, "")


@pytest.fixture
def checker(monkeypatch):
    def install(status: int, output: str) -> Checker:
        made = Checker(status, output)
        monkeypatch.setattr(verify, "_run", made)
        return made

    return install


def run(*arguments: str) -> int:
    return command.main(["--binding", "PyQt6", *arguments])


def test_it_writes_an_overlay_and_says_what_is_not_exact(project, capsys):
    assert run("--verify", "no") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "PyQt6 6.0 in typings: 11 signals, 8 exact (1 of them pass what may be anything), "
    )
    assert lines[1:4] == [
        "  not exact: QtCore.QProcess.strange: no Python type for QNobodyKnows",
        "  not exact: QtCore.QProcess.absent: the binding doesn't have it",
        "  not exact: QtMultimedia.QCamera.opened: no sound",
    ]
    assert lines[4:] == [
        "mypy: for mypy.ini (or use --configure):",
        "  [mypy]",
        "  mypy_path = $MYPY_CONFIG_FILE_DIR/typings",
    ]
    assert (project / "typings" / "PyQt6" / "QtCore.pyi").exists()


def test_a_check_tells_whether_an_overlay_is_stale(project, capsys):
    assert run("--check") == 1
    assert capsys.readouterr().out == "PyQt6 6.0 in typings: there is none\n"
    run("--verify", "no")
    capsys.readouterr()
    assert run("--check") == 0
    assert capsys.readouterr().out == "PyQt6 6.0 in typings: up to date\n"


def test_it_configures_only_when_it_is_asked_to(project, capsys):
    (project / "pyrightconfig.json").write_text('{"stubPath": "stubs"}')
    run("--verify", "no")
    assert not (project / "mypy.ini").exists()
    capsys.readouterr()

    run("--verify", "no", "--configure")
    assert (project / "mypy.ini").read_text().startswith("[mypy]\nmypy_path")
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "mypy: mypy.ini now has: [mypy] mypy_path = $MYPY_CONFIG_FILE_DIR/typings",
        "pyright: pyrightconfig.json is left as it is: "
        "pyright takes one stubPath, and here it is stubs; use --out stubs",
        '  it needs: "stubPath": "typings"',
    ]


@pytest.mark.parametrize(
    ("arguments", "wanted"), [(["--binding", "PySide2"], "PySide2"), ([], "a binding")]
)
def test_a_binding_that_is_not_there_is_an_error(monkeypatch, capsys, arguments, wanted):
    monkeypatch.setattr(command, "find", lambda _: None)
    with pytest.raises(SystemExit) as raised:
        command.main(arguments)

    assert raised.value.code == 2
    assert f"there are no stubs of {wanted} in" in capsys.readouterr().err


def test_every_signal_is_asserted_and_mypy_is_asked(project, checker, capsys):
    asked = checker(0, "")
    assert run("--verify", "mypy") == 0

    assert "mypy reveals what was meant for 11 of 11" in capsys.readouterr().out
    assert asked.commands[0][:3] == [sys.executable, "-m", "mypy"]
    assert (
        "async def _(o: PyQt6.QtWidgets.QButton) -> None: "
        "assert_type(await asyncsignal(o.activated), tuple[str])\n"
    ) in asked.program
    assert (
        "async def _(o: PyQt6.QtMultimedia.QCamera) -> None: "
        "assert_type(await asyncsignal(o.opened), tuple[typing.Any, ...])\n"
    ) in asked.program


def test_what_a_checker_takes_for_something_else_is_said_and_fails(project, checker, capsys):
    line = 1 + 3 + 4  # after the imports: the first signal
    checker(1, f"signals.py:{line}: error: not that\nsignals.py:1: error: no typing\n")
    assert run("--verify", "mypy") == 1

    output = capsys.readouterr().out
    assert "reveals what was meant for 9 of 11" in output
    assert "  wrong: QtCore.QObject.destroyed: not that\n  wrong: the check: no typing\n" in output


def test_pyright_is_asked_with_a_configuration_of_its_own(project, checker, capsys):
    error = {"severity": "error", "range": {"start": {"line": 7}}, "message": "not\n  that"}
    hint = {**error, "severity": "information"}
    asked = checker(1, json.dumps({"generalDiagnostics": [error, hint]}))
    assert run("--verify", "pyright") == 1

    assert "  wrong: QtCore.QObject.destroyed: not that\n" in capsys.readouterr().out
    assert asked.commands[0][1:] == ["--outputjson", "--pythonpath", sys.executable]


@pytest.mark.parametrize(
    ("name", "status", "output", "why"),
    [
        ("mypy", 2, "crashed", "crashed"),
        ("mypy", 1, "", "status 1"),
        ("pyright", 1, "no node", "no node"),
    ],
)
def test_a_checker_that_fails_is_no_verification(
    project, checker, capsys, name, status, output, why
):
    checker(status, output)
    assert run("--verify", name) == 1

    assert f"  not verified: {name} failed: {why}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mypy", "pyright", "chosen"),
    [(True, True, "mypy"), (False, True, "pyright"), (False, False, None)],
)
def test_the_checker_is_mypy_else_pyright_else_none(monkeypatch, mypy, pyright, chosen):
    monkeypatch.setattr(verify.importlib.util, "find_spec", lambda _: object() if mypy else None)
    monkeypatch.setattr(verify.shutil, "which", lambda _: "/bin/pyright" if pyright else None)

    assert verify.available() == chosen


@pytest.mark.parametrize("available", ["mypy", None])
def test_without_a_word_the_checker_at_hand_is_asked(
    project, monkeypatch, checker, capsys, available
):
    checker(0, "")
    monkeypatch.setattr(verify, "available", lambda: available)
    assert run() == 0

    output = capsys.readouterr().out
    assert ("mypy reveals what was meant" in output) == (available is not None)
    assert ("not verified: there is neither mypy" in output) == (available is None)


def test_a_checker_is_a_process_in_the_folder_of_the_program(tmp_path):
    child = verify._run(
        [sys.executable, "-c", "import os; print(os.getcwd(), os.environ['A'])"],
        tmp_path,
        dict(os.environ, A="b"),
    )

    assert child.stdout == f"{tmp_path.resolve()} b\n"


def test_an_installed_qtinter_is_found_without_help(monkeypatch):
    monkeypatch.setattr(verify, "__file__", "/lib/site-packages/qtinter/stubs/verify.py")
    assert verify._own_folder() == []
    monkeypatch.setattr(verify, "__file__", "/home/src/qtinter/stubs/verify.py")
    assert [str(folder) for folder in verify._own_folder()] == ["/home/src"]


def test_progress_is_shown_on_a_terminal_only(project, checker, monkeypatch, capsys):
    run("--verify", "no")
    assert capsys.readouterr().err == ""
    checker(0, "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run("--verify", "mypy")

    shown = capsys.readouterr().err
    assert shown.startswith("\r\x1b[KPyQt6: reading ...")
    assert "PyQt6: asking mypy ..." in shown
    assert shown.endswith("\r\x1b[K")


def test_importing_qtinter_imports_no_generator():
    code = "import sys, qtinter; print([name for name in sys.modules if 'qtinter.stubs' in name])"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert child.stdout == "[]\n"


def test_it_runs_as_a_module(project):
    child = subprocess.run(
        [sys.executable, "-m", "qtinter.stubs", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "--configure" in child.stdout
