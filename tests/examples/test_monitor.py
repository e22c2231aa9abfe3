# SPDX-License-Identifier: BSD-3-Clause
"""The monitor does what its window says, clicked by itself."""

from __future__ import annotations

import asyncio
import os

import pytest

import qtinter
from tests.tools.child import run_child

pytestmark = [
    pytest.mark.qt,
    pytest.mark.gui,
    pytest.mark.skipif(
        os.environ.get("QTINTERBINDING") != "PyQt6", reason="the program is written for PyQt6"
    ),
]


@pytest.fixture
def window(qapp):
    from examples.monitor.window import Window

    window = Window()
    window.show()
    yield window
    window.close()


@pytest.fixture
def run(qapp):
    from qtinter.compat.python import Runner

    def run(main):
        with Runner(loop_factory=qtinter.new_event_loop) as runner:
            return runner.run(main())

    return run


def add(window, address: str) -> None:
    window.entry.setText(address)
    window.add_button.click()


def test_services_are_added_by_name_and_only_once(window):
    assert not window.add_button.isEnabled()
    for text in ("", "localhost", "localhost:x", "localhost:0"):
        window.entry.setText(text)
        assert not window.add_button.isEnabled(), text
    add(window, "localhost:80")
    assert window.entry.text() == ""
    window.entry.setText("localhost:80")
    window.entry.returnPressed.emit()

    assert [str(one) for one in window.services.addresses()] == ["localhost:80"]
    assert window.statusBar().currentMessage() == "localhost:80 is there already"


def test_a_click_on_check_says_what_is_up_and_what_is_down(window, run):
    async def main():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        add(window, f"127.0.0.1:{port}")
        add(window, "127.0.0.1:1")
        counted = qtinter.asyncsignalstream(window.services.counted)
        window.check_button.click()
        assert not window.check_button.isEnabled()
        await counted.__anext__()
        await counted.__anext__()
        states = window.state(0), window.state(1)
        server.close()
        await server.wait_closed()
        while not window.check_button.isEnabled():
            await asyncio.sleep(0)
        down = asyncio.create_task(qtinter.asyncsignal(window.services.wentDown))
        await asyncio.sleep(0)
        window.check_button.click()
        return states, (await down)[0].partition(":")[0]

    assert run(main) == (("up", "down"), "127.0.0.1")
    assert window.summary.text() in {"0 up, 2 down", "1 up, 1 down"}


def test_a_click_on_stop_ends_a_check(window, run, monkeypatch):
    from examples.monitor import window as module

    async def forever(address, timeout):
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "probe", forever)

    async def main():
        add(window, "127.0.0.1:1")
        task = window.check()
        await asyncio.sleep(0)
        window.check()  # one at a time
        window.stop_button.click()
        await task

    run(main)
    assert window.statusBar().currentMessage() == "stopped"
    assert window.check_button.isEnabled()


def test_a_service_is_removed_after_a_question(window, run, monkeypatch):
    from PyQt6 import QtWidgets

    asked = []

    def question(*args):
        asked.append(args[2])
        return QtWidgets.QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QtWidgets.QMessageBox, "question", question)

    async def main():
        add(window, "127.0.0.1:1")
        window.table.doubleClicked.emit(window.table.model().index(0, 0))
        await qtinter.asyncsignal(window.services.counted)

    run(main)
    assert asked == ["Remove 127.0.0.1:1?"]
    assert window.services.rowCount() == 0
    assert window.summary.text() == "0 up, 0 down"


def test_the_filter_the_clock_and_the_time_to_wait_follow_what_is_chosen(window):
    add(window, "one:1")
    add(window, "two:2")
    window.filter.setText("TWO")
    assert window.table.model().rowCount() == 1
    window.timeout.setValue(1.5)
    assert window.statusBar().currentMessage() == "waiting 1.5 s"
    window.repeat.click()
    assert window._minute.isActive()
    window.repeat.click()
    assert not window._minute.isActive()


def test_the_program_ends_when_its_window_is_closed():
    child = run_child("""
import runpy, sys
from PyQt6 import QtCore
from examples.monitor.window import Window

class Shown(Window):
    def show(self):
        super().show()
        print(*self.services.addresses())
        QtCore.QTimer.singleShot(20, self.close)

import examples.monitor.window
examples.monitor.window.Window = Shown
sys.argv = ["monitor", "127.0.0.1:1"]
runpy.run_module("examples.monitor", run_name="__main__")
""")

    assert child.stderr.replace("This plugin does not support propagateSizeHints()\n", "") == ""
    assert child.stdout == "127.0.0.1:1\n"
    assert child.returncode == 0
