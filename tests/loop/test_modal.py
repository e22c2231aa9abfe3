# SPDX-License-Identifier: BSD-3-Clause
"""``modal()``: awaiting a function that runs a nested Qt loop, while asyncio goes on."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect

import pytest

import qtinter
from qtinter import QiLoopMode, modal
from tests.loop.hosting import (
    HOSTED,
    collect_errors,
    core,
    driver_of,
    from_qt,
    needs_qt,
    new_loop,
    run_qt_for,
    run_qt_until,
)
from tests.tools.live import run_to_end


def test_the_result_goes_to_who_awaits_it(run_in) -> None:
    def fn(*args: int, **kwargs: int) -> tuple[object, object]:
        run_qt_for(5)
        return args, kwargs

    assert run_in(modal(fn)(1, 2, key=3)) == ((1, 2), {"key": 3})


def test_the_exception_goes_to_who_awaits_it(run_in) -> None:
    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await modal(lambda: 1 // 0)()
        with pytest.raises(RuntimeError, match="StopIteration"):
            await modal(functools.partial(next, iter(())))()
        with pytest.raises(asyncio.CancelledError):
            await modal(cancelled)()

    def cancelled() -> None:
        raise asyncio.CancelledError

    run_in(main)


@pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit])
def test_an_exit_goes_to_who_awaits_it_and_into_no_other_place(
    run_in, exit_: type[BaseException]
) -> None:
    def fn() -> None:
        raise exit_

    async def main() -> str:
        try:
            await modal(fn)()
        except exit_:
            return "caught"
        return "lost"

    assert run_in(main) == "caught"


@needs_qt
def test_the_wrapper_looks_like_the_function() -> None:
    def fn() -> None:
        """Say what it does."""

    assert modal(fn).__name__ == "fn"
    assert modal(fn).__doc__ == fn.__doc__
    assert inspect.iscoroutinefunction(modal(fn))
    coroutine = modal(fn)()
    assert asyncio.iscoroutine(coroutine)
    coroutine.close()


def test_methods_partials_and_classes_can_be_wrapped(run_in) -> None:
    class Box:
        def method(self) -> str:
            return "method"

    async def main() -> list[object]:
        return [
            await modal(Box().method)(),
            await modal(functools.partial(int, "11", base=2))(),
            type(await modal(Box)()),
        ]

    assert run_in(main) == ["method", 3, Box]


@needs_qt
@pytest.mark.parametrize("fn", [None, 42, "print"])
def test_what_can_not_be_called_is_refused(fn) -> None:
    with pytest.raises(TypeError, match=r"modal\(\) argument 'fn' must be callable"):
        modal(fn)


@needs_qt
def test_nothing_is_called_until_it_is_awaited() -> None:
    ran: list[int] = []
    modal(lambda: ran.append(1))().close()
    assert ran == []


def test_tasks_go_on_inside_its_nested_loop(run_in) -> None:
    ticks: list[int] = []

    async def ticker() -> None:
        while True:
            await asyncio.sleep(0.002)
            ticks.append(1)

    async def main() -> None:
        task = asyncio.ensure_future(ticker())
        await modal(run_qt_until)(lambda: len(ticks) >= 10)
        task.cancel()

    run_in(main)
    assert len(ticks) >= 10


def test_the_function_runs_before_any_other_callback(run_in) -> None:
    ran: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().call_soon(ran.append, "callback")
        await modal(ran.append)("modal")
        await asyncio.sleep(0)

    run_in(main)
    assert ran == ["modal", "callback"]


def test_the_function_has_no_current_task_and_a_running_loop(run_in) -> None:
    def fn() -> tuple[object, object]:
        return asyncio.current_task(), asyncio.get_running_loop()

    async def main() -> None:
        task, loop = await modal(fn)()
        assert task is None
        assert loop is asyncio.get_running_loop()
        assert asyncio.current_task() is not None

    run_in(main)


def test_the_function_runs_in_a_copy_of_the_callers_context(run_in) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    def fn() -> str:
        before = variable.get()
        variable.set("changed")
        return before

    async def main() -> None:
        variable.set("caller's")
        assert await modal(fn)() == "caller's"
        assert variable.get() == "caller's"

    run_in(main)


def test_two_nest_and_return_innermost_first(run_in) -> None:
    order: list[str] = []

    async def call(name: str, until: str) -> None:
        def fn() -> None:
            order.append(f"{name} begins")
            run_qt_until(lambda: until in order)
            order.append(f"{name} ends")

        await modal(fn)()

    async def main() -> None:
        outer = asyncio.ensure_future(call("outer", "inner ends"))
        while "outer begins" not in order:
            await asyncio.sleep(0)
        inner = asyncio.ensure_future(call("inner", "released"))
        while "inner begins" not in order:
            await asyncio.sleep(0)
        order.append("released")
        await outer
        await inner

    run_in(main)
    assert order == ["outer begins", "inner begins", "released", "inner ends", "outer ends"]


def test_several_of_one_callback_queue_up_in_order(run_in) -> None:
    ran: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        calls = [modal(ran.append)(number) for number in range(5)]

        def start() -> None:
            for call in calls:
                tasks.append(qtinter.run_task(call))

        tasks: list[asyncio.Task[None]] = []
        loop.call_soon(start)
        while len(tasks) < 5:
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    run_in(main)
    assert ran == list(range(5))


def test_it_may_be_awaited_while_an_exec_modal_is_pending(run_in) -> None:
    ran: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().exec_modal(lambda: ran.append("exec_modal"))
        await modal(ran.append)("modal")

    run_in(main)
    assert ran == ["exec_modal", "modal"]


@HOSTED
def test_in_the_first_step_of_a_task_that_a_slot_starts_it_is_armed(kind: str) -> None:
    """The loop rests, and nothing but the call itself wakes it."""
    tasks: list[asyncio.Task[int]] = []
    with driver_of(kind) as driver:

        async def ask() -> int:
            result: int = await modal(lambda: 42)()
            driver.loop.stop()
            return result

        from_qt(lambda: tasks.append(qtinter.run_task(ask())), 10)
        driver.run()
        assert tasks[0].result() == 42


@HOSTED
def test_an_asyncslot_may_open_a_dialog_first_thing(kind: str) -> None:
    results: list[int] = []
    with driver_of(kind) as driver:

        @qtinter.asyncslot
        async def slot() -> None:
            results.append(await modal(lambda: run_qt_for(5) or 42)())
            driver.loop.stop()

        timer = core().QTimer()
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        timer.start(10)
        driver.run()
    assert results == [42]


def test_in_a_slot_of_another_modal_calls_nested_loop_it_is_armed(run_in) -> None:
    tasks: list[asyncio.Task[str]] = []

    def fn() -> None:
        from_qt(lambda: tasks.append(qtinter.run_task(modal(lambda: "inner")())), 10)
        run_qt_until(lambda: tasks and tasks[0].done())

    async def main() -> str:
        await modal(fn)()
        return tasks[0].result()

    assert run_in(main) == "inner"


@needs_qt
def test_on_a_foreign_loop_it_says_what_it_needs() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="requires QiBaseEventLoop"):
            await modal(print)()

    loop = asyncio.SelectorEventLoop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@needs_qt
def test_it_is_refused_in_native_mode() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="not supported in NATIVE mode"):
            await modal(print)()

    with new_loop(QiLoopMode.NATIVE) as loop:
        loop.run_until_complete(main())


def test_a_cancelled_awaiter_is_released_at_once_while_the_function_runs_on(run_in) -> None:
    order: list[str] = []

    def fn() -> None:
        order.append("begins")
        run_qt_until(lambda: "released" in order)
        order.append("ends")

    async def main() -> None:
        task = asyncio.ensure_future(modal(fn)())
        while not order:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        order.append("released")
        while len(order) < 3:
            await asyncio.sleep(0.001)

    run_in(main)
    assert order == ["begins", "released", "ends"]


def test_a_function_whose_awaiter_was_cancelled_before_it_began_is_not_called(run_in) -> None:
    ran: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def start_and_cancel() -> None:
            task = qtinter.run_task(modal(ran.append)(1))
            task.cancel()
            tasks.append(task)

        tasks: list[asyncio.Task[None]] = []
        loop.call_soon(start_and_cancel)
        while not tasks:
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        await modal(ran.append)(2)

    run_in(main)
    # The future was cancelled in the same callback, so the call was found done.
    assert ran == [2]


@HOSTED
def test_the_exception_of_a_function_without_awaiter_goes_to_the_exception_handler(
    kind: str,
) -> None:
    released = []

    def fn() -> None:
        run_qt_until(lambda: released)
        raise ZeroDivisionError

    async def main() -> None:
        task = asyncio.ensure_future(modal(fn)())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released.append(1)
        while not errors:
            await asyncio.sleep(0.001)
        driver.loop.stop()

    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.create_task(main())
        driver.run()
        assert [type(each["exception"]) for each in errors] == [ZeroDivisionError]


@needs_qt
def test_pending_when_the_loop_goes_native_the_awaiter_is_cancelled() -> None:
    ran: list[int] = []
    with new_loop(QiLoopMode.GUEST) as loop:
        loop.start()
        tasks = []

        def slot() -> None:
            tasks.append(qtinter.run_task(modal(ran.append)(1)))
            loop.stop()

        from_qt(slot)
        run_qt_until(lambda: tasks)
        loop.set_mode(QiLoopMode.NATIVE)
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(tasks[0])
    assert ran == []


@needs_qt
def test_a_guest_block_that_ends_with_a_modal_call_pending_cleans_up() -> None:
    ran: list[str] = []

    async def ask() -> None:
        try:
            await modal(ran.append)("modal")
        finally:
            await asyncio.sleep(0)
            ran.append("clean-up")

    with qtinter.using_asyncio_from_qt():
        qtinter.run_task(ask())
    assert ran == ["clean-up"]


@needs_qt
def test_a_stop_in_a_nested_loop_of_the_function_stops_a_guest_at_once() -> None:
    ran: list[str] = []
    with new_loop(QiLoopMode.GUEST) as loop:

        def fn() -> None:
            loop.call_soon(loop.stop)
            run_qt_until(lambda: not loop.is_running())
            loop.call_soon(ran.append, "kept")
            run_qt_for(10)
            ran.append("modal ends")

        loop.start()
        task = loop.create_task(modal(fn)())
        run_qt_until(lambda: ran)
        assert ran == ["modal ends"]
        assert not task.done()
        loop.start()
        run_qt_until(lambda: task.done() and len(ran) == 2)


@pytest.mark.qt
def test_a_run_after_the_applications_death_makes_modal_calls_too() -> None:
    ended = run_to_end("""
    application()
    loop = qtinter.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    delete_application()
    async def main():
        say(await qtinter.modal(lambda: 42)())
        loop.exec_modal(lambda: say("exec_modal"))
        await asyncio.sleep(0)
        def leave():
            raise SystemExit(3)
        loop.exec_modal(leave)
        await asyncio.sleep(60)
    try:
        loop.run_until_complete(main())
    except SystemExit:
        say("exit")
    wind_up(loop)
    """)
    assert ended.texts == ["42", "exec_modal", "exit"]
    assert (ended.returncode, ended.stderr) == (0, "")


@HOSTED
def test_a_closed_loop_forgets_the_calls_that_were_pending(kind: str) -> None:
    ran: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        async def ask() -> None:
            await modal(ran.append)(1)

        def slot() -> None:
            tasks.append(qtinter.run_task(ask()))
            if kind == "owner":
                loop._stopping = True
                raised.append(1)
            else:
                loop.stop()
                raised.append(1)

        tasks: list[asyncio.Task[None]] = []
        raised: list[int] = []
        if kind == "owner":
            # An exit right after the request keeps the call pending.
            def callback() -> None:
                tasks.append(qtinter.run_task(ask()))
                raise SystemExit

            loop.call_soon(callback)
            with pytest.raises(SystemExit):
                loop.run_forever()
        else:
            loop.start()
            from_qt(slot)
            run_qt_until(lambda: raised)
        tasks[0]._log_destroy_pending = False
        loop.close()
    assert ran == []
