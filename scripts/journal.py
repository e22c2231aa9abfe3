# SPDX-License-Identifier: BSD-3-Clause
"""A pytest plugin that writes down each test as it begins and ends.

Tests of an event loop can take the whole process with them: an abort in Qt, a wait that nothing
ends. pytest's own reports are written at the end, so then nothing is known. This journal is written
line by line, and tells `suite.py` which test it was and where to go on.

Environment:
    SUITE_JOURNAL   the file to append to; a JSON array [nodeid, outcome, why] on each line, where
                    the outcome is "began", "passed", "failed" or "skipped"
    SUITE_SELECT    a JSON file: {"only": [nodeid, ...]} or {"without": [nodeid, ...]}
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


class Journal:
    """Writes the journal; an outcome is that of the worst of setup, call and teardown."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._outcome = "passed"
        self._why = ""

    def _write(self, nodeid: str, outcome: str) -> None:
        self._file.write(json.dumps([nodeid, outcome, self._why]) + "\n")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that the test begins."""
        self._outcome, self._why = "passed", ""
        self._write(nodeid, "began")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in the outcome of one phase."""
        if report.failed or (report.skipped and self._outcome == "passed"):
            self._outcome = report.outcome
        if report.failed:
            self._why += report.longreprtext

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note how the test ended."""
        self._write(nodeid, self._outcome)


def pytest_configure(config: pytest.Config) -> None:
    """Start the journal."""
    config.pluginmanager.register(Journal(Path(os.environ["SUITE_JOURNAL"])), "suite-journal")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run isn't about."""
    if not (path := os.environ.get("SUITE_SELECT")):
        return
    select = json.loads(Path(path).read_text())
    only, without = select.get("only"), frozenset(select.get("without", ()))
    left_out = [
        item
        for item in items
        if item.nodeid in without or (only is not None and item.nodeid not in only)
    ]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]
