# SPDX-License-Identifier: BSD-3-Clause
"""CPython's own asyncio tests, on qtinter's loops.

    python tests/conformance/run.py [--binding PyQt6] [--jobs 2] [--modules test_events,test_tasks]
                                    [--timeout 60] [--stock] [--fresh]

Every module of the running Python's ``test.test_asyncio`` is run twice, each time in a process of
its own: on asyncio's loop (remembered per Python), and with ``asyncio.SelectorEventLoop``,
``asyncio.EventLoop``, on Windows ``asyncio.ProactorEventLoop``, and the default policy replaced by
ours while an application object of the binding exists. Exit status 0 means: every test that passes
on asyncio's loop passes on ours, no process hung or died, and Qt had nothing to complain of. 1: it
is not so; 2: nothing was checked.

The column "Qt" says in how many tests Qt woke our loop, so that nobody takes for a proof what never
came near it: many of the tests build an abstract base or a mock and run no loop of ours.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # so that this file is a script as well as a module
    sys.path.insert(0, str(ROOT))

from tests.conformance import deviations, report  # noqa: E402 - as above
from tests.conformance.report import Judged  # noqa: E402
from tests.conformance.runner import (  # noqa: E402
    STOCK,
    Cache,
    InterruptedRunError,
    Processes,
    Side,
    modules_of,
    run_alone,
    run_module,
    run_stock,
)
from tests.conformance.verdict import (  # noqa: E402
    CRASHED,
    HUNG,
    MISSING,
    PASSING,
    ModuleRun,
    Retry,
    Seen,
    lost_tests,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "test.test_asyncio"
LOOP = "qtinter:QiProactorEventLoop" if sys.platform == "win32" else "qtinter:QiSelectorEventLoop"
BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")
# The long ones first, so that two processes end at about the same time.
LONG = (
    "test_tasks",
    "test_subprocess",
    "test_ssl",
    "test_taskgroups",
    "test_events",
    "test_sslproto",
    "test_sock_lowlevel",
    "test_sendfile",
)


@attrs.frozen
class Job:
    """One run of this program."""

    options: argparse.Namespace
    ours: Side
    processes: Processes
    cache: Cache

    def stock(self, module: str) -> ModuleRun:
        return run_stock(
            self.processes,
            module,
            self.cache,
            fresh=self.options.fresh,
            retries=self.options.retries,
        )

    def judge(self, module: str, stock: ModuleRun, ours: ModuleRun) -> Judged:
        """Compare, and give each lost test its further chances."""
        judged = Judged(module, stock, ours)
        in_module: ModuleRun | None = None
        for test, seen in lost_tests(stock, ours).items():
            deviation = self.deviation_for(test)
            if deviation is not None:
                judged.accepted[test] = deviation
                continue
            if seen.outcome in {HUNG, CRASHED}:
                judged.lost[test] = seen  # once is once too often
                continue
            retry = self.run_again(module, test)
            if retry.passes_alone and not retry.stock_fails_too:
                if in_module is None:
                    in_module = run_module(self.processes, module, self.ours)
                again = in_module.tests.get(test, Seen(MISSING)).outcome
                retry = attrs.evolve(retry, in_module=again)
            judged.retried[test] = retry
            if retry.flaky:
                judged.flaky[test] = retry
            else:
                judged.lost[test] = seen
        return judged

    def run_again(self, module: str, test: str) -> Retry:
        stock: list[str] = []
        ours: list[str] = []
        for _ in range(self.options.retries):
            ours.append(run_alone(self.processes, module, test, self.ours))
            stock.append(run_alone(self.processes, module, test, STOCK))
            if ours[-1] not in PASSING and stock[-1] in PASSING:
                break
        return Retry(stock, ours)

    def deviation_for(self, test: str) -> deviations.Deviation | None:
        python = "{}.{}".format(*sys.version_info)
        name = test.removeprefix(f"{self.options.package}.")
        for deviation in deviations.DEVIATIONS:
            if deviation.covers(name, python=python, binding=self.options.binding):
                return deviation
        return None

    def stale_deviations(self, judged: Sequence[Judged]) -> dict[str, deviations.Deviation]:
        """The deviations whose tests pass, by test."""
        found: dict[str, deviations.Deviation] = {}
        for test, seen in (item for j in judged for item in j.ours.tests.items()):
            deviation = self.deviation_for(test) if seen.passing else None
            if deviation is not None:
                found[test] = deviation
        return found


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="CPython's asyncio tests on qtinter's loops, compared with asyncio's own."
    )
    parser.add_argument("--binding", help="the Qt binding; default: the first one installed")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument(
        "--modules", help="comma-separated, as test_events,test_tasks; default: all"
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, help="a test hangs after SECONDS (60)"
    )
    parser.add_argument("--retries", type=int, default=2, help="runs of a lost test alone (2)")
    parser.add_argument("--stock", action="store_true", help="asyncio's own loop only")
    parser.add_argument("--fresh", action="store_true", help="don't use remembered stock results")
    parser.add_argument("--cache", type=Path, help="where stock results are remembered")
    parser.add_argument("--loop", default=LOOP, help=f"module:Class of the loop ({LOOP})")
    parser.add_argument("--package", default=PACKAGE, help=f"the tests' package ({PACKAGE})")
    return parser.parse_args(arguments)


def default_binding() -> str | None:
    chosen = os.environ.get("QTINTERBINDING")
    installed = [name for name in BINDINGS if importlib.util.find_spec(name) is not None]
    return chosen or (installed[0] if installed else None)


def default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "qtinter-conformance"


def nothing_to_check(message: str) -> int:
    print(f"conformance: {message}\nNOTHING WAS CHECKED", file=sys.stderr)
    return 2


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    modules = modules_of(options.package)
    if not modules:
        return nothing_to_check(
            f"Python {sys.version.split()[0]} at {sys.base_prefix} has no {options.package} "
            "(Debian: package libpython3.x-testsuite; a folder with 'test' may stand in PYTHONPATH)"
        )
    if options.modules:
        wanted = [f"{options.package}.{name.strip()}" for name in options.modules.split(",")]
        unknown = [name for name in wanted if name not in modules]
        if unknown:
            return nothing_to_check(f"no such test module: {', '.join(unknown)}")
        modules = [name for name in modules if name in wanted]
    if options.binding is None:
        options.binding = default_binding()
    if options.binding is None and not options.stock:
        return nothing_to_check(f"none of {', '.join(BINDINGS)} is installed")

    binding = None if options.binding == "none" else options.binding
    cache_root = options.cache if options.cache is not None else default_cache()
    job = Job(
        options,
        Side(options.loop, binding),
        Processes(options.timeout),
        Cache.of_this_python(cache_root, options.package),
    )
    began = time.monotonic()
    title = "asyncio's own loop" if options.stock else f"{options.loop} with {options.binding}"
    print(f"{options.package} of Python {sys.version.split()[0]}: {title}")
    try:
        judged = run_all(job, modules)
    except (KeyboardInterrupt, InterruptedRunError):
        job.processes.stopped.set()
        print("interrupted", file=sys.stderr)
        return 130
    if options.stock:
        return report.report_stock(judged, time.monotonic() - began)
    return report.report(
        judged,
        job.stale_deviations(judged),
        time.monotonic() - began,
        whole=not options.modules,
    )


def run_all(job: Job, modules: Sequence[str]) -> list[Judged]:
    """Run the modules, ``--jobs`` at a time, printing a line as each is done."""
    place = {name: index for index, name in enumerate(LONG)}
    order = sorted(modules, key=lambda name: place.get(name.rpartition(".")[2], len(LONG)))
    results: dict[str, Judged] = {}
    report.print_head()

    def one(module: str) -> Judged:
        stock = job.stock(module)
        if job.options.stock:
            return Judged(module, stock, stock)
        # A test in which asyncio's own loop hangs or dies is not asked of ours.
        skip = [t for t, seen in stock.tests.items() if seen.outcome in {HUNG, CRASHED}]
        ours = run_module(job.processes, module, job.ours, skip=skip)
        return job.judge(module, stock, ours)

    pool = concurrent.futures.ThreadPoolExecutor(job.options.jobs)
    try:
        futures = [pool.submit(one, module) for module in order]
        for future in concurrent.futures.as_completed(futures):
            judged = future.result()
            results[judged.module] = judged
            report.print_row(judged.module.rpartition(".")[2], [judged])
    except BaseException:
        job.processes.stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    ordered = [results[module] for module in modules]
    report.print_row("total", ordered)
    return ordered


if __name__ == "__main__":
    sys.exit(main())
