# SPDX-License-Identifier: BSD-3-Clause
"""Debug mode: what asyncio says there, it says on our loops, and of the user's code only."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import Any

import pytest

from tests.loop.hosting import (
    HOSTED,
    Driver,
    collect_errors,
    core,
    driver_of,
    from_qt,
    kinds,
    run_qt_for,
)

ALL_KINDS = kinds("owner", "guest", "native")


def ours(traceback: Any) -> list[Any]:
    """The frames of the package that a traceback has below the test's own."""
    frames = list(traceback)
    last = max(i for i, frame in enumerate(frames) if frame.filename == __file__)
    return frames[last + 1 :]


@ALL_KINDS
def test_a_slow_callback_is_named_with_the_time_it_took(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    def slow_one() -> None:
        time.sleep(0.03)

    with driver_of(kind) as driver, caplog.at_level(logging.WARNING, "asyncio"):
        driver.loop.set_debug(True)
        driver.loop.slow_callback_duration = 0.02
        driver.loop.call_soon(slow_one)
        driver.loop.call_soon(lambda: None)
        driver.run_until_idle()
    messages = [record.getMessage() for record in caplog.records]
    slow = [message for message in messages if "slow_one" in message]
    assert len(slow) == 1
    assert slow[0].startswith("Executing <Handle")
    assert "took 0.0" in slow[0]


@ALL_KINDS
@pytest.mark.parametrize("place", ["call_soon", "call_later", "call_at"])
def test_a_call_from_the_wrong_thread_is_refused_in_debug_mode(kind: str, place: str) -> None:
    errors: list[str] = []

    def call() -> None:
        arguments = () if place == "call_soon" else (0,)
        try:
            getattr(driver.loop, place)(*arguments, print)
        except RuntimeError as exc:
            errors.append(str(exc))

    def callback() -> None:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        driver.loop.stop()

    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        driver.loop.call_soon(callback)
        driver.run()
        assert "thread" in errors[0]
        assert not driver.loop._scheduled


@ALL_KINDS
@pytest.mark.parametrize("place", ["call_soon", "call_later", "call_soon_threadsafe"])
def test_a_coroutine_function_is_refused_as_a_callback_in_debug_mode(kind: str, place: str) -> None:
    async def function() -> None:
        raise AssertionError

    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        arguments = (0, function) if place == "call_later" else (function,)
        with pytest.raises(TypeError, match="coroutine"):
            getattr(driver.loop, place)(*arguments)
        assert not driver.loop._ready
        assert not driver.loop._scheduled


@ALL_KINDS
@pytest.mark.parametrize("place", ["call_soon", "call_later", "call_at", "call_soon_threadsafe"])
def test_a_handle_tells_where_it_was_made_without_our_frames(kind: str, place: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        arguments = () if "soon" in place else (0,)
        handle: Any = getattr(driver.loop, place)(*arguments, print)
        assert ours(handle._source_traceback) == []
        name = "test_a_handle_tells_where_it_was_made_without_our_frames"
        assert handle._source_traceback[-1].name == name
        handle.cancel()


@ALL_KINDS
def test_a_handle_tells_nothing_outside_debug_mode(kind: str) -> None:
    with driver_of(kind) as driver:
        handle: Any = driver.loop.call_soon(print)
        assert handle._source_traceback is None
        handle.cancel()


@ALL_KINDS
@pytest.mark.parametrize("debug", [False, True])
def test_the_traceback_of_a_failed_callback_begins_at_the_callback(
    kind: str, *, debug: bool
) -> None:
    def failing() -> None:
        raise ZeroDivisionError

    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.set_debug(debug)
        driver.loop.call_soon(failing)
        driver.run_until_idle()
        assert len(errors) == 1
        traceback = errors[0]["exception"].__traceback__
        names = []
        while traceback is not None:
            names.append(traceback.tb_frame.f_code.co_filename)
            traceback = traceback.tb_next
        assert not [name for name in names if "/qtinter/" in name]
        assert names[-1] == __file__
        assert "failing" in errors[0]["message"]
        assert ("source_traceback" in errors[0]) is debug


@ALL_KINDS
def test_an_exception_handler_that_fails_is_reported_and_the_loop_runs_on(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    def handler(_loop: object, _context: object) -> None:
        raise ValueError("the handler's own")

    with driver_of(kind) as driver, caplog.at_level(logging.ERROR, "asyncio"):
        driver.loop.set_exception_handler(handler)
        driver.loop.call_soon(lambda: 1 // 0)
        driver.loop.call_soon(ran.append, 1)
        driver.run_until_idle()
        driver.loop.set_exception_handler(None)
    assert ran == [1]
    assert "Unhandled error in exception handler" in caplog.text


@pytest.mark.parametrize("exit_type", [KeyboardInterrupt, SystemExit])
@kinds("owner", "native")
def test_an_exit_of_the_exception_handler_comes_out(
    kind: str, exit_type: type[BaseException]
) -> None:
    def handler(_loop: object, _context: object) -> None:
        raise exit_type

    ran: list[int] = []
    with driver_of(kind) as driver:
        driver.loop.set_exception_handler(handler)
        driver.loop.call_soon(lambda: 1 // 0)
        driver.loop.call_soon(ran.append, 1)
        with pytest.raises(exit_type):
            driver.run()
        assert ran == []
        driver.loop.set_exception_handler(None)
        driver.run_until_idle()
    assert ran == [1]


@HOSTED
def test_debug_mode_can_be_switched_while_the_loop_runs(kind: str) -> None:
    ran: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def switch(number: int) -> None:
            ran.append(number)
            loop.set_debug(not loop.get_debug())
            if number < 20:
                loop.call_soon(switch, number + 1)
            else:
                loop.stop()

        loop.call_soon(switch, 0)
        driver.run()
    assert ran == list(range(21))


@HOSTED
def test_qt_lives_under_a_saturated_loop_in_debug_mode(kind: str) -> None:
    ticks: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.set_debug(True)
        timer = core().QTimer()
        timer.timeout.connect(lambda: ticks.append(1))
        timer.start(5)

        def chain() -> None:
            if len(ticks) < 10:
                loop.call_soon(chain)
            else:
                loop.stop()

        loop.call_soon(chain)
        driver.run()
        timer.stop()
    assert len(ticks) >= 10


@HOSTED
def test_order_and_turns_are_the_same_in_debug_mode(kind: str) -> None:
    def trace(*, debug: bool) -> list[object]:
        ran: list[object] = []
        with driver_of(kind) as driver:
            loop = driver.loop
            loop.set_debug(debug)
            loop.call_soon(lambda: (ran.append("a"), loop.call_soon(ran.append, "d")))
            loop.call_soon(ran.append, "b").cancel()
            loop.call_soon(ran.append, "c")
            loop.call_soon(loop.stop)
            driver.run()
            ran.append("stopped")
            driver.run_until_idle()
        return ran

    assert trace(debug=True) == trace(debug=False) == ["a", "c", "stopped", "d"]


@HOSTED
def test_modal_calls_work_in_debug_mode(kind: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.set_debug(True)
        loop.call_soon(lambda: loop.exec_modal(lambda: (run_qt_for(5), ran.append("modal"))))
        loop.call_soon(ran.append, "next")
        loop.call_later(0.02, loop.stop)
        driver.run()
    assert sorted(ran) == ["modal", "next"]


@HOSTED
def test_an_exit_comes_out_in_debug_mode(kind: str) -> None:
    if kind == "guest":
        import qtinter

        with (
            pytest.raises(SystemExit),
            qtinter.using_asyncio_from_qt(debug=True) as loop,
        ):
            loop.call_soon(exit_)
            run_qt_for(20)
        return
    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        driver.loop.call_soon(exit_)
        with pytest.raises(SystemExit):
            driver.run()


def exit_() -> None:
    raise SystemExit


@HOSTED
def test_a_coroutine_that_was_never_awaited_names_its_origin_in_debug_mode(kind: str) -> None:
    async def never() -> None:
        raise AssertionError

    async def main(driver: Driver) -> None:
        coroutine = never()
        assert coroutine.cr_origin is not None
        coroutine.close()
        driver.loop.stop()

    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        task = driver.loop.create_task(main(driver))
        driver.run()
        task.result()


@HOSTED
def test_slots_schedule_in_debug_mode(kind: str) -> None:
    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        from_qt(lambda: driver.loop.call_soon(driver.loop.stop), 10)
        driver.run()


@HOSTED
def test_a_task_of_a_failed_callback_is_freed_at_once_in_debug_mode(kind: str) -> None:
    """Debug mode keeps frames; none of ours may keep the handle, and so the task."""
    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        loop = driver.loop
        loop.set_debug(True)

        async def failing() -> None:
            raise ZeroDivisionError

        def look() -> None:
            if not errors:
                loop.call_soon(look)
            else:
                loop.stop()

        def start() -> None:
            loop.create_task(failing())

        loop.call_soon(start)
        loop.call_soon(look)
        watchdog = loop.call_later(10, loop.stop)
        driver.run()
        watchdog.cancel()
        assert [each["message"] for each in errors] == ["Task exception was never retrieved"]


def test_asyncios_own_environment_variable_switches_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import qtinter

    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    loop = qtinter.new_event_loop()
    assert loop.get_debug()
    loop.close()


@pytest.mark.virtual
def test_asyncio_itself_finds_nothing_to_say_of_a_program_in_debug_mode(
    run_in, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = 5
        await asyncio.gather(*(asyncio.sleep(0.001) for _ in range(20)))
        await loop.run_in_executor(None, int)
        await loop.shutdown_default_executor()

    with caplog.at_level(logging.WARNING):
        run_in(main)
    assert caplog.records == []
