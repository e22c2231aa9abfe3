# SPDX-License-Identifier: BSD-3-Clause
"""The README's examples do what they are said to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.tools.child import run_child

pytestmark = pytest.mark.qt

README = Path(__file__).resolve().parents[2] / "README.md"

#: An application that is used: `use` is called every 20 ms with the first window.
USER = """
import unittest.mock
from {binding} import QtCore, QtTest, QtWidgets

class Application(QtWidgets.QApplication):
    def __init__(self, arguments):
        super().__init__(arguments)
        self.user = QtCore.QTimer()
        self.user.timeout.connect(self.poke)
        self.user.start(20)

    def poke(self):
        for window in self.topLevelWidgets():
            use(window)

QtWidgets.QApplication = Application
"""


def examples() -> list[str]:
    binding = os.environ["QTINTERBINDING"]
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [block.replace("PyQt6", binding) for block in blocks]


def user(actions: str) -> str:
    return USER.replace("{binding}", os.environ["QTINTERBINDING"]) + actions


@pytest.mark.skipif(
    os.environ.get("QTINTERBINDING") == "PySide2",
    reason="the examples call exec(), PySide2 exec_()",
)
def test_the_qt_program_counts_down_when_its_button_is_clicked() -> None:
    child = run_child(
        user("""
seen = []

def use(window):
    if not seen or seen[-1] != window.text():
        seen.append(window.text())
        print(window.text())
    if seen == ["Start"]:
        QtTest.QTest.mouseClick(window, QtCore.Qt.MouseButton.LeftButton)
    if len(seen) > 1 and seen[-1] == "Start":
        QtWidgets.QApplication.quit()

real_sleep = asyncio.sleep
asyncio.sleep = lambda seconds: real_sleep(seconds / 10)
""")
        + examples()[0]
    )

    assert child.stderr == ""
    assert child.stdout.split() == ["Start", "3", "2", "1", "Start"]
    assert child.returncode == 0


@pytest.mark.parametrize(
    ("action", "printed"),
    [
        ("window.setText('Ada'); window.returnPressed.emit()", "Ada\n"),
        ("window.isVisible() and window.close()", "None\n"),
    ],
)
def test_the_asyncio_program_prints_the_name_or_none_if_the_window_was_closed(
    action: str, printed: str
) -> None:
    child = run_child(user(f"def use(window):\n    {action}\n") + examples()[1])

    assert child.stderr == ""
    assert child.stdout == printed
    assert child.returncode == 0
