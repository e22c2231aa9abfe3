# SPDX-License-Identifier: BSD-3-Clause
"""An idle loop costs nothing: no wake-up of its own, no CPU, no helper thread.

The figure is the sum of ``voluntary_ctxt_switches`` over the threads of a process, from one second
after its start, over five: at most one more than the same program without us. The three programs
run at the same time, so that they see the same machine.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import pytest

from tests.tools.live import LiveChild, start_child

pytestmark = [
    pytest.mark.qt,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of wake-ups on Linux only"),
]

#: Qt alone, with a timer a minute away.
WITHOUT_US = """
app = application()
timer = QtCore.QTimer()
timer.start(60_000)
after(0, lambda: say("READY"))
qt_exec(app)
"""

#: The same with us, the timer being asyncio's.
WITH_US = """
application()

async def main():
    say("READY")
    await asyncio.sleep(60)

drive(main)
"""

#: As above after some life: timers, readers, threads, a signal handler have come and gone or idle.
AFTER_ACTIVITY = """
application()

async def main():
    loop = asyncio.get_running_loop()
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    loop.add_signal_handler(signal.SIGUSR1, int)
    async def soon():
        await asyncio.sleep(0.001)
    await asyncio.gather(*(soon() for _ in range(100)))
    writer.send(b"data")
    await loop.sock_recv(reader, 10)
    loop.call_soon_threadsafe(int)
    for _ in range(100):
        loop.call_later(3, int).cancel()
    await asyncio.sleep(0)
    loop.add_reader(reader, int)
    say("READY")
    await asyncio.sleep(60)

drive(main)
"""


def wake_ups(child: LiveChild) -> int:
    """The sum of voluntary context switches over the threads of the child."""
    total = 0
    for status in Path(f"/proc/{child.process.pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                total += int(line.split()[1])
    return total


def cpu_ticks(child: LiveChild) -> int:
    """User and system time of the child, in clock ticks."""
    fields = Path(f"/proc/{child.process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def threads(child: LiveChild) -> int:
    """How many threads the child has."""
    return len(list(Path(f"/proc/{child.process.pid}/task").iterdir()))


@pytest.mark.parametrize("kind", ["owner", "guest", "run"])
@pytest.mark.parametrize("code", [WITH_US, AFTER_ACTIVITY], ids=["from the start", "after work"])
def test_an_idle_loop_has_no_thread_of_its_own(kind: str, code: str) -> None:
    with start_child(WITHOUT_US) as base, start_child(code, kind) as ours:
        base.wait_for("READY")
        ours.wait_for("READY")
        ours.wait_asleep()

        assert threads(ours) == threads(base)


@pytest.mark.timing
@pytest.mark.parametrize("code", [WITH_US, AFTER_ACTIVITY], ids=["from the start", "after work"])
def test_an_idle_loop_causes_no_wake_up_and_uses_no_cpu(code: str) -> None:
    with contextlib.ExitStack() as stack:
        children = {
            "without us": stack.enter_context(start_child(WITHOUT_US)),
            "owner": stack.enter_context(start_child(code, "owner")),
            "guest": stack.enter_context(start_child(code, "guest")),
        }
        for child in children.values():
            child.wait_for("READY")
        time.sleep(1)
        before = {name: (wake_ups(child), cpu_ticks(child)) for name, child in children.items()}
        time.sleep(5)
        after = {name: (wake_ups(child), cpu_ticks(child)) for name, child in children.items()}

    spent = {name: after[name][0] - before[name][0] for name in children}
    ticks = {name: after[name][1] - before[name][1] for name in children}
    assert spent["owner"] <= spent["without us"] + 1, spent
    assert spent["guest"] <= spent["without us"] + 1, spent
    assert max(ticks.values()) <= 1, ticks
