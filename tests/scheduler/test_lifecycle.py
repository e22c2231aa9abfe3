# SPDX-License-Identifier: BSD-3-Clause
"""The mode and state machine: every move, legal or not."""

from __future__ import annotations

import itertools

import pytest

from qtinter.scheduler import TRANSITIONS, Event, InvalidTransition, Lifecycle, QiLoopMode, State

HOSTED = {
    (State.STOPPED, Event.START): State.SELECTING,
    (State.STOPPED, Event.CLOSE): State.CLOSED,
    (State.SELECTING, Event.WAKE): State.PROCESSING,
    (State.SELECTING, Event.FINISH): State.STOPPED,
    (State.PROCESSING, Event.YIELD): State.SELECTING,
    (State.PROCESSING, Event.FINISH): State.STOPPED,
}
#: Written once more, so that a change of the table is a change of two files.
LEGAL = {
    QiLoopMode.OWNER: HOSTED,
    QiLoopMode.GUEST: HOSTED,
    QiLoopMode.NATIVE: {
        (State.STOPPED, Event.START): State.PROCESSING,
        (State.STOPPED, Event.CLOSE): State.CLOSED,
        (State.PROCESSING, Event.FINISH): State.STOPPED,
    },
}
EVERYTHING = list(itertools.product(QiLoopMode, State, Event))


@pytest.mark.parametrize(("mode", "state", "event"), EVERYTHING)
def test_every_event_in_every_mode_and_state(mode: QiLoopMode, state: State, event: Event) -> None:
    lifecycle = Lifecycle(mode, state)
    expected = LEGAL[mode].get((state, event))
    if expected is None:
        with pytest.raises(InvalidTransition) as caught:
            lifecycle.fire(event)
        assert lifecycle.state is state
        for word in (event.value, mode.name, state.name):
            assert word in str(caught.value)
    else:
        lifecycle.fire(event)
        assert lifecycle.state is expected
    assert lifecycle.mode is mode


def test_the_table_is_total_in_mode_and_state() -> None:
    assert set(TRANSITIONS) == set(QiLoopMode)
    assert all(set(table) == set(State) for table in TRANSITIONS.values())


def test_nothing_leads_out_of_closed() -> None:
    assert all(table[State.CLOSED] == {} for table in TRANSITIONS.values())


def test_a_new_loop_is_stopped_and_owns_qt() -> None:
    lifecycle = Lifecycle()

    assert (lifecycle.mode, lifecycle.state) == (QiLoopMode.OWNER, State.STOPPED)


@pytest.mark.parametrize("state", State)
def test_running_means_selecting_or_processing(state: State) -> None:
    running = state in (State.SELECTING, State.PROCESSING)

    assert Lifecycle(state=state).running is running


def test_an_illegal_event_is_a_runtime_error_without_a_cause() -> None:
    with pytest.raises(RuntimeError) as caught:
        Lifecycle().fire(Event.WAKE)

    assert caught.value.__suppress_context__


@pytest.mark.parametrize(("before", "after"), list(itertools.product(QiLoopMode, repeat=2)))
def test_the_mode_of_a_stopped_loop_can_be_set(before: QiLoopMode, after: QiLoopMode) -> None:
    lifecycle = Lifecycle(before)
    lifecycle.set_mode(after, stopping=False)

    assert (lifecycle.mode, lifecycle.state) == (after, State.STOPPED)


@pytest.mark.parametrize("mode", QiLoopMode)
@pytest.mark.parametrize("state", [State.SELECTING, State.PROCESSING, State.CLOSED])
def test_the_mode_of_any_other_loop_cannot(state: State, mode: QiLoopMode) -> None:
    lifecycle = Lifecycle(QiLoopMode.GUEST, state)
    with pytest.raises(InvalidTransition) as caught:
        lifecycle.set_mode(mode, stopping=False)

    assert (lifecycle.mode, lifecycle.state) == (QiLoopMode.GUEST, state)
    for word in (f"set_mode({mode.name})", "GUEST", state.name):
        assert word in str(caught.value)


@pytest.mark.parametrize("mode", QiLoopMode)
def test_the_mode_cannot_be_set_while_a_stop_is_pending(mode: QiLoopMode) -> None:
    lifecycle = Lifecycle()
    with pytest.raises(InvalidTransition, match=rf"set_mode\({mode.name}\).*pending.*OWNER"):
        lifecycle.set_mode(mode, stopping=True)

    assert lifecycle.mode is QiLoopMode.OWNER


@pytest.mark.parametrize("mode", ["OWNER", None, 1, State.STOPPED])
def test_what_is_no_mode_is_refused(mode: object) -> None:
    lifecycle = Lifecycle()
    with pytest.raises(TypeError, match="argument 'mode'"):
        lifecycle.set_mode(mode, stopping=False)

    assert lifecycle.mode is QiLoopMode.OWNER
