# SPDX-License-Identifier: BSD-3-Clause
"""A nested Qt loop inside a callback: asyncio pauses, Qt lives, no CPU is burnt, nothing is lost.

A coroutine runs a bare ``QEventLoop.exec()`` of half a second beside 100 tasks and a socket that
another process fills as fast as it can.
"""

from __future__ import annotations

import pytest

from tests.loop.hosting import new_loop
from tests.loop.kinds import PLAIN_KINDS
from tests.tools.live import Ended, run_to_end

pytestmark = pytest.mark.qt

PROGRAM = """
import subprocess

PEER = '''
import socket, sys, time
out = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
chunk, sent, end = bytes(65536), 0, time.monotonic() + 1.2
while time.monotonic() < end:
    out.sendall(chunk)
    sent += len(chunk)
out.close()
print(sent)
'''

app = application()

# Every activation of a notifier is an event of this type: each one of ours is seen here.
class Count(QtCore.QObject):
    notified = 0

    def eventFilter(self, watched, event):
        if event.type() == QtCore.QEvent.Type.SockAct:
            Count.notified += 1
        return False

async def task(number):
    for _ in range(200):
        await asyncio.sleep(0.005)
    return number

async def main():
    loop = asyncio.get_running_loop()
    received, connected, over = 0, asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        nonlocal received
        connected.set()
        while data := await reader.read(1 << 16):
            received += len(data)
        writer.close()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", PEER, str(port), stdout=subprocess.PIPE
    )
    tasks = [asyncio.create_task(task(n)) for n in range(100)]
    await connected.wait()
    began, got = time.monotonic(), received
    await asyncio.sleep(0.3)
    say(f"rate {(received - got) / (time.monotonic() - began) / 1e6:.1f}")

    ticks = []
    ticker = QtCore.QTimer()
    ticker.timeout.connect(lambda: ticks.append(1))
    if "tick" in sys.argv:
        ticker.start(50)
    counter = Count()
    if "count" in sys.argv:
        app.installEventFilter(counter)
    got = received
    say("NESTED")
    cpu = time.process_time()
    nested(0.5)
    cpu = time.process_time() - cpu
    app.removeEventFilter(counter)
    ticker.stop()
    say(f"cpu {cpu:.4f}")
    say(f"notified {Count.notified}")
    say(f"ticks {len(ticks)}")
    say(f"read in between {received - got}")

    numbers = await asyncio.gather(*tasks)
    say(f"tasks {numbers == list(range(100))}")
    sent = int((await peer.stdout.read()).decode())
    await over.wait()
    await peer.wait()
    say(f"bytes {sent == received}")
    server.close()

drive(main)
"""


def figure(ended: Ended, name: str) -> float:
    """The number that the child reported under this name."""
    for text in ended.texts:
        if text.startswith(name + " "):
            return float(text.removeprefix(name + " "))
    message = f"no {name!r}: {ended}"
    raise AssertionError(message)


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_nested_loop_pauses_asyncio_and_loses_no_byte_and_no_task(kind: str) -> None:
    ended = run_to_end(PROGRAM, kind, "tick")

    assert ended.said("read in between 0", "tasks True", "bytes True", "RESULT None")
    assert figure(ended, "ticks") >= 2  # Qt lives
    # No "Cannot enter into task", no complaint of any kind.
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_nested_loop_wakes_us_at_most_three_times(kind: str) -> None:
    ended = run_to_end(PROGRAM, kind, "count")

    assert figure(ended, "notified") <= 3
    assert ended.said("tasks True", "bytes True", "RESULT None")


@pytest.mark.timing
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_nested_loop_burns_no_cpu_under_a_busy_socket(kind: str) -> None:
    runs = [run_to_end(PROGRAM, kind) for _ in range(3)]

    assert max(figure(ended, "rate") for ended in runs) >= 10, "the peer was too slow"
    assert min(figure(ended, "cpu") for ended in runs) <= 0.025
    for ended in runs:
        assert ended.said("tasks True", "bytes True", "RESULT None")


DEBUG = """
logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
application()

async def main():
    loop = asyncio.get_running_loop()
    loop.set_debug(sys.argv[2] == "debug")
    loop.slow_callback_duration = 60
    a_place_of_the_users()

def a_place_of_the_users():
    inner = QtCore.QEventLoop()
    after(50, inner.quit)
    (getattr(inner, "exec", None) or inner.exec_)()

drive(main)
"""


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_debug_mode_warns_of_a_nested_loop_and_names_where_it_was_begun(kind: str) -> None:
    ended = run_to_end(DEBUG, kind, "debug")

    assert ended.said("RESULT None")
    assert "WARNING" in ended.stderr
    assert "in a_place_of_the_users" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_there_is_no_word_of_a_nested_loop_outside_debug_mode(kind: str) -> None:
    ended = run_to_end(DEBUG, kind, "quiet")

    assert ended.said("RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_threads_and_timers_of_asyncio_wait_for_the_nested_loop_and_then_run(kind: str) -> None:
    code = """
    application()
    seen = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.call_later(0.02, seen.append, "timer")
        threading.Timer(0.05, loop.call_soon_threadsafe, [seen.append, "thread"]).start()
        loop.call_soon(seen.append, "soon")
        nested(0.2)
        say(f"during {seen}")
        await asyncio.sleep(0.01)
        say(f"after {sorted(seen)}")

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("during []", "after ['soon', 'thread', 'timer']", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_slots_of_a_nested_loop_can_schedule_callbacks_for_after_it(kind: str) -> None:
    code = """
    application()

    async def main():
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        after(10, lambda: loop.call_soon(done.set_result, "from a slot"))
        nested(0.05)
        return await done

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("RESULT 'from a slot'")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_nested_loops_inside_nested_loops_return_innermost_first(kind: str) -> None:
    code = """
    application()

    async def tick():
        for _ in range(10):
            await asyncio.sleep(0.001)
        return "ticked"

    def slot():
        nested(0.05)
        say("inner")

    async def main():
        task = asyncio.create_task(tick())
        after(10, slot)
        nested(0.02)
        say("outer")
        return await task

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("inner", "outer", "RESULT 'ticked'")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_second_wake_up_in_the_same_nested_loop_is_not_warned_of(
    qapp, caplog: pytest.LogCaptureFixture
) -> None:
    with new_loop() as loop:
        loop.set_debug(True)
        loop.slow_callback_duration = 60

        def callback() -> None:
            loop._wake()
            loop._wake()
            loop.stop()

        loop.call_soon(callback)
        loop.run_forever()
    assert len(caplog.records) == 1
