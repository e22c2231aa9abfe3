# SPDX-License-Identifier: BSD-3-Clause
"""Child programs that the test talks to while they run: signals, process groups, time stamps.

`start_child` runs Python source in a process of its own, without pytest. The child reports lines
through `tests.tools.inside.say`; each carries the time of the clock that both processes share
(CLOCK_MONOTONIC), so that "within 0.1 s" is measured between the parent's ``kill`` and the child's
line. Leaving the ``with`` block kills what is left of the child: no test leaves a process behind.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import attrs

from tests.tools import console
from tests.tools.child import without_binding_noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]

#: Names that each child program may use without importing them.
PRELUDE = """\
import asyncio, contextvars, gc, logging, os, signal, socket, sys, threading, time
import qtinter
from tests.tools.console import send_to_self
from tests.tools.inside import (
    BINDING, KIND, QtCore, after, application, busy, clean_up, delete_application, drive,
    gui_application, leave, loop_level, nested, qt_exec, say, wait_to_be_cancelled, widgets,
    wind_up,
)
"""

#: How long a child may stay silent. Generous: it bounds a hang and is no promise of time.
PATIENCE = 20.0

#: Exit status of a process ended by SIGINT (a shell shows 130), and of one that aborted (134).
BY_SIGINT = 0xC000013A if console.WINDOWS else -signal.SIGINT
#: Exit status by SIGINT's default action: on Windows that of the C library, which knows no Ctrl-C.
BY_DEFAULT_ACTION = 3 if console.WINDOWS else BY_SIGINT
ABORTED = 3 if console.WINDOWS else -signal.SIGABRT


@attrs.frozen
class Line:
    """A line of a child's report and when it was said."""

    at: float
    text: str


@attrs.frozen
class Ended:
    """What a child left behind."""

    returncode: int
    lines: tuple[Line, ...]
    stderr: str

    @property
    def texts(self) -> list[str]:
        """The report without the times."""
        return [line.text for line in self.lines]

    def at(self, text: str) -> float:
        """When the child first said this."""
        for line in self.lines:
            if line.text == text:
                return line.at
        message = f"{text!r} was never said: {self}"
        raise AssertionError(message)

    def said(self, *texts: str) -> bool:
        """Whether these lines came, in this order (others may stand between)."""
        rest = iter(self.texts)
        return all(text in rest for text in texts)


@attrs.define(eq=False)
class LiveChild:
    """A child program that runs."""

    process: subprocess.Popen[bytes]
    stderr: list[bytes] = attrs.field(factory=list)
    heard: list[Line] = attrs.field(factory=list)
    listeners: list[threading.Thread] = attrs.field(factory=list)
    _incoming: queue.SimpleQueue[Line | None] = attrs.field(factory=queue.SimpleQueue)
    _seen: int = 0

    def listen(self) -> None:
        """Read the child's report to its end (in a thread of its own)."""
        assert self.process.stdout is not None
        for raw in self.process.stdout:
            at, _, text = raw.decode().rstrip("\r\n").partition(" ")
            self._incoming.put(Line(float(at), text))
        self._incoming.put(None)

    def listen_to_errors(self) -> None:
        """Read what the child writes on standard error (in a thread of its own)."""
        assert self.process.stderr is not None
        self.stderr.extend(self.process.stderr)

    def wait_for(self, text: str, *, patience: float = PATIENCE) -> Line:
        """Wait until the child says `text` (again, if it was waited for before)."""
        end = time.monotonic() + patience
        while True:
            while self._seen < len(self.heard):
                self._seen += 1
                if self.heard[self._seen - 1].text == text:
                    return self.heard[self._seen - 1]
            try:
                line = self._incoming.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                message = f"the child did not say {text!r}: {self.heard}\n{self._errors()}"
                raise AssertionError(message)
            self.heard.append(line)

    def send(self, signum: int = signal.SIGINT) -> float:
        """Send a signal; return the time just before."""
        at = time.monotonic()
        console.send(self.process, signum)
        return at

    def send_to_group(self, signum: int = signal.SIGINT) -> float:
        """Send a signal to the child's whole process group, as a terminal does."""
        at = time.monotonic()
        os.killpg(self.process.pid, signum)
        return at

    def wait_asleep(self) -> None:
        """Wait until the child's main thread waits in the kernel (where /proc can tell)."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            time.sleep(0.3)  # nobody can tell
            return
        naps = 0
        end = time.monotonic() + PATIENCE
        while naps < 3 and time.monotonic() < end:
            state = stat.read_text().rpartition(")")[2].split()[0]
            naps = naps + 1 if state == "S" else 0
            time.sleep(0.002)

    def poke_until_it_ends(
        self, signum: int = signal.SIGINT, *, patience: float = PATIENCE
    ) -> None:
        """Send the signal again and again: two that come too close count as one."""
        end = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < end:
            self.send(signum)
            time.sleep(0.03)

    def finish(self, *, patience: float = PATIENCE) -> Ended:
        """Wait for the child's end."""
        try:
            returncode = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._drain()
            message = f"the child does not end: {self.heard}\n{self._errors()}"
            raise AssertionError(message) from None
        self._drain(to_the_end=True)
        return Ended(returncode, tuple(self.heard), self._errors())

    def _drain(self, *, to_the_end: bool = False) -> None:
        while True:
            try:
                line = self._incoming.get(timeout=5.0 if to_the_end else 0.0)
            except queue.Empty:
                return
            if line is None:
                return
            self.heard.append(line)

    def _errors(self) -> str:
        for thread in self.listeners[1:]:
            thread.join(5 if self.process.poll() is not None else 0)
        text = b"".join(self.stderr).decode(errors="replace")
        return without_binding_noise(text.replace("\r\n", "\n"))


@contextmanager
def start_child(
    code: str,
    *arguments: object,
    group: bool = False,
    options: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
    measured: bool = sys.version_info >= (3, 12),
) -> Iterator[LiveChild]:
    """Run a child program beside the test.

    Args:
        code: Python source, indented as a whole if you like; the names of `PRELUDE` are there.
        arguments: Its ``sys.argv[1:]``; the first one is the kind of program for ``drive``.
        group: Whether it leads a process group of its own.
        options: Options of the interpreter.
        env: Environment variables beside the test's own.
        measured: Whether coverage is measured in it, if it is here. Before Python 3.12 coverage
            takes a lock in between, and an interrupt that hits it there leaves it locked.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONFAULTHANDLER": "1"}
    environment.pop("PYTHONASYNCIODEBUG", None)
    if not measured:
        environment["COVERAGE_PROCESS_CONFIG"] = ""
    environment.update(env or {})
    command = [sys.executable, *options, "-c", PRELUDE + dedent(code), *map(str, arguments)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=console.STDIN,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=group,
    )
    child = LiveChild(process)
    for listen in (child.listen, child.listen_to_errors):
        child.listeners.append(threading.Thread(target=listen, daemon=True))
        child.listeners[-1].start()
    try:
        yield child
    finally:
        if group:
            # Workers of the child's may live on after it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        for listener, pipe in zip(child.listeners, (process.stdout, process.stderr), strict=True):
            listener.join(5)
            if pipe is not None and not listener.is_alive():
                pipe.close()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()


def run_to_end(
    code: str,
    *arguments: object,
    options: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
    patience: float = PATIENCE,
) -> Ended:
    """Run a child program that needs nothing from the test, and return what it left."""
    with start_child(code, *arguments, options=options, env=env, measured=True) as child:
        return child.finish(patience=patience)


def best_of_three(measure: Callable[[], float]) -> float:
    """The least of three measured times: a shared machine only ever adds to them."""
    return min(measure() for _ in range(3))
