# SPDX-License-Identifier: BSD-3-Clause
"""Forked children of a running loop: no wake-up fd, no running loop, the parent undisturbed.

Python 3.12 resets these in the child by itself; 3.10 and 3.11 have no hook for it.
"""

from __future__ import annotations

import pytest

from tests.loop.kinds import ALL_KINDS, PLAIN_KINDS
from tests.tools.live import run_to_end, start_child

pytestmark = pytest.mark.qt

# Forking beside other threads is what these programs are about.
NO_FORK_WARNING = ("-W", "ignore::DeprecationWarning")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_to_the_group_of_a_forked_pool_runs_the_parents_handler_once(kind: str) -> None:
    code = """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    application()

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, say, "HANDLER")
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            jobs = [loop.run_in_executor(pool, time.sleep, 0.6) for _ in range(2)]
            await asyncio.sleep(0.2)  # the workers have begun to sleep
            say(f"READY {len(pool._processes)}")
            await asyncio.gather(*jobs)
            say("jobs done")
        await asyncio.sleep(0.05)

    drive(main)
    """
    with start_child(code, kind, group=True, options=NO_FORK_WARNING) as child:
        child.wait_for("READY 2")
        child.send_to_group()
        ended = child.finish()

    assert ended.said("READY 2", "HANDLER", "jobs done", "RESULT None")
    assert ended.texts.count("HANDLER") == 1
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_forked_child_has_no_wakeup_fd_and_no_running_loop(kind: str) -> None:
    code = """
    application()

    async def main():
        pid = os.fork()
        if pid == 0:
            try:
                say(f"child: wake-up fd {signal.set_wakeup_fd(-1)}")
                say(f"child: running loop {asyncio._get_running_loop()}")
            finally:
                os._exit(0)
        os.waitpid(pid, 0)

    drive(main)
    """
    ended = run_to_end(code, kind, options=NO_FORK_WARNING)

    assert ended.said("child: wake-up fd -1", "child: running loop None", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_in_a_forked_child_is_a_plain_keyboard_interrupt(kind: str) -> None:
    code = """
    application()

    def fork_and_interrupt(where):
        pid = os.fork()
        if pid == 0:
            try:
                try:
                    os.kill(os.getpid(), signal.SIGINT)
                    busy(1)
                    say(f"{where}: swallowed")
                except KeyboardInterrupt:
                    say(f"{where}: interrupted")
            finally:
                os._exit(0)
        os.waitpid(pid, 0)

    async def main():
        fork_and_interrupt("from a callback")
        slot_over = asyncio.get_running_loop().create_future()
        after(0, lambda: (fork_and_interrupt("from a slot"), slot_over.set_result(None)))
        await slot_over

    drive(main)
    """
    ended = run_to_end(code, kind, options=NO_FORK_WARNING)

    assert ended.said("from a callback: interrupted", "from a slot: interrupted", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_signal_in_a_forked_child_does_not_reach_the_parents_loop(kind: str) -> None:
    code = """
    application()

    async def main():
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, say, "PARENT")
        pid = os.fork()
        if pid == 0:
            try:
                os.kill(os.getpid(), signal.SIGUSR1)
                busy(0.05)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        await asyncio.sleep(0.05)

    drive(main)
    """
    ended = run_to_end(code, kind, options=NO_FORK_WARNING)

    assert "PARENT" not in ended.texts
    assert "RESULT None" in ended.texts
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_parents_loop_hears_everything_after_a_fork(kind: str) -> None:
    code = """
    application()

    async def main():
        loop = asyncio.get_running_loop()
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        waiting = asyncio.ensure_future(loop.sock_recv(reader, 10))
        await asyncio.sleep(0)
        pid = os.fork()
        if pid == 0:
            try:
                gc.collect()
                asyncio.new_event_loop().close()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        threading.Timer(0.02, writer.send, [b"data"]).start()
        say(await waiting)
        await asyncio.sleep(0.01)
        say(await loop.run_in_executor(None, int))
        seen = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, seen.set)
        threading.Timer(0.02, os.kill, [os.getpid(), signal.SIGUSR1]).start()
        await seen.wait()
        reader.close()
        writer.close()

    drive(main)
    """
    ended = run_to_end(code, kind, options=NO_FORK_WARNING)

    assert ended.said("b'data'", "0", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_forked_child_can_run_a_loop_of_its_own(kind: str) -> None:
    code = """
    application()

    async def in_the_child():
        await asyncio.sleep(0.01)
        return "ran"

    async def main():
        pid = os.fork()
        if pid == 0:
            try:
                loop = asyncio.SelectorEventLoop()
                say(f"child {loop.run_until_complete(in_the_child())}")
                loop.close()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        await asyncio.sleep(0.01)

    drive(main)
    """
    ended = run_to_end(code, kind, options=NO_FORK_WARNING)

    assert ended.said("child ran", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")
