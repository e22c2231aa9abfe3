# SPDX-License-Identifier: BSD-3-Clause
"""asyncsignal(): what is no signal but has a connect method can be waited for, too."""

from __future__ import annotations

import asyncio
import threading

import pytest

import qtinter
from qtinter.compat import listener
from qtinter.compat.listener import listen_to_object
from tests.signals.waiting import emit_soon, wait_and


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
