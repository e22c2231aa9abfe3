# SPDX-License-Identifier: BSD-3-Clause
"""A 10 ms QTimer while the loop serves 200 operations at a time: does the window still live?

    python -m benchmarks.ui_tick

Three loads, all with server and clients in the loop: TLS echo, TLS with a connection per message
(a handshake computes for about a millisecond and can't be divided), and HTTP by aiohttp. Each runs
in a child process per implementation, once with the timer and once without. The table shows which
share of its shots the timer got, the longest time between two of them, and what the load lost by
it. Ours must give the timer 80 % of its shots, never let it wait over 100 ms, and keep 70 % of the
throughput; else the exit status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from .environment import BINDINGS, ROOT, Allocator
from .harness import environment_of
from .implementations import IMPLEMENTATIONS, Adapter
from .report import aligned, progress
from .workload import WrongWorkError
from .workloads.interplay import ticking
from .workloads.tls import EchoClient, echo_clients, echo_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

CONCURRENCY = 200
INTERVAL = 0.010
LEAST_SHARE = 0.80
LONGEST_WAIT = 0.100
LEAST_THROUGHPUT = 0.70
LEAST_CPU = 0.80
ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Observation:
    """What one child saw.

    Attributes:
        shots: how often the timer fired; 0 without a timer.
        longest: seconds between two shots, at most.
        operations: how much the load got done.
        seconds: how long that took.
        cpu: CPU seconds of the child meanwhile. The load never waits, so it takes a whole core.
    """

    shots: int
    longest: float
    operations: int
    seconds: float
    cpu: float

    @property
    def starved(self) -> bool:
        """Whether the machine had too little time for this child, so that it says nothing."""
        return self.cpu < LEAST_CPU * self.seconds

    @property
    def share(self) -> float:
        """The share of the timer's shots that it got."""
        return self.shots / (self.seconds / INTERVAL)

    @property
    def throughput(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The observations of one implementation under one load, over all repetitions."""

    share: float
    longest: float
    throughput: float
    kept: float

    @property
    def complaints(self) -> list[str]:
        """What is below the limits of this program."""
        found = []
        if self.share < LEAST_SHARE:
            found.append(f"{self.share:.0%} of the shots, at least {LEAST_SHARE:.0%}")
        if self.longest > LONGEST_WAIT:
            found.append(f"waited {self.longest * 1e3:.0f} ms, at most {LONGEST_WAIT * 1e3:.0f}")
        if self.kept < LEAST_THROUGHPUT:
            found.append(f"{self.kept:.0%} of the throughput, at least {LEAST_THROUGHPUT:.0%}")
        return found


def judge(ticking: Sequence[Observation], plain: Sequence[Observation]) -> Verdict:
    """Combine repetitions: medians, but the longest wait of all."""
    return Verdict(
        share=statistics.median(one.share for one in ticking),
        longest=max(one.longest for one in ticking),
        throughput=statistics.median(one.throughput for one in ticking),
        kept=statistics.median(
            one.throughput / other.throughput for one, other in zip(ticking, plain, strict=True)
        ),
    )


# --- in the child ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def tls() -> AsyncIterator[list[Callable[[], Awaitable[None]]]]:
    """200 TLS connections, 1 KB to the server and back on each."""
    message = bytes(range(256)) * 4

    def operation(client: EchoClient) -> Callable[[], Awaitable[None]]:
        return lambda: client.round_trip(message)

    async with echo_clients(CONCURRENCY) as clients:
        yield [operation(client) for client in clients]


@contextlib.asynccontextmanager
async def tls_connections() -> AsyncIterator[list[Callable[[], Awaitable[None]]]]:
    """200 TLS connections at a time, each new, for 1 KB to the server and back."""
    message = bytes(range(256)) * 4

    async with echo_server() as connect:

        async def operation() -> None:
            client = await connect()
            await client.round_trip(message)
            client.abort()

        yield [operation] * CONCURRENCY


@contextlib.asynccontextmanager
async def aiohttp() -> AsyncIterator[list[Callable[[], Awaitable[None]]]]:
    """200 HTTP requests at a time, on connections that are kept."""
    import aiohttp as http
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=request.query["number"] * 100)

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    host, port = runner.addresses[0][:2]
    numbers = itertools.count()

    async with http.ClientSession(connector=http.TCPConnector(limit=0)) as session:

        async def operation() -> None:
            number = str(next(numbers))
            url = f"http://{host}:{port}/?number={number}"
            async with session.get(url) as response:
                if await response.text() != number * 100:
                    raise WrongWorkError("aiohttp delivered something else")

        yield [operation] * CONCURRENCY
    await runner.cleanup()


LOADS = {"tls": tls, "tls-connections": tls_connections, "aiohttp": aiohttp}
PACKAGES = ("trustme", "aiohttp")


async def observe(adapter: Adapter, load: str, seconds: float, *, tick: bool) -> Observation:
    """Run a load for so long and watch a timer beside it."""
    done = 0
    going = True

    async def worker(operation: Callable[[], Awaitable[None]]) -> None:
        nonlocal done
        while going:
            await operation()
            done += 1

    async with LOADS[load]() as operations:
        workers = asyncio.gather(*(worker(operation) for operation in operations))
        await asyncio.sleep(0.5)
        with contextlib.ExitStack() as stack:
            shots: list[float] = []
            if tick:
                shots = stack.enter_context(ticking(adapter, round(INTERVAL * 1e3)))
            before, cpu, start = done, time.process_time(), time.perf_counter()
            await asyncio.sleep(seconds)
            end = time.perf_counter()
            counted, cpu = done - before, time.process_time() - cpu
        going = False
        await workers
    times = [start, *shots, end]
    longest = max(later - earlier for earlier, later in itertools.pairwise(times))
    return Observation(len(shots), longest if tick else 0.0, counted, end - start, cpu)


def child(implementation: str, load: str, seconds: str, tick: str) -> None:
    """Print one observation as JSON."""
    adapter = IMPLEMENTATIONS[implementation].adapter()
    seen = adapter.run(lambda: observe(adapter, load, float(seconds), tick=tick == "tick"))
    print(json.dumps(dataclasses.asdict(seen)), flush=True)


# --- in the parent --------------------------------------------------------------------------------


def run(arguments: list[str]) -> int:
    """Run all children and print the table; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui_tick")
    parser.add_argument("--binding", default="PyQt6", choices=BINDINGS)
    parser.add_argument("--impl", default="qtinter-0.11,owner,guest", help="names with commas")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3.0, help="per child")
    parser.add_argument("--allocator", default="fast", choices=[one.value for one in Allocator])
    options = parser.parse_args(arguments)
    names: list[str] = options.impl.split(",")
    if unknown := set(names) - IMPLEMENTATIONS.keys():
        parser.error(f"no implementation {', '.join(sorted(unknown))}")

    allocator = Allocator(options.allocator)
    environments = {
        name: environment_of(IMPLEMENTATIONS[name], options.binding, allocator, PACKAGES)
        for name in names
    }
    seen: dict[tuple[str, str, str], list[Observation | None]] = {}
    cells = list(itertools.product(range(options.rounds), LOADS, names, ("tick", "plain")))
    for done, (_round, load, name, kind) in enumerate(cells):
        progress(done, len(cells))
        observation = _child(environments[name], name, load, options.seconds, kind)
        seen.setdefault((load, name, kind), []).append(observation)
    progress(len(cells), len(cells))
    return report(names, seen)


def report(names: Sequence[str], seen: dict[tuple[str, str, str], list[Observation | None]]) -> int:
    """Print the table and return the exit status."""
    rows = [["load", "loop", "shots", "longest wait", "operations/s", "of those without the timer"]]
    complaints: list[str] = []
    for load, name in itertools.product(LOADS, names):
        implementation = IMPLEMENTATIONS[name]
        ticking = [one for one in seen[load, name, "tick"] if one is not None]
        plain = [one for one in seen[load, name, "plain"] if one is not None]
        if len(ticking) + len(plain) < 2 * len(seen[load, name, "tick"]):
            rows.append([load, implementation.title, "FAILS", "", "", ""])
            complaints += [f"{load}, {name}: failed"] if implementation.ours else []
            continue
        verdict = judge(ticking, plain)
        rows.append(
            [
                load,
                implementation.title,
                f"{verdict.share:.0%}",
                f"{verdict.longest * 1e3:.0f} ms",
                f"{verdict.throughput:.0f}",
                f"{verdict.kept:.0%}",
            ]
        )
        if implementation.ours:
            complaints += [f"{load}, {name}: {complaint}" for complaint in verdict.complaints]
    print(aligned(rows))
    starved = sum(one is not None and one.starved for cell in seen.values() for one in cell)
    if starved:
        print(f"\nToo busy a machine: {starved} children got less than {LEAST_CPU:.0%} of a core.")
    if complaints:
        print("\nNot good enough:", *complaints, sep="\n  ")
    return 1 if complaints else 0


def _child(
    environment: dict[str, str], name: str, load: str, seconds: float, kind: str
) -> Observation | None:
    command = [sys.executable, "-m", "benchmarks.ui_tick", "child"]
    command += [name, load, str(seconds), kind]
    observation = None
    for _ in range(ATTEMPTS):
        finished = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=seconds * 10 + 60,
            check=False,
        )
        if finished.returncode != 0:
            print(f"{name}, {load}: exit status {finished.returncode}", file=sys.stderr)
            return None
        observation = Observation(**json.loads(finished.stdout.splitlines()[-1]))
        if not observation.starved:
            break
    return observation


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:])
    else:
        sys.exit(run(sys.argv[1:]))
