# SPDX-License-Identifier: BSD-3-Clause
"""From the first import to the last task: what a loop costs beside its work."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.workload import Capability, Reading, WrongWorkError, lifecycle, seconds, size

if TYPE_CHECKING:
    from benchmarks.implementations import Adapter


async def _noop() -> int:
    return 42


@lifecycle("new loop, closed again")
def new_loop(adapter: Adapter) -> int:
    """A loop that never runs."""
    count = size(50)
    for _ in range(count):
        adapter.new_loop().close()
    return count


@lifecycle("asyncio.run of nothing", must=0.4, target=0.6)
def run_nothing(adapter: Adapter) -> int:
    """Loop, run, clean-up; in GUEST mode the block and a run of the application."""
    count = size(50)
    for _ in range(count):
        if adapter.run(_noop) != 42:
            raise WrongWorkError("run returned something else")
    return count


@lifecycle("shutdown with 10,000 tasks pending", must=0.9, target=1.0, once=True)
def shutdown(adapter: Adapter) -> int:
    """Tasks that wait for something that never comes are cancelled at the end of the run."""
    count = size(10_000)
    cancelled = 0

    async def wait() -> None:
        nonlocal cancelled
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            cancelled += 1
            raise

    async def main() -> None:
        tasks = [asyncio.ensure_future(wait()) for _ in range(count)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    adapter.run(main)
    if cancelled != count:
        raise WrongWorkError(f"{cancelled} of {count} tasks were cancelled")
    return count


@lifecycle(
    "import after the binding",
    base="qtinter-0.11",
    unit="ms",
    once=True,
    absolute=True,
    at_most=5e-3,
    needs=frozenset({Capability.QT}),
)
def import_time(adapter: Adapter) -> Reading:
    """In a fresh interpreter that has asyncio and QtCore already."""
    program = (
        "import asyncio, importlib, os, sys, time\n"
        "importlib.import_module(os.environ['QTINTERBINDING'] + '.QtCore')\n"
        "start = time.process_time()\n"
        "importlib.import_module(sys.argv[1])\n"
        "print(time.process_time() - start)\n"
    )
    command = [sys.executable, "-c", program, adapter.module]
    times = []
    for _ in range(3):
        finished = subprocess.run(command, capture_output=True, text=True, check=True)
        times.append(float(finished.stdout))
    return Reading(min(times))


@lifecycle("memory per loop", unit="kB", once=True, absolute=True)
def memory(adapter: Adapter) -> Reading:
    """Resident memory of 200 loops that do not run."""
    count = size(200)
    keep = [adapter.new_loop() for _ in range(20)]
    before = _resident()
    keep += [adapter.new_loop() for _ in range(count)]
    grown = _resident() - before
    for loop in keep:
        loop.close()
    return Reading(grown / count, count)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


@lifecycle("5 s of nothing to do, CPU", once=True, absolute=True)
def idle(adapter: Adapter) -> Reading:
    """A loop with a deadline a minute away; the one that ends the 5 s is a wake-up, too."""

    async def main() -> Reading:
        loop = asyncio.get_running_loop()
        far = loop.call_later(60, time.time)
        await asyncio.sleep(0.1)  # whatever follows from the start is over
        before, start = _wake_ups(), time.process_time()
        await asyncio.sleep(seconds(5.0))
        cpu, wake_ups = time.process_time() - start, _wake_ups() - before
        far.cancel()
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 (no path is needed)
        return Reading(cpu, 1, {"threads": threads, "wake-ups": wake_ups})

    return adapter.run(main)


def _wake_ups() -> int:
    """Return how often the threads of this process have waited."""
    found = 0
    for status in Path("/proc/self/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                found += int(line.split()[1])
    return found
