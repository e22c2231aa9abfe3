# SPDX-License-Identifier: BSD-3-Clause
"""``exec_modal()``: a function run as interleaved code right after the current callback."""

from __future__ import annotations

import asyncio
import logging

import pytest

from qtinter import QiLoopMode
from tests.loop.hosting import (
    HOSTED,
    collect_errors,
    driver_of,
    from_qt,
    needs_qt,
    new_loop,
    run_qt_for,
    run_qt_until,
)


@HOSTED
@pytest.mark.parametrize("slice_", [0.0, 0.5])
def test_the_function_runs_after_its_callback_and_before_any_other(
    kind: str, slice_: float
) -> None:
    ran: list[object] = []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.slice_duration = slice_

        def callback() -> None:
            loop.call_soon(ran.append, "next turn")
            loop.exec_modal(lambda: ran.append("modal"))
            ran.append("callback")

        loop.call_soon(ran.append, "before")
        loop.call_soon(callback)
        loop.call_soon(ran.append, "after")
        driver.run_until_idle()
    assert ran == ["before", "callback", "modal", "after", "next turn"]


@HOSTED
def test_the_function_runs_outside_every_callback_and_task(kind: str) -> None:
    seen: list[object] = []

    def fn() -> None:
        seen.append(asyncio.current_task())
        seen.append(asyncio.get_running_loop() is driver.loop)
        with pytest.raises(RuntimeError, match="must be called from a coroutine or callback"):
            driver.loop.exec_modal(print)
        seen.append("refused")

    async def main() -> None:
        driver.loop.exec_modal(fn)
        await asyncio.sleep(0)
        driver.loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        task.result()
    assert seen == [None, True, "refused"]


@HOSTED
def test_asyncio_goes_on_inside_a_nested_loop_of_the_function(kind: str) -> None:
    ticks: list[int] = []
    over: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        async def ticker() -> None:
            while True:
                await asyncio.sleep(0.005)
                ticks.append(len(ticks))

        def fn() -> None:
            run_qt_until(lambda: len(ticks) >= 5)
            over.append(1)

        async def main() -> None:
            task = loop.create_task(ticker())
            loop.exec_modal(fn)
            while not over:
                await asyncio.sleep(0.001)
            task.cancel()
            while not task.done():
                await asyncio.sleep(0)
            loop.stop()

        loop.create_task(main())
        driver.run()
    assert len(ticks) >= 5


@HOSTED
def test_a_turn_is_resumed_where_the_function_interrupted_it(kind: str) -> None:
    """The rest of the turn runs in the nested loop, and what it schedules doesn't join it."""
    ran: list[object] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def fn() -> None:
            ran.append("modal begins")
            run_qt_until(lambda: "second" in ran and "of the next turn" in ran)
            ran.append("modal ends")

        def last() -> None:
            ran.append("second")

        loop.call_soon(lambda: loop.exec_modal(fn))
        loop.call_soon(lambda: loop.call_soon(ran.append, "of the next turn"))
        loop.call_soon(last)
        driver.run_until_idle()
    assert ran == ["modal begins", "second", "of the next turn", "modal ends"]


@HOSTED
def test_only_one_may_be_pending(kind: str) -> None:
    ran: list[int] = []

    def callback() -> None:
        driver.loop.exec_modal(lambda: ran.append(1))
        with pytest.raises(RuntimeError, match="already scheduled and pending"):
            driver.loop.exec_modal(lambda: ran.append(2))

    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.call_soon(callback)
        driver.run_until_idle()
        assert errors == []
    assert ran == [1]


@HOSTED
def test_the_next_callback_may_ask_again_inside_the_nested_loop_of_the_first(kind: str) -> None:
    ran: list[object] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def outer() -> None:
            loop.call_soon(lambda: loop.exec_modal(inner))
            run_qt_until(lambda: "inner ends" in ran)
            ran.append("outer ends")

        def inner() -> None:
            loop.call_soon(ran.append, "callback")
            run_qt_until(lambda: "callback" in ran)
            ran.append("inner ends")

        loop.call_soon(lambda: loop.exec_modal(outer))
        driver.run_until_idle()
    assert ran == ["callback", "inner ends", "outer ends"]


@needs_qt
@pytest.mark.parametrize("mode", [QiLoopMode.OWNER, QiLoopMode.GUEST])
def test_it_is_refused_outside_a_running_loop(mode: QiLoopMode) -> None:
    with new_loop(mode) as loop:
        text = rf"must be called from a coroutine or callback.*STOPPED.*{mode.name}"
        with pytest.raises(RuntimeError, match=text):
            loop.exec_modal(print)


@HOSTED
def test_it_is_refused_in_a_slot(kind: str) -> None:
    seen: list[str] = []

    def slot() -> None:
        try:
            driver.loop.exec_modal(print)
        except RuntimeError as exc:
            seen.append(str(exc))
        driver.loop.stop()

    with driver_of(kind) as driver:
        from_qt(slot)
        driver.run()
    assert "must be called from a coroutine or callback" in seen[0]
    assert "SELECTING" in seen[0]
    assert kind.upper() in seen[0]


@needs_qt
@pytest.mark.parametrize("running", [False, True])
def test_it_is_refused_in_native_mode(*, running: bool) -> None:
    async def main() -> None:
        loop.exec_modal(print)

    with new_loop(QiLoopMode.NATIVE) as loop:
        with pytest.raises(RuntimeError, match="not supported in NATIVE mode"):
            if running:
                loop.run_until_complete(main())
            else:
                loop.exec_modal(print)
        assert loop.run_until_complete(asyncio.sleep(0, 42)) == 42


@HOSTED
def test_what_can_not_be_called_is_refused(kind: str) -> None:
    def callback() -> None:
        with pytest.raises(TypeError, match="'fn' must be callable"):
            driver.loop.exec_modal(42)  # type: ignore[arg-type]
        driver.loop.exec_modal(lambda: ran.append("next one is fine"))

    ran: list[str] = []
    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.call_soon(callback)
        driver.run_until_idle()
        assert errors == []
    assert ran == ["next one is fine"]


@HOSTED
def test_a_slot_of_a_nested_loop_in_a_callback_counts_as_the_callback(kind: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def callback() -> None:
            from_qt(lambda: loop.exec_modal(lambda: ran.append("modal")))
            run_qt_for(10)
            ran.append("callback ends")

        loop.call_soon(callback)
        loop.call_soon(ran.append, "next callback")
        driver.run_until_idle()
    assert ran == ["callback ends", "modal", "next callback"]


@HOSTED
def test_its_exception_goes_to_the_exception_handler(kind: str) -> None:
    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.call_soon(lambda: driver.loop.exec_modal(lambda: 1 // 0))
        driver.run_until_idle()
        assert [type(each["exception"]) for each in errors] == [ZeroDivisionError]


@needs_qt
@pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit])
def test_an_exit_of_its_own_comes_out_of_the_run(exit_: type[BaseException]) -> None:
    ran: list[str] = []

    def fn() -> None:
        raise exit_

    with driver_of("owner") as driver:
        driver.loop.call_soon(lambda: driver.loop.exec_modal(fn))
        driver.loop.call_soon(ran.append, "kept")
        with pytest.raises(exit_):
            driver.loop.run_forever()
        assert ran == []
        driver.run_until_idle()
    assert ran == ["kept"]


@needs_qt
@pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit])
def test_when_the_callback_raises_an_exit_the_function_runs_in_the_next_run(
    exit_: type[BaseException],
) -> None:
    ran: list[str] = []
    with driver_of("owner") as driver:
        loop = driver.loop

        def callback() -> None:
            loop.exec_modal(lambda: ran.append("modal"))
            raise exit_

        loop.call_soon(callback)
        loop.call_soon(ran.append, "next callback")
        with pytest.raises(exit_):
            loop.run_forever()
        assert ran == []
        driver.run_until_idle()
    assert ran == ["modal", "next callback"]


@HOSTED
@pytest.mark.parametrize("last", [False, True], ids=["amid a turn", "at its end"])
def test_a_stop_in_the_same_callback_does_not_keep_the_function_from_running(
    kind: str, *, last: bool
) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def callback() -> None:
            loop.exec_modal(lambda: ran.append("modal"))
            loop.stop()
            loop.call_soon(ran.append, "next turn")

        loop.call_soon(callback)
        if not last:
            loop.call_soon(ran.append, "same turn")
        driver.run()
        assert ran == (["modal"] if last else ["modal", "same turn"])
        driver.run_until_idle()
        assert ran[-1] == "next turn"


@HOSTED
def test_a_stopped_loop_runs_nothing_in_a_nested_loop_of_the_function(kind: str) -> None:
    """The turn with the stop was the last one; the run returns when the nested loop has."""
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def fn() -> None:
            loop.call_soon(ran.append, "next turn")
            run_qt_for(30)
            ran.append("modal")

        def callback() -> None:
            loop.exec_modal(fn)
            loop.stop()

        loop.call_soon(callback)
        driver.run()
        assert ran == ["modal"]
        driver.run_until_idle()
        assert ran == ["modal", "next turn"]


@HOSTED
def test_a_stop_in_the_function_stops_the_loop(kind: str) -> None:
    ran: list[str] = []

    def fn() -> None:
        driver.loop.stop()
        ran.append("running" if driver.loop.is_running() else "stopped")

    with driver_of(kind) as driver:
        driver.loop.call_soon(lambda: driver.loop.exec_modal(fn))
        driver.run()
    assert ran == ["stopped" if kind == "guest" else "running"]


@needs_qt
def test_pending_when_the_loop_goes_native_it_is_dropped_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ran: list[str] = []

    def callback() -> None:
        loop.exec_modal(lambda: ran.append("modal"))
        raise SystemExit

    with new_loop() as loop:
        loop.call_soon(callback)
        with pytest.raises(SystemExit):
            loop.run_forever()
        with caplog.at_level(logging.WARNING, "qtinter"):
            loop.set_mode(QiLoopMode.NATIVE)
        assert "dropped in NATIVE mode" in caplog.text
        loop.set_mode(QiLoopMode.OWNER)
        assert loop.run_until_complete(asyncio.sleep(0, 42)) == 42
    assert ran == []


@needs_qt
def test_a_call_that_is_pending_when_the_loop_is_closed_is_dropped() -> None:
    called: list[int] = []

    def leave() -> None:
        loop.exec_modal(lambda: called.append(1))
        raise SystemExit

    with new_loop() as loop:
        loop.call_soon(leave)
        with pytest.raises(SystemExit):
            loop.run_forever()
        loop.close()
    assert called == []
    assert not loop._scheduler.modal.calls
