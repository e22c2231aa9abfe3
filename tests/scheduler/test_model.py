# SPDX-License-Identifier: BSD-3-Clause
"""The scheduler against a plain model: fixed programs, then programs that Hypothesis makes up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qtinter.scheduler import Event, InvalidTransition, State
from tests.scheduler.model import Model, compare, drain, step
from tests.scheduler.programs import PROGRAMS
from tests.scheduler.strategies import delays, nodes
from tests.scheduler.world import World


@pytest.mark.parametrize("observed", [False, True], ids=["", "observed"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_scheduler_does_what_the_model_does(name: str, observed: bool) -> None:
    compare(PROGRAMS[name], observed=observed)


class SchedulerMachine(RuleBasedStateMachine):
    """Operations in any order, on both sides; the logs must stay equal (see `world.step`)."""

    @initialize(observed=st.booleans())
    def begin(self, observed: bool) -> None:
        self.world, self.model = World(observed=observed), Model(observed=observed)

    def do(self, *action: object) -> None:
        step(self.world, self.model, action)

    @rule(node=nodes)
    def call_soon(self, node: object) -> None:
        self.do("soon", node)

    @rule(delay=delays, node=nodes)
    def call_at(self, delay: float, node: object) -> None:
        self.do("later", delay, node)

    @rule(number=st.integers(0, 30))
    def cancel(self, number: int) -> None:
        self.do("cancel", number)

    @rule(seconds=delays)
    def advance(self, seconds: float) -> None:
        self.do("advance", seconds)

    @rule()
    def stop(self) -> None:
        self.do("stop")

    @precondition(lambda self: self.model.stopping)
    @rule()
    def resume(self) -> None:
        self.do("resume")

    @rule(node=nodes)
    def modal(self, node: object) -> None:
        self.do("modal", node)

    @rule(node=nodes)
    def become_readable(self, node: object) -> None:
        self.do("io", node)

    @rule(chunk=st.integers(1, 12), budget=st.sampled_from([0.0, 0.0, 1.0, 5.0]))
    def wake(self, chunk: int, budget: float) -> None:
        self.do("slice", chunk, budget)

    @rule()
    def turn(self) -> None:
        self.do("turn")

    @invariant()
    def is_at_rest(self) -> None:
        assert self.world.host.lifecycle.state is State.SELECTING

    def teardown(self) -> None:
        drain(self.world, self.model)
        lifecycle = self.world.host.lifecycle
        lifecycle.fire(Event.FINISH)
        lifecycle.fire(Event.CLOSE)
        for event in Event:  # I8
            with pytest.raises(InvalidTransition):
                lifecycle.fire(event)
        with pytest.raises(InvalidTransition):
            self.world.host.wake()


TestSchedulerMachine = SchedulerMachine.TestCase
TestSchedulerMachine.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None, derandomize=True
)


def test_the_made_up_programs_have_all_kinds_of_actions() -> None:
    seen = set()

    def look(node: object) -> None:
        for action in node:
            seen.add(action[0])
            look(next((each for each in action if isinstance(each, tuple)), ()))

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(nodes)
    def collect(node: object) -> None:
        look(node)

    collect()

    assert seen == {
        "soon",
        "later",
        "cancel",
        "advance",
        "stop",
        "modal",
        "io",
        "wake",
        "raise",
        "exit",
    }
