# SPDX-License-Identifier: BSD-3-Clause
"""Run the tests with this interpreter and one binding, and write down what came of it.

    python scripts/suite.py NAME BINDING [pytest arguments]

NAME tells one run from another: caches, coverage data and the result are kept under it, so several
runs can go on side by side. BINDING is PyQt6, PySide6, PyQt5, PySide2, or none.

A test that takes the whole process with it has failed, and the others go on in a new process. A run
that executes no test has failed, too.

Environment:
    COVERAGE=1      measure branch coverage, children included, into build/coverage/NAME
    LAST_FAILED=1   run again what failed last time under NAME: nothing if that run passed, all if
                    it didn't get to the end

The result is build/results/NAME.json: the exit status, the number of tests that passed and were
skipped, the names of those that failed, and of those that failed at first and not when run again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
RESULTS = BUILD / "results"

ENDED_IN_ORDER = (0, 1, 5)  # pytest's: passed, some tests failed, none selected
NO_TESTS = 5
MAX_PROCESSES = 6


def outcomes(journal: Path) -> dict[str, tuple[str, str]]:
    """Return each test's outcome and why it failed; "began" means that it never ended."""
    if not journal.exists():
        return {}
    lines = map(json.loads, journal.read_text().splitlines())
    return {test: (outcome, why) for test, outcome, why in lines}


def environment(name: str, binding: str, journal: Path) -> dict[str, str]:
    """Return the environment of the pytest process."""
    environ = dict(os.environ, SUITE_JOURNAL=str(journal))
    environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for variable in ("QT_API", "QTINTERBINDING", "SUITE_SELECT", "LAST_FAILED"):
        environ.pop(variable, None)
    if binding != "none":
        environ["QTINTERBINDING"] = binding
    if os.environ.get("COVERAGE"):
        folder = BUILD / "coverage" / name
        folder.mkdir(parents=True, exist_ok=True)
        environ["COVERAGE_FILE"] = str(folder / ".coverage")
    return environ


def run(name: str, environ: dict[str, str], arguments: Iterable[str]) -> tuple[int, bool]:
    """Run pytest in as many processes as it takes.

    Returns:
        The last one's exit status, and whether no test was left over.
    """
    journal, select = Path(environ["SUITE_JOURNAL"]), RESULTS / f"{name}.select"
    command = [sys.executable, "-m"]
    if "COVERAGE_FILE" in environ:
        command += ["coverage", "run", "-m"]
    command += ["pytest", "-p", "scripts.journal", "-o", f"cache_dir={BUILD / 'pytest' / name}"]
    if sys.platform == "win32":
        command += ["-o", "timeout_method=thread"]  # there are no alarm signals
    command += arguments
    status, lost = 0, []
    for _ in range(MAX_PROCESSES):
        before = outcomes(journal)
        status = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        after = outcomes(journal)
        lost = [test for test in after if after[test][0] == "began" and test not in before]
        if not lost:
            break
        for test, (outcome, why) in after.items():
            if outcome == "failed" and test not in before:  # pytest didn't get to say it
                print(f"\n{test} failed:\n{why}")
        print(f"\n{name}: the process ended with {status} in {lost[-1]}; going on after it")
        if "SUITE_SELECT" in environ and "only" in (old := json.loads(select.read_text())):
            rest = {"only": [test for test in old["only"] if test not in after]}
        else:
            rest = {"without": list(after)}
        select.write_text(json.dumps(rest))
        environ["SUITE_SELECT"] = str(select)
    return status, status in ENDED_IN_ORDER and not lost


def main(name: str, binding: str, arguments: list[str]) -> int:
    """Run the suite as the command line and the environment say; return the exit status."""
    result_file, journal = RESULTS / f"{name}.json", RESULTS / f"{name}.journal"
    RESULTS.mkdir(parents=True, exist_ok=True)
    before: dict[str, Any] = {}
    if os.environ.get("LAST_FAILED") and result_file.exists():
        before = json.loads(result_file.read_text())
        if before["status"] == 0:
            print(f"{name}: passed before, nothing to run again")
            return 0
    result_file.unlink(missing_ok=True)  # a run that is killed leaves no result
    journal.unlink(missing_ok=True)
    environ = environment(name, binding, journal)
    again = before["failed"] if before.get("complete") else []
    if again:
        select = RESULTS / f"{name}.select"
        select.write_text(json.dumps({"only": again}))
        environ["SUITE_SELECT"] = str(select)
    elif "COVERAGE_FILE" in environ:
        for old in Path(environ["COVERAGE_FILE"]).parent.glob(".coverage*"):
            old.unlink()

    start = time.monotonic()
    status, complete = run(name, environ, arguments)
    ended = {test: outcome for test, (outcome, _) in outcomes(journal).items()}
    failed = [test for test, outcome in ended.items() if outcome in ("failed", "began")]
    failed += [test for test in again if test not in ended]
    if status == NO_TESTS and ended:
        status = 0  # the process before it died in the very last test
    if failed and status == 0:
        status = 1
    result = {
        "status": status,
        "complete": complete,
        "seconds": round(time.monotonic() - start + before.get("seconds", 0), 1),
        "passed": list(ended.values()).count("passed") + (before["passed"] if again else 0),
        "skipped": list(ended.values()).count("skipped") + (before["skipped"] if again else 0),
        "failed": failed,
        "flaky": [test for test in again if test not in failed],
    }
    result_file.write_text(json.dumps(result, indent=1) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
