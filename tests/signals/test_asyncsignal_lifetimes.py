# SPDX-License-Identifier: BSD-3-Clause
"""asyncsignal(): senders may die or be in other threads, and receivers are used again."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

import qtinter
from qtinter.compat import spare
from qtinter.compat.bindings import binding
from qtinter.compat.listener import listen_to_signal
from tests.signals.waiting import wait_and


def test_destroyed_can_be_waited_for(run_in, qt):
    async def main():
        thing = qt.QtCore.QObject()
        await wait_and(qtinter.asyncsignal(thing.destroyed), thing.deleteLater)
        return True

    assert run_in(main)


def test_a_sender_deleted_at_once_is_waited_for_by_destroyed(run_in, qt):
    async def main():
        thing = qt.QtCore.QObject()
        await wait_and(qtinter.asyncsignal(thing.destroyed), qt.delete, thing)
        return True

    assert run_in(main)


def test_what_destroyed_passes_is_known_to_be_gone(run_in, qt):
    """PyQt passes the object; to use it then must be an error, not a crash."""

    async def main():
        thing = qt.QtCore.QObject()
        args = await wait_and(qtinter.asyncsignal(thing.destroyed), thing.deleteLater)
        for arg in args:
            with pytest.raises(RuntimeError, match="deleted"):
                arg.objectName()
        return len(args)

    assert run_in(main) == (1 if qt.is_pyqt else 0)


def test_a_wait_whose_sender_is_gone_can_be_cancelled(run_in, qt):
    async def main():
        sender = qt.Sender()
        task = asyncio.ensure_future(qtinter.asyncsignal(sender.number))
        await asyncio.sleep(0)
        qt.delete(sender)
        await asyncio.sleep(0)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert run_in(main)


def test_the_garbage_collector_leaves_a_task_alone_that_waits_for_a_dead_sender(run_in, qt):
    cleaned = []

    async def main():
        async def wait(senders):
            try:
                await qtinter.asyncsignal(senders[0].number)
            finally:
                cleaned.append(True)

        senders = [qt.Sender()]
        task = weakref.ref(asyncio.ensure_future(wait(senders)))
        await asyncio.sleep(0)
        senders.clear()
        await asyncio.sleep(0)
        for _ in range(3):
            gc.collect()
        waiting = task()
        assert waiting is not None
        assert waiting in asyncio.all_tasks()
        waiting.cancel()
        await asyncio.wait([waiting])
        return waiting.cancelled()

    assert run_in(main)
    assert cleaned == [True]


def test_an_emission_in_another_thread_arrives(run_in, sender):
    async def main():
        thread = threading.Thread(target=lambda: sender.pair.emit(2, "two"))
        args = await wait_and(qtinter.asyncsignal(sender.pair), thread.start)
        thread.join()
        return args, sender.count("pair")

    assert run_in(main) == ((2, "two"), 0)


def test_a_loop_in_a_worker_waits_for_a_sender_of_the_main_thread(run_in, sender):
    async def main():
        loop = asyncio.get_running_loop()
        waiting = asyncio.Event()
        seen = {}

        async def wait():
            task = asyncio.ensure_future(qtinter.asyncsignal(sender.pair))
            await asyncio.sleep(0)
            loop.call_soon_threadsafe(waiting.set)
            seen["args"] = await asyncio.wait_for(task, 10)
            seen["thread"] = threading.current_thread().name

        def work():
            worker_loop = qtinter.new_event_loop()
            worker_loop.run_until_complete(wait())
            worker_loop.close()

        thread = threading.Thread(target=work, name="worker")
        thread.start()
        await waiting.wait()
        sender.pair.emit(3, "three")
        await loop.run_in_executor(None, thread.join)
        return seen

    assert run_in(main) == {"args": (3, "three"), "thread": "worker"}
    assert sender.count("pair") == 0


def test_a_receiver_is_deleted_by_its_own_thread(qt, sender):
    deleted = []
    connection = listen_to_signal(sender.number, print)
    receiver = connection._receiver
    if isinstance(receiver, tuple):
        receiver = receiver[0].__self__
    receiver.destroyed.connect(
        lambda *_: deleted.append(threading.current_thread()),
        qt.QtCore.Qt.ConnectionType.DirectConnection,
    )
    del receiver
    thread = threading.Thread(target=connection.close)
    thread.start()
    thread.join()
    sender.number.emit(1)  # goes nowhere
    qt.settle()

    assert deleted == [threading.current_thread()]
    assert sender.count("number") == 0


def test_what_was_emitted_before_the_end_of_a_wait_does_not_reach_the_next(qt, sender):
    first, second = [], []
    connection = listen_to_signal(sender.pair, first.append)
    thread = threading.Thread(target=lambda: sender.pair.emit(1, "late"))
    thread.start()
    thread.join()
    connection.close()
    following = listen_to_signal(sender.pair, second.append)
    qt.settle()
    sender.pair.emit(2, "new")
    following.close()

    assert (first, second) == ([], [(2, "new")])


@pytest.fixture
def spares(monkeypatch, qapp):
    """The receivers that this thread keeps; none at first."""
    spares = spare._Spare()
    monkeypatch.setattr(spare, "_spare", spares)
    return spares


def test_a_few_receivers_are_kept_and_used_again(qt, sender, spares):
    def used(count):
        connections = [listen_to_signal(sender.pair, len) for _ in range(count)]
        receivers = [connection._receiver for connection in connections]
        for connection in connections:
            connection.close()
        return receivers

    first, again = used(20), used(20)
    kept = sum(any(one is other for other in again) for one in first)
    del first, again

    # With PyQt it would not pay, and with PySide2 a connection ends with its receiver.
    assert kept == (spares.ENOUGH if binding().name == "PySide6" else 0)
    assert sender.count("pair") == 0


def test_threads_do_not_share_receivers(sender, spares):
    listen_to_signal(sender.pair, len).close()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(list(spares.receivers)))
    thread.start()
    thread.join()

    assert seen == [[]]
