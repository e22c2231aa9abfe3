# SPDX-License-Identifier: BSD-3-Clause
"""The objects of Qt that the loop is made of."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from qtinter.compat import qt


def test_a_posted_call_is_made_once_and_by_the_event_loop(qapp):
    calls = []
    receiver = qt.post_call(lambda: calls.append(1))
    before = list(calls)
    qapp.processEvents()
    qapp.processEvents()
    del receiver

    assert (before, calls) == ([], [1])


def test_other_events_make_no_posted_call(qapp):
    calls = []
    receiver = qt.post_call(lambda: calls.append(1))
    receiver.setProperty("colour", "red")  # Qt sends it an event for that

    assert calls == []
    assert receiver.property("colour") == "red"


def test_only_one_thread_at_a_time_has_a_binding_fill_its_classes_in(monkeypatch):
    at_once = []
    inside = threading.Semaphore(1)
    others = threading.Event()

    class Lazy:
        """A class of a binding that notices when two threads look at it at the same moment."""

        @property
        def TimerType(self):  # noqa: N802 - the binding's name
            alone = inside.acquire(blocking=False)
            at_once.append(not alone)
            others.wait(0.1)
            if alone:
                inside.release()
            return SimpleNamespace(PreciseTimer="precise")

    core = SimpleNamespace(
        Qt=Lazy(), QSocketNotifier=SimpleNamespace(Type=SimpleNamespace(Read="read", Write="write"))
    )
    monkeypatch.setattr(qt, "binding", lambda: SimpleNamespace(QtCore=core))
    qt._constants.cache_clear()
    try:
        threads = [threading.Thread(target=qt._constants) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = qt._constants()
    finally:
        qt._constants.cache_clear()

    assert found == ("precise", "read", "write")
    assert not any(at_once)
