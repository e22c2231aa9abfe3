# SPDX-License-Identifier: BSD-3-Clause
"""The demo as a whole, in a process of its own, as its user runs it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from qtinter import bindings
from qtinter.demo import __main__ as demo
from qtinter.demo.checks import Checks, save_screenshot


def _run(*command, **environment):
    """Run Python with every warning an error; give its status and what it printed and reported.

    Left out: what Qt has to say about the machine (Qt 5 misses a folder; nothing shows a window).
    """
    child = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", *command],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    errors = [
        line
        for line in child.stderr.splitlines()
        if "propagateSizeHints" not in line and "XDG_RUNTIME_DIR" not in line
    ]
    return child.returncode, child.stdout.splitlines(), errors


# --- the whole program ------------------------------------------------------------------------


@pytest.mark.qt
def test_the_headless_demo_passes_its_checks_and_saves_a_picture(tmp_path):
    picture = tmp_path / "picture.png"

    status, lines, errors = _run("-m", "qtinter.demo", "--headless", "--screenshot", str(picture))

    assert errors == []
    assert status == 0
    assert [line[:4] for line in lines if line.startswith(("ok", "FAIL"))] == ["ok  "] * 8
    assert lines[-1] == "8 checks passed, 0 failed"
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.qt
def test_a_failed_check_is_the_exit_status():
    code = """if True:
        import sys
        from qtinter.demo import __main__ as demo, window

        async def download(url, progress, real=window.download):
            return (await real(url, progress))[::-1]

        window.download = download
        sys.exit(demo.run(["--headless"]))
        """
    status, lines, errors = _run("-c", code)

    assert errors == []
    assert status == 1
    (failed,) = [line for line in lines if line.startswith("FAIL")]
    assert "SHA-256" in failed
    assert lines[-1] == "7 checks passed, 1 failed"


CLOSE_WHILE_DOWNLOADING = """if True:
    import asyncio, sys
    from qtinter.demo import __main__ as demo

    class Window(demo.Window):
        async def run_clock(self):
            self.download_button.click()
            asyncio.get_running_loop().call_later(0.5, self.close)
            await super().run_clock()

        def close(self):
            print("received some:", 0 < self.received < 3 * 1024 * 1024)
            self.widget.close()

    demo.Window = Window
    sys.exit(demo.run(["--window"]))
    """


@pytest.mark.qt
def test_closing_the_window_ends_the_program_in_the_middle_of_a_download():
    status, lines, errors = _run("-c", CLOSE_WHILE_DOWNLOADING, QT_QPA_PLATFORM="offscreen")

    # The loop logs that the last window's end is the program's: the only line there.
    assert all("quitOnLastWindowClosed" in line for line in errors), errors
    assert status == 0
    assert lines[1:] == ["close the window to end", "received some: True"]


SCREENSHOT_OF_THE_WINDOW = """if True:
    import asyncio, sys
    from qtinter.demo import __main__ as demo

    def save(widget, path, real=demo.save_screenshot):
        real(widget, path)
        asyncio.get_running_loop().call_soon(widget.close)

    demo.save_screenshot = save
    sys.exit(demo.run(["--window", "--screenshot", sys.argv[1]]))
    """


@pytest.mark.qt
def test_a_window_that_stays_open_saves_a_picture_first(tmp_path):
    picture = tmp_path / "picture.png"

    status, _, errors = _run(
        "-c", SCREENSHOT_OF_THE_WINDOW, str(picture), QT_QPA_PLATFORM="offscreen"
    )

    assert all("quitOnLastWindowClosed" in line for line in errors), errors
    assert status == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


# --- its command line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "display", "headless"),
    [
        ([], "", True),
        ([], ":0", False),
        (["--headless"], ":0", True),
        (["--window"], "", False),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_the_demo_is_headless_if_told_so_or_without_a_display(
    monkeypatch, arguments, display, headless
):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    assert demo.parse(arguments).headless is headless


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_windows_and_macos_always_have_a_display(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    assert demo.has_display()


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        (["PyQt6", "PySide6", "PyQt5", "PySide2"], "PyQt6"),
        (["PySide2", "PyQt5", "PySide6"], "PySide6"),
        (["PySide2"], "PySide2"),
    ],
)
def test_the_first_installed_binding_is_chosen(monkeypatch, installed, chosen):
    _without_choice(monkeypatch, installed)

    demo.choose_binding(None)

    assert os.environ["QTINTERBINDING"] == chosen


def test_the_environments_choice_of_a_binding_is_kept(monkeypatch):
    _without_choice(monkeypatch, ["PyQt6"])
    monkeypatch.setenv("QT_API", "pyside6")

    demo.choose_binding(None)

    assert "QTINTERBINDING" not in os.environ


def test_a_binding_named_on_the_command_line_is_chosen_over_the_environments(monkeypatch):
    _without_choice(monkeypatch, ["PyQt6", "PySide6"])
    monkeypatch.setenv("QTINTERBINDING", "PyQt6")

    demo.choose_binding(demo.parse(["--headless", "--binding", "PySide6"]).binding)

    assert os.environ["QTINTERBINDING"] == "PySide6"


def test_without_a_binding_the_demo_says_what_to_install(monkeypatch):
    _without_choice(monkeypatch, [])

    with pytest.raises(SystemExit, match="pip install PyQt6"):
        demo.choose_binding(None)


def _without_choice(monkeypatch, installed):
    """Let the environment name no binding, and only ``installed`` be found."""
    # Set first, so that the fixture puts the variable back whatever the demo does with it.
    monkeypatch.setenv("QTINTERBINDING", "")
    monkeypatch.delenv("QTINTERBINDING")
    monkeypatch.delenv("QT_API", raising=False)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in installed else None
    )


# --- its report -------------------------------------------------------------------------------


def test_checks_are_printed_counted_and_reported(capsys):
    checks = Checks()
    checks.check("water is wet", kept=True)
    checks.check("water is dry", kept=False)

    assert checks.report() == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok   water is wet",
        "FAIL water is dry",
        "1 checks passed, 1 failed",
    ]


def test_a_picture_that_cannot_be_written_is_an_error_that_names_the_file(qapp, tmp_path):
    widget = bindings.QtWidgets.QLabel("demo")

    with pytest.raises(OSError, match="no_such_folder"):
        save_screenshot(widget, tmp_path / "no_such_folder" / "picture.png")
