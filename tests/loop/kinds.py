# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of programs that the child-process tests are run as (see `tests.tools.inside`)."""

from __future__ import annotations

import sys

import pytest

#: `asyncio.Runner` came with Python 3.11.
RUNNER = pytest.param(
    "runner",
    marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="no asyncio.Runner before 3.11"),
)

#: Programs that keep Python's own SIGINT handler.
PLAIN_KINDS = ["owner", "guest"]

#: Programs with `asyncio.Runner`'s handler, which cancels main first.
RUNNER_KINDS = ["run", RUNNER]

ALL_KINDS = [*PLAIN_KINDS, *RUNNER_KINDS]
