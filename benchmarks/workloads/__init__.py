# SPDX-License-Identifier: BSD-3-Clause
"""The workloads, by topic. Importing this package fills the register, in the order of the table."""

from __future__ import annotations

import importlib

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

for _topic in TOPICS:
    importlib.import_module(f"{__name__}.{_topic}")
