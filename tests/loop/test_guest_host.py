# SPDX-License-Identifier: BSD-3-Clause
"""GUEST mode under every sort of host: none yet, a new one, one that drives Qt by hand."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time

import pytest

import qtinter
from tests.loop.hosting import core, from_qt, needs_qt, new_loop, run_qt_until
from tests.tools.live import run_to_end

pytestmark = pytest.mark.qt

many_applications = pytest.mark.skipif(
    os.environ.get("QTINTERBINDING") == "PySide2",
    reason="PySide2 makes no more than two application objects in a process",
)

BEFORE = """
    read, write = socket.socketpair()
    ran = []
    read.setblocking(False)
    async def receive():
        await loop.sock_recv(read, 1)
        ran.append("read")
    async def task():
        await asyncio.sleep(0.002)
        ran.append("task")
        ran.append(await loop.run_in_executor(None, lambda: "executor"))
    def schedule():
        ran.clear()
        loop.call_soon(ran.append, "soon")
        loop.call_later(0.001, ran.append, "timer")
        loop.create_task(receive())
        write.send(b"x")
        loop.call_soon_threadsafe(ran.append, "thread-safe")
        return loop.create_task(task())
    def wait(done):
        outer, ticker = QtCore.QEventLoop(), QtCore.QTimer()
        ticker.timeout.connect(lambda: done() and outer.quit())
        ticker.start(1)
        qt_exec(outer)
        ticker.stop()
    ALL = ["executor", "read", "soon", "task", "thread-safe", "timer"]
"""


def test_what_was_scheduled_before_the_application_runs_once_it_is_there() -> None:
    ended = run_to_end(
        BEFORE
        + """
    with qtinter.using_asyncio_from_qt() as loop:
        schedule()
        time.sleep(0.01)
        say(ran)
        application()
        wait(lambda: len(ran) == 6)
        say(sorted(ran) == ALL)
        schedule()
        wait(lambda: len(ran) == 6)
        say(sorted(ran) == ALL)
    """
    )
    assert ended.texts == ["[]", "True", "True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_guest_that_was_stopped_before_the_application_came_runs_nothing() -> None:
    ended = run_to_end(
        BEFORE
        + """
    loop = qtinter.new_event_loop()
    loop.set_mode(qtinter.QiLoopMode.GUEST)
    loop.start()
    schedule()
    loop.stop()
    application()
    outer = QtCore.QEventLoop()
    QtCore.QTimer.singleShot(20, outer.quit)
    qt_exec(outer)
    say(ran)
    loop.start()
    wait(lambda: len(ran) == 6)
    say(sorted(ran) == ALL)
    loop.stop()
    loop.set_mode(qtinter.QiLoopMode.NATIVE)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    """
    )
    assert ended.texts == ["[]", "True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_block_that_ends_before_there_is_an_application_cleans_up() -> None:
    ended = run_to_end(
        """
    async def main():
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()
    with qtinter.using_asyncio_from_qt() as loop:
        qtinter.run_task(main())
    say(loop.is_closed())
    """
    )
    assert ended.texts == ["cleaning", "clean", "True"]
    assert (ended.returncode, ended.stderr) == (0, "")


@many_applications
def test_a_guest_goes_on_under_an_application_that_was_made_anew() -> None:
    ended = run_to_end(
        BEFORE
        + """
    with qtinter.using_asyncio_from_qt() as loop:
        for _ in range(3):
            application()
            schedule()
            wait(lambda: len(ran) == 6)
            say(sorted(ran) == ALL)
            delete_application()
            later = schedule()
            time.sleep(0.01)
            say(ran)
            application()
            wait(lambda: len(ran) == 6)
            say(sorted(ran) == ALL)
            delete_application()
    """
    )
    assert ended.texts == ["True", "[]", "True"] * 3
    assert (ended.returncode, ended.stderr) == (0, "")


@many_applications
@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
def test_applications_that_are_made_anew_leave_no_descriptors_open() -> None:
    ended = run_to_end(
        """
    counts = set()
    for _ in range(4):
        application()
        with qtinter.using_qt_from_asyncio():
            asyncio.run(asyncio.sleep(0.002))
        delete_application()
        counts.add(len(os.listdir("/proc/self/fd")))
    say(len(counts))
    """
    )
    assert ended.texts == ["1"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("way", ["call_later", "add_reader", "call_soon_threadsafe"])
def test_one_thing_scheduled_after_the_applications_death_brings_all_back(way: str) -> None:
    ended = run_to_end(
        BEFORE
        + f"""
    with qtinter.using_asyncio_from_qt(loop_factory=qtinter.QiSelectorEventLoop) as loop:
        application()
        wait(lambda: not loop._ready)
        delete_application()
        if {way!r} == "add_reader":
            loop.add_reader(read, lambda: loop.remove_reader(read) and ran.append("read"))
            write.send(b"x")
        elif {way!r} == "call_later":
            loop.call_later(0.001, ran.append, "timer")
        else:
            loop.call_soon(ran.append, "soon")
            loop.call_soon_threadsafe(ran.append, "thread-safe")
        application()
        wait(lambda: ran)
        say("back")
    """
    )
    assert ended.texts == ["back"]
    assert (ended.returncode, ended.stderr) == (0, "")


@many_applications
def test_a_guest_can_be_stopped_and_started_between_two_applications() -> None:
    ended = run_to_end(
        BEFORE
        + """
    loop = qtinter.new_event_loop()
    loop.set_mode(qtinter.QiLoopMode.GUEST)
    for _ in range(3):
        application()
        loop.start()
        schedule()
        wait(lambda: len(ran) == 6)
        say(sorted(ran) == ALL)
        loop.stop()
        delete_application()
    loop.set_mode(qtinter.QiLoopMode.NATIVE)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    """
    )
    assert ended.texts == ["True"] * 3
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_block_may_end_after_the_applications_death() -> None:
    ended = run_to_end(
        """
    async def main():
        try:
            say("begun")
            await asyncio.sleep(60)
        finally:
            await clean_up()
    application()
    with qtinter.using_asyncio_from_qt() as loop:
        task = loop.create_task(main())
        while not loop._resting:
            QtCore.QCoreApplication.processEvents()
        delete_application()
    """
    )
    assert ended.texts == ["begun", "cleaning", "clean"]
    assert (ended.returncode, ended.stderr) == (0, "")


@needs_qt
def test_a_host_that_calls_process_events_runs_everything() -> None:
    ran: list[str] = []
    read, write = socket.socketpair()
    read.setblocking(False)
    with qtinter.using_asyncio_from_qt() as loop:

        async def main() -> None:
            ran.append("task")
            await asyncio.sleep(0.005)
            ran.append("timer")
            write.send(b"x")
            await loop.sock_recv(read, 1)
            ran.append("read")
            ran.append(await loop.run_in_executor(None, lambda: "executor"))

        task = loop.create_task(main())
        end = time.monotonic() + 10
        while not task.done() and time.monotonic() < end:
            core().QCoreApplication.processEvents()
        task.result()
    read.close()
    write.close()
    assert ran == ["task", "timer", "read", "executor"]


@needs_qt
@pytest.mark.skipif(
    sys.platform == "win32",
    reason="there, Qt's own QTimer doesn't make a processEvents() return that waits for events",
)
def test_a_host_that_waits_in_process_events_is_woken() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        task = loop.create_task(asyncio.sleep(0.01, "done"))
        flags = core().QEventLoop.ProcessEventsFlag
        rounds = 0
        while not task.done():
            core().QEventLoop().processEvents(flags.AllEvents | flags.WaitForMoreEvents)
            rounds += 1
        assert task.result() == "done"
        assert rounds < 100


@needs_qt
def test_process_events_returns_also_under_a_saturated_loop() -> None:
    with qtinter.using_asyncio_from_qt() as loop:
        turns = 0

        def chain() -> None:
            nonlocal turns
            turns += 1
            loop.call_soon(chain)

        loop.call_soon(chain)
        for _ in range(20):
            core().QCoreApplication.processEvents()
        assert turns > 20


@needs_qt
def test_stopping_in_a_host_that_calls_process_events_takes_effect_at_once() -> None:
    with new_loop(qtinter.QiLoopMode.GUEST) as loop:
        ran: list[int] = []
        loop.start()
        loop.call_soon(ran.append, 1)
        loop.stop()
        for _ in range(10):
            core().QCoreApplication.processEvents()
        assert ran == []
        loop.start()
        while not ran:
            core().QCoreApplication.processEvents()


@needs_qt
def test_a_block_may_be_entered_inside_a_running_qt_loop() -> None:
    seen: list[object] = []

    def slot() -> None:
        with qtinter.using_asyncio_from_qt() as loop:
            task = loop.create_task(asyncio.sleep(0.002, "done"))
            run_qt_until(task.done)
            seen.append(task.result())

    from_qt(slot)
    run_qt_until(lambda: seen)
    assert seen == ["done"]


@needs_qt
def test_a_loop_may_be_started_in_one_slot_and_stopped_in_another() -> None:
    ran: list[str] = []
    with new_loop(qtinter.QiLoopMode.GUEST) as loop:
        from_qt(loop.start, 1)
        from_qt(lambda: loop.call_soon(ran.append, "callback"), 5)
        run_qt_until(lambda: ran)
        from_qt(loop.stop)
        run_qt_until(lambda: not loop.is_running())
    assert ran == ["callback"]


@needs_qt
def test_a_callback_may_destroy_the_application() -> None:
    ran: list[str] = []
    with new_loop(qtinter.QiLoopMode.GUEST) as loop:
        loop.start()
        loop.call_soon(loop._app_gone)  # as Qt does it; Qt itself would not survive this test
        loop.call_soon(ran.append, "the same turn")
        run_qt_until(lambda: ran)
        assert loop._host is None
        assert loop.is_running()
        assert loop._resting  # for the next application


@pytest.mark.parametrize("times", [1, 100])
def test_an_error_while_the_loop_meets_its_application_comes_out_of_the_block(times: int) -> None:
    ended = run_to_end(
        f"""
    TIMES = {times}"""
        """
    from qtinter.loop import hosted
    made = []
    def failing(*_, real=hosted.open_host):
        made.append(1)
        if len(made) == TIMES:
            hosted.open_host = real
        raise OSError("no descriptors left")
    hosted.open_host = failing
    try:
        with qtinter.using_asyncio_from_qt():
            app = application()
            after(10000, app.quit)
            say(f"EXEC {qt_exec(app)}")
    except OSError as exc:
        say(exc)
    """
    )
    assert ended.texts == ["EXEC 1", "no descriptors left"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_error_while_the_application_is_destroyed_comes_out_of_the_block() -> None:
    ended = run_to_end(
        """
    try:
        with qtinter.using_asyncio_from_qt() as loop:
            application()
            while loop._host is None or not loop._resting:
                QtCore.QCoreApplication.processEvents()
            drop = loop._drop_host
            def failing():
                drop()
                raise OSError("not closed")
            loop._drop_host = failing
            delete_application()
            del loop._drop_host
            say("goes on")
    except OSError as exc:
        say(exc)
    """
    )
    assert ended.texts == ["goes on", "not closed"]
    assert ended.returncode == 0


def test_a_loop_that_is_closed_does_not_hear_of_the_applications_death() -> None:
    ended = run_to_end(
        """
    heard = []
    class Loop(qtinter.QiSelectorEventLoop):
        def _app_gone(self, *args):
            heard.append(self)
            super()._app_gone(*args)
    application()
    def serve():
        loop = Loop()
        loop.set_mode(qtinter.QiLoopMode.GUEST)
        loop.start()
        QtCore.QCoreApplication.processEvents()
        return loop
    closed = serve()
    closed.stop()
    closed.close()
    running = serve()
    delete_application()
    say(heard == [running])
    running.stop()
    running.close()
    """
    )
    assert ended.texts == ["True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_stopped_loop_does_not_mind_the_end_of_its_application() -> None:
    ended = run_to_end(
        """
    app = application()
    with qtinter.using_asyncio_from_qt() as loop:
        loop.call_soon(loop.stop)
        after(50, app.quit)
        say(f"EXEC {qt_exec(app)}")
        del app
        delete_application()
        say(loop.is_running())
    """
    )
    assert ended.texts == ["EXEC 0", "False"]
    assert (ended.returncode, ended.stderr) == (0, "")
