# SPDX-License-Identifier: BSD-3-Clause
"""One child process: run one workload under one implementation and print one sample as JSON.

    python -m benchmarks.child IMPLEMENTATION WORKLOAD BUDGET
    BENCHMARK_SCALE=0.01 python -m benchmarks.child IMPLEMENTATION smoke

The second runs all workloads, one after the other, and prints why those failed that have failed.
It measures nothing: it is there to be quick.

The garbage collector stays on, as in a user's program, but starts each sample with nothing to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import gc
import inspect
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from . import workloads as _workloads  # noqa: F401  (fills the register)
from .environment import SOURCE
from .implementations import IMPLEMENTATIONS, Adapter, Implementation
from .statistics_ import Sample
from .workload import REGISTER, Reading, Shape, Workload, WrongWorkError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

WALL_PER_CPU = 3.0
"""A workload that mostly waits ends when it has waited for this many times its CPU budget."""


class Meter:
    """Adds up batches and says when the budget has been used."""

    def __init__(self, budget: float) -> None:
        self._budget = budget
        self._operations = 0
        self._readings: list[Reading] = []
        gc.collect()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def add(self, done: int | Reading) -> bool:
        """Count a batch; return whether another one is wanted."""
        if isinstance(done, Reading):
            self._readings.append(done)
            self._operations += done.operations
        else:
            self._operations += done
        cpu = time.process_time() - self._cpu
        wall = time.perf_counter() - self._wall
        return cpu < self._budget and wall < self._budget * WALL_PER_CPU

    def sample(self) -> Sample:
        """Return what has been measured; call it right after the last batch."""
        cpu = time.process_time() - self._cpu
        wall = time.perf_counter() - self._wall
        reading = None
        if self._readings:
            reading = sum(r.value * r.operations for r in self._readings) / self._operations
        details = self._readings[-1].details if self._readings else {}
        return Sample(self._operations, cpu, wall, reading, details=details)


async def _measure_batches(workload: Workload, adapter: Adapter, budget: float) -> Sample:
    """Measure, and end at once when a callback fails, because its batch would never end."""
    measuring = asyncio.ensure_future(_run_batches(workload, adapter, budget))
    errors: list[str] = []

    def complain(*arguments: Any) -> None:
        context = arguments[-1]  # QtAsyncio doesn't pass the loop
        error = context.get("exception")
        errors.append(f"{context.get('message')}: {error!r}")
        measuring.cancel()

    asyncio.get_running_loop().set_exception_handler(complain)
    try:
        return await measuring
    except WrongWorkError as error:
        return Sample(failure=str(error))  # not every loop ends when main raises
    except asyncio.CancelledError:
        if errors:
            return Sample(failure=errors[0])
        raise


async def _run_batches(workload: Workload, adapter: Adapter, budget: float) -> Sample:
    async with contextlib.AsyncExitStack() as stack:
        run = workload.function
        if workload.shape is Shape.STAGED:
            stage = cast("AsyncGenerator[Callable[[], object]]", workload.function(adapter))
            run = await stage.__anext__()
            stack.push_async_callback(stage.aclose)
        batch = cast("Callable[[], Awaitable[int | Reading]]", run)
        if not workload.once:
            await batch()
        meter = Meter(budget)
        while meter.add(await batch()) and not workload.once:
            pass
        return meter.sample()


def _measure_lifecycle(workload: Workload, adapter: Adapter, budget: float) -> Sample:
    run = cast("Callable[[Adapter], int | Reading]", workload.function)
    if not workload.once:
        run(adapter)
    meter = Meter(budget)
    while meter.add(run(adapter)) and not workload.once:
        pass
    return meter.sample()


def _check_origin(implementation: Implementation, adapter: Adapter) -> None:
    """Refuse to measure 0.11 under our name, or the other way round."""
    origin = inspect.getfile(sys.modules[adapter.module])
    if implementation.ours != Path(origin).is_relative_to(SOURCE):
        raise RuntimeError(f"{implementation.name} was imported from {origin}")


def adapter_of(implementation: Implementation) -> Adapter:
    """Return the implementation, ready to run in this process."""
    adapter = implementation.adapter()
    _check_origin(implementation, adapter)
    return adapter


def measure(adapter: Adapter, workload: Workload, budget: float) -> Sample:
    """Run the workload in this process until the budget is used."""
    try:
        if workload.shape is Shape.LIFECYCLE:
            return _measure_lifecycle(workload, adapter, budget)
        return adapter.run(functools.partial(_measure_batches, workload, adapter, budget))
    except WrongWorkError as error:
        return Sample(failure=str(error))


def smoke(implementation: Implementation) -> dict[str, str | None]:
    """Run each workload that the implementation can do; return why it failed, by its name."""
    adapter = adapter_of(implementation)
    return {
        name: measure(adapter, workload, budget=0.0).failure
        for name, workload in REGISTER.items()
        if workload.needs <= implementation.capabilities
    }


def main(arguments: list[str]) -> None:
    """Measure what the arguments name and print the sample."""
    implementation = IMPLEMENTATIONS[arguments[0]]
    if arguments[1:] == ["smoke"]:
        print(json.dumps(smoke(implementation)))
        return
    workload, budget = arguments[1:]
    sample = measure(adapter_of(implementation), REGISTER[workload], float(budget))
    print(json.dumps(dataclasses.asdict(sample)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
