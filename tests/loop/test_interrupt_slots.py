# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C while Qt runs a user's slot: delivered when Qt is back, never raised in the slot.

PyQt aborts the process when an exception leaves a slot, PySide swallows it. So the interrupt has
to wait; a second one while the same slot still runs means that the user has waited long enough.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.loop.kinds import ALL_KINDS, PLAIN_KINDS
from tests.tools.live import BY_SIGINT, start_child

pytestmark = pytest.mark.qt

BUSY_SLOT = """
seconds = float(sys.argv[2])
app = application()

def slot():
    try:
        say("READY")
        busy(seconds)
        say("slot over")
    except BaseException as exc:
        say(f"raised in the slot: {exc!r}")
        raise

async def main():
    after(0, slot)
    try:
        await asyncio.sleep(60)
    finally:
        await clean_up()

drive(main)
"""


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_in_a_slot_is_delivered_when_the_slot_is_over(kind: str) -> None:
    with start_child(BUSY_SLOT, kind, 0.3) as child:
        child.wait_for("READY")
        sent = child.send()
        ended = child.finish()

    assert sent < ended.at("slot over"), "the signal came too late to prove anything"
    assert ended.said("READY", "slot over", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_second_ctrl_c_in_the_same_slot_ends_the_process_by_the_default_action(
    kind: str,
) -> None:
    with start_child(BUSY_SLOT, kind, 10) as child:
        child.wait_for("READY")
        child.poke_until_it_ends()
        ended = child.finish()

    assert ended.texts[-1] == "READY"
    assert ended.returncode == BY_SIGINT
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_ctrl_c_in_a_later_slot_counts_as_a_first_one(kind: str) -> None:
    # The first one is delivered and caught; what is remembered of it must not kill the next slot.
    code = """
    app = application()

    def slot():
        say("READY")
        busy(0.3)
        say("slot over")

    async def main():
        after(0, slot)
        await asyncio.sleep(60)

    for number in range(2):
        try:
            if KIND == "owner":
                loop = qtinter.new_event_loop()
                try:
                    loop.run_until_complete(main())
                finally:
                    wind_up(loop)
            else:
                with qtinter.using_asyncio_from_qt():
                    task = asyncio.get_running_loop().create_task(main())
                    qt_exec(app)
        except KeyboardInterrupt:
            say(f"caught {number}")
    """
    with start_child(code, kind) as child:
        for _ in range(2):
            child.wait_for("READY")
            child.send()
        ended = child.finish()

    assert ended.said("slot over", "caught 0", "slot over", "caught 1")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_in_an_event_filter_is_delivered_later(kind: str) -> None:
    code = """
    app = application()

    class Filter(QtCore.QObject):
        said = False

        def eventFilter(self, watched, event):
            if event.type() == QtCore.QEvent.Type.User:
                try:
                    if not self.said:
                        self.said = True
                        say("READY")
                    busy(0.3)
                    say("filter over")
                except BaseException as exc:
                    say(f"raised in the filter: {exc!r}")
                    raise
            return False

    watcher, watched = Filter(), QtCore.QObject()
    watched.installEventFilter(watcher)

    async def main():
        QtCore.QCoreApplication.postEvent(watched, QtCore.QEvent(QtCore.QEvent.Type.User))
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        sent = child.send()
        ended = child.finish()

    assert sent < ended.at("filter over"), "the signal came too late to prove anything"
    assert ended.said("READY", "filter over", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_under_a_storm_of_slots_is_delivered(kind: str) -> None:
    code = """
    app = application()
    timer = QtCore.QTimer()

    def slot():
        busy(0.0005)

    timer.timeout.connect(slot)

    async def main():
        timer.start(0)
        await asyncio.sleep(0.02)
        try:
            say("READY")
            await asyncio.sleep(60)
        finally:
            timer.stop()
            await clean_up()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.said("READY", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_while_a_nested_loop_of_a_slot_idles_ends_it_and_the_program(kind: str) -> None:
    # asyncio runs on inside such a loop (the slot is interleaved code), so this is "while idle".
    code = """
    app = application()

    def slot():
        try:
            nested(60)
            say("nested over")
        except BaseException as exc:
            say(f"raised in the slot: {exc!r}")
            raise

    async def main():
        after(0, slot)
        await asyncio.sleep(0.05)
        try:
            say("READY")
            await asyncio.sleep(60)
        finally:
            await clean_up()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert "nested over" in ended.texts
    assert ended.said("READY", "cleaning", "clean")
    assert ended.texts[-1] == "OUT KeyboardInterrupt"
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@pytest.mark.parametrize("how", ["signal", "event"])
def test_ctrl_c_in_a_slot_that_a_callback_has_called_at_once_is_raised_in_the_callback(
    kind: str, how: str
) -> None:
    # Such a slot runs inside the callback and looks like it: it is cut short, but nothing is lost.
    if how == "event" and os.environ["QTINTERBINDING"] == "PySide6" and sys.version_info < (3, 12):
        pytest.skip("an exception in event() crashes PySide6 there, with or without qtinter")
    code = """
    app = application()
    how = sys.argv[2]

    def slot(*args):
        say("READY")
        busy(10)
        say("not interrupted")

    class SlowThread(threading.Thread):
        def start(self):
            super().start()
            busy(0.03)  # by then it does what it was started for

    threading.Thread = SlowThread

    class Receiver(QtCore.QObject):
        def event(self, event):
            if event.type() == QtCore.QEvent.Type.User:
                slot()
                return True
            return super().event(event)

    receiver = Receiver()
    receiver.objectNameChanged.connect(slot)

    async def main():
        try:
            if how == "signal":
                receiver.setObjectName("emits the signal")
            else:
                app.sendEvent(receiver, QtCore.QEvent(QtCore.QEvent.Type.User))
            busy(10)
        except KeyboardInterrupt:
            say("in the callback")
            raise

    hook = sys.excepthook
    try:
        drive(main)
    finally:
        say(sys.excepthook is hook)
    """
    with start_child(code, kind, how) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.said("READY", "in the callback", "OUT KeyboardInterrupt", "True")
    assert "not interrupted" not in ended.texts
    assert ended.returncode == BY_SIGINT
