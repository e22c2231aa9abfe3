# SPDX-License-Identifier: BSD-3-Clause
"""``run_task()``: the task has its name and context, and what is no coroutine is refused."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import Any

import pytest

from qtinter import run_task
from tests.loop.factories import ALL_FACTORIES, current_task, with_factory


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
