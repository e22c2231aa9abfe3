# SPDX-License-Identifier: BSD-3-Clause
"""PySide6 on Python 3.15 leaves lazy imports of the standard library unresolved; qtinter mends it.

Without that, ``concurrent.futures.ThreadPoolExecutor`` stays a placeholder that can't be called, on
every asyncio loop. What is mended holds for each order in which the two are imported.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.tools.child import run_child

pytestmark = [
    pytest.mark.qt,
    pytest.mark.skipif(sys.version_info < (3, 15), reason="lazy imports came with Python 3.15"),
]

USE = """
import concurrent.futures
async def main():
    loop = asyncio.get_running_loop()
    print(await asyncio.to_thread(pow, 2, 3))
    print(await loop.run_in_executor(None, pow, 2, 4))
    print(bool(await loop.getaddrinfo("127.0.0.1", 80)))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        print(pool.submit(pow, 2, 5).result())
    print(issubclass(concurrent.futures.ProcessPoolExecutor, concurrent.futures.Executor))
"""
SAID = "8\n16\nTrue\n32\nTrue\n"


@pytest.mark.parametrize("first", ["qtinter", "the binding"])
@pytest.mark.parametrize("loop", ["ours", "asyncio's"])
def test_executors_work_whatever_was_imported_first(first: str, loop: str) -> None:
    order = ["import qtinter", f"from {os.environ['QTINTERBINDING']} import QtCore"]
    if first == "the binding":
        order.reverse()
    run = {
        "ours": "app = QtCore.QCoreApplication([]); qtinter.run(main())",
        "asyncio's": "asyncio.run(main())",
    }[loop]
    child = run_child("\n".join([*order, USE, run]), prelude="import asyncio\n")
    assert (child.returncode, child.stdout, child.stderr) == (0, SAID, "")
