# SPDX-License-Identifier: BSD-3-Clause
"""asyncslot(): methods and the binding's own slot decorator."""

from __future__ import annotations

import pytest

import qtinter


def decorated_class(qt, received):
    class Receiver(qt.QtCore.QObject):
        @qt.Slot(bool)
        @qtinter.asyncslot
        async def above(self, checked):
            received.append(("above", checked, self.sender()))

        @qtinter.asyncslot
        @qt.Slot(bool)
        async def below(self, checked):
            received.append(("below", checked, self.sender()))

        @qtinter.asyncslot
        async def bare(self, checked):
            received.append(("bare", checked, self.sender()))

        async def method(self, checked):
            received.append(("method", checked, self.sender()))

        @qt.Slot(bool)
        async def slot(self, checked):
            received.append(("slot", checked, self.sender()))

    return Receiver


@pytest.mark.parametrize("name", ["above", "below", "bare", "method", "slot"])
def test_arguments_and_sender_are_right_however_a_method_is_decorated(run_in, qt, name):
    received = []
    receiver = decorated_class(qt, received)()

    async def main():
        button = qt.QtWidgets.QPushButton()
        button.setCheckable(True)
        slot = getattr(receiver, name)
        button.clicked.connect(qtinter.asyncslot(slot) if name in {"method", "slot"} else slot)
        button.click()
        button.click()
        return received == [(name, True, button), (name, False, button)] or received

    assert run_in(main) is True


@pytest.mark.parametrize("order", ["above", "below"])
def test_slots_are_connected_by_name(run_in, qt, order):
    received = []

    class Window(qt.QtWidgets.QWidget):
        def __init__(self):
            super().__init__()
            self.button = qt.QtWidgets.QPushButton(self)
            self.button.setObjectName("button")
            qt.QtCore.QMetaObject.connectSlotsByName(self)

        if order == "above":

            @qt.Slot(bool)
            @qtinter.asyncslot
            async def on_button_clicked(self, checked):
                received.append((checked, self.sender() is self.button))
        else:

            @qtinter.asyncslot
            @qt.Slot(bool)
            async def on_button_clicked(self, checked):
                received.append((checked, self.sender() is self.button))

    async def main():
        window = Window()
        window.button.click()

    run_in(main)
    assert received == [(False, True)]


def declarations(qt, received):
    """Say how methods can declare what they take, synchronous or not."""

    def make(asynchronous):
        def slot(fn):
            if not asynchronous:
                return fn

            async def coroutine_function(self, *args):
                fn(self, *args)

            # The same parameters, so that only async differs.
            source = {
                0: "async def f(self): fn(self)",
                1: "async def f(self, a): fn(self, a)",
                "1d": "async def f(self, a='d'): fn(self, a)",
                2: "async def f(self, a, b): fn(self, a, b)",
                "2d": "async def f(self, a, b='d'): fn(self, a, b)",
            }[fn.shape]
            namespace = {"fn": fn}
            exec(source, namespace)
            made = namespace["f"]
            made.__name__ = fn.__name__
            made.__qualname__ = fn.__qualname__
            return made

        def shaped(shape):
            def mark(fn):
                fn.shape = shape
                return slot(fn)

            return mark

        class Receiver(qt.QtCore.QObject):
            @shaped(0)
            def plain0(self):
                received.append(((), self.sender()))

            @shaped(1)
            def plain1(self, a):
                received.append(((a,), self.sender()))

            @shaped("1d")
            def plain1d(self, a="d"):
                received.append(((a,), self.sender()))

            @shaped("2d")
            def plain2d(self, a, b="d"):
                received.append(((a, b), self.sender()))

            @qt.Slot()
            @shaped("1d")
            def slot_nothing(self, a="d"):
                received.append(((a,), self.sender()))

            @qt.Slot(int)
            @shaped("2d")
            def slot_int(self, a, b="d"):
                received.append(((a, b), self.sender()))

            @qt.Slot(int)
            @qt.Slot(int, str)
            @shaped("2d")
            def slot_int_or_both(self, a, b="d"):
                received.append(((a, b), self.sender()))

            @qt.Slot(int)
            @qt.Slot(int, int)
            @shaped("2d")
            def slot_int_or_ints(self, a, b="d"):
                received.append(((a, b), self.sender()))

            @qt.Slot(bool)
            @qt.Slot(int)
            @qt.Slot(str)
            @shaped("2d")
            def slot_one_of_three(self, a, b="d"):
                received.append(((a, b), self.sender()))

        return Receiver

    return make


METHODS = [
    "plain0",
    "plain1",
    "plain1d",
    "plain2d",
    "slot_nothing",
    "slot_int",
    "slot_int_or_both",
    "slot_int_or_ints",
    "slot_one_of_three",
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("signal", ["clicked", "number", "text", "pair", "overloaded_text"])
def test_a_wrapped_method_receives_what_the_method_itself_would(run_in, qt, sender, method, signal):
    """Whatever the binding does with a synchronous method, it does with an asynchronous one."""
    received = []
    make = declarations(qt, received)
    button = qt.QtWidgets.QPushButton()
    button.setCheckable(True)
    bound, emit = {
        "clicked": (button.clicked, button.click),
        "number": (sender.number, lambda: sender.number.emit(1)),
        "text": (sender.text, lambda: sender.text.emit("x")),
        "pair": (sender.pair, lambda: sender.pair.emit(1, "x")),
        "overloaded_text": (
            sender.overloaded[str],
            lambda: sender.overloaded[str].emit("x"),
        ),
    }[signal]
    synchronous, asynchronous = make(False)(), make(True)()
    try:
        bound.connect(getattr(synchronous, method))
    except TypeError:
        pytest.skip("the binding refuses to connect the declared types to this signal")
    button.setChecked(False)
    emit()
    expected = list(received)
    qt.delete(synchronous)
    received.clear()
    button.setChecked(False)

    async def main():
        bound.connect(qtinter.asyncslot(getattr(asynchronous, method)))
        emit()

    run_in(main)
    assert expected == received
