# SPDX-License-Identifier: BSD-3-Clause
"""The ways into the loop: ``run``, ``new_event_loop``, and the names that qtinter lists."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest

import qtinter
from tests.loop.hosting import core, kind_of_loop, needs_qt
from tests.tools.child import run_child

# --- qtinter.run ---------------------------------------------------------------------------


@needs_qt
def test_run_returns_what_main_returns() -> None:
    assert qtinter.run(kind_of_loop()) is qtinter.QiDefaultEventLoop


@needs_qt
def test_run_raises_what_main_raises() -> None:
    async def main() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        qtinter.run(main())


@needs_qt
@pytest.mark.parametrize("debug", [True, False, None])
def test_run_sets_debug_mode(*, debug: bool | None) -> None:
    async def main() -> bool:
        return asyncio.get_running_loop().get_debug()

    assert qtinter.run(main(), debug=debug) is bool(debug)


@needs_qt
def test_run_cancels_tasks_that_are_left_and_shuts_down_the_rest() -> None:
    ended: list[str] = []

    async def straggler() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.001)
            ended.append("task")

    async def numbers():
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            ended.append("generator")

    kept = []

    async def main() -> asyncio.AbstractEventLoop:
        kept.append(asyncio.ensure_future(straggler()))
        generator = numbers()
        await generator.__anext__()
        kept.append(generator)
        await asyncio.get_running_loop().run_in_executor(None, int)
        return asyncio.get_running_loop()

    loop = qtinter.run(main())
    assert ended == ["task", "generator"]
    assert loop is not None
    assert loop.is_closed()
    assert not [t for t in threading.enumerate() if t.name.startswith("asyncio_")]


@needs_qt
def test_run_works_many_times_in_a_row() -> None:
    async def main(number: int) -> int:
        await asyncio.sleep(0)
        return number

    assert [qtinter.run(main(number)) for number in range(20)] == list(range(20))


@needs_qt
def test_run_lets_qt_live() -> None:
    async def main() -> int:
        ticks = []
        timer = core().QTimer()
        timer.timeout.connect(lambda: ticks.append(1))
        timer.start(1)
        while len(ticks) < 3:
            await asyncio.sleep(0.001)
        return len(ticks)

    ticks = qtinter.run(main())
    assert ticks is not None
    assert ticks >= 3


@needs_qt
def test_run_is_refused_inside_a_running_loop_and_closes_main() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"qtinter\.run\(\).*running"):
            qtinter.run(kind_of_loop())
        with pytest.raises((TypeError, RuntimeError)):
            qtinter.run(None)  # type: ignore[arg-type]

    qtinter.run(main())


@needs_qt
@pytest.mark.parametrize("main", [None, 42, kind_of_loop, "future"])
def test_run_refuses_what_is_no_coroutine(main: Any) -> None:
    loop = asyncio.SelectorEventLoop()
    try:
        thing = loop.create_future() if main == "future" else main
        with pytest.raises(TypeError, match=r"run\(\) argument 'main' must be a coroutine"):
            qtinter.run(thing)
    finally:
        loop.close()


@pytest.mark.qt
@pytest.mark.parametrize("way", ["qtinter.run(main())", "asyncio.run(main())"])
def test_without_an_application_it_says_so_once_and_nothing_else(way: str) -> None:
    child = run_child(f"""
        import gc
        async def main():
            print("ran")
        try:
            with qtinter.using_qt_from_asyncio():
                {way}
        except RuntimeError as exc:
            print(exc)
        gc.collect()
        app = QtCore.QCoreApplication([])
        with qtinter.using_qt_from_asyncio():
            {way}
    """)
    assert child.stdout.startswith("An instance of QCoreApplication must exist")
    assert child.stdout.endswith("ran\n")
    assert child.stdout.count("ran") == 1
    if sys.version_info >= (3, 11) or way.startswith("qtinter"):
        # The asyncio.run() of 3.10 leaves a coroutine behind that no loop has taken.
        assert child.stderr == ""
    assert child.returncode == 0


# --- new_event_loop, and all names -----------------------------------------------------------


def test_new_event_loop_makes_a_default_loop_each_time() -> None:
    first, second = qtinter.new_event_loop(), qtinter.new_event_loop()
    assert type(first) is type(second) is qtinter.QiDefaultEventLoop
    assert first is not second
    assert isinstance(first, asyncio.AbstractEventLoop)
    first.close()
    second.close()


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        qtinter.no_such_name  # noqa: B018


def test_names_that_are_imported_late_are_listed() -> None:
    assert set(qtinter.__all__) <= set(dir(qtinter))
    assert "asyncsignal" in dir(qtinter)
