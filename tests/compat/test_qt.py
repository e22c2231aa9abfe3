# SPDX-License-Identifier: BSD-3-Clause
"""The objects of Qt that the loop is made of."""

from __future__ import annotations

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
