# SPDX-License-Identifier: BSD-3-Clause
"""What all tests share: the application object, and one fixture for all kinds of loops.

The binding under test is named by ``QTINTERBINDING``; without it only the tests that need no Qt can
run, and the others are not selected: ``pytest -m "not qt"``.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.not_on_windows import reason_for

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if sys.platform == "win32":
    import ctypes
    import platform

    def _no_wmi(*_: object) -> None:
        raise OSError("a query would end the process")

    if hasattr(ctypes.WinDLL("ntdll"), "wine_get_version"):
        platform._wmi_query = _no_wmi  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

KINDS = ("owner", "guest")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses ``run_in`` once for each kind of loop."""
    if "run_in" in metafunc.fixturenames:
        kinds = [pytest.param(kind, marks=pytest.mark.qt) for kind in KINDS]
        if metafunc.definition.get_closest_marker("virtual"):
            kinds.append(pytest.param("virtual"))
        metafunc.parametrize("run_in", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a binding, and what can't run on this system."""
    for item in items:
        if "qapp" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.qt)
        if sys.platform == "win32" and (reason := reason_for(item.nodeid)) is not None:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def qapp() -> Any:
    """Return the application object of the binding under test."""
    if "QTINTERBINDING" not in os.environ:
        pytest.fail("this test needs Qt: set QTINTERBINDING, or leave it out by -m 'not qt'")
    from qtinter.bindings import QtWidgets

    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["tests"])


class RunIn:
    """Runs a coroutine to its end on a new loop of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, main: Callable[[], Coroutine[Any, Any, Any]] | Any) -> Any:
        """Run a coroutine, or what a coroutine function makes; return its result."""
        if self.kind == "guest":
            return self._guest(main)
        return self._runner(main)

    def _runner(self, main: Any) -> Any:
        import qtinter
        from qtinter.compat.python import Runner
        from qtinter.testing import VirtualEventLoop

        factory: Any = qtinter.new_event_loop if self.kind == "owner" else VirtualEventLoop
        with Runner(loop_factory=factory) as runner:
            return runner.run(main() if callable(main) else main)

    def _guest(self, main: Any) -> Any:
        import qtinter
        from qtinter.bindings import QtCore
        from qtinter.compat import qt

        with qtinter.using_asyncio_from_qt() as loop:
            outer = QtCore.QEventLoop()

            async def to_the_end() -> Any:
                try:
                    return await (main() if callable(main) else main)
                finally:
                    outer.quit()

            task = loop.create_task(to_the_end())
            qt.exec_loop(outer)
        return task.result()


@pytest.fixture
def run_in(request: pytest.FixtureRequest) -> RunIn:
    """Return what runs a coroutine on a new loop: owner, guest, and virtual for marked tests."""
    kind: str = request.param
    if kind != "virtual":
        request.getfixturevalue("qapp")
    return RunIn(kind)
