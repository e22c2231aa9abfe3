# SPDX-License-Identifier: BSD-3-Clause
"""mypy and pyright make of the files in cases/ what is asserted there.

A ``type: ignore`` there is an assertion, too: both checkers report those that nothing needs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.typing.checkers import CHECKERS, check

pytestmark = [
    pytest.mark.typing,
    pytest.mark.timeout(180),
    pytest.mark.parametrize("checker", CHECKERS),
]

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


def test_without_an_overlay_a_signal_passes_any_number_of_anything(checker, tmp_path, binding):
    assert errors(checker, tmp_path, ["api.py", STOCK[binding]], binding, None) == []


def test_with_an_overlay_every_use_of_a_signal_is_typed(checker, tmp_path, binding, request):
    if binding not in OVERLAID:
        pytest.skip(f"the cases are not written for {binding}")
    overlay = request.getfixturevalue("overlay")
    assert errors(checker, tmp_path, ["api.py", OVERLAID[binding]], binding, overlay) == []
