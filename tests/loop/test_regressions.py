# SPDX-License-Identifier: BSD-3-Clause
"""Bugs that were found and mended: each of these programs misbehaved before."""

from __future__ import annotations

import sys

import pytest

from tests.tools.child import run_child
from tests.tools.live import BY_SIGINT

pytestmark = pytest.mark.qt


def test_an_overdue_timer_is_not_displaced_by_a_later_one_from_the_slot_that_delayed_it() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        with qtinter.using_asyncio_from_qt() as loop:
            loop.call_later(0.1, lambda: (print("timer"), app.quit()))
            def slot():
                time.sleep(0.15)
                loop.call_later(60, app.quit)
            QtCore.QTimer.singleShot(50, slot)
            qt_exec(app)
    """)

    assert (child.returncode, child.stdout, child.stderr) == (0, "timer\n", "")


def test_an_async_slot_that_fires_after_an_exit_raises_nothing_into_qt() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        async def nothing():
            pass
        slot = qtinter.asyncslot(nothing)
        timers = [QtCore.QTimer() for _ in range(5)]
        for timer in timers:
            timer.timeout.connect(slot)
            timer.start(0)
        with qtinter.using_asyncio_from_qt() as loop:
            loop.call_later(0.05, sys.exit, 3)
            qt_exec(app)
    """)

    assert (child.returncode, child.stderr) == (3, "")


@pytest.mark.parametrize(
    ("raised", "status"), [("SystemExit(7)", 7), ("KeyboardInterrupt", BY_SIGINT)]
)
def test_an_exit_in_a_slot_that_a_callback_emits_to_cleans_up_first(
    raised: str, status: int
) -> None:
    child = run_child(
        """
        app = QtCore.QCoreApplication([])
        Signal = getattr(QtCore, "Signal", None) or QtCore.pyqtSignal
        class Sender(QtCore.QObject):
            signal = Signal()
        sender = Sender()
        async def leave():
            raise RAISED
        async def main():
            sender.signal.connect(qtinter.asyncslot(leave))
            try:
                sender.signal.emit()
                await asyncio.sleep(30)
            finally:
                print("cleaned up")
        qtinter.run(main())
    """.replace("RAISED", raised)
    )

    assert (child.returncode, child.stdout) == (status, "cleaned up\n"), child.stderr


def test_a_ctrl_c_in_a_slot_that_then_quits_comes_out_of_the_block() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        def slot():
            send_to_self()
            app.quit()
        try:
            with qtinter.using_asyncio_from_qt():
                QtCore.QTimer.singleShot(10, slot)
                qt_exec(app)
        except KeyboardInterrupt:
            print("interrupted")
    """)

    assert (child.returncode, child.stdout) == (0, "interrupted\n"), child.stderr


def test_a_ctrl_c_while_an_ended_run_waits_for_a_nested_loop_comes_out_of_it() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        def slot():
            nested = QtCore.QEventLoop()
            QtCore.QTimer.singleShot(60_000, nested.quit)
            threading.Timer(0.2, send_to_self).start()
            qt_exec(nested)
        async def main():
            QtCore.QTimer.singleShot(0, slot)
            await asyncio.sleep(0.05)
        loop = qtinter.new_event_loop()
        try:
            loop.run_until_complete(main())
        except KeyboardInterrupt:
            print("interrupted")
        loop.close()
    """)

    assert (child.returncode, child.stdout) == (0, "interrupted\n"), child.stderr


def test_the_last_window_closing_in_a_nested_loop_wakes_nobody_up() -> None:
    child = run_child("""
        from qtinter.bindings import QtWidgets
        app = QtWidgets.QApplication([])
        async def main():
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            window = QtWidgets.QWidget()
            window.show()
            QtCore.QTimer.singleShot(40, lambda: loop.call_soon_threadsafe(int))
            QtCore.QTimer.singleShot(80, window.close)
            nested = QtCore.QEventLoop()
            QtCore.QTimer.singleShot(400, nested.quit)
            wakes = []
            loop._host.now = lambda real=loop._host.now: (real(), wakes.append(loop._host._idle_on))
            qt_exec(nested)
            print(any(wakes))
        with qtinter.using_qt_from_asyncio():
            asyncio.run(main())
    """)

    assert (child.returncode, child.stdout) == (0, "False\n"), child.stderr


def test_threads_wake_a_loop_that_was_stopped_after_a_nested_loop_and_started_again() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        with qtinter.using_asyncio_from_qt() as loop:
            def call_from_a_thread(callback):
                threading.Thread(target=loop.call_soon_threadsafe, args=(callback,)).start()
            def nest_and_stop():
                nested = QtCore.QEventLoop()
                QtCore.QTimer.singleShot(100, nested.quit)
                call_from_a_thread(int)
                qt_exec(nested)
                loop.stop()
            loop.call_soon(nest_and_stop)
            QtCore.QTimer.singleShot(200, lambda: call_from_a_thread(int))
            QtCore.QTimer.singleShot(300, loop.start)
            QtCore.QTimer.singleShot(400, lambda: call_from_a_thread(lambda: print("woken")))
            QtCore.QTimer.singleShot(700, app.quit)
            qt_exec(app)
    """)

    assert (child.returncode, child.stdout, child.stderr) == (0, "woken\n", "")


def test_an_exit_code_that_is_too_large_for_qt_ends_the_program_all_the_same() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        try:
            with qtinter.using_asyncio_from_qt() as loop:
                loop.call_soon(sys.exit, 2**40)
                qt_exec(app)
        except SystemExit as exc:
            print(exc.code == 2**40)
    """)

    assert (child.returncode, child.stdout) == (0, "True\n"), child.stderr


def test_a_handler_of_ours_that_is_put_back_after_the_run_raises_as_python_s_does() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        async def main():
            return signal.signal(signal.SIGINT, signal.SIG_IGN)
        found = qtinter.run(main())
        signal.signal(signal.SIGINT, found)
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("interrupted")
    """)

    assert (child.returncode, child.stdout) == (0, "interrupted\n"), child.stderr


def test_an_emission_to_a_wait_whose_loop_is_closed_raises_nothing_into_qt() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        Signal = getattr(QtCore, "Signal", None) or QtCore.pyqtSignal
        class Sender(QtCore.QObject):
            signal = Signal()
        sender = Sender()
        loop = qtinter.new_event_loop()
        wait = loop.create_task(qtinter.asyncsignal(sender.signal))
        loop.call_later(0.01, loop.stop)
        loop.run_forever()
        loop.close()
        sender.signal.emit()
        print("went on")
        sys.stderr.close()  # asyncio says that a task was pending
    """)

    assert (child.returncode, child.stdout, child.stderr) == (0, "went on\n", "")


def test_a_loop_that_an_exit_has_stopped_raises_it_at_the_next_start_and_then_starts() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        loop = qtinter.new_event_loop()
        loop.set_mode(qtinter.QiLoopMode.GUEST)
        loop.start()
        loop.call_soon(sys.exit, 3)
        QtCore.QTimer.singleShot(0, lambda: None)
        sys.excepthook = lambda *_: None
        for _ in range(20):
            app.processEvents()
        try:
            loop.start()
        except SystemExit as exc:
            print("exit", exc.code)
        loop.start()
        loop.call_soon(lambda: (print("runs"), loop.stop()))
        for _ in range(20):
            app.processEvents()
        loop.close()
    """)

    assert (child.returncode, child.stdout, child.stderr) == (0, "exit 3\nruns\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a timerfd")
def test_without_a_timerfd_left_a_timer_of_qt_s_does() -> None:
    child = run_child("""
        from qtinter.compat import timerfd
        def none_left(*_):
            raise OSError(24, "Too many open files")
        if sys.version_info >= (3, 13):
            timerfd._TimerFd.__init__ = none_left
        else:
            from qtinter.compat import ctimerfd
            ctimerfd.CTimerFd.__init__ = none_left
        app = QtCore.QCoreApplication([])
        print(qtinter.run(asyncio.sleep(0.01, "slept")))
    """)

    assert (child.returncode, child.stdout, child.stderr) == (0, "slept\n", "")


def test_a_nested_loop_in_a_callback_of_a_worker_thread_pauses_its_loop_until_it_returns() -> None:
    child = run_child("""
        app = QtCore.QCoreApplication([])
        def work():
            loop = qtinter.new_event_loop()
            def nest():
                loop.call_later(0.01, loop.stop)
                loop.call_soon_threadsafe(print, "after it")
                nested = QtCore.QEventLoop()
                QtCore.QTimer.singleShot(60, nested.quit)
                qt_exec(nested)
                print("nested")
            loop.call_soon(nest)
            loop.run_forever()
            loop.close()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    """)

    assert (child.returncode, child.stdout, child.stderr) == (0, "nested\nafter it\n", "")
