# SPDX-License-Identifier: BSD-3-Clause
"""``run_task()``: the first step now, the rest later, however the loop makes its tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from qtinter import run_task
from tests.loop.factories import ALL_FACTORIES, FACTORIES, current_task, with_factory
from tests.loop.hosting import HOSTED, driver_of, from_qt


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
