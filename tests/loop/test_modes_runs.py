# SPDX-License-Identifier: BSD-3-Clause
"""What comes out of a run in each mode, and what it leaves of the thread's state."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import time

import pytest

import qtinter
from qtinter import QiLoopMode
from tests.loop.hosting import (
    HOSTED,
    collect_errors,
    driver_of,
    kinds,
    needs_qt,
    new_loop,
    run_qt_for,
)

ALL_KINDS = kinds("owner", "guest", "native")


@kinds("owner", "native")
@pytest.mark.parametrize("exit_", [KeyboardInterrupt("stop"), SystemExit(3)], ids=["ki", "se"])
def test_the_very_exit_of_a_callback_comes_out_and_what_was_ready_stays_so(
    kind: str, exit_: BaseException
) -> None:
    ran = []

    def leave() -> None:
        raise exit_

    with driver_of(kind) as driver:
        loop = driver.loop
        loop.call_soon(ran.append, 1)
        loop.call_soon(leave)
        loop.call_soon(ran.append, 2)
        loop.call_soon(ran.append, 3)
        with pytest.raises(type(exit_)) as caught:
            loop.run_forever()
        assert caught.value is exit_
        assert ran == [1]
        assert not loop.is_running()
        driver.run_until_idle()
        assert ran == [1, 2, 3]


@needs_qt
def test_the_exit_of_a_guests_callback_stops_it_and_comes_out_at_the_end_of_the_block() -> None:
    exit_ = SystemExit(3)
    ran = []

    def leave() -> None:
        raise exit_

    with pytest.raises(SystemExit) as caught, qtinter.using_asyncio_from_qt() as loop:
        loop.call_soon(leave)
        loop.call_soon(ran.append, 2)
        run_qt_for(20)
        assert not loop.is_running()
        assert ran == []
        raise SystemExit(0)
    assert caught.value is exit_
    assert ran == [2]


@ALL_KINDS
def test_another_exception_goes_to_the_exception_handler_and_the_loop_runs_on(kind: str) -> None:
    ran = []
    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.call_soon(lambda: 1 // 0)
        driver.loop.call_soon(ran.append, 1)
        driver.run_until_idle()
        assert ran == [1]
        assert [type(each["exception"]) for each in errors] == [ZeroDivisionError]
        assert errors[0]["message"].startswith("Exception in callback")
        assert errors[0]["handle"]


@pytest.mark.virtual
def test_context_variables_are_those_of_who_scheduled(run_in) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    seen = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        variable.set("callback")
        loop.call_soon(lambda: seen.append(variable.get()))
        variable.set("timer")
        loop.call_later(0.001, lambda: seen.append(variable.get()))
        variable.set("thread-safe")
        loop.call_soon_threadsafe(lambda: seen.append(variable.get()))
        other = contextvars.copy_context()
        other.run(variable.set, "given")
        loop.call_soon(lambda: seen.append(variable.get()), context=other)
        variable.set("task")
        await asyncio.sleep(0.01)
        assert variable.get() == "task"

    run_in(main)
    assert sorted(seen) == ["callback", "given", "thread-safe", "timer"]
    assert seen[-1] == "timer"
    assert variable.get() == "none"


@pytest.mark.virtual
def test_time_never_goes_backwards(run_in) -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(200):
            times.append(loop.time())
            await asyncio.sleep(0)
        return times

    times = run_in(main)
    assert times == sorted(times)


@HOSTED
def test_the_loops_clock_is_the_monotonic_one(kind: str) -> None:
    with driver_of(kind) as driver:
        before = time.monotonic()
        assert before <= driver.loop.time() <= time.monotonic()


@pytest.mark.virtual
def test_asynchronous_generators_that_are_dropped_are_finalised_on_the_loop(run_in) -> None:
    ended = []

    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            ended.append(asyncio.get_running_loop())

    async def main() -> None:
        async for _ in numbers():
            break
        while not ended:
            await asyncio.sleep(0)

    before = sys.get_asyncgen_hooks()
    run_in(main)
    assert len(ended) == 1
    assert sys.get_asyncgen_hooks() == before


@ALL_KINDS
def test_the_hooks_of_the_thread_are_put_back_when_the_loop_stops(kind: str) -> None:
    hooks = sys.get_asyncgen_hooks()
    depth = sys.get_coroutine_origin_tracking_depth()
    with driver_of(kind) as driver:
        driver.loop.set_debug(True)
        driver.loop.call_soon(driver.loop.stop)
        driver.run()
        assert sys.get_asyncgen_hooks() == hooks
        assert sys.get_coroutine_origin_tracking_depth() == depth


@HOSTED
def test_a_second_loop_can_not_run_in_the_same_thread_meanwhile(kind: str) -> None:
    async def main() -> None:
        with new_loop() as other, pytest.raises(RuntimeError, match="another loop is running"):
            other.run_forever()
        with (
            new_loop(QiLoopMode.GUEST) as other,
            pytest.raises(RuntimeError, match="another loop is running"),
        ):
            other.start()
        driver.loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        task.result()
        assert asyncio._get_running_loop() is None


@HOSTED
def test_two_loops_take_turns_in_one_thread(kind: str) -> None:
    ran = []
    with driver_of(kind) as first, driver_of(kind) as second:
        for number in range(4):
            driver = (first, second)[number % 2]
            driver.loop.call_soon(ran.append, number)
            driver.loop.call_soon(driver.loop.stop)
            driver.run()
    assert ran == [0, 1, 2, 3]
