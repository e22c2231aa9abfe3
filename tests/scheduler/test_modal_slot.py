# SPDX-License-Identifier: BSD-3-Clause
"""The queue of modal calls."""

from __future__ import annotations

import pytest

from qtinter.scheduler import ModalSlot


def test_calls_are_taken_in_the_order_of_putting() -> None:
    slot = ModalSlot()
    slot.put(int)
    slot.put(str)

    assert (slot.take(), slot.take()) == (int, str)


def test_taking_from_an_empty_queue_raises() -> None:
    with pytest.raises(IndexError):
        ModalSlot().take()


def test_an_exclusive_call_is_taken_if_none_is_waiting() -> None:
    slot = ModalSlot()
    slot.put(int, exclusive=True)

    assert slot.take() is int


def test_an_exclusive_call_is_refused_while_another_is_waiting_and_changes_nothing() -> None:
    slot = ModalSlot()
    slot.put(int)
    with pytest.raises(RuntimeError, match="already scheduled and pending"):
        slot.put(str, exclusive=True)

    assert list(slot.calls) == [int]


def test_other_calls_queue_up_behind_an_exclusive_one() -> None:
    slot = ModalSlot()
    slot.put(int, exclusive=True)
    slot.put(str)

    assert list(slot.calls) == [int, str]


def test_dropping_returns_what_was_waiting_and_keeps_the_queue_object() -> None:
    slot = ModalSlot()
    calls = slot.calls
    slot.put(int)
    slot.put(str)

    assert slot.drop() == [int, str]
    assert slot.calls is calls
    assert not calls
