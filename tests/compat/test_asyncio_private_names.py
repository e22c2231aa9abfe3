# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's private names that we use, and the shape that we take them to have.

A new Python that changes one fails here, and says which, before anything else fails in a way that
is hard to read. What we have written anew (a turn, a handle's making) is watched as well: asyncio's
own code must not have begun to use names that ours does not know of.
"""

from __future__ import annotations

import asyncio
import builtins
import collections
import contextvars
import gc
import inspect
import selectors
import socket
import sys
from asyncio import base_events, events, format_helpers, selector_events, tasks
from typing import Any

import pytest

from qtinter.compat import aio
from qtinter.testing import VirtualEventLoop

SINCE_312 = sys.version_info >= (3, 12)
SINCE_313 = sys.version_info >= (3, 13)
SINCE_314 = sys.version_info >= (3, 14)

Base = base_events.BaseEventLoop
Selector = selector_events.BaseSelectorEventLoop


def changed(name: str) -> str:
    return f"asyncio changed {name}, see compat/aio.py"


#: Functions and methods: where, name, and arguments that we call it with.
CALLS: list[tuple[object, str, tuple[object, ...], dict[str, object]]] = [
    (Base, "_run_once", (1,), {}),
    (Base, "_check_closed", (1,), {}),
    (Base, "_check_running", (1,), {}),
    (Base, "_check_thread", (1,), {}),
    (Base, "_check_callback", (1, "callback", "method"), {}),
    (Base, "_timer_handle_cancelled", (1, "handle"), {}),
    (Base, "_process_events", (1, "events"), {}),
    (Base, "set_debug", (1, True), {}),
    (Base, "call_soon", (1, "callback", "args"), {"context": None}),
    (Base, "call_soon_threadsafe", (1, "callback", "args"), {"context": None}),
    (Base, "run_in_executor", (1, None, "function", "args"), {}),
    (Base, "shutdown_default_executor", (1,), {}),
    (Selector, "__init__", (1, "selector"), {}),
    (Selector, "_write_to_self", (1,), {}),
    (Selector, "_read_from_self", (1,), {}),
    (Selector, "_process_self_data", (1, b""), {}),
    (Selector, "_add_reader", (1, 0, "callback", "args"), {}),
    (Selector, "_remove_reader", (1, 0), {}),
    (Selector, "_add_writer", (1, 0, "callback", "args"), {}),
    (Selector, "_remove_writer", (1, 0), {}),
    (Selector, "_make_socket_transport", (1, "sock", "protocol"), {}),
    (Selector, "_make_datagram_transport", (1, "sock", "protocol"), {}),
    (events.Handle, "__init__", (1, "callback", (), "loop", "context"), {}),
    (events.Handle, "_run", (1,), {}),
    (events.TimerHandle, "__init__", (1, 0.0, "callback", (), "loop", "context"), {}),
    (events, "_set_running_loop", ("loop",), {}),
    (events, "_get_running_loop", (), {}),
    (base_events, "_format_handle", ("handle",), {}),
    (
        format_helpers,
        "_format_callback_source",
        ("callback", ()),
        {"debug": True} if SINCE_313 else {},
    ),
]
if SINCE_312:
    CALLS.append((tasks, "_swap_current_task", ("loop", "task"), {}))
else:
    CALLS += [
        (tasks, "_enter_task", ("loop", "task"), {}),
        (tasks, "_leave_task", ("loop", "task"), {}),
    ]
if SINCE_313:
    CALLS += [(Base, "_run_forever_setup", (1,), {}), (Base, "_run_forever_cleanup", (1,), {})]
else:
    CALLS += [
        (Base, "_set_coroutine_origin_tracking", (1, True), {}),
        (Base, "_asyncgen_firstiter_hook", (1, "agen"), {}),
        (Base, "_asyncgen_finalizer_hook", (1, "agen"), {}),
    ]
if SINCE_314:
    CALLS += [
        (tasks, "_py_swap_current_task", ("loop", "task"), {}),
        (tasks, "_py_current_task", ("loop",), {}),
        (events._ThreadSafeHandle, "__init__", (1, "callback", (), "loop", "context"), {}),
        (events._ThreadSafeHandle, "_run", (1,), {}),
    ]
if sys.platform != "win32":
    CALLS.append((aio.SelectorEventLoop, "_make_read_pipe_transport", (1, "pipe", "protocol"), {}))


@pytest.mark.parametrize(
    ("where", "name", "args", "options"),
    CALLS,
    ids=[f"{getattr(call[0], '__name__', call[0])}.{call[1]}" for call in CALLS],
)
def test_a_function_can_be_called_as_we_call_it(
    where: object, name: str, args: tuple[object, ...], options: dict[str, object]
) -> None:
    function = getattr(where, name, None)
    assert function is not None, changed(name)
    try:
        inspect.signature(function).bind(*args, **options)
    except TypeError as exc:
        pytest.fail(f"{changed(name)}: {exc}")


#: Attributes of a new loop, and what we take them to be.
ATTRIBUTES: dict[str, type | tuple[type, ...]] = {
    "_ready": collections.deque,
    "_scheduled": list,
    "_debug": bool,
    "_closed": bool,
    "_stopping": bool,
    "_timer_cancelled_count": int,
    "_thread_id": type(None),
    "_current_handle": type(None),
    "_selector": selectors.BaseSelector,
    "_ssock": socket.socket,
    "_csock": socket.socket,
    **({} if sys.platform == "win32" else {"_signal_handlers": dict}),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_new_loop_has_the_attributes_that_we_use(name: str) -> None:
    loop = asyncio.SelectorEventLoop()
    try:
        assert isinstance(getattr(loop, name, changed), ATTRIBUTES[name]), changed(name)
    finally:
        loop.close()


def slots(kind: type) -> set[str]:
    return {name for each in kind.__mro__ for name in getattr(each, "__slots__", ())}


@pytest.mark.parametrize(
    ("kind", "more"), [(events.Handle, set()), (events.TimerHandle, {"_when", "_scheduled"})]
)
def test_a_handle_has_the_attributes_that_we_fill(kind: type, more: set[str]) -> None:
    known = {
        "_callback", "_args", "_cancelled", "_loop", "_source_traceback", "_repr", "_context",
        "__weakref__",
    } | more  # fmt: skip

    assert slots(kind) == known, changed(kind.__name__)


@pytest.mark.parametrize("way", ["call_soon", "call_soon_threadsafe", "call_later", "call_at"])
def test_a_handle_that_we_make_is_filled_as_asyncio_fills_it(way: str) -> None:
    stock, ours = asyncio.SelectorEventLoop(), VirtualEventLoop()
    filled: list[dict[str, Any]] = []
    try:
        for loop in (stock, ours):
            handle = getattr(loop, way)(*([1] if way in ("call_later", "call_at") else []), int, 7)
            values = {
                name: getattr(handle, name)
                for name in slots(type(handle))
                if name not in ("__weakref__", "_loop", "_context", "_when", "_lock")
            }
            filled.append(values)
            assert handle._loop is loop
            assert isinstance(handle._context, contextvars.Context)
    finally:
        stock.close()
        ours.close()

    assert filled[0] == filled[1], changed("Handle.__init__")


#: What we have written anew, and the names that asyncio's own code uses in any Python we know.
REWRITTEN: dict[str, set[str]] = {
    "BaseEventLoop._run_once": {
        "MAXIMUM_SELECT_TIMEOUT", "_MIN_CANCELLED_TIMER_HANDLES_FRACTION",
        "_MIN_SCHEDULED_TIMER_HANDLES", "_cancelled", "_clock_resolution", "_current_handle",
        "_debug", "_format_handle", "_process_events", "_ready", "_run", "_scheduled", "_selector",
        "_stopping", "_timer_cancelled_count", "_when", "append", "heapify", "heappop", "heapq",
        "logger", "math", "popleft", "select", "slow_callback_duration", "time", "ulp", "warning",
    },
    "BaseEventLoop.call_soon": {
        "_call_soon", "_check_callback", "_check_closed", "_check_thread", "_debug",
        "_source_traceback",
    },
    "BaseEventLoop._call_soon": {"Handle", "_ready", "_source_traceback", "append", "events"},
    "BaseEventLoop.call_soon_threadsafe": {
        "_ThreadSafeHandle", "_call_soon", "_check_callback", "_check_closed", "_debug", "_ready",
        "_source_traceback", "_write_to_self", "append", "events",
    },
    "BaseEventLoop.call_later": {"_source_traceback", "call_at", "time"},
    "BaseEventLoop.call_at": {
        "TimerHandle", "_check_callback", "_check_closed", "_check_thread", "_debug", "_scheduled",
        "_source_traceback", "events", "heappush", "heapq",
    },
    "BaseEventLoop.stop": {"_stopping"},
    "Handle.__init__": {
        "_args", "_callback", "_cancelled", "_context", "_getframe", "_loop", "_repr",
        "_source_traceback", "contextvars", "copy_context", "extract_stack", "format_helpers",
        "get_debug", "sys",
    },
    "Handle._run": {
        "_args", "_callback", "_context", "_format_callback_source", "_loop", "_source_traceback",
        "call_exception_handler", "format_helpers", "get_debug", "run",
    },
    "TimerHandle.__init__": {"__init__", "_scheduled", "_source_traceback", "_when"},
    "TimerHandle.cancel": {"_cancelled", "_loop", "_timer_handle_cancelled", "cancel"},
}  # fmt: skip


@pytest.mark.parametrize("name", REWRITTEN)
def test_asyncio_s_own_code_uses_no_names_that_ours_does_not_know(name: str) -> None:
    kind, _, method = name.partition(".")
    code = getattr({**vars(base_events), **vars(events)}[kind], method).__code__
    used = {each for each in code.co_names if not hasattr(builtins, each)}

    assert used <= REWRITTEN[name], changed(name)


@pytest.mark.skipif(not SINCE_313, reason="run_forever() is one piece before 3.13")
def test_run_forever_is_its_setup_its_turns_and_its_cleanup() -> None:
    assert set(Base.run_forever.__code__.co_names) == {
        "_run_forever_setup", "_run_once", "_stopping", "_run_forever_cleanup",
    }, changed("run_forever")  # fmt: skip


@pytest.mark.skipif(SINCE_313, reason="run_forever() is in pieces from 3.13")
def test_run_forever_does_what_our_pieces_of_it_do() -> None:
    assert set(Base.run_forever.__code__.co_names) == {
        "_asyncgen_finalizer_hook", "_asyncgen_firstiter_hook", "_check_closed", "_check_running",
        "_debug", "_run_once", "_set_coroutine_origin_tracking", "_set_running_loop", "_stopping",
        "_thread_id", "events", "get_asyncgen_hooks", "get_ident", "set_asyncgen_hooks", "sys",
        "threading",
    }, changed("run_forever")  # fmt: skip


def test_run_forever_leaves_its_turns_to_the_loop() -> None:
    # OWNER mode depends on it: asyncio's run_forever() calls our _run_once(), and looks at
    # _stopping after it.
    class Loop(VirtualEventLoop):
        turns = 0

        def _run_once(self) -> None:
            self.turns += 1
            if self.turns == 3:
                self._stopping = True

    loop = Loop()
    loop.run_forever()
    loop.close()

    assert loop.turns == 3, changed("run_forever")
    assert not loop._stopping


def test_a_task_says_what_it_waits_for() -> None:
    loop = VirtualEventLoop()
    future = loop.create_future()

    async def wait() -> None:
        await future

    async def main() -> tuple[object, object]:
        task = asyncio.ensure_future(wait())
        before = aio.waits_for(task)
        await asyncio.sleep(0)
        during = aio.waits_for(task)
        future.set_result(None)
        await task
        return before, during

    found = loop.run_until_complete(main())
    loop.close()

    assert found == (None, future), changed("Task._fut_waiter")


def test_what_a_gather_waits_for_can_be_seen() -> None:
    async def main() -> bool:
        futures = [asyncio.ensure_future(asyncio.sleep(0)) for _ in range(2)]
        gathering = asyncio.gather(*futures)
        seen = aio.gathered(gathering) == futures
        await gathering
        return seen and aio.gathered(futures[0]) is None

    loop = VirtualEventLoop()
    found = loop.run_until_complete(main())
    loop.close()

    assert found, changed("_GatheringFuture")


def test_the_shutdown_coroutines_are_known_by_their_code() -> None:
    loop = VirtualEventLoop()
    stock = asyncio.SelectorEventLoop()
    coros = [stock.shutdown_asyncgens(), stock.shutdown_default_executor(), asyncio.sleep(0)]
    found = [aio.is_shutdown_coroutine(coro) for coro in coros]
    for coro in coros:
        coro.close()
    loop.close()
    stock.close()

    assert found == [True, True, False], changed("shutdown_asyncgens")


def test_a_pending_task_can_be_forgiven() -> None:
    loop = VirtualEventLoop()
    reports: list[object] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    task = loop.create_task(asyncio.sleep(60))
    loop.run_until_complete(asyncio.sleep(0))
    aio.forgive_pending(task)
    loop._scheduled.clear()
    loop._ready.clear()
    loop.close()
    del task
    gc.collect()

    assert reports == [], changed("Task._log_destroy_pending")


def test_the_current_task_can_be_set_aside() -> None:
    loop = VirtualEventLoop()

    async def main() -> tuple[bool, bool, object]:
        aside = aio.set_current_tasks_aside(loop)
        without = aio.has_current_task(loop)
        aio.put_tasks_back(loop, aside)
        return without, aio.has_current_task(loop), asyncio.current_task()

    task = loop.create_task(main())
    found = loop.run_until_complete(task)
    loop.close()

    assert found == (False, True, task), changed("_swap_current_task")


def test_nothing_is_set_aside_where_no_task_is_current() -> None:
    loop = VirtualEventLoop()
    aside = aio.set_current_tasks_aside(loop)
    loop.close()

    assert aside == []


def test_the_running_loop_can_be_set() -> None:
    loop = VirtualEventLoop()
    aio.set_running_loop(loop)
    found = aio.running_loop()
    aio.set_running_loop(None)
    loop.close()

    assert found is loop, changed("_set_running_loop")
    assert aio.running_loop() is None


def test_messages_go_to_asyncio_s_logger() -> None:
    assert base_events.logger.name == "asyncio", changed("logger")


@pytest.mark.skipif(sys.version_info >= (3, 16), reason="policies are to be gone in Python 3.16")
def test_the_policy_can_be_looked_at_and_set_without_making_one() -> None:
    before = aio.current_policy()
    made = aio.default_policy_class()()
    aio.set_policy(made)
    found = events._get_event_loop_policy() if SINCE_314 else asyncio.get_event_loop_policy()
    aio.set_policy(before)

    assert found is made, changed("_event_loop_policy")
    assert aio.current_policy() is before


@pytest.mark.skipif(not SINCE_314, reason="policies make the loops before 3.14")
def test_the_entry_points_of_asyncio_look_new_event_loop_up_where_we_replace_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []

    def new_event_loop() -> VirtualEventLoop:
        loop = VirtualEventLoop()
        made.append(loop)
        return loop

    for place in aio.new_event_loop_places:
        monkeypatch.setattr(place, "new_event_loop", new_event_loop)

    async def main() -> object:
        return asyncio.get_running_loop()

    assert asyncio.run(main()) is made[0], changed("new_event_loop")
    asyncio.new_event_loop().close()
    assert len(made) == 2
