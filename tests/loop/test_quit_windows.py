# SPDX-License-Identifier: BSD-3-Clause
"""The last window closes: a quit under `qtinter.run`, if nobody means to show another one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from qtinter.loop.owner import OwnerRun
from tests.tools.live import run_to_end

pytestmark = pytest.mark.qt

APPLICATION = """
logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s %(message)s")
app = gui_application()
QtWidgets = widgets()

def window():
    made = QtWidgets.QWidget()
    made.show()
    return made
"""


def test_closing_the_last_window_under_run_cancels_main_and_a_log_line_says_why() -> None:
    code = APPLICATION + (
        """
async def main():
    w = window()
    after(1, w.close)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.said("cancelled", "cleaning", "clean", "RESULT None")
    assert ended.returncode == 0
    assert "setQuitOnLastWindowClosed(False)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_closing_the_last_window_under_plain_asyncio_run_does_nothing() -> None:
    code = APPLICATION + (
        """
async def main():
    w = window()
    after(1, w.close)
    await asyncio.sleep(0.2)
    return "result"

drive(main)
"""
    )
    ended = run_to_end(code, "asyncio.run")

    assert ended.texts == ["RESULT 'result'"]
    assert ended.returncode == 0


def test_the_last_window_does_not_count_with_quit_on_last_window_closed_off() -> None:
    code = APPLICATION + (
        """
app.setQuitOnLastWindowClosed(False)

async def main():
    w = window()
    after(1, w.close)
    await asyncio.sleep(0.2)
    return "result"

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.texts == ["RESULT 'result'"]
    assert ended.returncode == 0


def test_a_message_box_before_the_main_window_does_not_end_the_program() -> None:
    # Its closing is the last window's; main shows the next one from a callback or two later.
    code = APPLICATION + (
        """
async def main():
    loop = asyncio.get_running_loop()
    closed = loop.create_future()
    box = QtWidgets.QMessageBox()
    box.finished.connect(closed.set_result)
    box.show()
    after(1, box.accept)
    await closed
    for _ in range(3):
        await asyncio.sleep(0)
    w = window()
    await asyncio.sleep(0.2)
    say(w.isVisible())
    w.close()
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.said("True", "READY", "cancelled", "clean", "RESULT None")
    assert ended.returncode == 0


def test_a_modal_message_box_before_the_main_window_does_not_end_the_program() -> None:
    code = APPLICATION + (
        """
async def main():
    box = QtWidgets.QMessageBox()
    after(20, box.accept)
    await qtinter.modal(lambda: qt_exec(box))()
    w = window()
    await asyncio.sleep(0.2)
    return w.isVisible()

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.texts == ["RESULT True"]
    assert ended.returncode == 0


def test_a_message_box_run_inside_a_callback_does_not_end_the_program() -> None:
    code = APPLICATION + (
        """
async def main():
    box = QtWidgets.QMessageBox()
    after(20, box.accept)
    qt_exec(box)
    w = window()
    await asyncio.sleep(0.2)
    return w.isVisible()

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.texts == ["RESULT True"]
    assert ended.returncode == 0


def test_a_main_that_ends_because_its_window_closed_returns_its_result() -> None:
    code = APPLICATION + (
        """
async def main():
    closed = asyncio.get_running_loop().create_future()

    class Window(QtWidgets.QWidget):
        def closeEvent(self, event):
            super().closeEvent(event)
            closed.set_result("closed by the user")

    w = Window()
    w.show()
    after(1, w.close)
    return await closed

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.texts == ["RESULT 'closed by the user'"]
    assert ended.returncode == 0


def test_a_busy_program_without_a_window_still_ends_when_its_last_window_closed() -> None:
    # Callbacks that are ready again and again must not put the quit off for good.
    code = APPLICATION + (
        """
async def spin():
    while True:
        await asyncio.sleep(0)

async def main():
    task = asyncio.create_task(spin())
    w = window()
    after(1, w.close)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.said("cancelled", "clean", "RESULT None")
    assert ended.returncode == 0


def test_closing_the_last_window_during_the_clean_up_is_ignored() -> None:
    code = APPLICATION + (
        """
async def main():
    w = window()
    after(1, app.quit)
    try:
        await asyncio.sleep(60)
    finally:
        w = window()
        w.close()
        await asyncio.sleep(0.1)
        say("clean")

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    assert ended.texts == ["clean", "RESULT None"]
    assert ended.returncode == 0


EACH_KIND = pytest.mark.parametrize("kind", ["run", "asyncio.run"])
QUIT = {"run": "RESULT None", "asyncio.run": "OUT CancelledError"}


@EACH_KIND
@pytest.mark.parametrize("way", ["quit", "exit", "event"])
def test_quitting_while_a_window_is_open_counts_however_many_windows_it_closes(
    kind: str, way: str
) -> None:
    # Qt's quit() closes the windows first: the last of them must not hide what follows.
    code = APPLICATION + (
        """
WAYS = {
    "quit": app.quit,
    "exit": lambda: app.exit(5),
    "event": lambda: app.postEvent(app, QtCore.QEvent(QtCore.QEvent.Type(20))),
}

async def main():
    windows = [window(), window()]
    after(1, WAYS[sys.argv[2]])
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.said("cancelled", "clean", QUIT[kind])


@EACH_KIND
def test_a_quit_of_the_users_at_the_last_windows_closing_counts(kind: str) -> None:
    code = APPLICATION + (
        """
app.lastWindowClosed.connect(app.quit)

async def main():
    w = window()
    after(1, w.close)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, kind)

    assert ended.said("cancelled", "clean", QUIT[kind])


@EACH_KIND
def test_a_quit_after_the_last_window_was_closed_counts(kind: str) -> None:
    code = APPLICATION + (
        """
app.setQuitOnLastWindowClosed(KIND != "run")

async def main():
    w = window()
    after(1, w.close)
    after(150, app.quit)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, kind)

    assert ended.said("cancelled", "clean", QUIT[kind])


def test_a_window_that_refuses_to_close_keeps_the_program_running_at_quit() -> None:
    code = APPLICATION + (
        """
class Window(QtWidgets.QWidget):
    def closeEvent(self, event):
        say("asked")
        event.ignore()

async def main():
    w = Window()
    w.show()
    after(1, app.quit)
    await asyncio.sleep(0.2)
    return w.isVisible()

drive(main)
"""
    )
    ended = run_to_end(code, "run")

    # Qt 5 asks nobody: its quit() ends the event loop at once.
    assert ended.texts in (["asked", "RESULT True"], ["RESULT None"])


def test_the_last_windows_quit_is_swallowed_also_when_the_loop_has_its_turn_before_it() -> None:
    # The order in which Qt has them on Windows: there a timer of 0 ms is a posted event, too.
    code = APPLICATION + (
        """
from qtinter.loop.quit import LastWindow

last = LastWindow(app, None, lambda: None)

def close():
    app.lastWindowClosed.emit()
    app.postEvent(app, QtCore.QEvent(QtCore.QEvent.Type(20)))
    last.look(ready=False)

after(0, close)
after(50, lambda: app.exit(5))
say(f"EXEC {qt_exec(app)}")
"""
    )
    ended = run_to_end(code)

    assert ended.texts == ["EXEC 5"]
    assert ended.returncode == 0


@pytest.mark.parametrize("done", [False, True])
def test_a_last_window_that_closes_when_main_is_done_does_not_quit(*, done: bool) -> None:
    async def main() -> list[str]:
        exits: list[str] = []
        host: Any = SimpleNamespace(exit=lambda **_: exits.append("exit"))
        loop: Any = asyncio.get_running_loop()
        future = loop.create_future()
        if done:
            future.set_result(None)
        OwnerRun(loop, host, future, cleaning_up=False)._quit_by_window()
        return exits

    assert asyncio.run(main()) == ([] if done else ["exit"])
