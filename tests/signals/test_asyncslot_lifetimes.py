# SPDX-License-Identifier: BSD-3-Clause
"""asyncslot(): how long a slot lives, and that nothing outlives it."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

import qtinter
from tests.tools.child import run_child


def catch(loop):
    """Collect what the loop's exception handler is told."""
    told = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    return told


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_a_connection_does_not_keep_the_receiver_alive(run_in, qt, sender, kind):
    base = qt.QtCore.QObject if kind == "qobject" else object
    received = []

    class Receiver(base):
        async def slot(self, number):
            received.append(number)

    async def main():
        receiver = Receiver()
        alive = weakref.ref(receiver)
        sender.number.connect(qtinter.asyncslot(receiver.slot))
        sender.number.emit(1)
        del receiver
        gone = alive() is None
        sender.number.emit(2)
        return gone

    assert run_in(main)
    assert received == [1]


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_a_reference_to_the_wrapper_keeps_the_receiver_alive(run_in, qt, sender, kind):
    base = qt.QtCore.QObject if kind == "qobject" else object
    received = []

    class Receiver(base):
        async def slot(self, number):
            received.append(number)

    async def main():
        receiver = Receiver()
        alive = weakref.ref(receiver)
        wrapper = qtinter.asyncslot(receiver.slot)
        sender.number.connect(wrapper)
        del receiver
        gc.collect()
        sender.number.emit(1)
        during = alive() is not None
        del wrapper
        return during, alive() is None

    assert run_in(main) == (True, True)
    assert received == [1]


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_a_wrapper_that_its_receiver_refers_to_is_collected_with_it(run_in, qt, sender, kind):
    base = qt.QtCore.QObject if kind == "qobject" else object

    class Receiver(base):
        def __init__(self):
            super().__init__()
            self.wrapper = qtinter.asyncslot(self.slot)

        async def slot(self, number):
            raise AssertionError

    async def main():
        receiver = Receiver()
        alive = weakref.ref(receiver)
        sender.number.connect(receiver.wrapper)
        del receiver
        gc.collect()
        sender.number.emit(1)
        return alive()

    assert run_in(main) is None


def test_a_queued_emission_does_nothing_once_a_plain_receiver_is_gone(run_in, qt, sender):
    class Receiver:
        async def slot(self, number):
            raise AssertionError

    async def main():
        told = catch(asyncio.get_running_loop())
        receiver = Receiver()
        sender.number.connect(qtinter.asyncslot(receiver.slot), qt.Queued)
        sender.number.emit(1)
        del receiver
        qt.settle()
        await asyncio.sleep(0.01)
        return told

    assert run_in(main) == []


def test_a_qobject_deleted_in_cpp_is_not_called(run_in, qt, sender):
    class Receiver(qt.QtCore.QObject):
        async def slot(self, number):
            raise AssertionError

    async def main():
        told = catch(asyncio.get_running_loop())
        receiver = Receiver()
        sender.number.connect(qtinter.asyncslot(receiver.slot))
        qt.delete(receiver)
        sender.number.emit(1)
        return told

    assert run_in(main) == []


def test_a_function_is_kept_alive_by_the_connection(run_in, sender):
    received = []

    async def main():
        def connect():
            async def slot(number):
                received.append(number)

            sender.number.connect(qtinter.asyncslot(slot))

        connect()
        gc.collect()
        sender.number.emit(1)

    run_in(main)
    assert received == [1]


def test_an_equal_wrapper_disconnects(run_in, qt, sender):
    class Receiver(qt.QtCore.QObject):
        async def slot(self, number):
            raise AssertionError

    async def main():
        receiver = Receiver()
        sender.number.connect(qtinter.asyncslot(receiver.slot))
        sender.number.disconnect(qtinter.asyncslot(receiver.slot))
        return sender.count("number")

    assert run_in(main) == 0


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_wrapping_a_method_again_and_again_keeps_one_wrapper(run_in, qt, kind):
    from qtinter.compat import receivers

    base = qt.QtCore.QObject if kind == "qobject" else object

    class Receiver(base):
        async def slot(self, number):
            pass

    async def main():
        receiver = Receiver()
        for _ in range(100):
            qtinter.asyncslot(receiver.slot)
        return len(receivers._entries[id(receiver)].functions)

    assert run_in(main) == 1


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_wrappers_of_a_method_are_equal_while_one_is_held(run_in, qt, kind):
    class Receiver(qt.QtCore.QObject if kind == "qobject" else object):
        async def slot(self, number):
            pass

    async def main():
        receiver = Receiver()
        held = qtinter.asyncslot(receiver.slot)
        return held == qtinter.asyncslot(receiver.slot)

    assert run_in(main)


def test_a_cycle_of_receiver_and_wrapper_may_be_collected_by_another_thread(run_in, qt, sender):
    deleted = []

    class Receiver:
        async def slot(self, number):
            raise AssertionError

    async def main():
        gc.collect()
        gc.disable()  # it must not be this thread that collects
        try:
            receiver = Receiver()
            receiver.wrapper = qtinter.asyncslot(receiver.slot)
            sender.number.connect(receiver.wrapper)
            if not qt.is_pyqt:  # which has a QObject of ours between them
                receiver.wrapper.__self__.destroyed.connect(
                    lambda *_: deleted.append(threading.current_thread()),
                    qt.QtCore.Qt.ConnectionType.DirectConnection,
                )
            alive = weakref.ref(receiver)
            del receiver
            collector = threading.Thread(target=gc.collect)
            collector.start()
            collector.join()
        finally:
            gc.enable()
        qt.settle()
        sender.number.emit(1)
        return alive()

    assert run_in(main) is None
    assert deleted == ([] if qt.is_pyqt else [threading.current_thread()])


def test_a_program_ends_well_that_leaves_a_slot_in_a_cycle_with_its_receiver(qt):
    ended = run_child(
        """
        app = QtCore.QCoreApplication([])

        class Receiver:
            def __init__(self):
                self.timer = QtCore.QTimer()
                self.timer.timeout.connect(qtinter.asyncslot(self.slot))
                self.me = self

            async def slot(self):
                pass

        Receiver()
        print("end")
        """,
        arguments=("-X", "dev"),
    )

    assert (ended.returncode, ended.stdout) == (0, "end\n"), ended.stderr


def test_a_receiver_without_weak_references_is_a_type_error(qapp):
    class Receiver:
        __slots__ = ()

        async def slot(self):
            pass

    with pytest.raises(TypeError, match="weak"):
        qtinter.asyncslot(Receiver().slot)
