# SPDX-License-Identifier: BSD-3-Clause
"""Run the tests once with this interpreter and its binding, and write down what came of it.

    python scripts/suite.py NAME BINDING [pytest arguments]

NAME tells one run from another: caches, coverage data and the result are kept under it, so several
runs can go on side by side. BINDING is PyQt6, PySide6, PyQt5, PySide2, or none.

Environment:
    COVERAGE=1      measure branch coverage, children included, into build/coverage/NAME
    LAST_FAILED=1   run again what failed last time under NAME: only the tests that failed, or all
                    of them if that run didn't end by itself; nothing if it passed

The result is build/results/NAME.json: the exit status and how many tests passed, failed, ...
A run that executes no test has failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TESTS_FAILED = 1  # pytest's exit status; a run that faulthandler cuts short has it, but no report


def count(report: Path) -> dict[str, int]:
    """Return how many tests passed, failed and were skipped, by pytest's own report."""
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    if report.exists():
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314  our own file
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            totals["failed"] += failed
            totals["skipped"] += skipped
            totals["passed"] += int(suite.get("tests", 0)) - failed - skipped
    return totals


def run(name: str, binding: str, arguments: list[str], *, again: bool) -> dict[str, Any]:
    """Run pytest and return the result that is to be written."""
    environ = dict(os.environ)
    environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    environ.pop("QT_API", None)
    environ.pop("QTINTERBINDING", None)
    if binding != "none":
        environ["QTINTERBINDING"] = binding
    command = [sys.executable, "-m"]
    if os.environ.get("COVERAGE"):
        data = BUILD / "coverage" / name / ".coverage"
        data.parent.mkdir(parents=True, exist_ok=True)
        if not again:
            for old in data.parent.glob(".coverage*"):
                old.unlink()
        environ["COVERAGE_FILE"] = str(data)
        command += ["coverage", "run", "-m"]
    report = BUILD / "results" / f"{name}.xml"
    report.unlink(missing_ok=True)
    command += ["pytest", f"--junitxml={report}", "-o", f"cache_dir={BUILD / 'pytest' / name}"]
    if again:
        command += ["--lf", "--lfnf=none"]
    start = time.monotonic()
    status = subprocess.run([*command, *arguments], cwd=ROOT, env=environ, check=False).returncode
    return {"status": status, "seconds": round(time.monotonic() - start, 1), **count(report)}


def main(name: str, binding: str, arguments: list[str]) -> int:
    """Run the suite as the command line and the environment say; return the exit status."""
    result_file = BUILD / "results" / f"{name}.json"
    result_file.parent.mkdir(parents=True, exist_ok=True)
    before: dict[str, Any] = {}
    if os.environ.get("LAST_FAILED") and result_file.exists():
        before = json.loads(result_file.read_text())
        if before["status"] == 0:
            print(f"{name}: passed before, nothing to run again")
            return 0
    result_file.unlink(missing_ok=True)  # a run that is killed leaves no result
    again = before.get("status") == TESTS_FAILED and before["failed"] > 0
    result = run(name, binding, arguments, again=again)
    if again:
        # The tests that passed the first time still count; the failed ones have been replaced.
        result["flaky"] = before["failed"] - result["failed"]
        result["passed"] = before["passed"] + result["flaky"]
        result["skipped"] = before["skipped"]
    result_file.write_text(json.dumps(result) + "\n")
    return int(result["status"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
