# SPDX-License-Identifier: BSD-3-Clause
"""mypy and pyright make of the files in cases/ what is asserted there, and of the manual's example.

A ``type: ignore`` there is an assertion, too: both checkers report those that nothing needs.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qtinter.stubs.configure import advise
from tests.typing.checkers import CHECKERS, ROOT, check

pytestmark = [
    pytest.mark.typing,
    pytest.mark.timeout(180),
]
each_checker = pytest.mark.parametrize("checker", CHECKERS)

CASES = Path(__file__).parent / "cases"
STOCK = {
    "PyQt6": "stock_pyqt.py",
    "PySide6": "stock_pyside6.py",
    "PyQt5": "stock_pyqt.py",
    "PySide2": "stock_pyside2.py",
}
OVERLAID = {"PyQt6": "overlay_pyqt.py", "PySide6": "overlay_pyside6.py"}


def errors(checker, folder, cases, binding, overlay):
    for case in cases:
        text = (CASES / case).read_text(encoding="utf-8")
        (folder / case).write_text(text.replace("PyQt6", binding) if "pyqt" in case else text)
    return check(checker, folder, overlay)


@each_checker
def test_without_an_overlay_a_signal_passes_any_number_of_anything(checker, tmp_path, binding):
    assert errors(checker, tmp_path, ["api.py", STOCK[binding]], binding, None) == []


@each_checker
def test_with_an_overlay_every_use_of_a_signal_is_typed(checker, tmp_path, binding, request):
    if binding not in OVERLAID:
        pytest.skip(f"the cases are not written for {binding}")
    overlay = request.getfixturevalue("overlay")
    assert errors(checker, tmp_path, ["api.py", OVERLAID[binding]], binding, overlay) == []


@each_checker
def test_the_manual_s_example_has_the_errors_that_it_says(checker, tmp_path, binding, request):
    if binding != "PyQt6":
        pytest.skip("the example is written for PyQt6")
    page = (ROOT / "docs" / "how-to" / "typing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "example.py").write_text(example)
    found = {line for _, line, _ in check(checker, tmp_path, request.getfixturevalue("overlay"))}

    lines = enumerate(example.splitlines(), 1)
    assert found == {number for number, line in lines if "# error:" in line}


def test_the_manual_s_lines_for_mypy_are_those_that_the_command_advises(tmp_path):
    page = (ROOT / "docs" / "how-to" / "typing.md").read_text(encoding="utf-8")
    (advice,) = advise(tmp_path, tmp_path / "typings")

    assert f"```ini\n{advice.text}```" in page
