# SPDX-License-Identifier: BSD-3-Clause
"""The three modes of a loop: who may run it, what that needs, and when the mode can change."""

from __future__ import annotations

import asyncio
import contextlib
import dis
import itertools
import sys
from types import FrameType
from typing import Any

import pytest

from qtinter import QiLoopMode
from tests.loop.hosting import (
    HOSTED,
    driver_of,
    from_qt,
    kinds,
    needs_qt,
    new_loop,
    run_qt_until,
    run_without_binding,
)
from tests.tools.child import run_child

MODES = pytest.mark.parametrize("mode", list(QiLoopMode), ids=lambda mode: mode.name)


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


@needs_qt
def test_a_new_loop_is_in_owner_mode() -> None:
    with new_loop() as loop:
        assert loop.run_until_complete(answer()) == 42
        with pytest.raises(RuntimeError, match="GUEST"):
            loop.start()


@needs_qt
@pytest.mark.parametrize("mode", [QiLoopMode.OWNER, QiLoopMode.NATIVE])
def test_owner_and_native_loops_run_to_completion(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop:
        assert loop.run_until_complete(answer()) == 42
        assert not loop.is_running()


@needs_qt
@pytest.mark.parametrize("mode", [QiLoopMode.OWNER, QiLoopMode.NATIVE])
def test_owner_and_native_loops_run_for_ever(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop:
        loop.call_later(0.01, loop.stop)
        loop.run_forever()
        assert not loop.is_running()


@needs_qt
@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
def test_a_guest_loop_can_not_be_run(*, running: bool) -> None:
    text = r"run_forever\(\) cannot be called for a loop operating in GUEST mode"
    with new_loop(QiLoopMode.GUEST) as loop:
        if running:
            loop.start()
        with pytest.raises(RuntimeError, match=text):
            loop.run_forever()
        future = loop.create_future()
        with pytest.raises(RuntimeError, match=text.replace("forever", "until_complete")):
            loop.run_until_complete(future)
        assert loop.is_running() is running


@needs_qt
@pytest.mark.parametrize("mode", [QiLoopMode.OWNER, QiLoopMode.NATIVE])
def test_owner_and_native_loops_can_not_be_started(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop:
        with pytest.raises(RuntimeError, match="operating in GUEST mode"):
            loop.start()
        assert not loop.is_running()
        assert loop.run_until_complete(answer()) == 42


@needs_qt
def test_start_returns_at_once_and_makes_the_loop_the_running_one() -> None:
    ran = []
    with new_loop(QiLoopMode.GUEST) as loop:
        loop.call_soon(ran.append, 1)
        loop.start()
        assert ran == []
        assert loop.is_running()
        assert asyncio.get_running_loop() is loop
        run_qt_until(lambda: ran)
        assert asyncio.get_running_loop() is loop
        loop.stop()
        assert not loop.is_running()
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()


@needs_qt
def test_a_guest_loop_can_be_started_only_once_at_a_time() -> None:
    with new_loop(QiLoopMode.GUEST) as loop:
        loop.start()
        with pytest.raises(RuntimeError, match=r"start\(\).*running.*GUEST"):
            loop.start()
        assert loop.is_running()
        ran = []
        loop.call_soon(ran.append, 1)
        run_qt_until(lambda: ran)


@needs_qt
def test_a_guest_loop_can_be_started_again_after_a_stop() -> None:
    with new_loop(QiLoopMode.GUEST) as loop:
        for number in range(5):
            ran = []
            loop.start()
            loop.call_soon(ran.append, number)
            run_qt_until(lambda ran=ran: ran)
            loop.stop()


@needs_qt
def test_the_owner_loop_is_the_running_one_in_slots() -> None:
    seen = []

    async def main() -> None:
        from_qt(lambda: seen.append(asyncio.get_running_loop()))
        while not seen:
            await asyncio.sleep(0.001)

    with new_loop() as loop:
        loop.run_until_complete(main())
        assert seen == [loop]
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


@HOSTED
def test_there_is_no_current_task_in_slots(kind: str) -> None:
    seen = []

    async def main() -> None:
        from_qt(lambda: seen.append(asyncio.current_task()))
        while not seen:
            await asyncio.sleep(0)
        driver.loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        assert seen == [None]
        assert task.done()


@needs_qt
@MODES
def test_the_mode_can_be_set_while_the_loop_is_stopped(mode: QiLoopMode) -> None:
    for before, after in itertools.product(QiLoopMode, repeat=2):
        with new_loop(before) as loop:
            loop.set_mode(after)
            loop.set_mode(mode)


@needs_qt
@MODES
def test_one_loop_serves_in_each_mode_after_the_other(mode: QiLoopMode) -> None:
    with new_loop() as loop:
        for each in [*QiLoopMode, mode]:
            loop.set_mode(each)
            if each is QiLoopMode.GUEST:
                loop.start()
                task = loop.create_task(answer())
                run_qt_until(task.done)
                assert task.result() == 42
                loop.stop()
            else:
                assert loop.run_until_complete(answer()) == 42


@needs_qt
def test_what_was_scheduled_in_one_mode_runs_in_the_next_in_order() -> None:
    ran: list[object] = []
    with new_loop() as loop:
        for mode in QiLoopMode:
            loop.set_mode(mode)
            loop.call_soon(ran.append, mode)
        loop.call_later(0, ran.append, "timer")
        loop.set_mode(QiLoopMode.GUEST)
        loop.start()
        run_qt_until(lambda: len(ran) == 4)
        assert ran == [*QiLoopMode, "timer"]


@kinds("owner", "native")
def test_the_mode_can_not_be_set_while_the_loop_runs(kind: str) -> None:
    async def main() -> None:
        loop = driver.loop
        for mode in QiLoopMode:
            with pytest.raises(RuntimeError, match=rf"set_mode\({mode.name}\).*{kind.upper()}"):
                loop.set_mode(mode)

    with driver_of(kind) as driver:
        driver.loop.run_until_complete(main())
        assert driver.loop.run_until_complete(answer()) == 42


@needs_qt
@pytest.mark.parametrize("place", ["slot", "callback"])
def test_the_mode_can_not_be_set_while_a_guest_runs(place: str) -> None:
    errors = []

    def attempt() -> None:
        for mode in QiLoopMode:
            try:
                loop.set_mode(mode)
            except RuntimeError as exc:
                errors.append(str(exc))

    with new_loop(QiLoopMode.GUEST) as loop:
        loop.start()
        if place == "slot":
            from_qt(attempt)
        else:
            loop.call_soon(attempt)
        run_qt_until(lambda: errors)
        assert len(errors) == 3
        assert all("GUEST" in each for each in errors)
        state = {"slot": "SELECTING", "callback": "PROCESSING"}[place]
        assert all(state in each for each in errors)


@needs_qt
@MODES
def test_the_mode_of_a_closed_loop_can_not_be_set(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop:
        loop.close()
        for other in QiLoopMode:
            with pytest.raises(RuntimeError, match="CLOSED"):
                loop.set_mode(other)


@kinds("owner", "native")
def test_the_mode_can_not_be_set_while_a_stop_is_pending(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.stop()
        with pytest.raises(RuntimeError, match="stop is pending"):
            driver.loop.set_mode(QiLoopMode.GUEST)
        driver.run()
        driver.loop.set_mode(QiLoopMode.GUEST)


@MODES
def test_a_mode_must_be_a_mode(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop, pytest.raises(TypeError, match=r"'mode' must be a QiLoopMode"):
        loop.set_mode(mode.name)  # type: ignore[arg-type]


@pytest.mark.qt
@pytest.mark.parametrize("operation", ["run_forever()", "run_until_complete(future)"])
def test_an_owner_needs_an_application_and_runs_once_there_is_one(operation: str) -> None:
    child = run_child(f"""
        loop = qtinter.new_event_loop()
        ran = []
        loop.call_soon(ran.append, "scheduled before")
        future = loop.create_future()
        try:
            loop.{operation}
        except RuntimeError as exc:
            print(exc)
        app = QtCore.QCoreApplication([])
        loop.call_soon(loop.stop)
        loop.run_forever()
        print(ran)
        loop.close()
    """)
    assert child.stdout.startswith("An instance of QCoreApplication must exist")
    assert "OWNER" in child.stdout.splitlines()[0]
    assert "STOPPED" in child.stdout.splitlines()[0]
    assert child.stdout.endswith("['scheduled before']\n")
    assert (child.returncode, child.stderr) == (0, "")


def test_a_native_loop_needs_no_application_and_no_binding() -> None:
    child = run_without_binding(
        """
        loop = qtinter.new_event_loop()
        loop.set_mode(qtinter.QiLoopMode.NATIVE)
        async def main():
            await asyncio.sleep(0.01)
            return await loop.run_in_executor(None, int, "42")
        print(loop.run_until_complete(main()))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        """
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "42\n", "")


def test_an_interrupt_between_two_turns_of_a_native_loop_leaves_none_that_seems_to_run() -> None:
    code = asyncio.BaseEventLoop.run_forever.__code__
    jumps = {each.offset for each in dis.get_instructions(code) if each.opname.startswith("JUMP")}
    struck: list[int] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not code:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in jumps:
            struck.append(frame.f_lasti)
            raise KeyboardInterrupt
        return trace

    with new_loop(QiLoopMode.NATIVE) as loop:
        loop.call_soon(loop.call_soon, loop.stop)
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                loop.run_forever()
        finally:
            sys.settrace(before)
        # Older Pythons have no such jump, or don't trace it.
        assert struck or sys.version_info < (3, 13)
        assert not loop.is_running()


def test_building_and_closing_loops_needs_no_application_and_no_binding() -> None:
    child = run_without_binding(
        """
        for mode in qtinter.QiLoopMode:
            loop = qtinter.new_event_loop()
            loop.set_mode(mode)
            loop.call_soon(print)
            loop.call_later(1, print)
            loop.close()
            loop.close()
        """
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")
