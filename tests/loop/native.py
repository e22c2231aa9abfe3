# SPDX-License-Identifier: BSD-3-Clause
"""The plainest loops on our scheduler, for tests that need no Qt, and asyncio's own beside them.

Where asyncio itself promises the same, its own loop takes the test as well: then it is the test
that is tested.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from qtinter.compat import aio
from qtinter.loop.core import SchedulerLoop
from qtinter.testing import VirtualEventLoop


class NativeLoop(SchedulerLoop, aio.SelectorEventLoop):
    """The plainest loop on our scheduler: it waits in its own selector."""


LOOPS: dict[str, Callable[[], Any]] = {
    "stock": asyncio.SelectorEventLoop,
    "native": NativeLoop,
    "virtual": VirtualEventLoop,
}
#: What goes beyond asyncio's promises, or is about our own attributes.
ours = pytest.mark.parametrize("loop", ["native", "virtual"], indirect=True)


def run_briefly(loop: Any, turns: int = 1) -> None:
    """Run so many turns."""
    for _ in range(turns):
        loop.stop()
        loop.run_forever()
