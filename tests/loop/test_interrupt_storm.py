# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at random times, many times over: never an abort, never swallowed.

Each cell is a place where the child spends its time: callbacks, a slot, an event filter, our own
wake-up code, a clean-up. In each round the child reports READY and works until it is interrupted;
the parent sends the signal after a random delay, and the child must report CAUGHT. A SIGINT that is
swallowed leaves the child at work, and the wait for CAUGHT fails; an abort ends it with 134.
"""

from __future__ import annotations

import random
import time

import pytest

from tests.loop.kinds import PLAIN_KINDS
from tests.tools.live import start_child

pytestmark = pytest.mark.qt

CELLS = ["callback", "slot", "filter", "wake-up", "clean-up"]

STORM = """
cell, rounds = sys.argv[2], int(sys.argv[3])
app = application()
User = QtCore.QEvent.Type.User


class Filter(QtCore.QObject):
    def eventFilter(self, watched, event):
        if event.type() == User:
            busy(0.0003)
            QtCore.QCoreApplication.postEvent(watched, QtCore.QEvent(User))
        return False


def slot():
    busy(0.0003)


timer = QtCore.QTimer()
watcher, watched = Filter(), QtCore.QObject()
watched.installEventFilter(watcher)


async def chain():
    while True:
        busy(0.0003)
        await asyncio.sleep(0)


async def switch():
    while True:
        await asyncio.sleep(0)
        await asyncio.sleep(0.0001)


async def long_clean_up(number):
    try:
        await asyncio.sleep(60)
    finally:
        say(f"READY {number}")
        while True:
            await asyncio.sleep(0.0002)


async def work(number):
    # What keeps the child busy, until it is interrupted.
    tasks = []
    try:
        if cell == "callback":
            tasks += [asyncio.create_task(chain()) for _ in range(3)]
        elif cell == "slot":
            timer.timeout.connect(slot)
            timer.start(0)
        elif cell == "filter":
            QtCore.QCoreApplication.postEvent(watched, QtCore.QEvent(User))
        elif cell == "wake-up":
            tasks += [asyncio.create_task(switch()) for _ in range(10)]
        await asyncio.sleep(0)
        say(f"READY {number}")
        await asyncio.sleep(60)
    finally:
        for task in tasks:
            task.cancel()


def quiet_down():
    if cell == "slot":
        timer.stop()
        timer.timeout.disconnect(slot)
    QtCore.QCoreApplication.removePostedEvents(watched, 0)


def owner_round(loop, number):
    if cell == "clean-up":
        task = loop.create_task(long_clean_up(number))
        tasks.append(task)
        loop.call_soon(loop.stop)
        loop.run_forever()
        task.cancel()
        loop.run_until_complete(task)
    else:
        loop.run_until_complete(work(number))


def guest_round(number):
    with qtinter.using_asyncio_from_qt():
        loop = asyncio.get_running_loop()
        if cell == "clean-up":
            tasks.append(loop.create_task(long_clean_up(number)))
            loop.call_later(0.002, app.quit)  # once the task has begun
        else:
            tasks.append(loop.create_task(work(number)))
        qt_exec(app)


def forget(task):
    # The interrupt that a task died of has been caught below.
    if task.done() and not task.cancelled():
        task.exception()


if KIND == "guest" and cell == "clean-up":
    # In NATIVE mode a SIGINT is as in asyncio, which loses one that hits the collector's callbacks.
    gc.disable()
tasks = []
loop = qtinter.new_event_loop()
for number in range(rounds):
    try:
        if KIND == "owner":
            owner_round(loop, number)
        else:
            guest_round(number)
    except KeyboardInterrupt:
        say(f"CAUGHT {number}")
    else:
        say(f"SWALLOWED {number}")
    quiet_down()
    if cell == "clean-up":
        # These never end: they are left behind with their loop, which is what a user does who
        # interrupts a clean-up.
        for task in tasks:
            task._log_destroy_pending = False
        loop.close()
        loop = qtinter.new_event_loop()
    elif KIND == "owner":
        for task in asyncio.all_tasks(loop):
            task.cancel()
        for _ in range(3):
            loop.call_soon(loop.stop)
            loop.run_forever()
    for task in tasks:
        forget(task)
    tasks.clear()
loop.close()
say("OVER")
leave()
"""


def storm(kind: str, cell: str, rounds: int) -> None:
    """Interrupt a child `rounds` times."""
    seed = random.randrange(2**32)
    delays = random.Random(seed)
    with start_child(STORM, kind, cell, rounds, measured=False) as child:
        for number in range(rounds):
            child.wait_for(f"READY {number}")
            time.sleep(delays.uniform(0, 0.012))
            child.send()
            child.wait_for(f"CAUGHT {number}")
        ended = child.finish()

    assert ended.texts[-1] == "OVER", f"seed {seed}: {ended}"
    assert ended.returncode == 0, f"seed {seed}: {ended}"
    assert not any(text.startswith("SWALLOWED") for text in ended.texts)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ten_ctrl_cs_at_random_times_are_each_caught(kind: str, cell: str) -> None:
    storm(kind, cell, 10)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_two_hundred_ctrl_cs_at_random_times_are_each_caught(kind: str, cell: str) -> None:
    storm(kind, cell, 200)
