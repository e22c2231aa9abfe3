# SPDX-License-Identifier: BSD-3-Clause
"""From Python 3.14 asyncio can show what tasks wait for: waits on Qt signals are among it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

import qtinter

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 14), reason="asyncio has no call graphs before 3.14"
)


async def wait(sender):
    await qtinter.asyncsignal(sender.nothing)


async def iterate(sender):
    async for _ in qtinter.asyncsignalstream(sender.nothing):
        pass


@pytest.mark.parametrize("waiting", [wait, iterate])
def test_the_call_graph_of_a_task_that_waits_for_a_signal_names_the_wait(run_in, sender, waiting):
    async def main():
        task = asyncio.ensure_future(waiting(sender))
        await asyncio.sleep(0)
        graph = asyncio.capture_call_graph(task)
        task.cancel()
        await asyncio.wait([task])
        return [entry.frame.f_code.co_name for entry in graph.call_stack]

    names = run_in(main)
    assert names[-1] == waiting.__name__
    assert names[0] in {"asyncsignal", "_emission"}


def test_the_call_graph_of_a_wait_names_who_awaits_the_waiting_task(run_in, sender):
    async def outer():
        async with asyncio.TaskGroup() as group:
            inner.append(group.create_task(wait(sender), name="inner"))

    async def main():
        task = asyncio.create_task(outer(), name="outer")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        graph = asyncio.capture_call_graph(inner[0])
        task.cancel()
        await asyncio.wait([task])
        return [caller.future.get_name() for caller in graph.awaited_by]

    inner = []
    assert run_in(main) == ["outer"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one may not look into a process")
def test_pstree_shows_the_tasks_of_a_program_that_wait_for_signals(run_in, sender):
    command = [sys.executable, "-m", "asyncio", "pstree", str(os.getpid())]

    def look():
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    async def main():
        tasks = [
            asyncio.create_task(wait(sender), name="waits"),
            asyncio.create_task(iterate(sender), name="iterates"),
        ]
        await asyncio.sleep(0)
        seen = await asyncio.get_running_loop().run_in_executor(None, look)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return seen

    seen = run_in(main)
    if "Permission" in seen.stderr or "Operation not permitted" in seen.stderr:
        pytest.skip("this system lets no process look into another one")
    assert seen.returncode == 0, seen.stderr
    for text in ("(T) waits", "asyncsignal", "(T) iterates", "SignalStream.__anext__"):
        assert text in seen.stdout
