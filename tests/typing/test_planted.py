# SPDX-License-Identifier: BSD-3-Clause
"""What an overlay finds in a program: mistakes are planted in examples/monitor, and looked for.

Each mistake is made in a copy of its own, and all copies are checked together, with the stubs of
the binding and with an overlay. Strict checkers find the unchanged program right with the overlay.
The table in docs/how-to/typing.md is what comes out; UPDATE_DOCS=1 writes it there.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.typing.checkers import CHECKERS, ROOT, check, pyright

pytestmark = [
    pytest.mark.typing,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        os.environ.get("QTINTERBINDING") != "PyQt6", reason="the program is written for PyQt6"
    ),
]

PAGE = ROOT / "docs" / "how-to" / "typing.md"


class Mistake(NamedTuple):
    what: str
    file: str
    right: str
    wrong: str


MISTAKES = [
    Mistake(
        "a slot that takes another type",
        "window.py",
        "textChanged.connect(self._shown.setFilterFixedString)",
        "textChanged.connect(self._shown.setFilterKeyColumn)",
    ),
    Mistake(
        "a slot that takes more than the signal passes",
        "window.py",
        "_minute.timeout.connect(self.check)",
        "_minute.timeout.connect(self.show_summary)",
    ),
    Mistake(
        "the slot of another signal",
        "window.py",
        "counted.connect(self.show_summary)",
        "wentDown.connect(self.show_summary)",
    ),
    Mistake(
        "a coroutine function that takes another type",
        "window.py",
        "table.doubleClicked.connect(asyncslot",
        "entry.textChanged.connect(asyncslot",
    ),
    Mistake(
        "a lambda that misuses its argument",
        "window.py",
        'lambda seconds: self.say(f"waiting {seconds:g} s")',
        "lambda seconds: self.say(seconds)",
    ),
    Mistake(
        "an emission of another type",
        "model.py",
        "counted.emit(up, len(self._answers) - up)",
        "counted.emit(up, str(len(self._answers) - up))",
    ),
    Mistake(
        "an emission that lacks an argument",
        "model.py",
        "wentDown.emit(str(address), answer.error)",
        "wentDown.emit(str(address))",
    ),
    Mistake(
        "a declaration that its uses don't fit any more",
        "model.py",
        "counted = pyqtSignal(int, int)",
        "counted = pyqtSignal(int)",
    ),
    Mistake(
        "an awaited argument that is used as another type",
        "window.py",
        "how, _ = stopped.result()\n                self.say(how)",
        "(how,) = await asyncsignal(self.timeout.valueChanged)\n                self.say(how)",
    ),
    Mistake(
        "more arguments unpacked than are awaited",
        "window.py",
        "how, _ = stopped.result()\n                self.say(how)",
        "how, _ = await asyncsignal(self.entry.textEdited)\n                self.say(how)",
    ),
    Mistake(
        "the tag of a multisignal that is used as another type",
        "window.py",
        'self.stop_button.clicked: "stopped"',
        "self.stop_button.clicked: 1",
    ),
    Mistake(
        "a modal call that lacks an argument",
        "window.py",
        '(self, "Monitor", f"Remove {address}?")',
        '(self, title="Monitor")',
    ),
    Mistake(
        "a call in place of a slot",
        "window.py",
        "returnPressed.connect(self.add)",
        "returnPressed.connect(self.add())",
    ),
]


def copies(folder: Path) -> None:
    """Write the program, p00, and a copy for each mistake, p01 and so on."""
    for number, mistake in enumerate([None, *MISTAKES]):
        copy = folder / f"p{number:02}"
        shutil.copytree(
            ROOT / "examples" / "monitor", copy, ignore=shutil.ignore_patterns("__pycache__")
        )
        if mistake:
            file = copy / mistake.file
            text = file.read_text(encoding="utf-8")
            assert text.count(mistake.right) == 1, mistake
            file.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")


def found(checker: str, folder: Path, overlay: Path | None) -> list[set[str]]:
    """Return the errors of each copy; without an overlay, none about types that aren't known."""
    errors: list[set[str]] = [set() for _ in range(len(MISTAKES) + 1)]
    for file, _, message in check(checker, folder, overlay):
        number, _, name = file.partition("/")
        if overlay is None and "unknown" in message:
            continue
        errors[int(number[1:])].add(f"{name}: {message.replace(number, '')}")
    return errors


@pytest.fixture(scope="module")
def results(overlay, tmp_path_factory):
    """Return the errors of each copy by the checker and whether it used the overlay."""
    if pyright() is None:
        pytest.skip("pyright is neither on PATH nor in build/node (make pyright-installed)")
    folder = tmp_path_factory.mktemp("planted")
    copies(folder)
    return {
        (checker, used): found(checker, folder, overlay if used else None)
        for used in (False, True)
        for checker in CHECKERS
    }


def test_the_program_is_right_in_strict_mode_with_the_overlay(results):
    assert results["mypy", True][0] == set()
    assert results["pyright", True][0] == set()


def test_the_page_says_what_is_found(results):
    lines = [
        "| mistake | mypy | pyright | mypy, overlay | pyright, overlay |",
        "| --- | --- | --- | --- | --- |",
    ]
    for number, mistake in enumerate(MISTAKES, 1):
        marks = ["found" if errors[number] - errors[0] else "-" for errors in results.values()]
        lines.append(f"| {mistake.what} | {' | '.join(marks)} |")
    table = re.compile("(?<=<!-- planted -->\n).*(?=\n<!-- /planted -->)", re.DOTALL)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(table.sub("\n".join(lines), PAGE.read_text()))

    assert table.findall(PAGE.read_text()) == ["\n".join(lines)]


@pytest.mark.timing
@pytest.mark.parametrize("checker", CHECKERS)
def test_checking_with_the_overlay_takes_at_most_a_fifth_more(checker, overlay, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    seconds = {}
    for used in (None, overlay) * 3:
        before = os.times().children_user
        check(checker, tmp_path / "examples", used)
        taken = os.times().children_user - before
        seconds[used] = min(taken, seconds.get(used, taken))

    assert seconds[overlay] <= 1.2 * seconds[None]
