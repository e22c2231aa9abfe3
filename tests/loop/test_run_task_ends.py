# SPDX-License-Identifier: BSD-3-Clause
"""``run_task()``: a cancelled task cleans up, and an exit of its first step comes out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from qtinter import run_task
from tests.loop.factories import ALL_FACTORIES, FACTORIES, current_task, with_factory
from tests.loop.hosting import driver_of, from_qt, kinds, new_loop, run_qt_for, run_qt_until


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
