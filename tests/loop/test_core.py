# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's loop on our scheduler, without Qt: natively and in virtual time.

Where asyncio itself promises the same, its own loop takes the test as well: then it is the test
that is tested.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import itertools
import math
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qtinter.compat import aio
from qtinter.loop.core import SchedulerLoop
from qtinter.testing import VirtualEventLoop


class NativeLoop(SchedulerLoop, aio.SelectorEventLoop):
    """The plainest loop on our scheduler: it waits in its own selector."""


LOOPS: dict[str, Callable[[], Any]] = {
    "stock": asyncio.SelectorEventLoop,
    "native": NativeLoop,
    "virtual": VirtualEventLoop,
}
#: What goes beyond asyncio's promises, or is about our own attributes.
ours = pytest.mark.parametrize("loop", ["native", "virtual"], indirect=True)


@pytest.fixture(params=list(LOOPS))
def loop(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = LOOPS[request.param]()
    yield made
    made.close()


def run_briefly(loop: Any, turns: int = 1) -> None:
    """Run so many turns."""
    for _ in range(turns):
        loop.stop()
        loop.run_forever()


# Scheduling.


def test_callbacks_run_in_order_with_their_arguments(loop: Any) -> None:
    log: list[object] = []
    loop.call_soon(log.append, 1)
    loop.call_soon(log.append, 2)
    run_briefly(loop)

    assert log == [1, 2]


def test_a_stop_before_the_run_lets_exactly_one_turn_run(loop: Any) -> None:
    log: list[object] = []
    loop.call_soon(lambda: loop.call_soon(log.append, "next turn"))
    loop.call_soon(log.append, "this turn")
    loop.stop()
    loop.run_forever()

    assert log == ["this turn"]


def test_a_stop_in_a_callback_finishes_the_turn_and_only_that(loop: Any) -> None:
    log: list[object] = []
    loop.call_soon(loop.stop)
    loop.call_soon(lambda: loop.call_soon(log.append, "next turn"))
    loop.call_soon(log.append, "this turn")
    loop.run_forever()

    assert log == ["this turn"]


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_exit_comes_out_and_what_was_ready_runs_next_time(
    loop: Any, error: type[BaseException], debug: bool
) -> None:
    loop.set_debug(debug)
    leaving = error()
    log: list[object] = []

    def leave() -> None:
        raise leaving

    loop.call_soon(leave)
    loop.call_soon(log.append, "left")
    with pytest.raises(error) as caught:
        loop.run_forever()
    assert caught.value is leaving
    assert log == []
    run_briefly(loop)

    assert log == ["left"]


@pytest.mark.parametrize("how", ["call_soon", "call_soon_threadsafe", "call_later", "call_at"])
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
class TestEachWayToSchedule:
    """call_soon(), call_soon_threadsafe(), call_later() and call_at()."""

    def schedule(
        self, loop: Any, how: str, callback: Any, *args: object, **options: Any
    ) -> asyncio.Handle:
        first = {"call_later": [0], "call_at": [loop.time()]}.get(how, [])
        return getattr(loop, how)(*first, callback, *args, **options)

    def test_a_handle_of_asyncio_s_is_returned(self, loop: Any, how: str, debug: bool) -> None:
        loop.set_debug(debug)
        handle = self.schedule(loop, how, int)
        kind = asyncio.TimerHandle if how in ("call_later", "call_at") else asyncio.Handle

        assert isinstance(handle, kind)
        assert "int" in repr(handle)
        assert not handle.cancelled()

    def test_the_callback_runs_in_the_context_given(self, loop: Any, how: str, debug: bool) -> None:
        loop.set_debug(debug)
        variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
        context = contextvars.copy_context()
        context.run(variable.set, "given")
        seen: list[str] = []
        self.schedule(loop, how, lambda: seen.append(variable.get()), context=context)
        run_briefly(loop, 2)

        assert seen == ["given"]

    def test_else_in_a_copy_of_the_current_one(self, loop: Any, how: str, debug: bool) -> None:
        loop.set_debug(debug)
        variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
        seen: list[str] = []

        def callback() -> None:
            seen.append(variable.get())
            variable.set("changed inside")

        token = variable.set("current")
        self.schedule(loop, how, callback)
        variable.set("changed outside")
        run_briefly(loop, 2)

        assert seen == ["current"]
        assert variable.get() == "changed outside"
        variable.reset(token)

    def test_a_cancelled_one_does_not_run(self, loop: Any, how: str, debug: bool) -> None:
        loop.set_debug(debug)
        log: list[object] = []
        handle = self.schedule(loop, how, log.append, "cancelled")
        handle.cancel()
        self.schedule(loop, how, log.append, "kept")
        run_briefly(loop, 2)

        assert log == ["kept"]
        assert handle.cancelled()

    def test_the_place_recorded_in_debug_mode_is_the_caller_s(
        self, loop: Any, how: str, debug: bool
    ) -> None:
        loop.set_debug(debug)
        handle = self.schedule(loop, how, int)

        if debug:
            assert handle._source_traceback[-1].name == "schedule"
        else:
            assert handle._source_traceback is None

    def test_a_failure_is_reported_with_its_place_only(
        self, loop: Any, how: str, debug: bool
    ) -> None:
        loop.set_debug(debug)
        reports: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: reports.append(context))

        def fail() -> None:
            raise ValueError("on purpose")

        handle = self.schedule(loop, how, fail)
        run_briefly(loop, 2)
        (report,) = reports

        assert str(report["exception"]) == "on purpose"
        assert report["handle"] is handle
        assert report["message"].startswith("Exception in callback TestEachWayToSchedule.")
        assert report["exception"].__traceback__ is not None
        assert ("source_traceback" in report) == debug

    def test_a_closed_loop_accepts_nothing(self, loop: Any, how: str, debug: bool) -> None:
        loop.set_debug(debug)
        loop.close()
        with pytest.raises(RuntimeError, match="closed"):
            self.schedule(loop, how, int)

        assert not loop._ready
        assert not loop._scheduled


@ours
def test_the_traceback_of_a_failure_starts_at_the_user_s_callback(loop: Any) -> None:
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))

    def fail() -> None:
        raise ValueError

    loop.call_soon(fail)
    run_briefly(loop)

    assert reports[0]["exception"].__traceback__.tb_frame.f_code is fail.__code__


def test_a_failure_without_a_python_frame_is_reported_too(loop: Any) -> None:
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    loop.call_soon([].pop)
    run_briefly(loop)

    assert [type(report["exception"]) for report in reports] == [IndexError]


def test_a_callback_that_cancels_its_own_handle_and_fails_is_reported(loop: Any) -> None:
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))

    def fail() -> None:
        handle.cancel()
        raise ValueError

    handle = loop.call_soon(fail)
    run_briefly(loop)

    assert [type(report["exception"]) for report in reports] == [ValueError]


@ours
def test_a_handle_that_another_thread_cancels_at_the_last_moment_is_dropped(loop: Any) -> None:
    # cancel() in another thread, between the scheduler's look at _cancelled and the call: the
    # callback is gone. Played by a context whose run() is where the other thread gets its turn.
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))

    class Handle(asyncio.Handle):
        looks = 0

        @property
        def _cancelled(self) -> bool:
            self.looks += 1
            return self.looks > 1

        @_cancelled.setter
        def _cancelled(self, value: bool) -> None:
            pass

    handle = Handle(int, (), loop)
    handle._callback = None
    handle._args = None
    loop._ready.append(handle)
    run_briefly(loop)

    assert handle.looks == 2
    assert reports == []


def test_an_exit_out_of_the_exception_handler_comes_out(loop: Any) -> None:
    def leave(_: object, context: object) -> None:
        raise SystemExit(4)

    log: list[object] = []
    loop.set_exception_handler(leave)
    loop.call_soon([].pop)
    loop.call_soon(log.append, "left")
    with pytest.raises(SystemExit):
        loop.run_forever()
    run_briefly(loop)

    assert log == ["left"]


# Timers.


@ours
def test_equal_deadlines_run_in_the_order_of_scheduling(loop: Any) -> None:
    log: list[int] = []
    when = loop.time()
    for number in range(100):
        loop.call_at(when, log.append, number)
    run_briefly(loop, 2)

    assert log == list(range(100))


@ours
def test_a_timer_is_ordered_by_its_deadline(loop: Any) -> None:
    early, late = loop.call_at(1, int), loop.call_at(2, int)

    assert early < late
    assert not late < early


@ours
@pytest.mark.parametrize("way", ["call_at", "call_later"])
def test_a_deadline_that_is_not_a_number_is_refused_and_changes_nothing(
    loop: Any, way: str
) -> None:
    with pytest.raises(ValueError, match="nan"):
        getattr(loop, way)(math.nan, int)
    for wrong in (None, "soon"):
        with pytest.raises(TypeError):
            getattr(loop, way)(wrong, int)

    assert loop._scheduled == []


@pytest.mark.parametrize("way", ["call_at", "call_later"])
@pytest.mark.parametrize("when", [-math.inf, -1, 0])
def test_a_deadline_in_the_past_is_due_at_once(loop: Any, way: str, when: float) -> None:
    log: list[object] = []
    getattr(loop, way)(when, log.append, "ran")
    run_briefly(loop)

    assert log == ["ran"]


@pytest.mark.parametrize("way", ["call_at", "call_later"])
@pytest.mark.parametrize("when", [math.inf, 1e300, 1e9])
def test_a_deadline_in_the_far_future_is_accepted(loop: Any, way: str, when: float) -> None:
    log: list[object] = []
    getattr(loop, way)(when, log.append, "never")
    loop.call_soon_threadsafe(loop.stop)
    loop.run_forever()

    assert log == []


@ours
def test_a_very_long_wait_is_done_in_parts(loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    def select(timeout: float | None) -> list[object]:
        waits.append(timeout)
        return []

    monkeypatch.setattr(loop._selector, "select", select)
    for timeout in (1e12, 0.5, None):
        SchedulerLoop._wait(loop, timeout)

    assert waits == [24 * 3600.0, 0.5, None]


def test_the_memory_of_cancelled_timers_is_bounded(loop: Any) -> None:
    loop.call_later(1e6, int)
    for _ in range(20):
        for handle in [loop.call_later(1e6 + n, int) for n in range(100)]:
            handle.cancel()
        run_briefly(loop)

    assert len(loop._scheduled) <= 202
    assert loop._timer_cancelled_count == len(loop._scheduled) - 1


@ours
def test_cancelling_a_timer_twice_or_after_it_ran_is_not_counted(loop: Any) -> None:
    timer = loop.call_later(1e6, int)
    ran = loop.call_at(loop.time(), int)
    run_briefly(loop)
    timer.cancel()
    timer.cancel()
    ran.cancel()

    assert loop._timer_cancelled_count == 1
    assert len(loop._scheduled) == 1


@ours
def test_what_asyncio_calls_ready_and_scheduled_is_the_scheduler_s(loop: Any) -> None:
    ready, scheduled = loop._ready, loop._scheduled
    for handle in [loop.call_later(1e6, int) for _ in range(300)]:
        handle.cancel()
    run_briefly(loop, 2)

    assert loop._ready is ready is loop._scheduler.ready
    assert loop._scheduled is scheduled is loop._scheduler.timers
    loop._timer_cancelled_count = 7
    loop._stopping = True
    assert (loop._scheduler.timers.cancelled, loop._scheduler.stopping) == (7, True)
    loop._stopping = False


def test_a_loop_whose_time_is_overridden_runs_by_that_time() -> None:
    class Loop(NativeLoop):
        now = 1000.0

        def time(self) -> float:
            return self.now

    loop = Loop()
    log: list[object] = []
    loop.call_later(50, log.append, "due")
    run_briefly(loop)
    before = list(log)
    loop.now = 1050.0
    run_briefly(loop)
    loop.close()

    assert (before, log) == ([], ["due"])


# Other threads.


def test_another_thread_wakes_a_waiting_loop(loop: Any) -> None:
    here, there = socket.socketpair()
    if isinstance(loop, VirtualEventLoop):
        loop.add_reader(here, int)  # something outside that is waited for
    waiting = threading.Event()
    loop.call_soon(waiting.set)

    def wake() -> None:
        waiting.wait()
        loop.call_soon_threadsafe(loop.stop)

    thread = threading.Thread(target=wake)
    thread.start()
    loop.run_forever()
    thread.join()
    loop.remove_reader(here)
    here.close()
    there.close()

    assert not loop.is_running()


def test_callbacks_of_many_threads_all_run(loop: Any) -> None:
    log: list[tuple[int, int]] = []

    def work(number: int) -> None:
        for n in range(200):
            loop.call_soon_threadsafe(log.append, (number, n))

    async def main() -> None:
        await asyncio.gather(*(loop.run_in_executor(None, work, n) for n in range(4)))
        await asyncio.sleep(0)
        await loop.shutdown_default_executor()

    loop.run_until_complete(main())

    assert sorted(log) == list(itertools.product(range(4), range(200)))
    for number in range(4):
        assert [n for which, n in log if which == number] == list(range(200))


@ours
def test_many_wake_ups_write_once_until_they_are_read(loop: Any) -> None:
    for _ in range(100):
        loop.call_soon_threadsafe(int)

    assert len(loop._ssock.recv(4096)) == 1
    loop._wakeup_pending = False  # as the reader would have done
    loop.call_soon_threadsafe(int)
    run_briefly(loop)
    loop.call_soon_threadsafe(int)
    assert len(loop._ssock.recv(4096)) == 1


@ours
def test_a_wake_up_that_could_not_be_written_is_tried_again(
    loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(BaseException):
        """What a signal handler may raise anywhere."""

    def fail(_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(aio.BaseSelectorEventLoop, "_write_to_self", fail)
        with pytest.raises(Interrupted):
            loop.call_soon_threadsafe(int)
    loop.call_soon_threadsafe(int)

    assert len(loop._ssock.recv(4096)) == 1


# Debug mode.


def test_a_slow_callback_is_told_in_debug_mode(loop: Any, caplog: pytest.LogCaptureFixture) -> None:
    loop.set_debug(True)
    loop.slow_callback_duration = 0
    loop.call_soon(int)
    run_briefly(loop)

    assert "Executing <Handle int() " in caplog.text
    assert loop._current_handle is None


def test_a_quick_callback_is_not(loop: Any, caplog: pytest.LogCaptureFixture) -> None:
    loop.set_debug(True)
    loop.slow_callback_duration = 60
    loop.call_soon(int)
    run_briefly(loop)

    assert "Executing" not in caplog.text


def test_the_current_handle_is_known_in_debug_mode(loop: Any) -> None:
    loop.set_debug(True)
    seen: list[object] = []
    handle = loop.call_soon(lambda: seen.append(loop._current_handle))
    run_briefly(loop)

    assert seen == [handle]


@pytest.mark.parametrize("way", ["call_soon", "call_later", "call_at"])
def test_the_wrong_thread_is_refused_in_debug_mode(loop: Any, way: str) -> None:
    loop.set_debug(True)
    errors: list[BaseException] = []

    def intrude() -> None:
        try:
            getattr(loop, way)(*([] if way == "call_soon" else [1]), int)
        except RuntimeError as exc:
            errors.append(exc)

    def callback() -> None:
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()

    loop.call_soon(callback)
    run_briefly(loop)

    assert "Non-thread-safe" in str(errors[0])


@pytest.mark.parametrize("way", ["call_soon", "call_soon_threadsafe", "call_later", "call_at"])
def test_a_coroutine_as_callback_is_refused_in_debug_mode(loop: Any, way: str) -> None:
    async def coroutine() -> None: ...

    loop.set_debug(True)
    with pytest.raises(TypeError, match="coroutines cannot be used"):
        getattr(loop, way)(*([1] if way in ("call_later", "call_at") else []), coroutine)

    assert not loop._scheduled


def test_debug_mode_can_be_switched_by_a_callback(loop: Any) -> None:
    loop.set_debug(False)
    log: list[object] = []
    for debug in (True, False, True):
        loop.call_soon(loop.set_debug, debug)
        loop.call_soon(log.append, debug)
    run_briefly(loop, 2)

    assert log == [True, False, True]
    assert loop.get_debug()


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_a_failed_task_is_told_of_as_soon_as_nobody_holds_it(loop: Any, debug: bool) -> None:
    # A finished frame of ours that still held the task's handle would keep it alive: the frame of
    # the exception reaches it through f_back.
    loop.set_debug(debug)
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))

    async def fail() -> None:
        raise ValueError

    task = loop.create_task(fail())
    run_briefly(loop, 2)
    del task
    gc.collect()

    assert [report["message"] for report in reports] == ["Task exception was never retrieved"]


def test_the_place_of_scheduling_is_told_even_if_debug_mode_is_off_by_then(loop: Any) -> None:
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    loop.set_debug(True)
    loop.call_soon([].pop)
    loop.set_debug(False)
    run_briefly(loop)

    assert reports[0]["source_traceback"][-1].name.startswith("test_the_place_of_scheduling")


# At rest.


class RestingLoop(NativeLoop):
    """A loop at rest, as a hosted one is while Qt has control; notes what its host is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []
        self._thread_id = threading.get_ident()
        self._resting = True

    def _host_now(self) -> None:
        self.asked.append("now")

    def _host_at(self, when: float) -> None:
        self.asked.append(when)

    def is_woken(self) -> bool:
        """Whether its self-pipe was written to."""
        try:
            return bool(self._ssock.recv(4096))
        except BlockingIOError:
            return False


@pytest.fixture
def resting() -> Iterator[RestingLoop]:
    loop = RestingLoop()
    yield loop
    loop._thread_id = None
    loop.close()


def in_a_thread(function: Callable[..., object], *args: object) -> None:
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_at_rest_call_soon_arms_the_host_once(resting: RestingLoop, debug: bool) -> None:
    resting._debug = resting._slow = debug
    resting.call_soon(int)
    resting.call_soon(int)

    assert resting.asked == ["now"]
    assert not resting.is_woken()


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_at_rest_a_new_timer_arms_the_host(resting: RestingLoop, debug: bool) -> None:
    resting._debug = resting._slow = debug
    resting.call_at(7.5, int)

    assert resting.asked == [7.5]
    assert not resting.is_woken()


@pytest.mark.parametrize("way", ["call_soon", "call_at"])
def test_at_rest_another_thread_wakes_the_loop_and_does_not_touch_the_host(
    resting: RestingLoop, way: str
) -> None:
    # Without debug mode asyncio lets it, and by luck it works there.
    in_a_thread(getattr(resting, way), *([7.5] if way == "call_at" else []), int)

    assert resting.asked == []
    assert resting.is_woken()


def test_call_soon_threadsafe_never_touches_the_host(resting: RestingLoop) -> None:
    resting.call_soon_threadsafe(int)

    assert resting.asked == []
    assert resting.is_woken()


def test_a_busy_loop_does_not_ask_its_host_for_anything(resting: RestingLoop) -> None:
    resting._resting = False
    resting.call_soon(int)
    resting.call_at(7.5, int)

    assert resting.asked == []


@ours
def test_a_native_loop_has_no_host_to_ask(loop: Any) -> None:
    assert loop._host_now() is None
    assert loop._host_at(1) is None


# Closing.


def test_closing_twice_is_fine(loop: Any) -> None:
    loop.close()
    loop.close()

    assert loop.is_closed()


def test_a_closed_loop_does_not_run(loop: Any) -> None:
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.run_forever()


def test_a_running_loop_is_not_closed(loop: Any) -> None:
    errors: list[BaseException] = []

    def close() -> None:
        try:
            loop.close()
        except RuntimeError as exc:
            errors.append(exc)

    loop.call_soon(close)
    run_briefly(loop)

    assert "running" in str(errors[0])
    assert not loop.is_closed()


def test_switching_debug_off_does_not_reopen_a_closed_loop(loop: Any) -> None:
    loop.close()
    loop.set_debug(False)
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon(int)


def test_a_timer_can_be_cancelled_after_closing(loop: Any) -> None:
    timer = loop.call_later(1, int)
    loop.close()
    timer.cancel()

    assert timer.cancelled()


@pytest.mark.parametrize("kind", ["native", "virtual"])
def test_a_closed_loop_is_freed(kind: str) -> None:
    loop = LOOPS[kind]()
    loop.call_later(1, int)
    loop.call_soon(int)
    run_briefly(loop)
    gone = weakref.ref(loop)
    loop.close()
    del loop
    gc.collect()

    assert gone() is None


# asyncio on top.


def test_asyncio_works_on_it(loop: Any) -> None:
    async def main() -> list[object]:
        async def numbers() -> Any:
            for number in range(3):
                await asyncio.sleep(0)
                yield number

        queue: asyncio.Queue[int] = asyncio.Queue(1)

        async def produce() -> None:
            async for number in numbers():
                await queue.put(number)

        task = asyncio.ensure_future(produce())
        got = [await queue.get() for _ in range(3)]
        await task
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        results = await asyncio.gather(asyncio.sleep(0, "a"), asyncio.sleep(0.001, "b"))
        return [*got, *results]

    assert loop.run_until_complete(main()) == [0, 1, 2, "a", "b"]


def test_a_run_can_be_followed_by_another(loop: Any) -> None:
    results = [loop.run_until_complete(asyncio.sleep(0, n)) for n in range(3)]

    assert results == [0, 1, 2]


def test_asynchronous_generators_are_shut_down(loop: Any) -> None:
    log: list[str] = []

    async def endless() -> Any:
        try:
            while True:
                yield
        finally:
            log.append("closed")

    kept = endless()

    async def main() -> None:
        await kept.__anext__()

    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_asyncgens())

    assert log == ["closed"]


@ours
def test_a_chain_that_never_ends_does_not_starve_what_is_readable(loop: Any) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    count = 0

    def chain() -> None:
        nonlocal count
        count += 1
        loop.call_soon(chain)

    def read() -> None:
        loop.remove_reader(here)
        loop.stop()

    loop.add_reader(here, read)
    loop.call_soon(chain)
    there.send(b"x")
    loop.run_forever()
    here.close()
    there.close()

    assert count < 10


@ours
def test_the_scheduled_timers_look_like_a_list(loop: Any) -> None:
    first = loop.call_later(1e6, int)
    second = asyncio.TimerHandle(loop.time() + 1e6, int, (), loop)
    loop._scheduled.append(second)

    assert loop._scheduled == [first, second]
    assert loop._scheduled != [second]
    assert len(loop._scheduled) == 2
    assert hash(loop._scheduled) == hash(loop._scheduled)
