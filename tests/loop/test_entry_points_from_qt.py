# SPDX-License-Identifier: BSD-3-Clause
"""The way into the loop for a program of Qt's: the block of ``using_asyncio_from_qt``."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import qtinter
from tests.loop.hosting import from_qt, needs_qt, run_qt_for, run_qt_until


@needs_qt
def test_the_block_yields_the_running_loop_and_closes_it() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        assert asyncio.get_running_loop() is loop
        assert type(loop) is qtinter.QiDefaultEventLoop
        assert not loop.get_debug()
    assert loop.is_closed()
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


@needs_qt
def test_the_block_takes_debug_mode_and_a_loop_factory() -> None:
    class Loop(qtinter.QiSelectorEventLoop):
        pass

    with qtinter.using_asyncio_from_qt(debug=True, loop_factory=Loop) as loop:
        assert type(loop) is Loop
        assert loop.get_debug()


@needs_qt
def test_slots_of_the_block_can_start_tasks() -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0.001)
        done.append(1)

    tasks: list[object] = []
    with qtinter.using_asyncio_from_qt():
        from_qt(lambda: tasks.append(asyncio.ensure_future(work())))
        run_qt_until(lambda: done)


@needs_qt
def test_a_body_that_stops_or_closes_the_loop_itself_does_no_harm() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        loop.stop()
        loop.call_soon(loop.stop)
    assert loop.is_closed()
    with qtinter.using_asyncio_from_qt() as loop:
        loop.stop()
        loop.close()
    assert loop.is_closed()


@needs_qt
def test_a_block_inside_a_running_loop_is_refused_and_leaves_that_loop_alone() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        with pytest.raises(RuntimeError, match="another loop is running"):
            qtinter.using_asyncio_from_qt().__enter__()
        assert asyncio.get_running_loop() is loop
        done: list[int] = []
        loop.call_soon(done.append, 1)
        run_qt_until(lambda: done)


@needs_qt
def test_blocks_can_follow_each_other() -> None:
    for number in range(5):
        ran: list[int] = []
        with qtinter.using_asyncio_from_qt() as loop:
            loop.call_soon(ran.append, number)
            run_qt_until(lambda ran=ran: ran)


@needs_qt
@pytest.mark.parametrize("factory", [42, "loop"])
def test_a_loop_factory_must_be_callable(factory: Any) -> None:
    with pytest.raises(TypeError, match="loop_factory"):
        qtinter.using_asyncio_from_qt(loop_factory=factory).__enter__()


@needs_qt
def test_a_foreign_loop_of_the_factory_is_refused_and_closed() -> None:
    made: list[asyncio.AbstractEventLoop] = []

    def factory() -> Any:
        made.append(asyncio.SelectorEventLoop())
        return made[0]

    with pytest.raises(TypeError, match="loop_factory must make a QiBaseEventLoop"):
        qtinter.using_asyncio_from_qt(loop_factory=factory).__enter__()
    assert made[0].is_closed()


@needs_qt
def test_a_modal_loop_of_the_body_keeps_asyncio_running() -> None:
    ran: list[int] = []
    with qtinter.using_asyncio_from_qt() as loop:
        loop.call_later(0.001, ran.append, 1)
        run_qt_for(20)
    assert ran == [1]


def test_without_a_binding_the_block_says_what_to_do_and_leaves_nothing_behind() -> None:
    from tests.loop.hosting import run_without_binding

    done = run_without_binding("""
        import gc
        for attempt in (qtinter.using_asyncio_from_qt().__enter__, None):
            try:
                if attempt:
                    attempt()
                else:
                    async def main(): pass
                    qtinter.run(main())
            except ImportError as exc:
                print("QTINTERBINDING" in str(exc))
        gc.collect()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            print("no running loop")
    """)
    assert done.stdout.splitlines() == ["True", "True", "no running loop"]
    assert (done.returncode, done.stderr) == (0, "")


@needs_qt
def test_what_is_no_loop_at_all_is_refused_and_named() -> None:
    factory: Any = dict
    with pytest.raises(TypeError, match="must make a QiBaseEventLoop, not {}"):
        qtinter.using_asyncio_from_qt(loop_factory=factory).__enter__()
