# SPDX-License-Identifier: BSD-3-Clause
"""What a workload is, and the register of all of them.

There are three shapes, each a plain function with a decorator on it:

* `batch`: a coroutine function without arguments; one call is one batch.
* `staged`: an async generator function that gets the implementation, sets the stage, yields the
  batch (a coroutine function without arguments), and tears the stage down. Only the batches are
  measured.
* `lifecycle`: a plain function that gets the implementation and starts and ends loops itself.

A batch returns how many operations it has done, or a `Reading` when CPU time is not the point. It
raises `WrongWorkError` when its result is not what it must be: wrong work has no speed.

Counts and times go through `size` and `seconds`, so that a test can run a workload on a small
scale.
"""

from __future__ import annotations

import dataclasses
import enum
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .implementations import Adapter


_scale = float(os.environ.get("BENCHMARK_SCALE", "1"))


def size(count: int) -> int:
    """Return a number of operations on the scale of this process, at least 1."""
    return max(1, round(count * _scale))


def seconds(duration: float) -> float:
    """Return a duration on the scale of this process, at least 50 ms."""
    return max(0.05, duration * _scale)


class WrongWorkError(Exception):
    """A workload did not do what it says, so its time means nothing.

    The message is `reason` or `reason: details`; the reason is what the table shows.
    """


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a batch measured by itself.

    Args:
        value: seconds (or kilobytes) per operation, smaller is better.
        operations: how many operations that is the figure of.
        details: further figures, by a name with its unit.
    """

    value: float
    operations: int = 1
    details: Mapping[str, float] = dataclasses.field(default_factory=dict)


Batch = Callable[[], Awaitable["int | Reading"]]
Stage = Callable[["Adapter"], AsyncIterator[Batch]]
Lifecycle = Callable[["Adapter"], "int | Reading"]


class Capability(enum.Enum):
    """What an implementation must offer for a workload to make sense on it.

    The table says "no ..." where it doesn't.
    """

    QT = "Qt"
    FILE_DESCRIPTORS = "sockets"
    ASYNCSIGNAL = "asyncsignal"
    ASYNCSLOT = "asyncslot"


class Shape(enum.Enum):
    """Who runs the loop and what the function is called with."""

    BATCH = "batch"
    STAGED = "staged"
    LIFECYCLE = "lifecycle"


@dataclasses.dataclass(frozen=True)
class Workload:
    """One row of the table.

    Attributes:
        name: how it is asked for on the command line.
        title: how it is called in the table.
        base: the implementation that ratios are taken against.
        main: whether it is one of the rows of the short run.
        must: our loop is at least this many times as fast as `base`, or something is broken.
        target: how many times as fast as `base` we want to be.
        must_slow: as `must`, with the slow allocator, where that makes a difference.
        target_slow: as `target`, with the slow allocator, where that makes a difference.
        absolute: the table shows the figures themselves, not ratios to `base`.
        at_most: our figure is at most this, in seconds or kilobytes.
        saturates: it never waits, so that a process that is not disturbed has a core for itself.
        unit: what the figures are printed in.
        once: a single batch is a sample, without a batch to warm up.
        packages: what it imports beside the standard library.
    """

    name: str
    title: str
    shape: Shape
    function: Callable[..., object] = dataclasses.field(repr=False)
    base: str = "stock"
    main: bool = False
    must: float | None = None
    target: float | None = None
    must_slow: float | None = None
    target_slow: float | None = None
    absolute: bool = False
    at_most: float | None = None
    saturates: bool = False
    needs: frozenset[Capability] = frozenset()
    unit: str = "us"
    once: bool = False
    packages: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """The file that it is in."""
        return self.function.__module__.rpartition(".")[2]


REGISTER: dict[str, Workload] = {}


_Function = TypeVar("_Function", bound=Callable[..., object])


def _decorator(
    shape: Shape, title: str, options: Mapping[str, Any]
) -> Callable[[_Function], _Function]:
    def decorate(function: _Function) -> _Function:
        name = function.__name__.replace("_", "-")
        if name in REGISTER:
            raise ValueError(f"two workloads are called {name!r}")
        REGISTER[name] = Workload(name, title, shape, function, **options)
        return function

    return decorate


class Options(TypedDict, total=False):
    """The attributes of `Workload` that a decorator may set."""

    base: str
    main: bool
    must: float
    target: float
    must_slow: float
    target_slow: float
    absolute: bool
    at_most: float
    saturates: bool
    needs: frozenset[Capability]
    unit: str
    once: bool
    packages: tuple[str, ...]


def batch(title: str, **options: Unpack[Options]) -> Callable[[Batch], Batch]:
    """Register a coroutine function that is a batch by itself."""
    return _decorator(Shape.BATCH, title, options)


def staged(title: str, **options: Unpack[Options]) -> Callable[[Stage], Stage]:
    """Register an async generator function that yields its batch."""
    return _decorator(Shape.STAGED, title, options)


def lifecycle(title: str, **options: Unpack[Options]) -> Callable[[Lifecycle], Lifecycle]:
    """Register a plain function that makes and ends loops of the implementation."""
    return _decorator(Shape.LIFECYCLE, title, options)


def select(rows: str) -> list[Workload]:
    """Return the workloads that `rows` names.

    Args:
        rows: names with commas between them: of workloads, of the files that they are in, `main`,
            or `full`.

    Returns:
        The workloads, in the order of their files.

    Raises:
        ValueError: for a name that no workload has.
    """
    wanted: set[str] = set()
    for name in rows.split(","):
        if name == "full":
            wanted |= REGISTER.keys()
        elif name == "main":
            wanted |= {name for name, workload in REGISTER.items() if workload.main}
        elif name in REGISTER:
            wanted.add(name)
        elif topic := {one.name for one in REGISTER.values() if one.topic == name}:
            wanted |= topic
        else:
            raise ValueError(f"no workload {name!r}; there are {', '.join(REGISTER)}")
    return [workload for name, workload in REGISTER.items() if name in wanted]
