# SPDX-License-Identifier: BSD-3-Clause
"""The virtual clock."""

from __future__ import annotations

import math

import pytest

from qtinter.scheduler import VirtualClock


def test_it_stands_still() -> None:
    clock = VirtualClock()

    assert [clock(), clock()] == [0.0, 0.0]


def test_it_starts_where_it_is_told() -> None:
    assert VirtualClock(7.5)() == 7.5


def test_it_advances_by_exactly_what_it_is_told() -> None:
    clock = VirtualClock(1.0)
    clock.advance(0.0)
    clock.advance(0.25)

    assert clock() == 1.25


@pytest.mark.parametrize("seconds", [-1.0, -math.inf, math.inf, math.nan])
def test_a_step_that_is_not_a_length_of_time_is_refused_and_changes_nothing(seconds: float) -> None:
    clock = VirtualClock(1.0)
    with pytest.raises(ValueError, match=r"advance\(\) needs"):
        clock.advance(seconds)

    assert clock() == 1.0


def test_it_advances_to_a_point_in_time() -> None:
    clock = VirtualClock()
    clock.advance_to(3.3)

    assert clock() == 3.3


def test_it_never_goes_backwards() -> None:
    clock = VirtualClock(5.0)
    clock.advance_to(4.0)

    assert clock() == 5.0


@pytest.mark.parametrize("when", [-math.inf, math.inf, math.nan])
def test_a_point_that_is_not_in_time_is_refused_and_changes_nothing(when: float) -> None:
    clock = VirtualClock(1.0)
    with pytest.raises(ValueError, match=r"advance_to\(\) needs"):
        clock.advance_to(when)

    assert clock() == 1.0
