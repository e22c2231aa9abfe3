# SPDX-License-Identifier: BSD-3-Clause
"""The wake-up fd: ours while the loop runs, the host's bytes forwarded, the host's fd restored."""

from __future__ import annotations

import signal

import pytest

from tests.loop.kinds import ALL_KINDS
from tests.tools.live import run_to_end, start_child

pytestmark = pytest.mark.qt

HOST = """
application()
host, theirs = socket.socketpair()
host.setblocking(False)
theirs.setblocking(False)

def ignore(signum, frame):
    pass

signal.signal(signal.SIGUSR1, ignore)
signal.set_wakeup_fd(theirs.fileno())

def heard():
    try:
        return list(host.recv(100))
    except BlockingIOError:
        return []

def whose():
    fd = signal.set_wakeup_fd(-1)
    return "the host's" if fd == theirs.fileno() else fd
"""


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_hosts_wakeup_fd_gets_the_bytes_of_signals_and_is_restored(kind: str) -> None:
    code = HOST + (
        """
async def main():
    loop = asyncio.get_running_loop()
    got = loop.create_future()
    loop.add_reader(host, lambda: got.done() or got.set_result(heard()))
    say("READY")
    say(f"host heard {await got}")
    loop.remove_reader(host)

drive(main)
say(whose())
"""
    )
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send(signal.SIGUSR1)
        ended = child.finish()

    assert ended.said("READY", f"host heard {[int(signal.SIGUSR1)]}", "RESULT None", "the host's")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_asyncios_handlers_coming_and_going_leave_the_hosts_wakeup_fd_in_the_chain(
    kind: str,
) -> None:
    code = HOST + (
        """
async def main():
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR2, seen.set)
    os.kill(os.getpid(), signal.SIGUSR2)
    await seen.wait()
    loop.remove_signal_handler(signal.SIGUSR2)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.sleep(0.05)
    say(f"host heard {heard()}")

drive(main)
say(whose())
"""
    )
    ended = run_to_end(code, kind)

    both = [int(signal.SIGUSR2), int(signal.SIGUSR1)]
    assert ended.said(f"host heard {both}", "RESULT None", "the host's")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_hosts_wakeup_fd_is_restored_after_a_ctrl_c(kind: str) -> None:
    code = HOST + (
        """
try:
    drive(wait_to_be_cancelled)
except KeyboardInterrupt:
    say(f"host heard {heard()}")
    say(whose())
"""
    )
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said(f"host heard {[int(signal.SIGINT)]}", "the host's")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_hosts_wakeup_fd_that_is_full_or_broken_does_no_harm(kind: str) -> None:
    code = HOST + (
        """
try:
    while True:
        theirs.send(b"x" * 65536)
except BlockingIOError:
    pass

async def main():
    seen = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, seen.set)
    os.kill(os.getpid(), signal.SIGUSR2)
    await seen.wait()
    seen.clear()
    host.close()
    os.kill(os.getpid(), signal.SIGUSR2)
    await seen.wait()

drive(main)
say(whose())
"""
    )
    ended = run_to_end(code, kind)

    assert ended.said("RESULT None", "the host's")
    assert ended.returncode == 0


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_wakeup_fd_that_is_set_while_the_loop_runs_is_not_undone_at_its_end(kind: str) -> None:
    code = HOST + (
        """
signal.set_wakeup_fd(-1)

async def main():
    signal.set_wakeup_fd(theirs.fileno())

drive(main)
say(whose())
"""
    )
    ended = run_to_end(code, kind)

    assert ended.said("RESULT None", "the host's")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_error_while_signals_are_read_comes_out_of_the_run_and_not_into_qt() -> None:
    code = """
application()
loop = qtinter.new_event_loop()
read = loop._read_from_self

def failing():
    loop._read_from_self = read
    raise OSError("not readable")

async def main():
    loop._read_from_self = failing
    loop._read_signals()  # as Qt does in a nested loop
    say("goes on")

try:
    loop.run_until_complete(main())
except OSError as exc:
    say(exc)
wind_up(loop)
"""
    ended = run_to_end(code)

    assert ended.texts == ["goes on", "not readable"]
    assert (ended.returncode, ended.stderr) == (0, "")
