# SPDX-License-Identifier: BSD-3-Clause
"""``run_task()``: a task whose first step is run at once.

From Python 3.12 asyncio can start a task eagerly by itself. Otherwise (an older Python, or a task
factory of the user's) the task is made as usual, and the handle of its first step, which is then
the last one in the queue, is taken back and run. Either way a task that is current meanwhile is set
aside, since asyncio forbids a step inside a step.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from qtinter.compat import aio

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextvars import Context

T = TypeVar("T")


def run_task(
    coro: Coroutine[Any, Any, T],
    *,
    allow_task_nesting: bool = True,
    name: str | None = None,
    context: Context | None = None,
) -> asyncio.Task[T]:
    """Create a task and run its first step at once; the rest is scheduled as usual.

    Args:
        coro: The coroutine.
        allow_task_nesting: Whether this may be called from a running task, which is set aside for
            the first step.
        name: The name of the task.
        context: The context to run it in, from Python 3.11; by default a copy of the current one.

    Returns:
        The task, which may be done already.

    Raises:
        TypeError: ``coro`` is not a coroutine.
        RuntimeError: No event loop is running; or a task is, and ``allow_task_nesting`` is false.
        SystemExit, KeyboardInterrupt: The first step has raised it, and was not called by Qt. When
            it was, the loop stops with it instead, and the task is returned.

    Example:
        >>> import asyncio
        >>> async def main() -> None:
        ...     async def say() -> None:
        ...         print("first")
        ...     task = run_task(say())
        ...     print("second")
        ...     await task
        >>> asyncio.run(main())
        first
        second
    """
    if not asyncio.iscoroutine(coro):
        raise TypeError(f"run_task() argument 'coro' must be a coroutine, not {coro!r}")
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        coro.close()
        raise
    if not allow_task_nesting and aio.has_current_task(loop):
        coro.close()
        raise RuntimeError("cannot call run_task from a running task")
    return _start(loop, coro, name, context, from_qt=False)


def run_slot(coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Do what :func:`run_task` does for the coroutine of a slot.

    Whoever has emitted the signal, perhaps a callback, it is Qt that calls a slot: nothing may be
    raised into it, so the loop stops with a SystemExit or KeyboardInterrupt of the first step.
    """
    if not asyncio.iscoroutine(coro):
        raise TypeError(f"a slot must be a coroutine, not {coro!r}")
    return _start(asyncio.get_running_loop(), coro, None, None, from_qt=True)


def _start(
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, T],
    name: str | None,
    context: Context | None,
    *,
    from_qt: bool,
) -> asyncio.Task[T]:
    if sys.version_info >= (3, 12) and loop.get_task_factory() is None:
        return _start_eagerly(loop, coro, name, context, from_qt=from_qt)
    return _start_queued(loop, coro, name, context, from_qt=from_qt)


def _start_eagerly(
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, T],
    name: str | None,
    context: Context | None,
    *,
    from_qt: bool,
) -> asyncio.Task[T]:
    # Made in two steps, because an interrupted __init__ would leave us without the task.
    new: Any = asyncio.Task
    task: Any = new.__new__(new)
    try:
        task.__init__(coro, loop=loop, name=name, context=context, eager_start=True)
    except (SystemExit, KeyboardInterrupt) as exc:
        _interrupted(loop, exc, from_qt=from_qt)
    aio.forget_frames(task, __file__)
    started: asyncio.Task[T] = task
    return started


def _start_queued(
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, T],
    name: str | None,
    context: Context | None,
    *,
    from_qt: bool,
) -> asyncio.Task[T]:
    ready: Any = getattr(loop, "_ready", None)
    before = 0 if ready is None else len(ready)
    options: dict[str, Any] = {"name": name}
    if context is not None:
        options["context"] = context
    try:
        task = loop.create_task(coro, **options)
    except (SystemExit, KeyboardInterrupt) as exc:
        # An eager factory is left without the task then.
        return _start_eagerly(loop, _failed(exc), name, context, from_qt=from_qt)
    aio.forget_frames(task, __file__)
    # What an eager factory leaves in the queue is the second step.
    eager = loop.get_task_factory() is not None and _has_begun(task)
    handle = None if eager or ready is None else _take_back(ready, before, task)
    if handle is None:
        return task  # started already by its factory, or a loop that we can't look into
    aside = aio.set_current_tasks_aside(loop)
    try:
        handle._run()
    except (SystemExit, KeyboardInterrupt) as exc:
        _interrupted(loop, exc, from_qt=from_qt)
    finally:
        aio.put_tasks_back(loop, aside)
    return task


async def _failed(exc: BaseException) -> Any:
    raise exc


def _has_begun(task: asyncio.Task[Any]) -> bool:
    """Whether a task has made its first step."""
    if task.done():
        return True
    coro: Any = task.get_coro()
    try:
        return inspect.getcoroutinestate(coro) != inspect.CORO_CREATED
    except AttributeError:
        return False  # no coroutine of Python's own: no eager factory is known to take such


def _take_back(ready: Any, begin: int, task: asyncio.Task[Any]) -> Any:
    """Take the handle of a task's first step out of the queue; other threads may append to it."""
    for index in range(begin, len(ready)):
        handle = ready[index]
        if getattr(handle._callback, "__self__", None) is task:
            del ready[index]
            return handle
    return None


def _interrupted(loop: Any, exc: BaseException, *, from_qt: bool) -> None:
    """Carry an exception that asyncio lets out of callbacks, if Qt is what we were called by."""
    interleaved = getattr(loop, "_interleaved", None)
    if interleaved is None or not (from_qt or interleaved()):
        raise exc
    loop._carry(exc)
