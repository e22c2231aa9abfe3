# SPDX-License-Identifier: BSD-3-Clause
"""What differs between bindings, as qtinter's compat layer takes it to be.

Each test states a fact that some code in `qtinter.compat` is there for. If one fails with a new
release of a binding, the code may have become wrong, or unnecessary.
"""

from __future__ import annotations

import gc
import threading
import types
import weakref

import pytest


@pytest.fixture(scope="module")
def facts(qapp):
    """Return the binding under test in one spelling."""
    from qtinter.bindings import QtCore, QtWidgets
    from qtinter.compat.bindings import binding

    known = binding()
    Signal = QtCore.pyqtSignal if known.is_pyqt else QtCore.Signal

    class Sender(QtCore.QObject):
        number = Signal(int)
        pair = Signal(int, str)

        def count(self):
            return self.receivers(self.number if known.is_pyqt else "2number(int)")

    return types.SimpleNamespace(
        name=known.name,
        is_pyqt=known.is_pyqt,
        version=tuple(map(int, QtCore.qVersion().split(".")[:2])),
        QtCore=QtCore,
        QtWidgets=QtWidgets,
        Sender=Sender,
        Slot=QtCore.pyqtSlot if known.is_pyqt else QtCore.Slot,
        app=qapp,
    )


@pytest.fixture
def sender(facts):
    return facts.Sender()


# --- compat.listener -----------------------------------------------------------------------------


def test_pyqt_names_the_types_of_a_bound_signal(facts, sender):
    signature = getattr(sender.pair, "signal", None)

    assert signature == ("2pair(int,QString)" if facts.is_pyqt else None)


def test_connect_returns_a_connection_but_on_pyside2_a_bool(facts, sender):
    link = sender.number.connect(lambda: None)

    is_link = isinstance(link, facts.QtCore.QMetaObject.Connection)
    assert is_link == (facts.name != "PySide2")
    assert (link is True) == (facts.name == "PySide2")


def test_a_connection_ends_another_by_itself(facts, sender):
    if facts.name == "PySide2":
        pytest.skip("PySide2 returns no connection")
    link = sender.number.connect(lambda: None)
    facts.QtCore.QObject.disconnect(link)

    assert sender.count() == 0


def test_a_connection_whose_sender_is_gone_is_ended_without_complaint(facts):
    if facts.name == "PySide2":
        pytest.skip("PySide2 returns no connection")
    sender = facts.Sender()
    link = sender.number.connect(lambda: None)
    del sender
    gc.collect()

    assert not facts.QtCore.QObject.disconnect(link)


def test_a_slot_decorated_with_the_signal_s_types_leaves_no_record(facts, sender):
    types_ = ["int"] if facts.is_pyqt else []

    class Receiver(facts.QtCore.QObject):
        @facts.Slot(*types_)
        def on(self, *args):
            pass

    receiver = Receiver()
    sender.number.connect(receiver.on)
    during = sender.count()
    del receiver

    assert (during, sender.count()) == (1, 0)


def test_an_undecorated_slot_leaves_a_record_on_pyqt(facts, sender):
    class Receiver(facts.QtCore.QObject):
        def on(self, *args):
            pass

    receiver = Receiver()
    sender.number.connect(receiver.on)
    del receiver
    gc.collect()

    assert sender.count() == (1 if facts.is_pyqt else 0)


def test_a_slot_decorated_without_types_gets_no_arguments_on_pyqt(facts, sender):
    received = []

    class Receiver(facts.QtCore.QObject):
        @facts.Slot()
        def on(self, *args):
            received.append(args)

    receiver = Receiver()
    sender.number.connect(receiver.on)
    sender.number.emit(1)

    assert received == [() if facts.is_pyqt else (1,)]


def every_signal(facts):
    """Yield the signatures of all signals of three modules, on PyQt."""
    from qtinter.bindings import QtGui, QtNetwork

    for module in (facts.QtCore, QtGui, facts.QtWidgets, QtNetwork):
        for cls in vars(module).values():
            if isinstance(cls, type) and issubclass(cls, facts.QtCore.QObject):
                for attribute in vars(cls).values():
                    if type(attribute).__name__ == "pyqtSignal":
                        yield from attribute.signatures


def test_nearly_every_signal_can_be_declared_for_a_slot(facts):
    if not facts.is_pyqt:
        pytest.skip("PySide's slots need no types")
    from qtinter.compat.listener import split_types

    refused = []
    signatures = set(every_signal(facts))
    for signature in signatures:
        declared = split_types(signature[signature.index("(") + 1 : -1])
        try:
            facts.Slot(*declared)(lambda self: None)
        except TypeError:
            refused.append(signature)
    assert len(signatures) > 350
    # Types that C++ can read only inside the class that declares them.
    assert set(refused) <= {
        "blurHintsChanged(BlurHints)",
        "typeChanged(Type)",
        "reachabilityChanged(Reachability)",  # PyQt6 6.2
    }


def test_posted_python_events_come_back_as_the_same_object(facts):
    received = []

    class Event(facts.QtCore.QEvent):
        pass

    class Receiver(facts.QtCore.QObject):
        def customEvent(self, event):
            received.append(event.payload)

    receiver = Receiver()
    event = Event(facts.QtCore.QEvent.Type.User)
    event.payload = payload = object()
    facts.QtCore.QCoreApplication.postEvent(receiver, event)
    del event
    gc.collect()
    facts.QtCore.QCoreApplication.sendPostedEvents(receiver, 0)

    assert received == [payload]


# --- compat.receivers ----------------------------------------------------------------------------


def wrapped(facts, sender, *, published):
    """Connect a bound method that the receiver's class does not have, or has under its name."""
    seen = []

    class Receiver(facts.QtCore.QObject):
        pass

    def wrapper(self, number):
        seen.append(self.sender() is sender)

    wrapper.__name__ = "wrapper"
    if published:
        Receiver.wrapper = wrapper
    receiver = Receiver()
    sender.number.connect(types.MethodType(wrapper, receiver))
    sender.number.emit(1)
    return seen


def test_pyqt_tells_the_sender_to_any_bound_method_of_the_receiver(facts, sender):
    assert wrapped(facts, sender, published=False) == [facts.is_pyqt]


def test_every_binding_tells_the_sender_to_a_method_that_the_class_has(facts, sender):
    assert wrapped(facts, sender, published=True) == [True]


def test_pyqt_calls_a_decorated_method_by_its_name(facts, sender):
    """A wrapper must not carry the decoration of what it wraps."""
    called = []

    class Receiver(facts.QtCore.QObject):
        @facts.Slot(int)
        def on(self, number):
            called.append("method")

    def wrapper(self, number):
        called.append("wrapper")

    wrapper.__name__ = "on"
    wrapper.__dict__.update(Receiver.on.__dict__)
    receiver = Receiver()
    sender.number.connect(types.MethodType(wrapper, receiver))
    sender.number.emit(1)

    assert called == ["method" if facts.is_pyqt else "wrapper"]


def test_qt5_bindings_do_not_keep_the_function_of_a_bound_method(facts, sender):
    receiver = facts.QtCore.QObject()

    def connect():
        def function(self, number):
            pass

        sender.number.connect(types.MethodType(function, receiver))
        return weakref.ref(function)

    alive = connect()
    gc.collect()

    if facts.name == "PyQt6" and facts.version < (6, 11):
        pytest.skip("PyQt6 6.2 doesn't keep it, 6.11 does; between them it has not been tried")
    assert (alive() is None) == (facts.version < (6, 0))


PLAIN_RECEIVER_GONE = """
import gc, sys
from qtinter.bindings import QtCore
Signal = getattr(QtCore, "Signal", None) or QtCore.pyqtSignal
app = QtCore.QCoreApplication([])
class Sender(QtCore.QObject):
    number = Signal(int)
class Plain:
    def on(self, number):
        print("called", flush=True)
sender, receiver = Sender(), Plain()
sender.number.connect(receiver.on, QtCore.Qt.ConnectionType.QueuedConnection)
sender.number.emit(1)
del receiver
app.processEvents()
"""


def test_pyside6_calls_a_plain_receiver_that_is_gone(facts):
    from tests.tools.child import run_child

    child = run_child(PLAIN_RECEIVER_GONE)

    # 6.3 doesn't, 6.8 does; and since its memory is freed, it may crash instead.
    misbehaves = "called" in child.stdout or child.returncode != 0
    assert misbehaves == (facts.name == "PySide6" and facts.version >= (6, 8))


@pytest.mark.parametrize("kind", ["function", "plain", "qobject"])
def test_pyside6_runs_what_is_no_qobject_s_in_the_sender_s_thread(facts, sender, kind):
    ran = []
    ready, done = threading.Event(), threading.Event()

    def note(number=None):
        ran.append(threading.current_thread().name)
        done.set()

    class Plain:
        def on(self, number):
            note()

    class Receiver(facts.QtCore.QObject):
        def on(self, number):
            note()

    def work():
        receiver = {"function": object, "plain": Plain, "qobject": Receiver}[kind]()
        loop = facts.QtCore.QEventLoop()
        sender.number.connect(note if kind == "function" else receiver.on)
        ready.set()
        while not done.is_set():
            loop.processEvents()

    worker = threading.Thread(target=work, name="worker")
    worker.start()
    assert ready.wait(10)
    sender.number.emit(1)
    assert done.wait(10)
    worker.join()

    # 6.3 doesn't, 6.8 does.
    moved = facts.name == "PySide6" and facts.version >= (6, 8) and kind != "qobject"
    assert ran == [threading.current_thread().name if moved else "worker"]


# --- compat.shape --------------------------------------------------------------------------------


def test_pyside_chooses_the_overload_by_the_slot_s_parameters(facts):
    received = []
    button = facts.QtWidgets.QPushButton()
    button.clicked.connect(lambda *args: received.append(args))
    button.clicked.connect(lambda checked: received.append((checked,)))
    button.click()

    assert received == [(False,) if facts.is_pyqt else (), (False,)]


def test_pyqt_cuts_arguments_to_the_declared_types(facts, sender):
    received = []

    class Receiver(facts.QtCore.QObject):
        @facts.Slot(int)
        def on(self, *args):
            received.append(args)

    receiver = Receiver()
    sender.pair.connect(receiver.on)
    sender.pair.emit(1, "one")

    assert received == [(1,) if facts.is_pyqt else (1, "one")]


def test_decorators_mark_a_function_by_an_attribute(facts):
    from qtinter.compat.shape import DECORATIONS

    @facts.Slot(int)
    def on(self, number):
        pass

    assert [name for name in DECORATIONS if name in vars(on)] == [
        "__pyqtSignature__" if facts.is_pyqt else "_slots"
    ]


# --- compat.arguments ----------------------------------------------------------------------------


def selection(facts):
    """Return the argument of a signal that passes a QItemSelection, while it is emitted."""
    view = facts.QtWidgets.QListWidget()
    view.addItems(["a", "b"])
    facts_of = []

    def on(selected, deselected):
        facts_of.append(describe(facts, selected))

    view.selectionModel().selectionChanged.connect(on)
    view.setCurrentRow(1)
    return facts_of[0]


def describe(facts, value):
    from qtinter.compat.bindings import binding

    if not facts.is_pyqt:
        return None
    sip = binding().module("sip")
    return {
        "owned": sip.ispyowned(value),
        "copied by QVariant": facts.QtCore.QVariant(value).value() is not value,
    }


def test_pyqt_passes_a_selection_that_python_does_not_own(facts):
    if not facts.is_pyqt:
        pytest.skip("PySide always passes objects of Python's own")

    assert selection(facts) == {"owned": False, "copied by QVariant": False}


def test_pyqt_passes_a_model_index_that_python_owns(facts):
    if not facts.is_pyqt:
        pytest.skip("PySide always passes objects of Python's own")
    view = facts.QtWidgets.QListWidget()
    view.addItem("a")
    owned = []
    view.model().dataChanged.connect(lambda *args: owned.append(describe(facts, args[0])["owned"]))
    view.item(0).setText("b")

    assert owned == [True]
