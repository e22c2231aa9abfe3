# SPDX-License-Identifier: BSD-3-Clause
"""The ways in which a loop makes its tasks, for the tests of ``run_task()``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import pytest

PYTHON_TASK: Any = asyncio.tasks._PyTask

#: How the loop makes tasks: C ones, Python ones, and by a factory that starts them itself.
FACTORIES = {
    "default": None,
    "c": lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options),
    "python": lambda loop, coro, **options: PYTHON_TASK(coro, loop=loop, **options),
}
if sys.version_info >= (3, 12):
    FACTORIES["eager"] = asyncio.eager_task_factory

ALL_FACTORIES = pytest.mark.parametrize("factory", list(FACTORIES))


def current_task() -> asyncio.Task[Any] | None:
    """Return the current task, also where asyncio.current_task() sees C tasks only (3.14)."""
    of_python: Any = getattr(asyncio.tasks, "_py_current_task", asyncio.current_task)
    return asyncio.current_task() or of_python()


def with_factory(run_in, factory: str, main: Coroutine[Any, Any, Any]) -> Any:
    async def outer() -> Any:
        asyncio.get_running_loop().set_task_factory(FACTORIES[factory])
        return await main

    return run_in(outer)
