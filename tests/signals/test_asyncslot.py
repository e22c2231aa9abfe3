# SPDX-License-Identifier: BSD-3-Clause
"""asyncslot(): coroutine functions as slots."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
import weakref

import pytest

import qtinter


def catch(loop):
    """Collect what the loop's exception handler is told."""
    told = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    return told


def test_the_call_returns_the_task(run_in):
    async def main():
        async def slot(a):
            return a + 1

        task = qtinter.asyncslot(slot)(1)
        return isinstance(task, asyncio.Task), await task

    assert run_in(main) == (True, 2)


def test_the_first_step_runs_inside_the_emission_and_the_rest_later(run_in, sender):
    async def main():
        steps = []

        @qtinter.asyncslot
        async def slot(number):
            steps.append(("first", number))
            await asyncio.sleep(0)
            steps.append(("second", number))

        sender.number.connect(slot)
        sender.number.emit(1)
        during = list(steps)
        await asyncio.sleep(0.01)
        return during, steps

    assert run_in(main) == ([("first", 1)], [("first", 1), ("second", 1)])


@pytest.mark.parametrize("takes", [0, 1, 2])
def test_surplus_arguments_of_the_signal_are_cut(run_in, sender, takes):
    async def main():
        received = []

        async def none():
            received.append(())

        async def one(a):
            received.append((a,))

        async def two(a, b):
            received.append((a, b))

        slot = qtinter.asyncslot([none, one, two][takes])
        sender.pair.connect(slot)
        sender.pair.emit(1, "one")
        return received

    assert run_in(main) == [(1, "one")[:takes]]


def test_surplus_arguments_of_a_call_are_cut_for_a_function_without_parameters(run_in):
    async def main():
        async def slot():
            return "called"

        return await qtinter.asyncslot(slot)(1, 2)

    assert run_in(main) == "called"


def test_defaults_are_kept_and_variadic_functions_get_everything(run_in, sender):
    async def main():
        received = []

        async def slot(a, b="default", c="default"):
            received.append((a, b, c))

        async def variadic(*args, keyword=None, **keywords):
            received.append(args)

        for fn in (slot, variadic):
            sender.pair.connect(qtinter.asyncslot(fn))
        sender.pair.emit(1, "one")
        return received

    assert sorted(run_in(main), key=len) == [(1, "one"), (1, "one", "default")]


def test_a_partial_a_callable_object_and_a_lambda_can_be_slots(run_in, sender):
    async def main():
        received = []

        async def slot(*args):
            received.append(args)

        class Callable:
            async def __call__(self, number):
                received.append(("object", number))

        sender.number.connect(qtinter.asyncslot(functools.partial(slot, "partial")))
        sender.number.connect(qtinter.asyncslot(Callable()))
        sender.number.connect(qtinter.asyncslot(lambda number: slot("lambda", number)))
        sender.number.emit(1)
        return received

    assert run_in(main) == [("partial", 1), ("object", 1), ("lambda", 1)]


def test_class_and_static_methods_can_be_slots_in_either_order(run_in, sender):
    received = []

    class Receiver:
        @classmethod
        @qtinter.asyncslot
        async def inner_class(cls, number):
            received.append((cls.__name__, number))

        @qtinter.asyncslot
        @classmethod
        async def outer_class(cls, number):
            received.append((cls.__name__, number))

        @staticmethod
        @qtinter.asyncslot
        async def inner_static(number):
            received.append(("static", number))

        @qtinter.asyncslot
        @staticmethod
        async def outer_static(number):
            received.append(("static", number))

        @classmethod
        async def bare_class(cls, number):
            received.append((cls.__name__, number))

        @staticmethod
        async def bare_static(number):
            received.append(("static", number))

    async def main():
        for slot in (
            Receiver.inner_class,
            Receiver.outer_class,
            Receiver.inner_static,
            Receiver.outer_static,
            qtinter.asyncslot(Receiver.bare_class),
            qtinter.asyncslot(Receiver.bare_static),
        ):
            sender.number.connect(slot)
        sender.number.emit(1)

    run_in(main)
    assert received == [("Receiver", 1)] * 2 + [("static", 1)] * 2 + [
        ("Receiver", 1),
        ("static", 1),
    ]


def test_a_decorated_method_is_a_bound_method_with_its_own_self(run_in, sender):
    class Receiver:
        def __init__(self, name):
            self.name = name

        @qtinter.asyncslot
        async def slot(self, number):
            received.append((self.name, number))

    received = []

    async def main():
        receivers = [Receiver("a"), Receiver("b")]
        for receiver in receivers:
            sender.number.connect(receiver.slot)
        sender.number.emit(1)

    run_in(main)
    assert received == [("a", 1), ("b", 1)]


def test_the_wrapper_looks_like_the_function(qapp):
    @qtinter.asyncslot
    async def slot(a: int) -> None:
        """Say something."""

    assert (slot.__name__, slot.__doc__) == ("slot", "Say something.")
    assert slot.__wrapped__.__name__ == "slot"


# --- with the binding's own decorator -----------------------------------------------------------


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


# --- lifetimes ----------------------------------------------------------------------------------


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


def test_a_receiver_without_weak_references_is_a_type_error(qapp):
    class Receiver:
        __slots__ = ()

        async def slot(self):
            pass

    with pytest.raises(TypeError, match="weak"):
        qtinter.asyncslot(Receiver().slot)


# --- tasks --------------------------------------------------------------------------------------


@pytest.mark.virtual
def test_a_running_task_is_kept_alive(run_in):
    async def main():
        finished, waiters = [], []

        async def slot():
            # The task and what it waits for refer to each other, and nothing else to them.
            waiter = asyncio.get_running_loop().create_future()
            waiters.append(weakref.ref(waiter))
            await waiter
            finished.append(True)

        qtinter.asyncslot(slot)()
        gc.collect()
        waiters[0]().set_result(None)
        await asyncio.sleep(0.001)
        return finished

    assert run_in(main) == [True]


@pytest.mark.virtual
@pytest.mark.parametrize("steps", [0, 1])
def test_an_exception_reaches_the_exception_handler_when_the_task_ends(run_in, steps):
    async def main():
        told = catch(asyncio.get_running_loop())

        async def slot():
            for _ in range(steps):
                await asyncio.sleep(0)
            raise KeyError("from the slot")

        task = qtinter.asyncslot(slot)()
        while not task.done():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        before = [(type(context["exception"]), context["task"] is task) for context in told]
        del task
        gc.collect()
        return before, len(told)

    assert run_in(main) == ([(KeyError, True)], 1)


@pytest.mark.virtual
@pytest.mark.parametrize("steps", [0, 1])
def test_cancellation_is_silent(run_in, steps):
    async def main():
        told = catch(asyncio.get_running_loop())

        async def slot():
            if steps == 0:
                raise asyncio.CancelledError
            await asyncio.sleep(3600)

        task = qtinter.asyncslot(slot)()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        return task.cancelled(), told

    assert run_in(main) == (True, [])


@pytest.mark.virtual
def test_an_exception_before_there_is_a_coroutine_is_the_task_s(run_in):
    async def main():
        told = catch(asyncio.get_running_loop())

        def slot():
            raise KeyError("no coroutine")

        task = qtinter.asyncslot(slot)()
        await asyncio.sleep(0)
        return type(task.exception()), [type(context["exception"]) for context in told]

    assert run_in(main) == (KeyError, [KeyError])


@pytest.mark.virtual
def test_a_function_that_returns_no_coroutine_is_a_type_error_of_the_task(run_in):
    async def main():
        catch(asyncio.get_running_loop())
        exc = qtinter.asyncslot(lambda: None)().exception()
        await asyncio.sleep(0)
        return exc

    exc = run_in(main)
    assert isinstance(exc, TypeError)
    assert "asyncslot() argument 'fn' must return a coroutine" in str(exc)


@pytest.mark.virtual
def test_the_task_runner_is_used(run_in):
    async def main():
        async def slot(a):
            return a

        task = qtinter.asyncslot(slot, task_runner=asyncio.create_task)(1)
        began = task.done()
        return began, await task

    assert run_in(main) == (False, 1)


@pytest.mark.virtual
def test_a_slot_may_be_called_in_the_first_step_of_another(run_in):
    async def main():
        order = []

        @qtinter.asyncslot
        async def inner():
            order.append("inner")

        @qtinter.asyncslot
        async def outer():
            order.append("outer")
            inner()
            order.append(asyncio.current_task().get_coro().__name__)

        await outer()
        return order

    assert run_in(main) == ["outer", "inner", "outer"]


def test_without_a_running_loop_a_call_is_a_runtime_error():
    async def slot():
        raise AssertionError

    with pytest.raises(RuntimeError, match="no running event loop"):
        qtinter.asyncslot(slot)()


# --- threads ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["function", "plain", "qobject"])
def test_an_emission_of_a_worker_s_object_runs_the_slot_in_the_loop_s_thread(run_in, qt, kind):
    """The sender lives in a QThread and is emitted there; the slot belongs to the main thread."""
    seen = []

    class Worker(qt.QtCore.QObject):
        done = qt.Signal(object)  # an int could be too big for Qt's

        def work(self):
            self.done.emit(threading.get_ident())

    class Plain:
        async def slot(self, ident):
            seen.append((ident, threading.get_ident()))

    class QReceiver(qt.QtCore.QObject):
        async def slot(self, ident):
            seen.append((ident, threading.get_ident()))

    async def main():
        thread = qt.QtCore.QThread()
        worker = Worker()
        worker.moveToThread(thread)
        receiver = {"function": Plain, "plain": Plain, "qobject": QReceiver}[kind]()

        async def function(ident):
            await receiver.slot(ident)

        slot = qtinter.asyncslot(function if kind == "function" else receiver.slot)
        worker.done.connect(slot)
        thread.started.connect(worker.work)
        thread.start()
        for _ in range(1000):
            if seen:
                break
            await asyncio.sleep(0.005)
        thread.quit()
        thread.wait()
        return seen[0][0] != threading.get_ident(), seen[0][1] == threading.get_ident()

    assert run_in(main) == (True, True)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, 1, "slot", object()])
def test_what_cannot_be_called_is_a_type_error_that_names_the_argument(wrong):
    with pytest.raises(TypeError, match="asyncslot.. argument 'fn'"):
        qtinter.asyncslot(wrong)


def test_a_task_runner_that_cannot_be_called_is_a_type_error_that_names_the_argument():
    async def slot():
        pass

    with pytest.raises(TypeError, match="argument 'task_runner'"):
        qtinter.asyncslot(slot, task_runner=1)


def test_a_keyword_only_parameter_without_default_is_a_type_error_that_names_it():
    async def slot(*, flag):
        pass

    with pytest.raises(TypeError, match="'flag'"):
        qtinter.asyncslot(slot)
