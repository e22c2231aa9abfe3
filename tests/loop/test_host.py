# SPDX-License-Identifier: BSD-3-Clause
"""The host: the alarm on a timerfd and the one on a QTimer, and when they are set."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import math
import os
import selectors
import sys
import time
import weakref
from functools import partial
from typing import Any

import pytest

import qtinter
from qtinter.compat import timerfd
from qtinter.loop import host
from qtinter.loop.watch import watch
from tests.loop.hosting import (
    HOSTED,
    Driver,
    driver_of,
    from_qt,
    needs_qt,
    run_qt_for,
    run_qt_until,
)

has_timerfd = pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")


@pytest.fixture(params=["timerfd", "QTimer"])
def alarm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with each kind of alarm."""
    if request.param == "QTimer":
        monkeypatch.setattr(host, "make_timerfd", lambda: None)
    elif sys.platform != "linux":
        pytest.skip("timerfd is Linux's")
    kind: str = request.param
    return kind


def make_alarm(driver: Driver) -> None:
    """Run the loop until it rests, and so has set its alarm."""

    def look() -> None:
        if driver.loop._resting:
            driver.loop.call_soon(driver.loop.stop)
        else:
            from_qt(look, 1)

    far = driver.loop.call_later(3600, int)
    from_qt(look, 1)
    driver.run()
    far.cancel()


class Alarms:
    """Counts how often the alarm of a loop is set."""

    def __init__(self, driver: Driver) -> None:
        self.set: list[float] = []
        alarm: Any = driver.loop._host._alarm  # type: ignore[union-attr]
        original = alarm.set

        def count(when: float, now: float) -> None:
            self.set.append(when)
            original(when, now)

        alarm.set = count


@HOSTED
def test_timers_are_never_early_and_in_order(kind: str, alarm: str) -> None:
    ran: list[tuple[float, float]] = []
    with driver_of(kind) as driver:
        loop = driver.loop
        now = loop.time()
        for number in range(200):
            when = now + (number * 7919 % 200) * 0.0003
            loop.call_at(when, lambda when=when: ran.append((when, loop.time())))
        loop.call_at(now + 0.08, loop.stop)
        driver.run()
    assert len(ran) == 200
    assert [when for when, _ in ran] == sorted(when for when, _ in ran)
    assert all(when <= at for when, at in ran)


@HOSTED
def test_the_alarm_is_of_the_kind_that_the_system_has(kind: str, alarm: str) -> None:
    with driver_of(kind) as driver:
        make_alarm(driver)
        made = type(driver.loop._host._alarm).__name__  # type: ignore[union-attr]
    assert made == {"timerfd": "TimerFdAlarm", "QTimer": "QTimerAlarm"}[alarm]


@HOSTED
@pytest.mark.parametrize(
    "delay",
    [
        pytest.param(dt.timedelta(days=1).total_seconds(), id="a day"),
        pytest.param(dt.timedelta(days=24, hours=21).total_seconds(), id="2**31 ms"),
        pytest.param(dt.timedelta(days=40).total_seconds(), id="40 days"),
        pytest.param(dt.timedelta(days=50).total_seconds(), id="2**32 ms"),
        pytest.param(dt.timedelta(days=3652).total_seconds(), id="10 years"),
        pytest.param(1e12, id="1e12"),
        pytest.param(math.inf, id="inf"),
    ],
)
def test_a_far_deadline_does_not_make_the_alarm_ring_at_once(
    kind: str, alarm: str, delay: float
) -> None:
    """A number that is too large for the clock below would wrap around, and ring for ever."""
    ran: list[int] = []
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.call_later(delay, ran.append, 1)
        loop.call_soon(loop.stop)
        driver.run()
        polls: list[int] = []
        poll = loop._scheduler.poll

        def count() -> None:
            polls.append(1)
            poll()

        loop._scheduler.poll = count
        from_qt(lambda: loop.call_soon(loop.stop), 50)
        driver.run()
        loop._scheduler.poll = poll
    assert ran == []
    assert len(polls) < 10


@HOSTED
def test_a_far_deadline_is_reached_in_steps(
    kind: str, alarm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with driver_of(kind) as driver:
        make_alarm(driver)
        alarms = Alarms(driver)
        monkeypatch.setattr(host, "MAX_WAIT", 0.01)
        when = driver.loop.time() + 0.055
        at: list[float] = []
        driver.loop.call_at(when, lambda: (at.append(driver.loop.time()), driver.loop.stop()))
        driver.run()
        assert at[0] >= when
        assert len(alarms.set) > 1


@HOSTED
def test_the_alarm_is_set_again_only_for_an_earlier_deadline(kind: str, alarm: str) -> None:
    with driver_of(kind) as driver:
        loop = driver.loop
        make_alarm(driver)
        alarms = Alarms(driver)

        def slot() -> None:
            assert loop._resting
            loop.call_later(5, print)
            first = len(alarms.set)
            for number in range(100):
                loop.call_later(6 + number, print)
            assert len(alarms.set) == first
            loop.call_later(4, print)
            assert len(alarms.set) == first + 1
            loop.call_soon(loop.stop)
            done.append(1)

        done: list[int] = []
        from_qt(slot, 10)
        driver.run()
        assert done == [1]


@HOSTED
def test_a_cancelled_deadline_leaves_the_alarm_alone_and_does_no_harm(
    kind: str, alarm: str
) -> None:
    """The alarm rings for nothing once; the later deadline is met all the same."""
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.call_later(0.005, print, "cancelled").cancel()
        timer = loop.call_later(0.01, print, "cancelled")
        loop.call_later(0.03, loop.stop)
        from_qt(timer.cancel, 2)
        driver.run()


@HOSTED
def test_dense_deadlines_share_wake_ups(kind: str, alarm: str) -> None:
    """Deadlines within a millisecond after an alarm wait for that millisecond."""
    with driver_of(kind) as driver:
        loop = driver.loop
        make_alarm(driver)
        alarms = Alarms(driver)
        now = loop.time() + 0.005
        for number in range(500):
            loop.call_at(now + number * 0.00002, int)
        loop.call_at(now + 0.011, loop.stop)
        driver.run()
        assert len(alarms.set) < 40


@HOSTED
def test_a_nested_loop_in_a_callback_outlasts_an_alarm_that_rings(kind: str, alarm: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def callback() -> None:
            run_qt_for(160)
            ran.append("callback")

        loop.call_later(0.1, ran.append, "timer")
        loop.call_later(0.11, loop.stop)
        from_qt(lambda: loop.call_soon(callback), 3)  # the alarm is set by then
        driver.run()
    assert ran == ["callback", "timer"]


@HOSTED
def test_an_alarm_that_is_still_to_ring_outlasts_a_nested_loop(kind: str, alarm: str) -> None:
    with driver_of(kind) as driver:
        loop = driver.loop
        loop.call_later(0.05, loop.stop)
        from_qt(lambda: loop.call_soon(run_qt_for, 10), 3)
        driver.run()


@HOSTED
def test_an_alarm_rings_inside_the_nested_loop_of_a_modal_call(kind: str, alarm: str) -> None:
    ran: list[str] = []
    with driver_of(kind) as driver:
        loop = driver.loop

        def fn() -> None:
            run_qt_until(lambda: ran)
            loop.call_soon(loop.stop)

        def timer() -> None:
            loop.exec_modal(fn)
            loop.call_later(0.005, ran.append, "timer in the nested loop")

        loop.call_later(0.005, timer)  # the nested loop begins inside an alarm's own slot
        driver.run()
    assert ran == ["timer in the nested loop"]


@HOSTED
def test_sleeps_survive_many_runs_of_one_loop(kind: str, alarm: str) -> None:
    with driver_of(kind) as driver:
        for _ in range(20):
            driver.loop.call_later(0.002, driver.loop.stop)
            driver.run()


@HOSTED
def test_a_loop_with_a_clock_of_its_own_is_woken_by_it(kind: str) -> None:
    """A subclass may give another time; deadlines are told to Qt as delays."""
    import qtinter

    class Loop(qtinter.QiSelectorEventLoop):
        def time(self) -> float:
            return time.monotonic() + 1_000_000

    loop = Loop()
    loop.set_mode(qtinter.QiLoopMode[kind.upper()])
    try:
        when: list[float] = []

        def schedule() -> None:
            when.append(loop.time() + 0.01)
            loop.call_at(when[-1], loop.stop)

        for begin in (loop.call_soon, lambda call: from_qt(call, 20)):  # in a turn, and at rest
            begin(schedule)
            Driver(kind, loop).run()
            assert when[-1] <= loop.time() < when[-1] + 10
    finally:
        loop.close()


@has_timerfd
def test_a_timerfd_is_readable_at_its_deadline_and_not_after_it_was_cleared() -> None:
    import select

    made: Any = timerfd.make_timerfd()
    try:
        assert select.select([made.fileno()], [], [], 0)[0] == []
        made.set(time.monotonic_ns() + 2_000_000)
        assert select.select([made.fileno()], [], [], 10)[0] == [made.fileno()]
        made.clear()
        assert select.select([made.fileno()], [], [], 0)[0] == []
        made.clear()
        assert not os.get_inheritable(made.fileno())
    finally:
        made.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(made.fileno())


@has_timerfd
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="os has timerfd from Python 3.13")
def test_a_c_library_without_timerfd_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from qtinter.compat import ctimerfd

    library: Any = ctimerfd.library
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    library.cache_clear()
    try:
        assert timerfd.make_timerfd() is None
    finally:
        library.cache_clear()


@has_timerfd
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="os has timerfd from Python 3.13")
def test_where_no_timerfd_can_be_made_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        timerfd_settime = None

        @staticmethod
        def timerfd_create(_clock: int, _flags: int) -> int:
            return -1

    monkeypatch.setattr("qtinter.compat.ctimerfd.library", Library)
    assert timerfd.make_timerfd() is None


@needs_qt
def test_the_host_is_made_by_the_run_not_before() -> None:
    with driver_of("owner") as driver:
        assert driver.loop._host is None
        driver.loop.call_later(1, print)
        driver.loop.call_soon(driver.loop.stop)
        assert driver.loop._host is None
        driver.run()
        assert driver.loop._host is not None


@HOSTED
def test_asyncio_timeouts_work_on_both(kind: str, alarm: str) -> None:
    async def main() -> None:
        try:
            for _ in range(10):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        finally:
            driver.loop.stop()

    with driver_of(kind) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        task.result()


@needs_qt
def test_an_alarm_that_is_set_while_disabled_rings_when_it_is_enabled() -> None:
    rung: list[int] = []
    alarm = host.QTimerAlarm(lambda: rung.append(1))
    alarm.set(time.monotonic(), time.monotonic())
    run_qt_for(5)
    assert rung == []

    alarm.enable(True)
    run_qt_until(lambda: rung)


@needs_qt
def test_an_alarm_that_rings_while_parked_is_not_forgotten(alarm: str) -> None:
    woken: list[int] = []
    selector = selectors.DefaultSelector()
    made = host.open_host(lambda *_: woken.append(1), partial(watch, selector), None, int)
    made.unpark()
    made.after(0.001)
    made.park(signals=False)
    made._ring()  # Qt had noticed it before
    assert woken == [1]

    made.unpark()
    run_qt_until(lambda: len(woken) >= 2)
    made.close()


@needs_qt
def test_an_application_that_python_has_not_made_is_held_while_there_is_a_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Wrapper:
        """What a binding makes for an object of C++, and forgets when nobody refers to it."""

    wrappers: weakref.WeakSet[Wrapper] = weakref.WeakSet()

    def application() -> Wrapper:
        for wrapper in wrappers:
            return wrapper
        wrapper = Wrapper()
        wrappers.add(wrapper)
        return wrapper

    monkeypatch.setattr("qtinter.compat.qt.application", application)
    loop: Any = qtinter.new_event_loop()
    made = loop._open_host()
    assert made.app is application()

    loop.close()
    gc.collect()
    assert made.app is None
    assert len(wrappers) == 0
    assert not made.belongs_to(application())


@needs_qt
def test_a_host_is_handed_on_from_one_loop_to_the_next() -> None:
    hosts: list[Any] = []
    for _ in range(3):
        loop: Any = qtinter.new_event_loop()
        loop.run_until_complete(asyncio.sleep(0.001))
        hosts.append(loop._host)
        loop.close()

    assert hosts[0] is hosts[1] is hosts[2]


@needs_qt
def test_two_loops_do_not_share_a_host() -> None:
    loops: list[Any] = [qtinter.new_event_loop() for _ in range(2)]
    for loop in loops:
        loop.run_until_complete(asyncio.sleep(0))
    hosts = [loop._host for loop in loops]
    for loop in loops:
        loop.close()

    assert hosts[0] is not hosts[1]


@needs_qt
def test_a_host_that_is_handed_on_brings_no_deadline_with_it() -> None:
    loop: Any = qtinter.new_event_loop()
    loop.call_later(0.02, print)
    rested = loop.create_future()
    from_qt(lambda: rested.set_result(None), 5)
    loop.run_until_complete(rested)
    first = loop._host
    assert first._alarm_at is not None
    loop.close()

    following: Any = qtinter.new_event_loop()
    following.run_until_complete(asyncio.sleep(0))
    kept, alarm = following._host, following._host._alarm
    following.close()
    assert kept is first
    assert alarm is None
    assert kept._alarm_at is None
