# SPDX-License-Identifier: BSD-3-Clause
"""``asyncslot()``: coroutine functions as slots.

The wrapper is made by `~qtinter.signals.transform`, whose table of lifetimes holds here, too. It
receives the arguments that the function itself would be given by the binding, makes a coroutine of
them, and has the task runner make a task of that.

Invariants:

* The arity is found out once, when wrapping.
* A task is referred to until it is done.
* An exception of the function, even one raised before there is a coroutine, is an exception of the
  task, and the loop's exception handler is told as soon as the task ends. Nothing reaches Qt but
  misuse: that no loop is running.
"""

from __future__ import annotations

import asyncio
import inspect
import types
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Final, ParamSpec, TypeVar

from qtinter.compat.shape import runs_functions_in_sender_thread
from qtinter.loop.tasks import run_slot, run_task

from .transform import get_positional_parameter_count, wrap

P = ParamSpec("P")
T = TypeVar("T")

_running: Final[set[asyncio.Task[Any]]] = set()


def asyncslot(
    fn: Callable[P, Coroutine[Any, Any, T]],
    *,
    task_runner: Callable[[Coroutine[Any, Any, T]], asyncio.Task[T]] = run_task,
) -> Callable[P, asyncio.Task[T]]:
    """Wrap a coroutine function so that it can be connected to a signal.

    Calling the wrapper calls ``fn``, with as many of the arguments as it takes, and has a task run
    the coroutine. Use it as a function or as a decorator, also of methods, and together with the
    binding's own slot decorator in either order.

    Args:
        fn: A coroutine function, or any callable that returns a coroutine. A bound method gives a
            bound method, which lives as long as ``fn`` does and while somebody refers to it.
        task_runner: What makes a task of the coroutine. The default, `run_task`, runs its first
            step at once, in which ``QObject.sender()`` is right.

    Returns:
        A callable that returns the task. The task is kept alive until it is done; if it ends with
        an exception, the loop's exception handler is called.

    Raises:
        TypeError: ``fn`` or ``task_runner`` can't be called, or ``fn`` has a keyword-only parameter
            without a default, or its receiver can't be referenced weakly.

    Note:
        PySide chooses a signal's overload by the parameters of the slot, so there the wrapper has
        exactly those of ``fn``. Called directly, it takes no surplus arguments then.

    Example:
        .. code-block:: python

            @asyncslot
            async def fetch(url: str) -> None: ...


            line_edit.textChanged.connect(fetch)
    """
    made: Callable[P, asyncio.Task[T]]
    if isinstance(fn, (classmethod, staticmethod)):
        made = _rewrapped(fn, task_runner)
        return made
    if not callable(fn):
        raise TypeError(f"asyncslot() argument 'fn' must be a coroutine function, not {fn!r}")
    if not callable(task_runner):
        raise TypeError(f"asyncslot() argument 'task_runner' must be callable, not {task_runner!r}")
    count = get_positional_parameter_count(fn)
    home = None
    if not isinstance(fn, types.MethodType) and runs_functions_in_sender_thread():
        loop = asyncio._get_running_loop()  # noqa: SLF001 - get_running_loop raises
        home = None if loop is None else weakref.ref(loop)
    if home is None:
        made = wrap(fn, _start, (count, task_runner), _visible(fn, count))
    else:
        made = wrap(fn, _start_at_home, (count, task_runner, home), _visible(fn, count))
    return made


def _rewrapped(descriptor: Any, task_runner: Any) -> Any:
    """Make a class or static method of the wrapper of the function of one."""
    return descriptor.__class__(asyncslot(descriptor.__func__, task_runner=task_runner))


def _visible(fn: Callable[..., Any], count: int) -> int:
    """Say how many parameters the binding should see."""
    # A method in a class body that takes nothing but self may as well show *args: it is given no
    # arguments either way, and then it can also be called with surplus ones.
    if count == 1 and not hasattr(fn, "__self__"):
        first = next(iter(inspect.signature(fn).parameters))
        return -1 if first in {"self", "cls"} else count
    return count


def _start(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    count: int,
    task_runner: Callable[[Any], asyncio.Task[Any]],
) -> asyncio.Task[Any]:
    if 0 <= count < len(args):
        args = args[:count]
    try:
        coro = fn(*args)
    except BaseException as exc:
        coro = _raise(exc)
    try:
        task = run_slot(coro) if task_runner is run_task else task_runner(coro)
    except BaseException:
        if not inspect.iscoroutine(coro):
            return _start(_raise, (_not_a_coroutine(fn, coro),), 1, task_runner)
        coro.close()
        raise
    if task.done():
        if task.cancelled() or task.exception() is None:
            return task
    else:
        _running.add(task)
    task.add_done_callback(_ended)
    return task


def _start_at_home(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    count: int,
    task_runner: Callable[[Any], asyncio.Task[Any]],
    home: weakref.ref[asyncio.AbstractEventLoop],
) -> asyncio.Task[Any] | None:
    # The binding has called us in the sender's thread. Unless that has a loop, go back to the one
    # that was running where the slot was made.
    if asyncio._get_running_loop() is None:  # noqa: SLF001 - get_running_loop raises
        loop = home()
        if loop is not None and loop.is_running():
            loop.call_soon_threadsafe(_start, fn, args, count, task_runner)
            return None
    return _start(fn, args, count, task_runner)


async def _raise(exc: BaseException) -> None:
    raise exc


def _not_a_coroutine(fn: object, result: object) -> TypeError:
    return TypeError(
        f"asyncslot() argument 'fn' must return a coroutine; {fn!r} returned {result!r}"
    )


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if task.cancelled():
        return
    exc = task.exception()
    if exc is None or isinstance(exc, (KeyboardInterrupt, SystemExit)):
        return  # these two have stopped the loop already
    task.get_loop().call_exception_handler(
        {"message": "Exception in a slot", "exception": exc, "task": task}
    )
