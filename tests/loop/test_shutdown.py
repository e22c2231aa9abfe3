# SPDX-License-Identifier: BSD-3-Clause
"""The runs by which ``asyncio.run()`` shuts a loop down, which are short where nothing is left."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import qtinter

pytestmark = pytest.mark.usefixtures("qapp")

SHUTDOWN = pytest.mark.parametrize("name", ["shutdown_asyncgens", "shutdown_default_executor"])


@pytest.fixture
def loop() -> Iterator[Any]:
    loop = qtinter.new_event_loop()
    yield loop
    loop.close()


def shut_down(loop: Any, name: str) -> None:
    loop.run_until_complete(getattr(loop, name)())


@pytest.fixture
def runs(loop: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the loop has been run for."""
    runs: list[str] = []
    run_once: Callable[[], None] = loop._run_once

    def run() -> None:
        runs.append("run")
        run_once()

    monkeypatch.setattr(loop, "_run_once", run)
    return runs


@SHUTDOWN
def test_nothing_is_run_where_nothing_is_left(loop: Any, runs: list[str], name: str) -> None:
    shut_down(loop, name)
    assert runs == []


def test_the_loop_takes_nothing_more_afterwards(loop: Any) -> None:
    async def generator() -> AsyncIterator[int]:
        yield 1

    async def use() -> None:
        with pytest.warns(ResourceWarning, match=r"shutdown_asyncgens\(\)"):
            async for _ in generator():
                pass

    shut_down(loop, "shutdown_asyncgens")
    shut_down(loop, "shutdown_default_executor")
    loop.run_until_complete(use())
    with pytest.raises(RuntimeError, match="shut"):
        loop.run_in_executor(None, int)


@SHUTDOWN
def test_callbacks_that_are_ready_are_run(loop: Any, runs: list[str], name: str) -> None:
    done: list[int] = []
    loop.call_soon(done.append, 1)
    shut_down(loop, name)
    assert (done, runs) == ([1], ["run"])


@SHUTDOWN
def test_timers_that_are_due_are_run(loop: Any, name: str) -> None:
    done: list[int] = []
    loop.call_later(0, done.append, 1)
    shut_down(loop, name)
    assert done == [1]


@SHUTDOWN
def test_sockets_that_are_ready_are_read(loop: Any, name: str) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        received: list[bytes] = []
        loop.add_reader(near, lambda: received.append(near.recv(9)))
        far.send(b"late")
        shut_down(loop, name)
        loop.remove_reader(near)
    assert received == [b"late"]


@SHUTDOWN
def test_what_threads_have_scheduled_is_run(loop: Any, name: str) -> None:
    done: list[int] = []

    async def main() -> None:
        await asyncio.to_thread(loop.call_soon_threadsafe, loop.call_soon, done.append, 1)

    loop.run_until_complete(main())
    shut_down(loop, name)
    assert done == [1]


@SHUTDOWN
def test_a_stop_that_was_asked_for_is_taken(loop: Any, runs: list[str], name: str) -> None:
    loop.stop()
    shut_down(loop, name)
    assert runs == ["run"]


@SHUTDOWN
def test_a_task_factory_gets_its_task(loop: Any, name: str) -> None:
    made: list[str] = []

    def factory(loop: Any, coro: Any, **options: Any) -> Any:
        made.append(coro.__name__)
        return asyncio.Task(coro, loop=loop, **options)

    loop.set_task_factory(factory)
    shut_down(loop, name)
    assert made == [name]


def test_generators_and_executors_are_shut_down(loop: Any) -> None:
    closed: list[str] = []

    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append("generator")

    async def main() -> Any:
        await loop.run_in_executor(None, int)
        left = generator()
        await anext(left)
        return left

    left = loop.run_until_complete(main())
    shut_down(loop, "shutdown_asyncgens")
    shut_down(loop, "shutdown_default_executor")
    assert closed == ["generator"]
    assert loop._default_executor is None or loop._default_executor._shutdown
    del left


def test_a_closed_loop_can_not_be_shut_down(loop: Any) -> None:
    loop.close()
    coro = loop.shutdown_asyncgens()
    with pytest.raises(RuntimeError, match="closed"):
        loop.run_until_complete(coro)
    coro.close()
