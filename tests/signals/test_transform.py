# SPDX-License-Identifier: BSD-3-Clause
"""transform_slot(), SemiWeakRef and get_positional_parameter_count()."""

from __future__ import annotations

import functools
import gc
import inspect
import threading
import types
import weakref

import pytest

import qtinter
from qtinter.signals import transform


def record(slot, args, *extras):
    """Return all that a transform is given."""
    return slot(*args), args, extras


class Receiver:
    def slot(self, *args):
        return args


# --- transform_slot ------------------------------------------------------------------------------


def test_the_wrapper_returns_what_the_transform_makes_of_slot_arguments_and_extras():
    wrapper = qtinter.transform_slot(lambda *args: sum(args), record, "extra", 5)

    assert wrapper(1, 2) == (3, (1, 2), ("extra", 5))


def test_a_bound_method_gives_a_bound_method():
    receiver = Receiver()
    wrapper = qtinter.transform_slot(receiver.slot, record)

    assert isinstance(wrapper, types.MethodType)
    assert wrapper(1) == ((1,), (1,), ())


def test_the_transform_is_given_a_slot_that_is_equal_to_the_original():
    receiver = Receiver()
    wrapper = qtinter.transform_slot(receiver.slot, lambda slot, args: slot == receiver.slot)

    assert wrapper()


@pytest.mark.parametrize(
    "slot",
    [len, functools.partial(pow, 2), lambda: None, [].append, print],
    ids=["builtin", "partial", "lambda", "method of a builtin", "print"],
)
def test_anything_else_gives_a_function_that_holds_the_slot(slot):
    wrapper = qtinter.transform_slot(slot, lambda slot, args: slot)

    assert inspect.isfunction(wrapper)
    assert wrapper() is slot


def test_a_callable_object_is_held():
    class Callable:
        def __call__(self):
            return "called"

    slot = Callable()
    alive = weakref.ref(slot)
    wrapper = qtinter.transform_slot(slot, record)
    del slot
    gc.collect()

    assert wrapper()[0] == "called"
    del wrapper
    assert alive() is None


def test_a_reference_to_the_wrapper_keeps_the_receiver_alive():
    receiver = Receiver()
    alive = weakref.ref(receiver)
    wrapper = qtinter.transform_slot(receiver.slot, record)
    del receiver
    gc.collect()

    assert wrapper(1)[0] == (1,)
    del wrapper
    assert alive() is None


def test_what_the_wrapper_needs_is_let_go_with_the_receiver():
    class Extra:
        pass

    extra = Extra()
    alive = weakref.ref(extra)
    receiver = Receiver()
    wrapper = qtinter.transform_slot(receiver.slot, record, extra)
    del extra, wrapper
    assert alive() is not None
    del receiver
    gc.collect()

    assert alive() is None


def test_different_transforms_of_a_method_are_different_wrappers():
    receiver = Receiver()
    first = qtinter.transform_slot(receiver.slot, lambda slot, args: 1)
    second = qtinter.transform_slot(receiver.slot, lambda slot, args: 2)
    third = qtinter.transform_slot(receiver.slot, record, "a")
    fourth = qtinter.transform_slot(receiver.slot, record, "b")

    assert (first(), second(), third()[2], fourth()[2]) == (1, 2, ("a",), ("b",))


def test_a_receiver_that_is_false_or_equal_to_others_is_told_apart():
    class Odd(Receiver):
        def __init__(self, name):
            self.name = name

        def __bool__(self):
            return False

        def __eq__(self, other):
            return True

        def __hash__(self):
            raise TypeError

        def slot(self):
            return self.name

    receivers = [Odd("a"), Odd("b")]
    wrappers = [qtinter.transform_slot(r.slot, lambda slot, args: slot()) for r in receivers]

    assert [wrapper() for wrapper in wrappers] == ["a", "b"]


def test_a_receiver_without_weak_references_is_a_type_error():
    class Slotted:
        __slots__ = ()

        def slot(self):
            pass

    with pytest.raises(TypeError, match="weak"):
        qtinter.transform_slot(Slotted().slot, record)


def test_a_method_of_a_class_can_be_wrapped():
    class WithClassMethod:
        @classmethod
        def slot(cls, a):
            return cls, a

    wrapper = qtinter.transform_slot(WithClassMethod.slot, record)

    assert wrapper(1)[0] == (WithClassMethod, 1)


def test_a_method_of_a_qobject_written_in_cpp_does_not_keep_it_alive(qt, sender):
    label = qt.QtWidgets.QLabel()
    alive = weakref.ref(label)
    texts = []

    def upper(slot, args):
        texts.append(args[0])
        slot(args[0].upper())

    sender.text.connect(qtinter.transform_slot(label.setText, upper))
    sender.text.emit("a")
    assert label.text() == "A"
    del label
    gc.collect()
    assert alive() is None
    sender.text.emit("b")

    assert texts == ["a"]


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_a_connected_wrapper_lives_as_long_as_the_receiver(qt, sender, kind):
    base = qt.QtCore.QObject if kind == "qobject" else object
    received = []

    class Local(base):
        def slot(self, *args):
            received.append(args)

    receiver = Local()
    sender.pair.connect(qtinter.transform_slot(receiver.slot, lambda slot, args: slot(*args)))
    gc.collect()
    sender.pair.emit(1, "one")
    del receiver
    gc.collect()
    sender.pair.emit(2, "two")

    assert received == [(1, "one")]


def test_declared_types_of_a_method_cut_the_arguments_as_the_binding_does(qt, sender):
    received = []

    class Local(qt.QtCore.QObject):
        @qt.Slot(int)
        def slot(self, *args):
            received.append(args)

    receiver = Local()
    sender.pair.connect(receiver.slot)
    sender.pair.connect(qtinter.transform_slot(receiver.slot, lambda slot, args: slot(*args)))
    sender.pair.emit(1, "one")

    assert received == [(1,) if qt.is_pyqt else (1, "one")] * 2


def test_arguments_that_fit_none_of_the_declared_types_are_all_passed_on(qt):
    class Local(qt.QtCore.QObject):
        @qt.Slot(int)
        @qt.Slot(str, int)
        def slot(self, *args):
            return args

    receiver = Local()
    wrapper = qtinter.transform_slot(receiver.slot, lambda slot, args: slot(*args))

    assert wrapper([], "one", 2) == ([], "one", 2)


def test_a_decorated_function_that_is_no_slot_of_its_receiver_gets_all_arguments(qt):
    @qt.Slot(int)
    def slot(receiver, *args):
        return args

    receiver = qt.QtCore.QObject()
    method = types.MethodType(slot, receiver)
    wrapper = qtinter.transform_slot(method, lambda slot, args: slot(*args))

    assert wrapper(1, "one") == (1, "one")


@pytest.mark.parametrize("wrong", [None, 1, "slot"])
def test_a_slot_or_transform_that_cannot_be_called_is_a_type_error_that_names_it(wrong):
    with pytest.raises(TypeError, match="argument 'slot'"):
        qtinter.transform_slot(wrong, record)
    with pytest.raises(TypeError, match="argument 'transform'"):
        qtinter.transform_slot(print, wrong)


def test_a_receiver_that_goes_in_another_thread_takes_its_wrapper_along(qt, sender):
    class Local:
        def slot(self, *args):
            raise AssertionError

    receivers = [Local()]
    wrapper = qtinter.transform_slot(receivers[0].slot, lambda slot, args: slot())
    sender.number.connect(wrapper)
    del wrapper
    thread = threading.Thread(target=receivers.clear)
    thread.start()
    thread.join()
    sender.number.emit(1)
    qt.settle()
    sender.number.emit(2)


# --- SemiWeakRef ---------------------------------------------------------------------------------


def test_a_semi_weak_reference_keeps_its_object_while_it_is_referred_to():
    receiver = Receiver()
    alive = weakref.ref(receiver)
    reference = qtinter.SemiWeakRef(receiver)
    del receiver
    gc.collect()

    assert reference.referent() is alive()
    del reference
    assert alive() is None


def test_a_semi_weak_reference_is_deleted_when_its_object_is():
    receiver = Receiver()
    reference = qtinter.SemiWeakRef(receiver)
    alive = weakref.WeakValueDictionary({1: receiver})
    again = qtinter.SemiWeakRef(receiver)
    identity = id(again)
    del reference, again
    assert identity in transform._dormant
    del receiver
    gc.collect()

    assert not alive
    assert identity not in transform._dormant


def test_a_semi_weak_reference_to_a_method_is_that_of_its_receiver():
    receiver = Receiver()
    reference = qtinter.SemiWeakRef(receiver.slot, weakref.WeakMethod)

    assert reference.referent() == receiver.slot
    del reference
    alive = weakref.ref(receiver)
    del receiver
    assert alive() is None


def test_an_object_that_refers_to_its_semi_weak_reference_is_collected():
    before = len(transform._dormant)
    for _ in range(1000):
        receiver = Receiver()
        receiver.reference = qtinter.SemiWeakRef(receiver)
    alive = weakref.ref(receiver)
    del receiver
    gc.collect()

    assert alive() is None
    assert len(transform._dormant) <= before + 200


def test_references_whose_objects_go_without_notice_do_not_accumulate():
    def deaf(thing, callback=None):
        """Refer to something weakly, and tell nobody when it goes."""
        return weakref.ref(thing)

    gc.collect()
    before = len(transform._dormant)
    for _ in range(1000):
        receiver = Receiver()
        reference = qtinter.SemiWeakRef(receiver, deaf)
        del reference, receiver

    assert len(transform._dormant) <= 2 * before + 200


def test_references_whose_objects_are_there_are_kept_however_many_they_are():
    receivers = [Receiver() for _ in range(1000)]
    known = weakref.WeakSet()
    for receiver in receivers:
        known.add(qtinter.SemiWeakRef(receiver))

    assert len(known) == 1000


def test_an_object_without_weak_references_can_t_be_referred_to():
    with pytest.raises(TypeError):
        qtinter.SemiWeakRef(1)


# --- get_positional_parameter_count --------------------------------------------------------------


def with_keyword_only(a, *, flag=None):
    pass


@pytest.mark.parametrize(
    ("fn", "count"),
    [
        (lambda: None, 0),
        (lambda a, b: None, 2),
        (lambda a, b=None: None, 2),
        (lambda a, /, b: None, 2),
        (lambda *args: None, -1),
        (lambda a, *args: None, -1),
        (lambda a, **keywords: None, 1),
        (with_keyword_only, 1),
        (Receiver().slot, -1),
        (with_keyword_only.__get__(1), 0),
        (functools.partial(lambda a, b: None, 1), 1),
        (Receiver, 0),
        (iter, -1),  # has no signature
    ],
)
def test_positional_parameters_are_counted(fn, count):
    assert qtinter.get_positional_parameter_count(fn) == count


def test_a_keyword_only_parameter_without_default_is_a_type_error():
    def fn(*, flag):
        pass

    with pytest.raises(TypeError, match="'flag'"):
        qtinter.get_positional_parameter_count(fn)


def test_what_cannot_be_called_has_no_parameters():
    with pytest.raises(TypeError, match="argument 'fn'"):
        qtinter.get_positional_parameter_count(1)
