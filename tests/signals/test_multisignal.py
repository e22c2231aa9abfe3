# SPDX-License-Identifier: BSD-3-Clause
"""multisignal: several signals as one."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

import qtinter


@pytest.fixture
def both(sender):
    return qtinter.multisignal({sender.nothing: "nothing", sender.pair: "pair"})


def test_the_slot_is_called_with_the_tag_and_the_arguments(sender, both):
    received = []
    both.connect(lambda tag, args: received.append((tag, args)))
    sender.nothing.emit()
    sender.pair.emit(1, "one")

    assert received == [("nothing", ()), ("pair", (1, "one"))]


def test_a_builtin_function_can_be_connected(sender, both, capsys):
    both.connect(print)
    sender.nothing.emit()
    sender.pair.emit(1, "one")

    assert capsys.readouterr().out == "nothing ()\npair (1, 'one')\n"


def test_signals_that_are_equal_but_not_identical_keep_their_tags(qt, sender):
    first, second = qt.Sender(), qt.Sender()
    tagged = qtinter.multisignal({first.number: 1, second.number: 2, first.text: 3})
    received = []
    tagged.connect(lambda tag, args: received.append((tag, args)))
    second.number.emit(10)
    first.number.emit(20)
    first.text.emit("x")

    assert received == [(2, (10,)), (1, (20,)), (3, ("x",))]


def test_any_object_can_be_a_tag(sender):
    tag = []
    tagged = qtinter.multisignal({sender.nothing: tag})
    received = []
    tagged.connect(lambda *args: received.append(args))
    sender.nothing.emit()

    assert received[0][0] is tag


def test_an_empty_map_can_be_connected(qapp):
    qtinter.multisignal({}).connect(print)


def test_an_empty_map_is_never_emitted(run_in):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(qtinter.asyncsignal(qtinter.multisignal({})), 0.001)

    run_in(main)


def test_what_the_slot_returns_is_ignored(sender, both):
    both.connect(lambda tag, args: NotImplemented)
    sender.nothing.emit()


def test_asyncsignal_waits_for_the_first_of_several(run_in, sender, both):
    async def main():
        asyncio.get_running_loop().call_soon(sender.pair.emit, 1, "one")
        received = await qtinter.asyncsignal(both)
        return received, sender.count("pair"), sender.count("nothing")

    assert run_in(main) == (("pair", (1, "one")), 0, 0)


def test_asyncsignalstream_iterates_over_several(run_in, sender, both):
    async def main():
        async with qtinter.asyncsignalstream(both) as stream:
            sender.pair.emit(1, "one")
            sender.nothing.emit()
            received = [await stream.__anext__(), await stream.__anext__()]
        return received, sender.count("pair"), sender.count("nothing")

    assert run_in(main) == ([("pair", (1, "one")), ("nothing", ())], 0, 0)


def test_multisignals_nest(run_in, sender, both):
    async def main():
        outer = qtinter.multisignal({both: "inner", sender.number: "number"})
        asyncio.get_running_loop().call_soon(sender.nothing.emit)
        received = await qtinter.asyncsignal(outer)
        return received, sender.count("nothing"), sender.count("number")

    assert run_in(main) == (("inner", ("nothing", ())), 0, 0)


def test_an_asyncslot_can_be_connected(run_in, sender, both):
    async def main():
        received = []

        @qtinter.asyncslot
        async def slot(tag, args):
            received.append((tag, args))

        both.connect(slot)
        sender.pair.emit(1, "one")
        return received

    assert run_in(main) == [("pair", (1, "one"))]


def test_an_asyncslot_that_takes_only_the_tag_can_be_connected(run_in, sender, both):
    async def main():
        received = []

        async def slot(tag):
            received.append(tag)

        both.connect(qtinter.asyncslot(slot))
        sender.pair.emit(1, "one")
        return received

    assert run_in(main) == ["pair"]


class Receiver:
    def __init__(self, received):
        self.received = received

    def slot(self, tag, args):
        self.received.append((tag, args))


def test_a_connection_does_not_keep_the_receiver_alive(sender, both):
    received = []
    receiver = Receiver(received)
    both.connect(receiver.slot)
    sender.nothing.emit()
    del receiver
    sender.nothing.emit()

    assert received == [("nothing", ())]


def test_nothing_of_the_connection_is_left_when_the_receiver_is_gone(qt, sender, both):
    receiver = Receiver([])
    both.connect(receiver.slot)
    during = sender.count("pair")
    del receiver
    gc.collect()
    qt.settle()

    assert (during, sender.count("pair"), sender.count("nothing")) == (1, 0, 0)


def test_nothing_of_the_connection_is_left_when_a_qobject_receiver_is_gone(qt, sender, both):
    class QReceiver(qt.QtCore.QObject):
        def slot(self, tag, args):
            raise AssertionError

    receiver = QReceiver()
    both.connect(receiver.slot)
    del receiver
    gc.collect()
    qt.settle()
    sender.pair.emit(1, "one")

    assert (sender.count("pair"), sender.count("nothing")) == (0, 0)


def test_a_qobject_deleted_in_cpp_is_not_called(qt, sender, both):
    received = []

    class QReceiver(qt.QtCore.QObject):
        def slot(self, tag, args):
            received.append(tag)

    receiver = QReceiver()
    both.connect(receiver.slot)
    qt.delete(receiver)
    sender.pair.emit(1, "one")

    assert received == []


def test_a_sender_that_is_gone_is_no_error(qt, sender):
    other = qt.Sender()
    received = []
    tagged = qtinter.multisignal({other.number: "other", sender.number: "sender"})
    tagged.connect(lambda tag, args: received.append(tag))
    qt.delete(other)
    sender.number.emit(1)

    assert received == ["sender"]


def test_a_function_is_let_go_with_the_last_sender(qt):
    import weakref

    def slot(tag, args):
        pass

    alive = weakref.ref(slot)
    sender = qt.Sender()
    qtinter.multisignal({sender.number: 1, sender.text: 2}).connect(slot)
    del slot
    gc.collect()
    assert alive() is not None
    del sender
    gc.collect()
    qt.settle()
    gc.collect()

    assert alive() is None


@pytest.mark.parametrize("kind", ["function", "method", "qobject"])
def test_the_slot_is_called_in_the_thread_that_has_connected_it(qt, sender, kind):
    """The sender lives in the main thread and is emitted there; a worker has connected."""
    threads = []
    ready, done = threading.Event(), threading.Event()

    def note(tag, args):
        threads.append(threading.current_thread().name)
        done.set()

    class Plain:
        def slot(self, tag, args):
            note(tag, args)

    class QReceiver(qt.QtCore.QObject):
        def slot(self, tag, args):
            note(tag, args)

    def work():
        loop = qt.QtCore.QEventLoop()
        receiver = {"function": lambda: None, "method": Plain, "qobject": QReceiver}[kind]()
        slot = note if kind == "function" else receiver.slot
        qtinter.multisignal({sender.number: "number"}).connect(slot)
        ready.set()
        while not done.is_set():
            loop.processEvents()

    worker = threading.Thread(target=work, name="worker")
    worker.start()
    assert ready.wait(10)
    sender.number.emit(1)
    assert done.wait(10)
    worker.join()

    assert threads == ["worker"]


@pytest.mark.parametrize("wrong", [None, [], "signals", 1])
def test_what_is_no_mapping_is_a_type_error_that_names_the_argument(wrong):
    with pytest.raises(TypeError, match="argument 'signal_map'"):
        qtinter.multisignal(wrong)


def test_a_key_that_is_no_signal_is_a_type_error():
    with pytest.raises(TypeError, match="multisignal"):
        qtinter.multisignal({1: 2})


@pytest.mark.parametrize("wrong", [None, 1, "slot"])
def test_a_slot_that_cannot_be_called_is_a_type_error_and_connects_nothing(sender, both, wrong):
    with pytest.raises(TypeError, match="argument 'slot'"):
        both.connect(wrong)

    assert sender.count("pair") == 0
