# SPDX-License-Identifier: BSD-3-Clause
"""The same program on asyncio's own ``_run_once`` and on ours: the callbacks run in the same order.

Both loops get the same fake world: a clock that moves only when somebody waits or a callback takes
time, and a selector in which things become readable and stay so until they are read. asyncio runs
turn by turn; ours runs in slices of every length. Deadlines are distinct, since asyncio does not
order equal ones.

With slices of one callback, polls fall on the same boundaries, so the traces are equal. A longer
slice may begin a turn without a poll, so there the comparison is between programs in which nothing
depends on when the world is looked at; what holds for all is checked by itself.
"""

from __future__ import annotations

import asyncio
import collections
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qtinter.loop.core import SchedulerLoop
from tests.scheduler.programs import chain, later, readable, soon
from tests.scheduler.strategies import advance, delays, leave, trees

Trace = list[tuple[Any, ...]]


class FakeSelector:
    """A selector in which what a program wants to be readable is so."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        self.readable: list[tuple[str, Any]] = []

    def select(self, timeout: float | None) -> list[tuple[str, Any]]:
        if not self.readable and timeout:
            self.loop.now += timeout
        return list(self.readable)


class FakeWorld(asyncio.BaseEventLoop):
    """What both loops have in common: the fakes, and the language of the programs."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = FakeSelector(self)
        self.trace: Trace = []
        self.order: list[int] = []
        self.handles: list[asyncio.Handle] = []
        self.taken: set[float] = set()
        self.set_exception_handler(lambda _, context: self.trace.append(("failed",)))

    def time(self) -> float:
        return self.now

    def _process_events(self, event_list: Any) -> None:
        for item in event_list:
            self._ready.append(asyncio.Handle(self.read, (item,), self, None))

    def read(self, item: tuple[str, Any]) -> None:
        if item not in self._selector.readable:
            self.trace.append(("nothing to read", item[0]))
            return
        self._selector.readable.remove(item)
        self.run_node(item[0], item[1])

    def run_node(self, name: object, node: Any) -> None:
        self.trace.append(("run", name))
        for action in node:
            getattr(self, f"do_{action[0]}")(*action[1:])

    def do_soon(self, node: Any) -> None:
        self.handles.append(self.call_soon(self.run_node, len(self.handles), node))

    def do_later(self, delay: float, node: Any) -> None:
        when = self.now + delay
        while when in self.taken:
            when -= 2**-20  # earlier, so that a delay of 0 is due at once
        self.taken.add(when)
        self.handles.append(self.call_at(when, self.run_node, len(self.handles), node))

    def do_cancel(self, number: int) -> None:
        if self.handles:
            self.handles[number % len(self.handles)].cancel()

    def do_io(self, node: Any) -> None:
        self._selector.readable.append((f"io {len(self.handles)}", node))
        self.handles.append(asyncio.Handle(int, (), self, None))

    def do_advance(self, seconds: float) -> None:
        self.now += seconds

    def do_stop(self) -> None:
        self.stop()

    def do_raise(self) -> None:
        raise ValueError

    def do_exit(self) -> None:
        raise SystemExit

    def is_idle(self) -> bool:
        live = any(not timer._cancelled for timer in self._scheduled)
        return not (self._ready or live or self._selector.readable)

    def run_all(self, chunks: list[int]) -> Trace:
        """Run to the end of each stop, again and again, until nothing is left."""
        for _ in range(1000):
            self.trace.append(("begin",))
            try:
                self.run_to_a_stop(chunks)
            except SystemExit:
                self.trace.append(("exit",))
            self.trace.append(("end", self.now))
            if self.is_idle():
                return self.trace
        raise AssertionError("a program without an end")

    def run_to_a_stop(self, chunks: list[int]) -> None:
        raise NotImplementedError

    def run_turn(self, chunks: list[int]) -> None:
        raise NotImplementedError


class StockLoop(FakeWorld):
    """asyncio's own."""

    def run_to_a_stop(self, chunks: list[int]) -> None:
        self._stopping = False
        while not (self._stopping or self.is_idle()):
            self._run_once()

    def run_turn(self, chunks: list[int]) -> None:
        self._run_once()


class OurLoop(FakeWorld, SchedulerLoop):
    """Ours, run as Qt would: a wake-up, a slice, and on to the next deadline."""

    def run_to_a_stop(self, chunks: list[int]) -> None:
        scheduler = self._scheduler
        scheduler.stopping = False
        scheduler.generation = 0
        lengths = collections.deque(chunks)
        while not (scheduler.finished or self.is_idle()):
            if scheduler.timeout() and not self._selector.readable:
                self.now += scheduler.timeout()
            scheduler.chunk = lengths[0]
            lengths.rotate(-1)
            scheduler.slice(0.0)

    def run_turn(self, chunks: list[int]) -> None:
        scheduler = self._scheduler
        lengths = collections.deque(chunks)
        scheduler.slice(0.0)
        while not scheduler.finished:
            scheduler.chunk = lengths[0]
            lengths.rotate(-1)
            scheduler.slice(0.0)


class OurNativeLoop(FakeWorld, SchedulerLoop):
    """Ours, waiting by itself."""

    def run_to_a_stop(self, chunks: list[int]) -> None:
        self._stopping = False
        while not (self._stopping or self.is_idle()):
            self._run_once()


def start(loop: FakeWorld, program: Any) -> None:
    for action in program:
        getattr(loop, f"do_{action[0]}")(*action[1:])


def trace(kind: type[FakeWorld], program: Any, chunks: list[int]) -> Trace:
    """Run a program on a new loop."""
    loop = kind()
    try:
        start(loop, program)
        return loop.run_all(chunks)
    finally:
        loop.close()


def programs(nodes: st.SearchStrategy) -> st.SearchStrategy:
    """What a program does before its loop runs."""
    first = st.one_of(
        st.tuples(st.just("soon"), nodes),
        st.tuples(st.just("later"), delays, nodes),
        st.tuples(st.just("io"), nodes),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
    )
    return st.lists(first, max_size=6)


chunk_lists = st.lists(st.integers(1, 9), min_size=1, max_size=5)

#: Callbacks for which it does not matter when the world is looked at: time stands still.
timeless = st.recursive(
    st.just(()),
    lambda children: st.lists(
        st.one_of(
            st.tuples(st.just("soon"), children),
            st.tuples(st.just("later"), delays, children),
            st.tuples(st.just("cancel"), st.integers(0, 30)),
            st.just(("stop",)),
            st.just(("raise",)),
            st.just(("exit",)),
        ),
        max_size=4,
    ).map(tuple),
    max_leaves=8,
)

RUN = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.mark.parametrize("ours", [OurLoop, OurNativeLoop])
@RUN
@given(program=programs(trees(advance, leave)))
@example([soon(("stop",)), soon(), readable(soon()), later(1), later(1, ("cancel", 1))])
@example([chain(5), later(0), later(0), readable(readable())])
@example([soon(("advance", 1)), soon(("exit",)), soon(), later(0.5), later(1)])
def test_callbacks_run_as_on_asyncio_if_a_slice_is_one_callback(
    ours: type[FakeWorld], program: Any
) -> None:
    assert trace(ours, program, [1]) == trace(StockLoop, program, [1])


@RUN
@given(program=programs(timeless), chunks=chunk_lists)
@example([chain(9), later(0), soon(later(0, soon(), later(0))), later(1)], [4])
def test_callbacks_run_as_on_asyncio_in_slices_of_every_length_if_the_world_stands_still(
    program: Any, chunks: list[int]
) -> None:
    program = [action for action in program if action[0] != "io"]

    assert trace(OurLoop, program, chunks) == trace(StockLoop, program, chunks)


@RUN
@given(program=programs(trees(advance, leave)), chunks=chunk_lists)
def test_a_pending_stop_runs_the_turn_that_asyncio_runs(program: Any, chunks: list[int]) -> None:
    def first_turn(kind: type[FakeWorld]) -> tuple[Trace, int]:
        loop = kind()
        try:
            start(loop, program)
            loop.stop()
            loop.run_turn(chunks)
        except SystemExit:
            loop.trace.append(("exit",))
        finally:
            left = len(loop._ready)
            loop.close()
        return loop.trace, left

    assert first_turn(OurLoop) == first_turn(StockLoop)


class Queue(collections.deque[Any]):
    """A queue of handles that notes in which order they came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[tuple[str, asyncio.Handle]] = []

    def append(self, handle: Any) -> None:
        first = handle._args[0]
        self.came.append((first[0] if isinstance(first, tuple) else first, handle))
        super().append(handle)

    def extend(self, handles: Any) -> None:
        for handle in handles:
            self.append(handle)


class AuditedLoop(OurLoop):
    """Ours, with that queue."""

    def __init__(self) -> None:
        super().__init__()
        self._scheduler.ready = self._ready = Queue()

    def _process_events(self, event_list: Any) -> None:
        unread = [handle._args for handle in self._ready if handle._callback == self.read]
        assert not [item for item in event_list if (item,) in unread]
        super()._process_events(event_list)


@RUN
@given(program=programs(trees(advance)), chunks=chunk_lists)
def test_what_became_ready_first_runs_first_in_slices_of_every_length(
    program: Any, chunks: list[int]
) -> None:
    loop = AuditedLoop()
    try:
        start(loop, program)
        ran = [entry[1] for entry in loop.run_all(chunks) if entry[0] == "run"]
    finally:
        loop.close()
    came = [name for name, _ in loop._ready.came]

    assert ran == [name for name in came if name in set(ran)]
    assert all(name in ran or handle._cancelled for name, handle in loop._ready.came)
