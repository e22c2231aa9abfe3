# SPDX-License-Identifier: BSD-3-Clause
"""asyncsignal(): one emission, and nothing left of the connection."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

import qtinter
from qtinter.compat import listener, spare
from qtinter.compat.bindings import binding
from qtinter.compat.listener import listen_to_object, listen_to_signal


def emit_soon(signal, *args):
    asyncio.get_running_loop().call_soon(signal.emit, *args)


async def wait_and(coro, action, *args):
    """Begin to wait for something, act, and return the result."""
    task = asyncio.ensure_future(coro)
    await asyncio.sleep(0)
    action(*args)
    return await asyncio.wait_for(task, 10)


def test_the_arguments_of_the_emission_are_returned_as_a_tuple(run_in, sender):
    async def main():
        emit_soon(sender.pair, 1, "one")
        return await qtinter.asyncsignal(sender.pair)

    assert run_in(main) == (1, "one")


def test_an_emission_without_arguments_gives_the_empty_tuple(run_in, sender):
    async def main():
        emit_soon(sender.nothing)
        return await qtinter.asyncsignal(sender.nothing)

    assert run_in(main) == ()


def test_the_overload_that_is_named_is_waited_for(run_in, sender):
    async def main():
        emit_soon(sender.overloaded[int], 1)
        asyncio.get_running_loop().call_later(0.01, sender.overloaded[str].emit, "one")
        return await qtinter.asyncsignal(sender.overloaded[str])

    assert run_in(main) == ("one",)


def test_an_object_is_delivered_as_itself(run_in, sender):
    thing = {1: [2]}

    async def main():
        emit_soon(sender.thing, thing)
        (received,) = await qtinter.asyncsignal(sender.thing)
        return received is thing

    assert run_in(main)


def test_the_signal_is_connected_when_awaited_and_not_before(run_in, sender):
    async def main():
        waiting = qtinter.asyncsignal(sender.pair)
        before = sender.count("pair")
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0)
        during = sender.count("pair")
        sender.pair.emit(1, "one")
        await task
        return before, during

    assert run_in(main) == (0, 1)


def test_it_is_disconnected_when_the_result_is_returned(run_in, sender):
    async def main():
        emit_soon(sender.pair, 1, "one")
        await qtinter.asyncsignal(sender.pair)
        return sender.count("pair")

    assert run_in(main) == 0


def test_it_is_disconnected_when_a_timeout_is_raised(run_in, sender):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(qtinter.asyncsignal(sender.pair), 0.001)
        return sender.count("pair")

    assert run_in(main) == 0


def test_it_is_disconnected_before_a_cancelled_await_ends(run_in, sender):
    async def main():
        counts = []

        async def wait():
            try:
                await qtinter.asyncsignal(sender.pair)
            except asyncio.CancelledError:
                counts.append(sender.count("pair"))
                raise

        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return counts

    assert run_in(main) == [0]


def test_it_is_disconnected_when_an_exception_is_thrown_in(run_in, sender):
    async def main():
        coro = qtinter.asyncsignal(sender.pair)
        coro.send(None)
        assert sender.count("pair") == 1
        with pytest.raises(KeyError):
            coro.throw(KeyError("thrown"))
        return sender.count("pair")

    assert run_in(main) == 0


def test_it_is_disconnected_when_the_coroutine_is_closed(run_in, sender):
    async def main():
        coro = qtinter.asyncsignal(sender.pair)
        coro.send(None)
        coro.close()
        return sender.count("pair")

    assert run_in(main) == 0


def test_an_exception_that_is_kept_keeps_no_connection(run_in, sender):
    async def main():
        kept = None
        try:
            await asyncio.wait_for(qtinter.asyncsignal(sender.pair), 0.001)
        except asyncio.TimeoutError as exc:
            kept = exc
        return kept is not None, sender.count("pair")

    assert run_in(main) == (True, 0)


def test_of_several_emissions_the_first_one_counts(run_in, sender):
    async def main():
        task = asyncio.ensure_future(qtinter.asyncsignal(sender.number))
        await asyncio.sleep(0)
        sender.number.emit(1)
        sender.number.emit(2)
        return await task

    assert run_in(main) == (1,)


def test_all_who_wait_for_a_signal_get_the_emission(run_in, sender):
    async def main():
        waits = [asyncio.ensure_future(qtinter.asyncsignal(sender.number)) for _ in range(3)]
        await asyncio.sleep(0)
        sender.number.emit(7)
        return await asyncio.gather(*waits)

    assert run_in(main) == [(7,)] * 3


def test_an_emission_and_a_cancellation_at_once_leave_no_connection(run_in, sender):
    async def main():
        task = asyncio.ensure_future(qtinter.asyncsignal(sender.number))
        await asyncio.sleep(0)
        sender.number.emit(1)
        task.cancel()
        await asyncio.wait([task])
        return sender.count("number")

    assert run_in(main) == 0


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


class Source:
    """Something that is no signal and can only be connected to."""

    def __init__(self):
        self.slots = []

    def connect(self, slot):
        self.slots.append(slot)

    def emit(self, *args):
        for slot in list(self.slots):
            slot(*args)


class PoliteSource(Source):
    """The same with a disconnect method."""

    def disconnect(self, slot):
        self.slots.remove(slot)


@pytest.mark.virtual
def test_a_source_that_has_only_connect_can_be_waited_for(run_in):
    async def main():
        source = Source()
        asyncio.get_running_loop().call_soon(source.emit, 1, 2)
        args = await qtinter.asyncsignal(source)
        source.emit(3, 4)  # goes nowhere
        return args

    assert run_in(main) == (1, 2)


@pytest.mark.virtual
def test_a_source_is_asked_to_disconnect_if_it_can(run_in):
    async def main():
        source = PoliteSource()
        asyncio.get_running_loop().call_soon(source.emit, 1)
        await qtinter.asyncsignal(source)
        return source.slots

    assert run_in(main) == []


def test_a_source_that_wraps_a_signal_is_disconnected_without_a_disconnect(run_in, qt, sender):
    class Wrapping:
        def connect(self, slot):
            return sender.number.connect(slot)

    async def main():
        emit_soon(sender.number, 5)
        args = await qtinter.asyncsignal(Wrapping())
        qt.settle()
        return args, sender.count("number")

    assert run_in(main) == ((5,), 0)


def test_a_wrapped_signal_is_disconnected_although_the_source_keeps_the_slot(run_in, qt, sender):
    class Keeping(Source):
        def connect(self, slot):
            super().connect(slot)
            sender.number.connect(slot)

    async def main():
        source = Keeping()
        emit_soon(sender.number, 5)
        await qtinter.asyncsignal(source)
        sender.number.emit(6)
        source.emit(7)
        return sender.count("number")

    # PyQt keeps a record, which does nothing, of every undecorated slot.
    assert run_in(main) == (1 if qt.is_pyqt else 0)


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


def test_a_source_may_be_emitted_in_another_thread(run_in, qapp):
    async def main():
        asyncio.get_running_loop().set_debug(True)  # objects to being called in other threads
        source = Source()
        thread = threading.Thread(target=source.emit, args=(1,))
        args = await wait_and(qtinter.asyncsignal(source), thread.start)
        thread.join()
        return args

    assert run_in(main) == (1,)


def test_an_emission_in_another_thread_after_the_end_goes_nowhere(run_in, qt):
    class Deaf(Source):
        def disconnect(self, slot):
            """Keep the slot all the same."""

    async def main():
        source, received = Deaf(), []
        connection = listen_to_object(source, received.append)
        connection.close()
        thread = threading.Thread(target=source.emit, args=(1,))
        thread.start()
        thread.join()
        qt.settle()
        return received

    assert run_in(main) == []


def test_without_qt_a_source_emitted_in_another_thread_is_told_that_it_cannot(monkeypatch):
    monkeypatch.setattr(listener, "known_binding", lambda: None)
    source, received, errors = Source(), [], []
    connection = listen_to_object(source, received.append)

    def emit():
        try:
            source.emit(1)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=emit)
    thread.start()
    thread.join()
    connection.close()

    assert received == []
    assert errors == ["without Qt, a source must be emitted in the thread that listens"]


@pytest.mark.virtual
@pytest.mark.parametrize("error", [RuntimeError, TypeError])
def test_a_source_that_has_disconnected_by_itself_is_no_error(run_in, error):
    class Once(Source):
        def disconnect(self, slot):
            raise error("there is no such connection")

    async def main():
        source = Once()
        asyncio.get_running_loop().call_soon(source.emit, 1)
        return await qtinter.asyncsignal(source)

    assert run_in(main) == (1,)


def test_a_type_that_can_t_be_declared_is_delivered_all_the_same(run_in, qt):
    if not qt.is_pyqt:
        pytest.skip("PySide can pass this type to no slot")

    async def main():
        effect = qt.QtWidgets.QGraphicsBlurEffect()  # PyQt can't declare a slot for its BlurHints
        hint = qt.QtWidgets.QGraphicsBlurEffect.BlurHint.QualityHint
        asyncio.get_running_loop().call_soon(effect.setBlurHints, hint)
        (hints,) = await qtinter.asyncsignal(effect.blurHintsChanged)
        return hints == hint

    assert run_in(main)


@pytest.mark.parametrize("wrong", [None, 1, "signal", object()])
def test_what_cannot_be_connected_to_is_a_type_error_that_names_the_argument(run_in, wrong):
    async def main():
        with pytest.raises(TypeError, match="asyncsignal.. argument 'signal'"):
            await qtinter.asyncsignal(wrong)

    run_in(main)


def test_an_unbound_signal_is_a_type_error(run_in, qt):
    async def main():
        with pytest.raises(TypeError, match="signal"):
            await qtinter.asyncsignal(qt.Sender.number)

    run_in(main)


def test_it_works_on_a_plain_asyncio_loop(qt, sender):
    async def main():
        emit_soon(sender.pair, 1, "one")
        return await qtinter.asyncsignal(sender.pair)

    assert asyncio.run(main()) == (1, "one")
    assert sender.count("pair") == 0


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
