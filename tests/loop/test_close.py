# SPDX-License-Identifier: BSD-3-Clause
"""``close()``: twice, while running, after the application, and what it leaves of the loop."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

import qtinter
from qtinter import QiLoopMode
from qtinter.loop.host import QtHost
from tests.loop.hosting import (
    HOSTED,
    count_qt_objects,
    driver_of,
    from_qt,
    kinds,
    needs_qt,
    new_loop,
    run_qt_for,
)
from tests.tools.console import WINDOWS
from tests.tools.live import run_to_end

ALL_KINDS = kinds("owner", "guest", "native")


@ALL_KINDS
@pytest.mark.parametrize("ran", [False, True], ids=["never run", "run"])
def test_closing_twice_is_fine(kind: str, *, ran: bool) -> None:
    with driver_of(kind) as driver:
        if ran:
            driver.loop.call_soon(driver.loop.stop)
            driver.run()
        driver.loop.close()
        driver.loop.close()
        assert driver.loop.is_closed()
        assert not driver.loop.is_running()


@ALL_KINDS
def test_a_running_loop_can_not_be_closed_by_a_callback(kind: str) -> None:
    errors: list[str] = []

    def callback() -> None:
        try:
            driver.loop.close()
        except RuntimeError as exc:
            errors.append(str(exc))
        driver.loop.stop()

    with driver_of(kind) as driver:
        driver.loop.call_soon(callback)
        driver.run()
        assert "running" in errors[0]
        driver.run_until_idle()


@HOSTED
def test_a_running_loop_can_not_be_closed_by_a_slot(kind: str) -> None:
    errors: list[str] = []

    def slot() -> None:
        try:
            driver.loop.close()
        except RuntimeError as exc:
            errors.append(str(exc))
        driver.loop.call_soon(driver.loop.stop)

    with driver_of(kind) as driver:
        from_qt(slot)
        driver.run()
    assert "running" in errors[0]


def nothing() -> None:
    pass


USES: dict[str, Callable[[Any], object]] = {
    "call_soon": lambda loop: loop.call_soon(nothing),
    "call_soon_threadsafe": lambda loop: loop.call_soon_threadsafe(nothing),
    "call_later": lambda loop: loop.call_later(1, nothing),
    "call_at": lambda loop: loop.call_at(1, nothing),
    "run_forever": lambda loop: loop.run_forever(),
    "run_until_complete": lambda loop: loop.run_until_complete(loop.create_future()),
    "add_reader": lambda loop: loop.add_reader(0, nothing),
    "run_in_executor": lambda loop: loop.run_in_executor(None, nothing),
    "set_mode": lambda loop: loop.set_mode(QiLoopMode.OWNER),
    "start": lambda loop: loop.start(),
}


@ALL_KINDS
@pytest.mark.parametrize("use", list(USES))
def test_a_closed_loop_refuses_to_be_used(kind: str, use: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.close()
        with pytest.raises(RuntimeError, match="(?i)closed"):
            USES[use](driver.loop)
        assert not driver.loop._ready
        assert not driver.loop._scheduled


def test_a_closed_loop_refuses_modal_calls() -> None:
    for mode in QiLoopMode:
        with new_loop(mode) as loop:
            loop.close()
            with pytest.raises(RuntimeError, match="CLOSED"):
                loop.exec_modal(nothing)


@pytest.mark.parametrize("mode", [QiLoopMode.OWNER, QiLoopMode.GUEST])
def test_debug_mode_may_still_be_set_on_a_closed_loop(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop:
        loop.close()
        loop.set_debug(True)
        loop.set_debug(False)
        with pytest.raises(RuntimeError, match="closed"):
            loop.call_soon(nothing)


def descriptors() -> int:
    """Count the open file descriptors; on Windows the handles, where /proc isn't there (Wine)."""
    folder = Path("/proc/self/fd")
    if folder.exists():
        return len(list(folder.iterdir()))
    process: Any = psutil.Process()
    return int(process.num_handles() if WINDOWS else process.num_fds())


@HOSTED
def test_a_closed_loop_keeps_no_qt_objects_and_no_descriptors(kind: str) -> None:
    def cycle() -> None:
        with driver_of(kind) as driver:
            driver.loop.call_later(0.001, driver.loop.stop)
            driver.run()

    def objects() -> int:
        kept = QtHost.kept  # for the next loop, its alarm only if that is not set any more
        if kept is not None and kept._alarm is not None:
            kept._alarm.close()
            kept._alarm = None
        return count_qt_objects()

    cycle()
    before, opened = objects(), descriptors()
    for _ in range(20):
        cycle()
    assert objects() == before
    # The thread pool of Windows, which waits for Qt, opens some handles of its own.
    assert descriptors() - opened < (20 if WINDOWS else 1)


@needs_qt
def test_of_two_loops_closed_together_neither_leaves_a_descriptor_open() -> None:
    def cycle() -> None:
        loops = [qtinter.new_event_loop() for _ in range(2)]
        for loop in loops:
            loop.run_until_complete(asyncio.sleep(0.002))
        for loop in loops:
            loop.close()

    cycle()
    opened = descriptors()
    for _ in range(20):
        cycle()
    assert descriptors() - opened < (20 if WINDOWS else 1)


@ALL_KINDS
def test_a_closed_loop_can_be_collected(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.call_later(0.001, driver.loop.stop)
        driver.loop.call_later(3600, nothing)
        driver.run()
        loop = weakref.ref(driver.loop)
    del driver
    if kind == "guest":
        run_qt_for(1)  # PyQt deletes the test's own connections only in a Qt loop
    gc.collect()
    assert loop() is None


def test_a_loop_that_was_not_closed_says_so_when_it_is_destroyed() -> None:
    loops = [qtinter.new_event_loop()]

    def drop() -> None:
        loops.clear()
        gc.collect()

    with pytest.warns(ResourceWarning, match="unclosed event loop"):
        drop()


@needs_qt
def test_nothing_of_a_closed_loop_runs_any_more() -> None:
    ran: list[int] = []
    with new_loop(QiLoopMode.GUEST) as loop:
        loop.start()
        loop.call_soon(ran.append, 1)
        loop.call_later(0, ran.append, 2)
        loop.stop()
        loop.close()
        run_qt_for(10)
    assert ran == []


@pytest.mark.qt
@pytest.mark.parametrize("mode", ["OWNER", "GUEST"])
def test_closing_after_the_applications_death_is_silent(mode: str) -> None:
    ended = run_to_end(f"""
        application()
        loop = qtinter.new_event_loop()
        loop.set_mode(qtinter.QiLoopMode.{mode})
        loop.call_later(0.001, loop.stop)
        if {mode == "GUEST"}:
            loop.start()
            while loop.is_running():
                QtCore.QCoreApplication.processEvents()
        else:
            loop.run_forever()
        loop.call_later(3600, print)
        delete_application()
        assert QtCore.QCoreApplication.instance() is None
        loop.close()
        loop.close()
    """)
    assert (ended.returncode, ended.texts, ended.stderr) == (0, [], "")


@needs_qt
def test_tasks_that_wait_when_the_loop_is_closed_are_destroyed_with_a_word() -> None:
    messages: list[str] = []
    with new_loop() as loop:
        loop.set_exception_handler(lambda _loop, context: messages.append(context["message"]))
        task = loop.create_task(asyncio.sleep(60))
        loop.call_later(0.001, loop.stop)
        loop.run_forever()
        loop.close()
        del task
        gc.collect()
    assert messages == ["Task was destroyed but it is pending!"]
