# SPDX-License-Identifier: BSD-3-Clause
"""The overlay of a whole binding: how much of it is exact, and how long it takes."""

from __future__ import annotations

import os
import time

import pytest

from qtinter.stubs.find import find
from qtinter.stubs.overlay import make

pytestmark = [
    pytest.mark.qt,
    pytest.mark.skipif(
        os.environ.get("QTINTERBINDING") not in {"PyQt6", "PySide6"},
        reason="promised for the bindings of Qt 6",
    ),
]

USUAL = {"QtCore", "QtGui", "QtWidgets", "QtNetwork"}


@pytest.mark.slow
def test_every_signal_of_the_usual_modules_is_exact_and_99_of_100_of_all():
    overlay = make(find(os.environ["QTINTERBINDING"]), lambda _: None)
    inexact = overlay.inexact()
    count = len(overlay.all_signals()) + len(overlay.untyped)

    assert [name for name in inexact if name.partition(".")[0] in USUAL] == []
    assert len(inexact) <= count / 100
    anything = [
        signal.name
        for module, signal in overlay.all_signals()
        if module in USUAL and "typing.Any" in signal.arguments
    ]
    assert anything == ["QVariantAnimation.valueChanged"]


@pytest.mark.timing
def test_an_overlay_is_made_in_two_seconds(tmp_path):
    def seconds() -> float:
        started = time.perf_counter()
        make(find(os.environ["QTINTERBINDING"]), lambda _: None).write(tmp_path)
        return time.perf_counter() - started

    assert min(seconds() for _ in range(3)) < 2
