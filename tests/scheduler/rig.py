# SPDX-License-Identifier: BSD-3-Clause
"""A scheduler on a clock of the test's, which notes what happens."""

from __future__ import annotations

from collections.abc import Callable

from qtinter.scheduler import Scheduler, VirtualClock
from tests.scheduler.world import Handle, Timer


class Rig:
    """A scheduler, and what happened."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.log: list[object] = []
        self.errors: list[tuple[Handle, BaseException]] = []
        self.scheduler = Scheduler(
            clock=self.clock,
            on_error=lambda handle, exc: self.errors.append((handle, exc)),
            poll=lambda: self.log.append("poll"),
        )

    def soon(self, *todo: Callable[[], object] | str, advance: float = 0.0) -> Handle:
        """Schedule a callback that takes some time and notes or does each of these."""

        def callback() -> None:
            self.clock.advance(advance)
            for each in todo:
                if isinstance(each, str):
                    self.log.append(each)
                else:
                    each()

        handle = Handle(callback)
        self.scheduler.ready.append(handle)
        return handle

    def at(self, when: float, text: str) -> Timer:
        timer = Timer(when, lambda: self.log.append(text))
        self.scheduler.timers.push(timer)
        return timer

    def chain(self, text: str = "step", *, advance: float = 0.0) -> None:
        """Schedule a callback that schedules itself for ever."""
        self.soon(text, lambda: self.chain(text, advance=advance), advance=advance)

    def slice(self, chunk: int, budget: float = 0.0) -> list[object]:
        """Run a slice; return what happened in it."""
        self.scheduler.chunk = chunk
        before = len(self.log)
        self.scheduler.slice(budget)
        return self.log[before:]

    def stop(self) -> None:
        self.scheduler.stopping = True


def wait_for(rig: Rig) -> Callable[[float | None], None]:
    def wait(timeout: float | None) -> None:
        rig.log.append(("wait", timeout))
        rig.clock.advance(timeout or 0)

    return wait
