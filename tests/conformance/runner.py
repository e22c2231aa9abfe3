# SPDX-License-Identifier: BSD-3-Clause
"""Runs test modules in child processes and reads what they wrote.

One call of ``run_module`` is one module on one kind of loop. A process that hangs or dies costs the
test it was in; the module's other tests still run, in a new process. So one bad test hides no
other, and the run is red all the same.

A hang is noticed by silence: no test has begun or ended for ``timeout`` seconds. The process then
gets SIGABRT, on which ``faulthandler`` writes where each thread is. Each process is a session of
its own and is killed as a group, with whatever its tests had started.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs

from tests.conformance.verdict import CRASHED, HUNG, MISSING, ModuleRun, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CHILD = Path(__file__).with_name("child.py")
POLL = 0.05
START = 30.0  # how long a process may take to its first record, if the timeout is shorter
RESTARTS = 12
# Of Qt's messages those about objects that we use; others tell of fonts and folders.
QT_WARNING = re.compile(
    r"^(?:QSocketNotifier|QTimer|QObject|QEventLoop|QThread|QCoreApplication|QBasicTimer)\b.*: .*",
    re.MULTILINE,
)
LOG_TAIL = 12_000


class InterruptedRunError(Exception):
    """The whole run was interrupted."""


@attrs.frozen
class Side:
    """Which loop the tests get: a class by its "package.module:Class", or asyncio's own."""

    loop: str | None = None
    binding: str | None = None

    @property
    def name(self) -> str:
        return "stock" if self.loop is None else "ours"


STOCK = Side()


@attrs.define(eq=False)
class Processes:
    """The children that run now, so that an interrupt can end them all."""

    timeout: float
    stopped: threading.Event = attrs.field(factory=threading.Event)

    def allowed(self, written: int) -> float:
        return self.timeout if written else max(self.timeout, START)

    def wait(self, child: subprocess.Popen[bytes], results: Path) -> str | None:
        """Wait for the child's end; what it ended by if it had to be ended."""
        size, since = -1, time.monotonic()
        reason = None
        while True:
            try:
                child.wait(POLL)
            except subprocess.TimeoutExpired:
                pass
            else:
                break
            if self.stopped.is_set():
                kill_group(child)
                raise InterruptedRunError
            now_size = results.stat().st_size if results.exists() else 0
            now = time.monotonic()
            if now_size != size:
                size, since = now_size, now
            elif reason is None and now - since > (allowed := self.allowed(now_size)):
                reason = f"nothing happened for {allowed:g} s"
                since = now
                if os.name == "posix":
                    child.send_signal(signal.SIGABRT)
            elif reason is not None and now - since > 5:
                kill_group(child)
        kill_group(child)  # what the tests left running
        return reason


def kill_group(child: subprocess.Popen[bytes]) -> None:
    if os.name != "posix":
        child.kill()
        return
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@attrs.define
class Attempt:
    """What one child process wrote."""

    tests: dict[str, Seen] = attrs.field(factory=dict)
    fixtures: dict[str, Seen] = attrs.field(factory=dict)
    running: str | None = None
    done: bool = False
    output: str = ""
    warned: tuple[str, ...] = ()

    def read(self, results: Path, output: Path) -> None:
        lines = results.read_bytes().splitlines() if results.exists() else []
        for line in lines:
            record: dict[str, Any] = json.loads(line)
            if "start" in record:
                self.running = record["start"]
            elif "end" in record:
                self.running = None
                test = record.pop("end")
                self.tests[test] = Seen(**record)
            elif "fixture" in record:
                name = record.pop("fixture")
                self.fixtures[name] = Seen(**record)
            else:
                self.done = True
        text = output.read_bytes().decode(errors="replace")
        self.output = text[-LOG_TAIL:]
        self.warned = tuple(QT_WARNING.findall(text))


def run_module(
    processes: Processes,
    module: str,
    side: Side,
    *,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
) -> ModuleRun:
    """Run a module's tests (all, or ``only`` some, ``skip`` others) on the loop of ``side``."""
    began = time.monotonic()
    tests: dict[str, Seen] = {}
    fixtures: dict[str, Seen] = {}
    broken: list[str] = []
    warned: list[str] = []
    wanted = None if only is None else sorted(only)
    for _ in range(RESTARTS):
        left_out = sorted({*tests, *skip})
        attempt, ended_by = run_child(processes, module, side, only=wanted, skip=left_out)
        tests.update(attempt.tests)
        fixtures.update(attempt.fixtures)
        warned.extend(attempt.warned)
        if attempt.done:
            # after the last record nothing is at stake but Python's own end, and that counts too
            if ended_by is None:
                break
            broken.append(f"{module}: {ended_by}, after its last test\n{attempt.output}")
            break
        hung = ended_by is not None and ended_by.startswith("nothing happened")
        reason = ended_by or "the process ended early with status 0"
        where = attempt.running or "no test"
        broken.append(f"{module}: {reason}; in {where}\n{attempt.output}")
        if attempt.running is None:
            break  # before, between or after the tests: it would only do it again
        detail = f"{reason}\n{attempt.output}"
        tests[attempt.running] = Seen(HUNG if hung else CRASHED, detail=detail)
    return ModuleRun(tests, fixtures, tuple(broken), time.monotonic() - began, tuple(warned))


def run_child(
    processes: Processes,
    module: str,
    side: Side,
    *,
    only: Sequence[str] | None,
    skip: Sequence[str],
) -> tuple[Attempt, str | None]:
    """One process; what it wrote, and how it ended unless by itself with status 0."""
    with tempfile.TemporaryDirectory(prefix="qtinter-conformance-") as folder:
        base = Path(folder)
        results, output, order = base / "results", base / "output", base / "order"
        cwd = base / "cwd"
        cwd.mkdir()
        wish = {
            "module": module,
            "results": str(results),
            "loop": side.loop,
            "binding": side.binding,
            "only": only,
            "skip": skip,
        }
        order.write_text(json.dumps(wish), encoding="utf-8")
        env = {**os.environ, "TMPDIR": folder, "TMP": folder, "TEMP": folder}
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
        if side.binding is not None:
            env["QTINTERBINDING"] = side.binding
        with output.open("wb") as file:
            child = subprocess.Popen(
                [sys.executable, str(CHILD), str(order)],
                stdin=subprocess.DEVNULL,
                stdout=file if os.name == "posix" else subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                start_new_session=os.name == "posix",
            )
            reader = copy_output(child, file)
            ended_by = processes.wait(child, results)
            reader.join(5)
        attempt = Attempt()
        attempt.read(results, output)
    if ended_by is None and child.returncode < 0:
        ended_by = f"killed by {signal.Signals(-child.returncode).name}"
    elif ended_by is None and child.returncode > 0:
        ended_by = f"exit status {child.returncode}"
    return attempt, ended_by


def copy_output(child: subprocess.Popen[bytes], file: IO[bytes]) -> threading.Thread:
    """Copy what comes through a pipe: a Windows Python under Wine can't write into a file."""

    def copy() -> None:
        if child.stdout is not None:
            with child.stdout:
                shutil.copyfileobj(child.stdout, file)

    thread = threading.Thread(target=copy, daemon=True)
    thread.start()
    return thread


def modules_of(package: str) -> list[str]:
    """The test modules of a package, by their full names; empty if it is not there."""
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return []
    if spec is None or spec.submodule_search_locations is None:
        return []
    found = pkgutil.iter_modules(spec.submodule_search_locations)
    return sorted(f"{package}.{m.name}" for m in found if m.name.startswith("test_"))


@attrs.define(eq=False)
class Cache:
    """Runs on asyncio's own loop, kept per build of Python: they do not change."""

    folder: Path

    @classmethod
    def of_this_python(cls, root: Path, package: str) -> Cache:
        spec = importlib.util.find_spec(package)
        places = [] if spec is None else list(spec.submodule_search_locations or ())
        key = "\n".join([sys.version, sys.base_prefix, *places, CHILD.read_text(encoding="utf-8")])
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        return cls(root / f"{sys.implementation.cache_tag}-{digest}")

    def load(self, module: str) -> ModuleRun | None:
        path = self.folder / f"{module}.json"
        if not path.exists():
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
        return ModuleRun(
            {test: Seen(**seen) for test, seen in data["tests"].items()},
            {name: Seen(**seen) for name, seen in data["fixtures"].items()},
            tuple(data["broken"]),
            data["seconds"],
        )

    def save(self, module: str, run: ModuleRun) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f"{module}.{os.getpid()}.tmp"
        temporary.write_text(json.dumps(attrs.asdict(run)), encoding="utf-8")
        temporary.replace(self.folder / f"{module}.json")


def run_stock(
    processes: Processes, module: str, cache: Cache, *, fresh: bool, retries: int
) -> ModuleRun:
    """A module on asyncio's own loop, from the cache if it is there.

    A test that fails here would be asked of nobody, so it gets more chances, alone: what passes
    once on asyncio's own loop is required of ours.
    """
    cached = None if fresh else cache.load(module)
    if cached is not None:
        return cached
    run = run_module(processes, module, STOCK)
    for _ in range(retries):
        failed = [t for t, s in run.tests.items() if not s.passing and s.outcome != "skipped"]
        if not failed:
            break
        again = run_module(processes, module, STOCK, only=failed)
        run.tests.update({t: s for t, s in again.tests.items() if s.passing})
    cache.save(module, run)
    return run


def run_alone(processes: Processes, module: str, test: str, side: Side) -> str:
    """One test alone in its process; its outcome."""
    run = run_module(processes, module, side, only=[test])
    return run.tests.get(test, Seen(MISSING)).outcome
