# SPDX-License-Identifier: BSD-3-Clause
"""``run_task()``: the first step now, the rest later, and everything right in every step."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Coroutine
from typing import Any

import pytest

from qtinter import run_task
from tests.loop.hosting import (
    HOSTED,
    driver_of,
    from_qt,
    kinds,
    new_loop,
    run_qt_for,
    run_qt_until,
)

PYTHON_TASK: Any = asyncio.tasks._PyTask

#: How the loop makes tasks: C ones, Python ones, and by a factory that starts them itself.
FACTORIES = {
    "default": None,
    "c": lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options),
    "python": lambda loop, coro, **options: PYTHON_TASK(coro, loop=loop, **options),
}
if sys.version_info >= (3, 12):
    FACTORIES["eager"] = asyncio.eager_task_factory

ALL_FACTORIES = pytest.mark.parametrize("factory", list(FACTORIES))


def current_task() -> asyncio.Task[Any] | None:
    """Return the current task, also where asyncio.current_task() sees C tasks only (3.14)."""
    of_python: Any = getattr(asyncio.tasks, "_py_current_task", asyncio.current_task)
    return asyncio.current_task() or of_python()


def with_factory(run_in, factory: str, main: Coroutine[Any, Any, Any]) -> Any:
    async def outer() -> Any:
        asyncio.get_running_loop().set_task_factory(FACTORIES[factory])
        return await main

    return run_in(outer)


@pytest.mark.virtual
@ALL_FACTORIES
def test_the_first_step_runs_now_and_the_rest_later(run_in, factory: str) -> None:
    ran: list[str] = []

    async def child() -> int:
        ran.append("first step")
        await asyncio.sleep(0)
        ran.append("second step")
        return 42

    async def main() -> None:
        task = run_task(child())
        ran.append("returned")
        assert asyncio.isfuture(task)
        assert not task.done()
        assert await task == 42

    with_factory(run_in, factory, main())
    assert ran == ["first step", "returned", "second step"]


@pytest.mark.virtual
@ALL_FACTORIES
def test_a_coroutine_that_never_waits_is_done_at_once(run_in, factory: str) -> None:
    async def good() -> int:
        return 42

    async def bad() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        assert run_task(good()).result() == 42
        assert isinstance(run_task(bad()).exception(), ZeroDivisionError)

    with_factory(run_in, factory, main())


@pytest.mark.virtual
@ALL_FACTORIES
def test_nothing_but_the_first_step_runs_meanwhile(run_in, factory: str) -> None:
    ran: list[str] = []

    async def child() -> None:
        ran.append("child")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(ran.append, "before")
        run_task(child())
        assert ran == ["child"]
        loop.call_soon(ran.append, "after")
        await asyncio.sleep(0.001)

    with_factory(run_in, factory, main())
    assert ran == ["child", "before", "after"]


@pytest.mark.virtual
@ALL_FACTORIES
def test_the_current_task_is_right_in_every_step(run_in, factory: str) -> None:
    seen: list[object] = []

    async def child() -> None:
        seen.append(current_task())
        await asyncio.sleep(0)
        seen.append(current_task())

    async def main() -> None:
        own = current_task()
        task = run_task(child())
        assert current_task() is own
        await task
        assert current_task() is own
        assert seen == [task, task]

    with_factory(run_in, factory, main())


@pytest.mark.virtual
@ALL_FACTORIES
def test_the_current_task_is_restored_when_the_first_step_raises(run_in, factory: str) -> None:
    async def bad() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        own = current_task()
        task = run_task(bad())
        assert current_task() is own
        with pytest.raises(ZeroDivisionError):
            await task

    with_factory(run_in, factory, main())


@pytest.mark.virtual
@ALL_FACTORIES
def test_tasks_nest_to_any_depth(run_in, factory: str) -> None:
    async def nest(depth: int) -> int:
        own = current_task()
        result = 0
        if depth:
            task = run_task(nest(depth - 1))
            assert current_task() is own
            result = await task
        await asyncio.sleep(0)
        assert current_task() is own
        return result + 1

    assert with_factory(run_in, factory, nest(20)) == 21


@pytest.mark.virtual
@ALL_FACTORIES
def test_nesting_can_be_forbidden(run_in, factory: str) -> None:
    ran: list[str] = []

    async def child() -> None:
        ran.append("child")

    async def main() -> None:
        with pytest.raises(RuntimeError, match="cannot call run_task from a running task"):
            run_task(child(), allow_task_nesting=False)
        assert ran == []
        done = asyncio.get_running_loop().create_future()

        def callback() -> None:
            run_task(child(), allow_task_nesting=False)
            done.set_result(None)

        asyncio.get_running_loop().call_soon(callback)
        await done
        assert ran == ["child"]

    with_factory(run_in, factory, main())


@HOSTED
def test_from_a_slot_it_runs_outside_every_task_even_with_nesting_forbidden(kind: str) -> None:
    seen: list[object] = []
    tasks: list[asyncio.Task[int]] = []

    async def child() -> int:
        seen.append(current_task())
        await asyncio.sleep(0)
        driver.loop.stop()
        return 42

    def slot() -> None:
        tasks.append(run_task(child(), allow_task_nesting=False))
        seen.append(current_task())

    with driver_of(kind) as driver:
        from_qt(slot)
        driver.run()
    assert tasks[0].result() == 42
    assert seen == [tasks[0], None]


@pytest.mark.virtual
@ALL_FACTORIES
def test_the_name_is_given_to_the_task_before_its_first_step(run_in, factory: str) -> None:
    seen: list[str] = []

    async def child() -> None:
        task = current_task()
        assert task is not None
        seen.append(task.get_name())

    async def main() -> None:
        task = run_task(child(), name="the name")
        assert task.get_name() == "the name"
        if factory == "default":  # some Pythons name what a factory makes "None"
            assert run_task(child()).get_name().startswith("Task-")

    with_factory(run_in, factory, main())
    if factory != "eager":  # it starts a task before asyncio has told it the name
        assert seen[0] == "the name"


@pytest.mark.virtual
@ALL_FACTORIES
def test_it_runs_in_a_copy_of_the_callers_context(run_in, factory: str) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def child() -> str:
        assert variable.get() == "caller's"
        variable.set("child's")
        await asyncio.sleep(0)
        return variable.get()

    async def main() -> None:
        variable.set("caller's")
        task = run_task(child())
        assert variable.get() == "caller's"
        assert await task == "child's"

    with_factory(run_in, factory, main())


@pytest.mark.virtual
@pytest.mark.skipif(sys.version_info < (3, 11), reason="tasks take a context from Python 3.11")
@ALL_FACTORIES
def test_it_runs_in_the_context_that_it_is_given(run_in, factory: str) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def child() -> None:
        assert variable.get() == "given"
        variable.set("first step")
        await asyncio.sleep(0)
        assert variable.get() == "first step"
        variable.set("second step")

    async def main() -> None:
        context = contextvars.copy_context()
        context.run(variable.set, "given")
        await run_task(child(), context=context)
        assert context[variable] == "second step"
        with pytest.raises(LookupError):
            variable.get()

    with_factory(run_in, factory, main())


@pytest.mark.virtual
@ALL_FACTORIES
def test_it_is_among_all_tasks_while_it_waits_and_its_stack_can_be_seen(
    run_in, factory: str
) -> None:
    async def child() -> None:
        task = current_task()
        assert task is not None
        assert task.get_stack()[-1].f_code.co_name == "child"
        await asyncio.sleep(0.001)
        assert task.get_stack()[-1].f_code.co_name == "child"

    async def main() -> None:
        task = run_task(child())
        if factory != "python" or sys.version_info < (3, 14):  # all_tasks() sees C tasks only
            assert task in asyncio.all_tasks()
        assert [frame.f_code.co_name for frame in task.get_stack()] == ["child"]
        await task
        assert task not in asyncio.all_tasks()

    with_factory(run_in, factory, main())


@pytest.mark.virtual
@ALL_FACTORIES
def test_it_can_be_cancelled_after_its_first_step(run_in, factory: str) -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("clean-up")

    async def main() -> None:
        task = run_task(child())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with_factory(run_in, factory, main())
    assert ended == ["clean-up"]


@pytest.mark.virtual
@ALL_FACTORIES
@pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit])
def test_an_exit_of_the_first_step_comes_out_in_a_callback_and_in_a_task(
    run_in, factory: str, exit_: type[BaseException]
) -> None:
    async def leave() -> None:
        raise exit_

    async def main() -> None:
        own = current_task()
        with pytest.raises(exit_):
            run_task(leave())
        assert current_task() is own
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def callback() -> None:
            with pytest.raises(exit_):
                run_task(leave())
            done.set_result(None)

        loop.call_soon(callback)
        await done

    with_factory(run_in, factory, main())


def test_it_works_on_a_plain_asyncio_loop() -> None:
    ran: list[str] = []

    async def child() -> int:
        ran.append("first step")
        await asyncio.sleep(0)
        return 42

    async def main() -> int:
        task = run_task(child())
        ran.append("returned")
        return await task

    for factory in FACTORIES.values():
        loop = asyncio.SelectorEventLoop()
        loop.set_task_factory(factory)
        try:
            ran.clear()
            assert loop.run_until_complete(main()) == 42
        finally:
            loop.close()
        assert ran == ["first step", "returned"]


def test_without_a_running_loop_it_raises_and_closes_the_coroutine() -> None:
    async def child() -> None:
        raise AssertionError

    with pytest.raises(RuntimeError, match="no running event loop"):
        run_task(child())


@pytest.mark.virtual
@pytest.mark.parametrize("what", [None, 42, "name", print, "future", "function", "generator"])
def test_what_is_no_coroutine_is_refused_and_named(run_in, what) -> None:
    async def function() -> None:
        raise AssertionError

    async def main() -> None:
        made: Any = {
            "future": asyncio.get_running_loop().create_future(),
            "function": function,
            "generator": iter(()),
        }
        thing = made.get(what, what)
        before = len(asyncio.all_tasks())
        with pytest.raises(TypeError, match=r"run_task\(\) argument 'coro' must be a coroutine"):
            run_task(thing)
        assert len(asyncio.all_tasks()) == before

    run_in(main)


def test_a_future_without_a_running_loop_is_refused_as_well() -> None:
    loop = asyncio.SelectorEventLoop()
    try:
        with pytest.raises(TypeError, match=r"'coro' must be a coroutine"):
            run_task(loop.create_future())  # type: ignore[arg-type]
    finally:
        loop.close()


@pytest.mark.virtual
@ALL_FACTORIES
def test_debug_mode_tells_where_the_task_was_made_without_our_frames(run_in, factory: str) -> None:
    async def child() -> None:
        await asyncio.sleep(0)

    async def main() -> None:
        asyncio.get_running_loop().set_debug(True)
        task: Any = run_task(child())
        traceback = task._source_traceback
        places = [(frame.filename, frame.name) for frame in traceback]
        below = places[places.index((__file__, "main")) :]
        assert not [filename for filename, _ in below if "/qtinter/" in filename]
        await task

    with_factory(run_in, factory, main())


@kinds("owner", "guest")
@pytest.mark.parametrize("where", ["here", "thread"])
def test_an_exit_of_the_first_step_comes_out_of_a_callback_in_every_thread(
    kind: str, where: str
) -> None:
    import threading

    caught: list[BaseException] = []

    async def leave() -> None:
        raise SystemExit(3)

    def program() -> None:
        with driver_of(kind) as driver:

            def callback() -> None:
                try:
                    run_task(leave())
                except SystemExit as exc:
                    caught.append(exc)
                driver.loop.stop()

            driver.loop.call_soon(callback)
            driver.run()

    if where == "here":
        program()
    else:
        thread = threading.Thread(target=program)
        thread.start()
        thread.join()
    assert len(caught) == 1


@ALL_FACTORIES
def test_an_exit_of_the_first_step_in_a_slot_stops_the_loop_and_the_task_is_returned(
    qapp, factory: str
) -> None:
    tasks: list[Any] = []

    async def leave() -> None:
        raise SystemExit(3)

    with driver_of("owner") as driver:
        driver.loop.set_task_factory(FACTORIES[factory])
        from_qt(lambda: tasks.append(run_task(leave())))
        with pytest.raises(SystemExit):
            driver.run()
    assert isinstance(tasks[0].exception(), SystemExit)


def test_a_task_that_a_slot_starts_is_cleaned_up_at_the_end_of_a_guests_block(qapp) -> None:
    import qtinter

    ended: list[str] = []
    started: list[object] = []

    async def child() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("clean-up")

    with qtinter.using_asyncio_from_qt():
        from_qt(lambda: started.append(run_task(child())))
        run_qt_until(lambda: started)
    assert ended == ["clean-up"]


def test_a_loop_that_is_closed_while_a_task_waits_keeps_nothing_of_it(qapp) -> None:
    with new_loop() as loop:

        async def main() -> None:
            task: Any = run_task(asyncio.sleep(60))
            task._log_destroy_pending = False

        loop.run_until_complete(main())
        loop.close()
        assert not loop._ready
        assert not loop._scheduled


@ALL_FACTORIES
def test_of_two_exits_in_a_slot_the_first_comes_out(qapp, factory: str) -> None:
    async def leave(status: int) -> None:
        raise SystemExit(status)

    def slot() -> None:
        for status in (3, 4):
            run_task(leave(status))

    with driver_of("owner") as driver:
        driver.loop.set_task_factory(FACTORIES[factory])
        from_qt(slot)
        with pytest.raises(SystemExit) as caught:
            driver.run()
    assert caught.value.code == 3


def test_an_exit_in_a_slot_of_a_nested_loop_comes_out_after_the_callback(qapp) -> None:
    ran: list[str] = []

    async def leave() -> None:
        raise SystemExit(3)

    def callback() -> None:
        from_qt(lambda: run_task(leave()))
        run_qt_for(20)
        ran.append("callback over")

    with driver_of("owner") as driver:
        driver.loop.call_soon(callback)
        with pytest.raises(SystemExit):
            driver.run()
    assert ran == ["callback over"]


@pytest.mark.virtual
def test_what_the_task_factory_schedules_itself_runs_later(run_in) -> None:
    ran: list[str] = []

    def factory(loop: Any, coro: Any, **options: Any) -> Any:
        loop.call_soon(ran.append, "callback of the factory")
        return asyncio.Task(coro, loop=loop, **options)

    async def child() -> None:
        ran.append("first step")

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        run_task(child())
        assert ran == ["first step"]
        await asyncio.sleep(0)
        assert ran == ["first step", "callback of the factory"]

    run_in(main)


@pytest.mark.virtual
def test_a_task_that_its_factory_has_queued_before_is_left_there(run_in) -> None:
    ran: list[str] = []

    async def child() -> None:
        ran.append("first step")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        queued = loop.create_task(child())

        def factory(_loop: Any, coro: Any, **_options: Any) -> Any:
            coro.close()
            return queued

        loop.set_task_factory(factory)
        assert run_task(child()) is queued
        assert ran == []
        await queued

    run_in(main)
    assert ran == ["first step"]


class Compiled(Coroutine[Any, Any, Any]):
    """A coroutine that is not Python's own, as Cython makes them."""

    def __init__(self, coro: Any) -> None:
        self._coro = coro

    def send(self, value: Any) -> Any:
        return self._coro.send(value)

    def throw(self, *args: Any) -> Any:
        return self._coro.throw(*args)

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Any:
        return self._coro.__await__()


@pytest.mark.virtual
def test_the_first_step_of_a_compiled_coroutine_runs_now(run_in) -> None:
    ran: list[str] = []

    async def child() -> int:
        ran.append("first step")
        await asyncio.sleep(0)
        return 42

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(FACTORIES["c"])
        task = run_task(Compiled(child()))
        assert ran == ["first step"]
        assert await task == 42

    run_in(main)
