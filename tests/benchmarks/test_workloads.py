# SPDX-License-Identifier: BSD-3-Clause
"""Each workload does its work, on a scale that measures nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from benchmarks import workloads  # noqa: F401  (fills the register)
from benchmarks.environment import ROOT, Allocator
from benchmarks.harness import environment_of
from benchmarks.implementations import IMPLEMENTATIONS
from benchmarks.workload import REGISTER, Capability
from benchmarks.workloads.interplay import shots_lost


def failures(name: str) -> dict[str, str | None]:
    """Run all workloads under one implementation."""
    binding = os.environ.get("QTINTERBINDING", "PyQt6")
    environment = environment_of(IMPLEMENTATIONS[name], binding, Allocator.FAST)
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", name, "smoke"],
        cwd=ROOT,
        env=environment | {"BENCHMARK_SCALE": "0.005"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found: dict[str, str | None] = json.loads(finished.stdout.splitlines()[-1])
    return found


def test_each_workload_without_qt_does_its_work_on_asyncio() -> None:
    without_qt = [
        one.name for one in REGISTER.values() if one.needs <= {Capability.FILE_DESCRIPTORS}
    ]

    assert failures("stock") == dict.fromkeys(without_qt)


@pytest.mark.qt
@pytest.mark.parametrize("name", ["owner", "guest"])
def test_each_workload_does_its_work_on_ours(name: str) -> None:
    assert failures(name) == dict.fromkeys(REGISTER)


@pytest.mark.parametrize(
    ("times", "lost"),
    [
        ([0, 1, 2, 3, 3.9], 0),  # stopped before the next one was due
        ([0, 1, 2, 3, 4.01], 0),  # ... or just when it was
        ([0, 1.3, 1.9, 3], 0),  # late, not lost
        ([0, 1, 3, 4], 1),
        ([0, 2, 5.2], 3),
        ([0, 3], 2),
    ],
)
def test_a_shot_is_lost_where_twice_the_interval_goes_by(times: list[float], lost: int) -> None:
    assert shots_lost(times, 1) == lost
