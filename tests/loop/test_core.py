# SPDX-License-Identifier: BSD-3-Clause
"""The loop without Qt: callbacks run when and how asyncio promises, and asyncio works on top."""

from __future__ import annotations

import asyncio
import contextvars
import socket
from typing import Any

import pytest

from tests.loop.native import ours, run_briefly

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
