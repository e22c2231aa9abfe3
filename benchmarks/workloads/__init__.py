# SPDX-License-Identifier: BSD-3-Clause
"""The workloads, by topic. Importing this package fills the register, in the order of the table."""

from __future__ import annotations

import importlib
import statistics

TOPICS = (
    "callbacks",
    "tasks",
    "timers",
    "threads",
    "sockets",
    "tls",
    "pipes",
    "signals",
    "interplay",
    "lifecycles",
)


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile of some values."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


for _topic in TOPICS:
    importlib.import_module(f"{__name__}.{_topic}")
