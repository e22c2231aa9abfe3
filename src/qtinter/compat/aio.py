# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's private names, in one place.

qtinter re-hosts asyncio's loops instead of rewriting them, so it derives from classes whose
extension points are private. At run time this module only names them; the stub beside it
(``aio.pyi``) declares the types of their private members, which typeshed leaves out.
``tests/compat/test_asyncio_private_names.py`` fails, and says which one, when a Python changes one.
"""

# What typeshed leaves out is unknown here, and declared in the stub.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false

from __future__ import annotations

import asyncio
import inspect
import selectors
import sys
from asyncio import (
    base_events,
    ensure_future,
    events,
    format_helpers,
    isfuture,
    tasks,
)
from asyncio.base_events import BaseEventLoop
from asyncio.selector_events import BaseSelectorEventLoop
from typing import Any

__all__ = [
    "BaseEventLoop",
    "BaseSelectorEventLoop",
    "Handle",
    "SelectorEventLoop",
    "ThreadSafeHandle",
    "TimerHandle",
    "current_policy",
    "default_policy_class",
    "describe_callback",
    "describe_handle",
    "ensure_future",
    "forget_frames",
    "forgive_pending",
    "gathered",
    "has_current_task",
    "is_shut_down",
    "is_shutdown_coroutine",
    "isfuture",
    "logger",
    "new_event_loop_places",
    "open_epoll",
    "processes_events_itself",
    "put_tasks_back",
    "running_loop",
    "set_current_tasks_aside",
    "set_policy",
    "set_running_loop",
    "start_self_reading",
    "stop_self_reading",
    "waits_for",
]

if sys.platform == "win32":  # pragma: no cover - Windows
    from asyncio.proactor_events import BaseProactorEventLoop
    from asyncio.windows_events import ProactorEventLoop
    from asyncio.windows_events import _WindowsSelectorEventLoop as SelectorEventLoop

    __all__ += ["BaseProactorEventLoop", "ProactorEventLoop"]
else:
    from asyncio.unix_events import _UnixSelectorEventLoop as SelectorEventLoop

Handle = events.Handle
TimerHandle = events.TimerHandle
#: What ``call_soon_threadsafe`` returns, from Python 3.14.
ThreadSafeHandle = getattr(events, "_ThreadSafeHandle", None)
describe_handle = base_events._format_handle
set_running_loop = events._set_running_loop
running_loop = events._get_running_loop
#: The modules whose ``new_event_loop`` asyncio's entry points call, from Python 3.14.
new_event_loop_places = (asyncio, events)

_describes_debug = "debug" in inspect.signature(format_helpers._format_callback_source).parameters
_shutdown_codes = frozenset(
    (
        BaseEventLoop.shutdown_asyncgens.__code__,
        BaseEventLoop.shutdown_default_executor.__code__,
    )
)


def logger() -> Any:
    """Return asyncio's logger; looked up late, since asyncio's own tests exchange it."""
    return base_events.logger


def describe_callback(callback: Any, args: Any, *, debug: bool) -> str:
    """Describe a callback as asyncio's messages do: its name, arguments and place."""
    if _describes_debug:
        return format_helpers._format_callback_source(callback, args, debug=debug)
    return format_helpers._format_callback_source(callback, args)


if sys.version_info >= (3, 12):
    _swap = tasks._swap_current_task
else:  # drop with 3.11

    def _swap(loop: Any, task: Any) -> None:
        current: Any = tasks.current_task(loop)
        if task is None:
            tasks._leave_task(loop, current)
        else:
            tasks._enter_task(loop, task)


#: Where the current task is noted, and how it is changed.
_current_tasks = [(tasks.current_task, _swap)]
if sys.version_info >= (3, 14):
    # Tasks of the pure-Python class have a place of their own there.
    _current_tasks.append((tasks._py_current_task, tasks._py_swap_current_task))


def set_current_tasks_aside(loop: Any) -> list[Any]:
    """Leave a loop without a current task; return what :func:`put_tasks_back` needs, if any."""
    aside: list[Any] = []
    for current, swap in _current_tasks:
        task = current(loop)
        if task is not None:
            swap(loop, None)
            aside.append((swap, task))
    return aside


def put_tasks_back(loop: Any, aside: list[Any]) -> None:
    """Undo :func:`set_current_tasks_aside`."""
    for swap, task in aside:
        swap(loop, task)


def has_current_task(loop: Any) -> bool:
    """Whether a loop has a current task, of whatever class."""
    return any(current(loop) is not None for current, _ in _current_tasks)


def forgive_pending(task: Any) -> None:
    """Have no message logged when a task is destroyed that has not ended."""
    task._log_destroy_pending = False


def forget_frames(task: Any, filename: str) -> None:
    """Take the frames of a file from where debug mode says that a task was created."""
    traceback: list[Any] | None = getattr(task, "_source_traceback", None)
    if traceback:
        traceback[:] = [frame for frame in traceback if frame.filename != filename]


def is_shutdown_coroutine(awaitable: object) -> bool:
    """Whether this is asyncio's shutdown_asyncgens() or shutdown_default_executor()."""
    return getattr(awaitable, "cr_code", None) in _shutdown_codes


def is_shut_down(loop: Any) -> bool:
    """Whether a loop has neither asynchronous generators nor a default executor to shut down."""
    return not loop._asyncgens and loop._default_executor is None


def gathered(future: object) -> list[Any] | None:
    """Return the futures that an asyncio.gather() waits for, None for anything else."""
    if isinstance(future, tasks._GatheringFuture):
        return list(future._children)
    return None


def waits_for(task: object) -> Any:
    """Return the future that a suspended task waits for; None if there is none."""
    return getattr(task, "_fut_waiter", None)


def start_self_reading(loop: Any) -> None:
    """Have a proactor loop read its self-pipe; asyncio's does so only if it runs by itself."""
    if sys.platform == "win32" and isinstance(loop, BaseProactorEventLoop):  # pragma: no cover
        loop.call_soon(loop._loop_self_reading)


def stop_self_reading(loop: Any) -> None:
    """Undo :func:`start_self_reading`."""
    read: Any = getattr(loop, "_self_reading_future", None)
    if read is not None:  # pragma: no cover - Windows
        loop._self_reading_future = None
        overlapped = read._ov
        read.cancel()
        if overlapped is not None and not overlapped.pending:
            loop._proactor._unregister(overlapped)


def default_policy_class() -> Any:
    """Return the class of asyncio's default event loop policy."""
    if sys.version_info >= (3, 14):
        return events._DefaultEventLoopPolicy if sys.platform == "win32" else _unix_policy()
    return asyncio.DefaultEventLoopPolicy


def _unix_policy() -> Any:
    from asyncio import unix_events

    return unix_events._DefaultEventLoopPolicy


def open_epoll(selector: Any) -> tuple[Any, Any] | None:
    """Return how to ask Python's own epoll selector, and its keys by file descriptor.

    None for other selectors.
    """
    if type(selector) is getattr(selectors, "EpollSelector", None):
        return selector._selector.poll, selector._fd_to_key
    return None


def processes_events_itself(loop: Any) -> bool:
    """Whether a loop looks at the events of its selector in asyncio's own way."""
    return type(loop)._process_events is BaseSelectorEventLoop._process_events


def current_policy() -> Any:
    """Return the policy that was set, None if none was (nothing is made)."""
    return getattr(events, "_event_loop_policy", None)


def set_policy(policy: Any) -> None:
    """Set the policy, or none, without a warning where policies are deprecated."""
    if hasattr(events, "_event_loop_policy"):
        events._event_loop_policy = policy
