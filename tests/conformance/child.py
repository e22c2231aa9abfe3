# SPDX-License-Identifier: BSD-3-Clause
"""The child process of the conformance runner: one test module, one kind of loop.

It is started as ``python child.py ORDER.json``. The order names the test module, the loop class
(none: asyncio's own) and the Qt binding. What happens is appended to the file that the order
names, one JSON object a line and one line at a time, so that whatever ends this process early
leaves behind which test was running:

    {"start": id}                                      a test begins
    {"end": id, "outcome": ..., "turns": ..., ...}     a test has ended
    {"fixture": id, "outcome": ..., ...}               setUpClass, setUpModule or an import failed
    {"done": true}                                     the module was run to its end

Invariants:

* A file without its last line was cut short, whatever the exit status says (``os._exit(0)``).
* Only this process writes: a fork of it that runs on into the next tests stays silent.
* No helper thread is made here (a thread changes what ``os.fork`` does and warns of). Watching for
  a hang is the parent's job; it sends SIGABRT, on which ``faulthandler`` writes all stacks.

Only the standard library is imported, so that the process with asyncio's own loop is a plain one.
"""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import gc
import importlib
import importlib.util
import json
import os
import sys
import time
import traceback
import unittest
import unittest.case
import warnings
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# A test has the worst of the outcomes that were reported for it (subtests, clean-up).
SEVERITY = ("passed", "xfailed", "skipped", "xpassed", "failed", "error")


class Order(TypedDict):
    """What the parent wants: written by ``runner.py``."""

    module: str
    results: str
    loop: str | None  # "package.module:Class"
    binding: str | None
    only: list[str] | None
    skip: list[str]


class Wakeups:
    """Counts the calls of a loop class's ``_wake``: the one entry that Qt has into the loop."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, loop_class: type[Any]) -> bool:
        """Wrap ``_wake`` on the class that defines it; False if there is none."""
        owner = next((c for c in loop_class.__mro__ if "_wake" in vars(c)), None)
        if owner is None:
            return False
        original = vars(owner)["_wake"]

        @functools.wraps(original)
        def wake(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return original(*args, **kwargs)

        setattr(owner, "_wake", wake)  # noqa: B010 - the name is private to the loop
        return True


class Log:
    """The result file: one JSON object a line."""

    def __init__(self, path: str) -> None:
        self._pid = os.getpid()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, record: dict[str, object]) -> None:
        if os.getpid() == self._pid:
            os.write(self._fd, json.dumps(record).encode() + b"\n")


class Result(unittest.TestResult):
    """Writes each test's beginning, and its outcome when it ends. The names are unittest's."""

    def __init__(self, log: Log, wakeups: Wakeups | None) -> None:
        super().__init__()
        self._log = log
        self._wakeups = wakeups
        self._current: unittest.TestCase | None = None
        self._outcome = "passed"
        self._detail: list[str] = []
        self._began = 0.0
        self._turns_before = 0

    def startTest(self, test: unittest.TestCase) -> None:
        if self._outcome in {"failed", "error"}:
            # What the last test has left behind must not go in one that counts warnings.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                gc.collect()
        super().startTest(test)
        self._current = test
        self._outcome = "passed"
        self._detail = []
        environment_altered()
        self._turns_before = 0 if self._wakeups is None else self._wakeups.count
        self._began = time.monotonic()
        self._log.write({"start": test.id()})

    def stopTest(self, test: unittest.TestCase) -> None:
        turns = None if self._wakeups is None else self._wakeups.count - self._turns_before
        self._log.write(
            {
                "end": test.id(),
                "outcome": self._outcome,
                "turns": turns,
                "seconds": round(time.monotonic() - self._began, 4),
                "altered": environment_altered(),
                "detail": "".join(self._detail)[-20_000:],
            }
        )
        self._current = None
        super().stopTest(test)

    def _note(self, test: Any, outcome: str, detail: str = "") -> None:
        if self._current is None and isinstance(test, unittest.TestCase):
            self.startTest(test)  # 3.12.1 skips a test without starting it, yet stops it
        if self._current is None:
            # setUpClass and the like: unittest reports them as a test that never started
            self._log.write({"fixture": test.id(), "outcome": outcome, "detail": detail})
            return
        if outcome == "skipped" and isinstance(test, getattr(unittest.case, "_SubTest", ())):
            return  # a skipped part does not make the test a skipped one
        if SEVERITY.index(outcome) > SEVERITY.index(self._outcome):
            self._outcome = outcome
        if detail:
            self._detail.append(detail)

    def addError(self, test: unittest.TestCase, err: ExcInfo) -> None:
        self._note(test, "error", text_of(err))

    def addFailure(self, test: unittest.TestCase, err: ExcInfo) -> None:
        self._note(test, "failed", text_of(err))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._note(test, "skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: ExcInfo) -> None:
        self._note(test, "xfailed")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._note(test, "xpassed", "unexpected success")

    def addSubTest(
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: ExcInfo | None
    ) -> None:
        if err is not None:
            failed = err[0] is not None and issubclass(err[0], test.failureException)
            detail = f"{subtest}\n{text_of(err)}"
            self._note(subtest, "failed" if failed else "error", detail)


def text_of(err: ExcInfo) -> str:
    return "".join(traceback.format_exception(*err))


def environment_altered() -> bool:
    """Whether the standard library's test support saw a leak (threads, children), and forget it."""
    support = sys.modules.get("test.support")
    altered = bool(getattr(support, "environment_altered", False))
    if altered:
        setattr(support, "environment_altered", False)  # noqa: B010 - a module's variable
    return altered


def flatten(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def make_application(binding: str) -> object:
    """A QApplication where the binding has QtWidgets, else a QCoreApplication."""
    if importlib.util.find_spec(f"{binding}.QtWidgets") is not None:
        return importlib.import_module(f"{binding}.QtWidgets").QApplication(["conformance"])
    return importlib.import_module(f"{binding}.QtCore").QCoreApplication(["conformance"])


def load_loop_class(name: str) -> tuple[type[Any], type[Any] | None]:
    """The loop class, and the policy of the same name if there is one beside it."""
    module_name, _, class_name = name.partition(":")
    module = importlib.import_module(module_name)
    return getattr(module, class_name), getattr(module, f"{class_name}Policy", None)


def install_loop_class(loop_class: type[Any], policy_class: type[Any] | None) -> None:
    """Put ``loop_class`` where asyncio's concrete selector loop stands on Unix.

    The abstract bases (``BaseEventLoop``, ``BaseSelectorEventLoop``) stay: tests that build a loop
    of their own on these test asyncio's code, not ours. ``asyncio.new_event_loop`` is left
    to ask the policy, because tests install policies of their own and expect it to.
    """
    if sys.platform == "win32":
        install_windows_loops(loop_class)
        return
    from asyncio import events, unix_events

    namespaces: tuple[Any, ...] = (asyncio, unix_events)
    for namespace in namespaces:
        for name in ("SelectorEventLoop", "EventLoop", "_UnixSelectorEventLoop"):
            if hasattr(namespace, name):
                setattr(namespace, name, loop_class)

    # "_Default..." are the names of 3.14 and 3.15; later there may be no policy at all
    names = ("DefaultEventLoopPolicy", "_DefaultEventLoopPolicy")
    found = next((n for n in names if n in vars(unix_events)), None)
    if found is None:
        cast("Any", events).new_event_loop = loop_class
        cast("Any", asyncio).new_event_loop = loop_class
    else:
        default = getattr(unix_events, found)
        if policy_class is None:
            policy_class = type(default.__name__, (default,), {"_loop_factory": loop_class})
        elif not issubclass(policy_class, default):
            msg = f"{policy_class} does not derive from asyncio's default policy"
            raise TypeError(msg)
        for namespace in namespaces:
            if found in vars(namespace):
                setattr(namespace, found, policy_class)

    loop = asyncio.new_event_loop()
    loop.close()
    cast("Any", events)._event_loop_policy = None  # made anew when a test asks for it
    if type(loop) is not loop_class:
        msg = f"asyncio.new_event_loop() made a {type(loop)} although {loop_class} is installed"
        raise RuntimeError(msg)


def install_windows_loops(proactor_loop: type[Any]) -> None:
    """Put our loops where asyncio's two concrete ones stand on Windows.

    The selector loop is the one beside the proactor loop that was asked for, where there is one.
    """
    from asyncio import windows_events as events

    selector_loop = getattr(
        sys.modules[proactor_loop.__module__.partition(".")[0]], "QiSelectorEventLoop", None
    )
    replaced = {
        ("ProactorEventLoop", "EventLoop"): proactor_loop,
        ("SelectorEventLoop", "_WindowsSelectorEventLoop"): selector_loop,
    }
    for names, loop_class in replaced.items():
        for name in names if loop_class is not None else ():
            if hasattr(events, name):
                policy = getattr(events, f"Windows{name}Policy", None) or getattr(
                    events, f"_Windows{name}Policy", None
                )
                if policy is not None:
                    policy._loop_factory = loop_class
            for namespace in (asyncio, events):
                if hasattr(namespace, name):
                    setattr(namespace, name, loop_class)
    loop = asyncio.new_event_loop()
    loop.close()
    if type(loop) is not proactor_loop:
        msg = f"asyncio.new_event_loop() made a {type(loop)} although {proactor_loop} is installed"
        raise RuntimeError(msg)


def main() -> None:
    faulthandler.enable(all_threads=True)
    sys.path.pop(0)  # this file's folder: its neighbours are not for the tests to import
    order = cast("Order", json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    log = Log(order["results"])

    application = None if order["binding"] is None else make_application(order["binding"])
    wakeups = None
    if order["loop"] is not None:
        loop_class, policy_class = load_loop_class(order["loop"])
        counter = Wakeups()
        wakeups = counter if counter.watch(loop_class) else None
        install_loop_class(loop_class, policy_class)

    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as unittest's own runner has it
        try:
            module = importlib.import_module(order["module"])
        except unittest.SkipTest as skipped:  # a module for another system
            log.write({"fixture": order["module"], "outcome": "skipped", "detail": str(skipped)})
            log.write({"done": True})
            return
        tests = list(flatten(unittest.defaultTestLoader.loadTestsFromModule(module)))
        if order["only"] is not None:
            only = set(order["only"])
            tests = [test for test in tests if test.id() in only]
        skip = set(order["skip"])
        tests = [test for test in tests if test.id() not in skip]
        unittest.TestSuite(tests).run(Result(log, wakeups))
        del tests
    log.write({"done": True})
    del application


if __name__ == "__main__":
    main()
