# SPDX-License-Identifier: BSD-3-Clause
"""The plain model of the scheduler, and its comparison with the real one; see ``world.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

import qtinter.scheduler
from qtinter.scheduler.scheduler import MAX_CHUNK, POLL_INTERVAL
from tests.scheduler.world import Action, Node, OrdinaryError, Program, World, demand


@attrs.define(eq=False)
class Entry:
    """A scheduled callback of the model."""

    name: object
    node: Node
    when: float | None = None
    cancelled: bool = False
    item: tuple[str, Node] | None = None


class Model:
    """The same program on lists, a callback at a time."""

    def __init__(self, *, observed: bool = False) -> None:
        self.observed = observed
        self.now = 0.0
        self.queue: list[Entry] = []
        self.waiting: list[Entry] = []
        self.modals: list[tuple[str, Node]] = []
        self.readable: list[tuple[str, Node]] = []
        self.entries: list[Entry] = []
        self.rest_of_turn = 0
        self.stopping = False
        self.processing = False
        self.log: list[tuple[Any, ...]] = []
        self.chunk = 0

    def do(self, action: Action) -> None:
        getattr(self, f"do_{action[0]}")(*action[1:])

    def do_soon(self, node: Node) -> None:
        entry = Entry(len(self.entries), node)
        self.entries.append(entry)
        self.queue.append(entry)

    def do_later(self, delay: float, node: Node) -> None:
        entry = Entry(len(self.entries), node, when=self.now + delay)
        self.entries.append(entry)
        self.waiting.append(entry)
        self.waiting.sort(key=lambda each: each.when)  # stable: equal deadlines stay in order

    def do_cancel(self, number: int) -> None:
        if self.entries:
            self.entries[number % len(self.entries)].cancelled = True

    def do_advance(self, seconds: float) -> None:
        self.now += seconds

    def do_stop(self) -> None:
        self.stopping = True

    def do_modal(self, node: Node) -> None:
        self.modals.append((f"modal {len(self.entries)}", node))
        self.entries.append(Entry(None, ()))

    def do_io(self, node: Node) -> None:
        self.readable.append((f"io {len(self.entries)}", node))
        self.entries.append(Entry(None, ()))

    def do_raise(self) -> None:
        raise OrdinaryError

    def do_exit(self) -> None:
        raise SystemExit

    def do_resume(self) -> None:
        self.stopping = False

    def do_slice(self, chunk: int, budget: float) -> None:
        self._process(lambda: self._slices(chunk, budget))

    def do_wake(self) -> None:
        if not self.processing:  # I5
            self.do_slice(4, 0.0)

    def do_turn(self) -> None:
        self._process(self._turn)

    def _process(self, run: Callable[[], None]) -> None:
        self.processing = True
        try:
            run()
        except SystemExit:
            self.rest_of_turn = 0
            raise
        finally:
            self.processing = False
        while self.modals:
            self._run_modal(*self.modals.pop(0))

    def _run_modal(self, name: str, node: Node) -> None:
        try:
            self._run(name, node)
        except OrdinaryError:
            self.log.append(("failed", name))

    def _slices(self, chunk: int, budget: float) -> None:
        end = self.now + budget
        self.chunk = chunk
        chunk = 1 if self.observed else chunk
        poll_due = self.now
        while not self.modals:
            reading = self.now
            if not self.rest_of_turn:
                polls = reading >= poll_due or not self.queue
                if polls:
                    poll_due = reading + POLL_INTERVAL
                self._begin_turn(reading, polls=polls)
            if not self.rest_of_turn:
                return
            left = self._run_chunk(chunk, reading)
            if self.observed:
                pass
            elif self.now > reading:
                chunk = 1
            elif not left and chunk < MAX_CHUNK:
                chunk *= 2
            if not self.observed:
                self.chunk = chunk
            if self.now >= end or (self.stopping and not self.rest_of_turn):
                return

    def _run_chunk(self, left: int, reading: float) -> int:
        """Run at most so many callbacks; return how many it could have been in addition."""
        while left:
            self._run_next()
            left -= 1
            if self.modals:
                break
            if not self.rest_of_turn:
                due = bool(self.waiting) and self.waiting[0].when <= reading
                if self.stopping or due or len(self.queue) > left:
                    break
                self.rest_of_turn = len(self.queue)
                if not self.rest_of_turn:
                    break
        return left

    def _turn(self) -> None:
        if not self.rest_of_turn:
            timeout = self.timeout()
            self.log.append(("wait", timeout))
            if timeout and not self.readable:
                self.now += timeout
            self._begin_turn(self.now)
        while self.rest_of_turn and not self.modals:
            self._run_next()

    def timeout(self) -> float | None:
        if self.queue or self.stopping or self.modals:
            return 0.0
        while self.waiting and self.waiting[0].cancelled:
            self.waiting.pop(0)
        return max(0.0, self.waiting[0].when - self.now) if self.waiting else None

    def _begin_turn(self, reading: float, *, polls: bool = True) -> None:
        if polls:
            self.log.append(("poll",))
            self.queue += [Entry(item[0], item[1], item=item) for item in self.readable]
        while self.waiting and (self.waiting[0].cancelled or self.waiting[0].when <= reading):
            entry = self.waiting.pop(0)
            if not entry.cancelled:
                self.queue.append(entry)
        self.rest_of_turn = len(self.queue)

    def _run_next(self) -> None:
        entry = self.queue.pop(0)
        self.rest_of_turn -= 1
        if entry.cancelled:
            return
        if entry.item is not None:
            if entry.item not in self.readable:
                self.log.append(("nothing to read", entry.name))
                return
            self.readable.remove(entry.item)
        try:
            self._run(entry.name, entry.node)
        except OrdinaryError:
            self.log.append(("failed", entry.name))

    def _run(self, name: object, node: Node) -> None:
        self.log.append(("run", name))
        for action in node:
            self.do(action)


def step(world: World, model: Model, action: Action) -> None:
    """Do one operation on both and demand the same outcome."""
    outcomes = []
    for side in (world, model):
        try:
            side.do(action)
        except SystemExit:
            outcomes.append("exit")
        else:
            outcomes.append("done")
    demand(outcomes[0] == outcomes[1], f"{action}: {outcomes[0]} instead of {outcomes[1]}")
    demand(world.log == model.log, f"{action}: {world.log} instead of {model.log}")
    world.check()
    scheduler = world.scheduler
    if action[0] == "slice" and outcomes[1] == "done":
        demand(scheduler.chunk == model.chunk, f"{action}: the chunk is {scheduler.chunk} now")
    expected = model.timeout()
    found = scheduler.timeout()
    demand(found == expected, f"I6: after {action} the host would wait {found}, not {expected}")
    demand(
        scheduler.finished == (model.stopping and not model.rest_of_turn),
        f"after {action} finished is {scheduler.finished}",
    )


def compare(program: Program, package: Any = qtinter.scheduler, *, observed: bool = False) -> World:
    """Run a program on both, and then until nothing is left to do."""
    world, model = World(package, observed=observed), Model(observed=observed)
    for action in program:
        step(world, model, action)
    drain(world, model)
    return world


def drain(world: World, model: Model) -> None:
    """Let both finish what was begun."""
    step(world, model, ("resume",))
    for _ in range(500):
        if model.timeout() is None and not model.readable:
            break
        step(world, model, ("turn",))
        step(world, model, ("resume",))
    demand(not world.scheduler.ready, "something was left")
    demand(not len(world.scheduler.timers), "a timer was left")
    demand(not world.scheduler.modal.calls, "a modal call was left")
