# SPDX-License-Identifier: BSD-3-Clause
"""The host in virtual time, and its report of a deadlock."""

from __future__ import annotations

import pytest

from qtinter.scheduler import Deadlock, Scheduler, State, VirtualClock, VirtualHost
from tests.scheduler.world import Handle, Timer


class Rig:
    """A scheduler under a host, and what happened."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.log: list[tuple[float, object]] = []
        self.scheduler = Scheduler(clock=self.clock, on_error=self.failed)
        self.host = VirtualHost(self.scheduler, self.clock)

    def failed(self, handle: Handle, exc: BaseException) -> None:
        self.log.append((self.clock(), exc))

    def note(self, text: object) -> None:
        self.log.append((self.clock(), text))

    def soon(self, callback: object) -> Handle:
        handle = Handle(callback if callable(callback) else lambda: self.note(callback))
        self.scheduler.ready.append(handle)
        return handle

    def at(self, when: float, callback: object) -> Timer:
        timer = Timer(when, callback if callable(callback) else lambda: self.note(callback))
        self.scheduler.timers.push(timer)
        return timer

    def stop(self) -> None:
        self.scheduler.stopping = True


def test_time_jumps_to_the_next_deadline() -> None:
    rig = Rig()
    rig.at(3600, "late")
    rig.at(0.125, "early")
    rig.host.run_until_idle()

    assert rig.log == [(0.125, "early"), (3600, "late")]


def test_time_stands_still_while_something_is_ready() -> None:
    rig = Rig()
    rig.at(1, "timer")
    rig.soon(lambda: rig.soon("second"))
    rig.host.run_until_idle()

    assert rig.log == [(0, "second"), (1, "timer")]


def test_a_run_ends_with_the_turn_in_which_a_stop_was_asked_for() -> None:
    rig = Rig()
    rig.soon(rig.stop)
    rig.soon(lambda: rig.soon("next turn"))
    rig.soon("this turn")
    rig.host.run()

    assert rig.log == [(0, "this turn")]
    assert not rig.scheduler.stopping
    rig.host.run_until_idle()
    assert rig.log == [(0, "this turn"), (0, "next turn")]


def test_a_pending_stop_lets_exactly_one_turn_run() -> None:
    rig = Rig()
    rig.soon(lambda: rig.soon("next turn"))
    rig.soon("this turn")
    rig.stop()
    rig.host.run()

    assert rig.log == [(0, "this turn")]
    assert not rig.scheduler.stopping


def test_a_pending_stop_does_not_let_time_pass() -> None:
    rig = Rig()
    rig.at(5, "timer")
    rig.stop()
    rig.host.run()

    assert rig.log == []
    assert rig.clock() == 0


def test_waiting_for_nothing_is_a_deadlock() -> None:
    rig = Rig()
    rig.soon("work")
    with pytest.raises(Deadlock, match="nothing is ready"):
        rig.host.run()

    assert rig.log == [(0, "work")]
    assert rig.host.lifecycle.state is State.STOPPED


def test_waiting_for_a_timer_that_never_comes_due_is_a_deadlock() -> None:
    rig = Rig()
    rig.at(float("inf"), "never")
    with pytest.raises(Deadlock):
        rig.host.run()


def test_waiting_for_a_cancelled_timer_is_a_deadlock() -> None:
    rig = Rig()
    rig.at(1, "never")._cancelled = True
    rig.scheduler.timers.cancelled += 1
    with pytest.raises(Deadlock):
        rig.host.run()

    assert rig.clock() == 0


def test_a_host_that_has_failed_can_run_again() -> None:
    rig = Rig()

    def leave() -> None:
        raise SystemExit(3)

    rig.soon(leave)
    rig.soon("left over")
    with pytest.raises(SystemExit):
        rig.host.run()
    assert rig.host.lifecycle.state is State.STOPPED
    rig.host.run_until_idle()

    assert rig.log == [(0, "left over")]


def test_a_wake_up_inside_a_callback_runs_nothing() -> None:
    rig = Rig()

    def nested() -> None:
        rig.host.wake()
        rig.note(rig.host.lifecycle.state)

    rig.soon(nested)
    rig.soon("next")
    rig.host.run_until_idle()

    assert rig.log == [(0, State.PROCESSING), (0, "next")]


def test_a_modal_call_runs_at_rest_right_after_its_callback() -> None:
    rig = Rig()
    rig.soon(lambda: rig.scheduler.modal.put(lambda: rig.note(rig.host.lifecycle.state)))
    rig.soon("next")
    rig.host.run_until_idle()

    assert rig.log == [(0, State.SELECTING), (0, "next")]


def test_the_loop_goes_on_inside_a_modal_call() -> None:
    rig = Rig()

    def dialog() -> None:
        rig.note("opened")
        rig.host.wake()
        rig.note("closed")

    rig.soon(lambda: rig.scheduler.modal.put(dialog))
    rig.soon("next")
    rig.host.run_until_idle()

    assert rig.log == [(0, "opened"), (0, "next"), (0, "closed")]


def test_a_stop_asked_for_in_a_modal_call_finishes_the_turn() -> None:
    rig = Rig()
    rig.soon(lambda: rig.scheduler.modal.put(rig.stop))
    rig.soon("this turn")
    rig.soon(lambda: rig.soon("next turn"))
    rig.host.run()

    assert rig.log == [(0, "this turn")]
