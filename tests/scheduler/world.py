# SPDX-License-Identifier: BSD-3-Clause
"""One program, two ways to run it: on the production scheduler, and on a plain model of it.

A *program* is a list of operations (call this soon, cancel that, wake up for so many callbacks) and
of callbacks that are programs themselves: a callback is a tuple of actions. :class:`World` runs it
on a scheduler under a :class:`~qtinter.scheduler.VirtualHost` and checks those invariants that can
be seen from one callback alone. ``model.Model`` runs it on lists, one callback at a time, without
any of the production code's shortcuts. Both write a log; ``model.compare`` wants the logs to be
equal after each operation, and so checks the rest: which callback, which slice, after which poll.

Actions, in callbacks and as operations alike:

    ("soon", node)           schedule a callback
    ("later", delay, node)   schedule a callback after a delay
    ("cancel", n)            cancel the handle number n (modulo how many there are)
    ("advance", seconds)     time goes by
    ("stop",)                ask for a stop
    ("modal", node)          ask for a modal call
    ("io", node)             something becomes readable; it stays so until its callback runs
    ("wake",)                what Qt does in a nested event loop: call in
    ("raise",)               fail with an ordinary exception
    ("exit",)                fail with SystemExit

Operations only:

    ("slice", chunk, budget) a wake-up; at most `chunk` callbacks between two looks at the clock
    ("turn",)                wait as long as allowed, then run one turn, as a native loop does
    ("resume",)              forget the stop, as the next run does
"""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable
from typing import Any

import qtinter.scheduler
from qtinter.scheduler import Event, State, VirtualClock

Node = tuple[Any, ...]
Action = tuple[Any, ...]
Program = list[Action]


class Handle:
    """As much of an asyncio handle as the scheduler knows."""

    def __init__(self, callback: Callable[..., object], name: object = None) -> None:
        self._callback: Callable[..., object] | None = callback
        self.name = name
        self._args: tuple[object, ...] = ()
        self._context = contextvars.copy_context()
        self._cancelled = False


class Timer(Handle):
    """As much of an asyncio timer handle as the scheduler knows."""

    def __init__(self, when: float, callback: Callable[[], object], name: object = None) -> None:
        super().__init__(callback, name)
        self._when = when
        self._scheduled = False


class Broken(Exception):
    """An invariant does not hold."""


def demand(fact: object, text: str) -> None:
    """Raise if something that must be true is not."""
    if not fact:
        raise Broken(text)


class OrdinaryError(Exception):
    """What a callback fails with."""


class World:
    """A program on the production scheduler (or on a mutant of it)."""

    def __init__(self, package: Any = qtinter.scheduler, *, observed: bool = False) -> None:
        self.clock = VirtualClock()
        self.scheduler = package.Scheduler(
            clock=self._look,
            on_error=self._failed,
            poll=self._poll,
            timers=package.TimerHeap(),
            modal=package.ModalSlot(),
            observe=self._observe if observed else None,
        )
        self.host = package.VirtualHost(self.scheduler, self.clock)
        self.host.lifecycle.fire(Event.START)
        self.handles: list[Handle] = []
        self.readable: list[tuple[str, Node]] = []
        self.log: list[tuple[Any, ...]] = []
        self._inside: list[str] = []
        self._looks = 0

    # What a program can do.

    def do(self, action: Action) -> None:
        getattr(self, f"do_{action[0]}")(*action[1:])

    def do_soon(self, node: Node) -> None:
        handle = Handle(self._runs(node), len(self.handles))
        handle._args = tuple(range(len(self.handles) % 3))
        self.handles.append(handle)
        self.scheduler.ready.append(handle)

    def do_later(self, delay: float, node: Node) -> None:
        when = self.clock() + delay
        timer = Timer(when, self._runs(node, when), len(self.handles))
        self.handles.append(timer)
        self.scheduler.timers.push(timer)
        self._demand_few_cancelled(1)

    def _demand_few_cancelled(self, new: int = 0) -> None:
        timers = self.scheduler.timers
        few = timers.cancelled <= 100 or timers.cancelled * 2 <= len(timers) - new
        demand(few, "cancelled timers pile up")

    def do_cancel(self, number: int) -> None:
        if not self.handles:
            return
        handle = self.handles[number % len(self.handles)]
        # As asyncio's handles do: the timer's count first, then the handle's own state.
        if not handle._cancelled and getattr(handle, "_scheduled", False):
            self.scheduler.timers.cancelled += 1
        handle._cancelled = True
        handle._callback = None

    def do_advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def do_stop(self) -> None:
        self.scheduler.stopping = True

    def do_modal(self, node: Node) -> None:
        name = f"modal {len(self.handles)}"
        self.handles.append(Handle(int))
        self.scheduler.modal.put(lambda: self._run_modal(name, node))

    def do_io(self, node: Node) -> None:
        self.readable.append((f"io {len(self.handles)}", node))
        self.handles.append(Handle(int))

    def do_wake(self) -> None:
        if self.host.lifecycle.state is State.PROCESSING:
            self.host.wake()
        else:
            self.do_slice(4, 0.0)

    def do_raise(self) -> None:
        raise OrdinaryError

    def do_exit(self) -> None:
        raise SystemExit

    def do_slice(self, chunk: int, budget: float) -> None:
        self.scheduler.chunk = chunk
        self.host.budget = budget
        self.host.wake()

    def do_turn(self) -> None:
        self.host.lifecycle.fire(Event.WAKE)
        try:
            self.scheduler.turn(self._wait)
            self._demand_few_cancelled()
        finally:
            self.host.lifecycle.fire(Event.YIELD)
        while self.scheduler.modal.calls:
            self.scheduler.modal.take()()

    def do_resume(self) -> None:
        self.scheduler.stopping = False

    # What the scheduler calls.

    def _look(self) -> float:
        self._looks += 1
        demand(self._looks < 3_000, "a slice that does not end")
        return self.clock()

    def _observe(self, handle: Handle) -> None:
        """Run a handle as debug mode does."""
        demand(not handle._cancelled, "I4: a cancelled handle was observed")
        try:
            handle._callback(*handle._args)
        except Exception as exc:
            self._failed(handle, exc)

    def _runs(self, node: Node, when: float | None = None) -> Callable[..., None]:
        number = len(self.handles)

        def callback(*args: object) -> None:
            handle = self.handles[number]
            demand(args == handle._args, "a callback got other arguments than its own")
            demand(self.host.lifecycle.state is State.PROCESSING, "I1: a callback outside a slice")
            demand(not self._inside or self._inside[-1] == "modal", "I5: a turn inside a turn")
            demand(not handle._cancelled, "I4: a cancelled handle was run")
            demand(when is None or self.clock() >= when, "I3: a timer ran early")
            self._enter("callback", number, node)

        return self._once(callback)

    @staticmethod
    def _once(callback: Callable[..., None]) -> Callable[..., None]:
        runs: list[None] = []

        def once(*args: object) -> None:
            demand(not runs, "I4: a handle was run twice")
            runs.append(None)
            callback(*args)

        return once

    def _enter(self, kind: str, name: object, node: Node) -> None:
        self.log.append(("run", name))
        self._inside.append(kind)
        try:
            for action in node:
                self.do(action)
        finally:
            self._inside.pop()

    def _run_modal(self, name: str, node: Node) -> None:
        demand(self.host.lifecycle.state is State.SELECTING, "I7: a modal call not at rest")
        try:
            self._enter("modal", name, node)
        except OrdinaryError:
            self.log.append(("failed", name))

    def _failed(self, handle: Any, exc: BaseException) -> None:
        if isinstance(exc, Broken):
            raise exc
        demand(isinstance(exc, OrdinaryError), f"a callback failed with {exc!r}")
        self.log.append(("failed", handle.name))

    def _poll(self) -> None:
        self.log.append(("poll",))
        for item in self.readable:
            self.scheduler.ready.append(Handle(self._reader(item), item[0]))

    def _reader(self, item: tuple[str, Node]) -> Callable[[], None]:
        def read() -> None:
            if item in self.readable:
                self.readable.remove(item)
                self._enter("callback", item[0], item[1])
            else:  # after an exit out of a turn, whose readers stay ready: as with asyncio
                self.log.append(("nothing to read", item[0]))

        return self._once(read)

    def _wait(self, timeout: float | None) -> None:
        self.log.append(("wait", timeout))
        if timeout and not self.readable:
            self.clock.advance(timeout)
        self._poll()

    def check(self) -> None:
        """Check what must be true between operations."""
        timers = self.scheduler.timers
        demand(
            timers.cancelled == sum(timer._cancelled for timer in timers),
            "the heap counts its cancelled timers wrongly",
        )
        demand(len(timers) == sum(1 for _ in timers), "the heap counts its timers wrongly")
        live = [timer._when for timer in timers if not timer._cancelled]
        demand(timers.earliest <= min(live, default=math.inf), "a deadline was overlooked")
        inside = {id(timer) for timer in timers}
        for handle in self.handles:
            demand(
                not isinstance(handle, Timer) or handle._scheduled == (id(handle) in inside),
                "a timer does not know whether it is in the heap",
            )
        demand(0 <= self.scheduler.generation <= len(self.scheduler.ready), "an impossible turn")
