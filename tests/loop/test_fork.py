# SPDX-License-Identifier: BSD-3-Clause
"""Forked children: the parent's loop goes on as if nothing had happened, whatever they do.

A forked child has a copy of the loop and shares the parent's epoll set and self-pipe with it.
(What signals do there is in ``test_interrupt_fork``.)
"""

from __future__ import annotations

import os

import pytest

from tests.loop.kinds import PLAIN_KINDS
from tests.tools.live import Ended, run_to_end

pytestmark = [
    pytest.mark.qt,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork"),
]

# A fork beside threads is what these programs are about; from 3.12 Python warns of it.
OPTIONS = ("-W", "ignore::DeprecationWarning")

PROGRAM = """
app = application()

def fork(child):
    pid = os.fork()
    if not pid:
        status = 1
        try:
            child()
            status = 0
        except SystemExit:
            raise
        except BaseException as exc:
            say(f"child: {exc!r}")
        finally:
            if not leave_in_order:
                os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

leave_in_order = False

async def everything_works():
    loop = asyncio.get_running_loop()
    read, write = os.pipe()
    reader, written = loop.create_future(), loop.create_future()
    loop.add_reader(read, lambda: reader.done() or reader.set_result(None))
    loop.add_writer(write, lambda: written.done() or written.set_result(None))
    await asyncio.wait_for(written, 5)
    loop.remove_writer(write)
    os.write(write, b"x")
    await asyncio.wait_for(reader, 5)
    loop.remove_reader(read)
    os.close(read)
    os.close(write)
    await asyncio.wait_for(loop.run_in_executor(None, int), 5)
    await asyncio.wait_for(asyncio.sleep(0.01), 5)
    slot = loop.create_future()
    after(5, lambda: slot.set_result(None))
    await asyncio.wait_for(slot, 5)
    say("everything works")
"""


def run(code: str, kind: str) -> Ended:
    ended = run_to_end(PROGRAM + code, kind, options=OPTIONS)
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 0, ended
    return ended


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@pytest.mark.parametrize(
    "child",
    [
        pytest.param("lambda: None", id="leaves at once"),
        pytest.param("gc.collect", id="collects garbage"),
        pytest.param("lambda: asyncio.new_event_loop().close()", id="makes a loop"),
    ],
)
def test_the_parents_loop_goes_on_after_a_child(kind: str, child: str) -> None:
    ended = run(
        f"""
async def main():
    await everything_works()
    say(fork({child}))
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.texts.count("everything works") == 2
    assert ended.said("0")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_child_that_a_slot_forks_does_no_harm(kind: str) -> None:
    ended = run(
        """
async def main():
    await everything_works()
    done = asyncio.get_running_loop().create_future()
    after(5, lambda: done.set_result(fork(lambda: None)))
    say(await done)
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.texts.count("everything works") == 2


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_child_has_no_running_loop_and_may_run_its_own(kind: str) -> None:
    ended = run(
        """
def child():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        say("no running loop")
    async def own():
        await asyncio.sleep(0.001)
        return await asyncio.get_running_loop().run_in_executor(None, str, 42)
    say(asyncio.run(own()))
    loop = qtinter.new_event_loop()
    loop.set_mode(qtinter.QiLoopMode.NATIVE)
    say(loop.run_until_complete(asyncio.sleep(0.001, "ours, natively")))
    loop.close()

async def main():
    say(fork(child))
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.said("no running loop", "42", "ours, natively", "0", "everything works")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_process_of_multiprocessing_leaves_the_parents_loop_alone(kind: str) -> None:
    """Such a child leaves through the interpreter's own end, with all that it destroys."""
    ended = run(
        """
import multiprocessing

def work(pipe):
    pipe.send(asyncio._get_running_loop() is None)
    pipe.close()
    gc.collect()

async def main():
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs,))
    process.start()
    say(ours.recv())
    process.join()
    say(process.exitcode)
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.said("True", "0", "everything works")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_fork_started_pool_works_as_an_executor(kind: str) -> None:
    ended = run(
        """
import concurrent.futures, multiprocessing

async def main():
    loop = asyncio.get_running_loop()
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        jobs = [loop.run_in_executor(pool, pow, number, 2) for number in range(20)]
        say(await asyncio.gather(*jobs))
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.said(str([number**2 for number in range(20)]), "everything works")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_child_that_a_thread_forks_does_no_harm(kind: str) -> None:
    ended = run(
        """
async def main():
    loop = asyncio.get_running_loop()
    say(await loop.run_in_executor(None, fork, lambda: None))
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.said("0", "everything works")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_subprocesses_work_beside_the_loop(kind: str) -> None:
    ended = run(
        """
async def main():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(42)", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    say(output.decode().strip())
    await everything_works()

drive(main)
""",
        kind,
    )
    assert ended.said("42", "everything works")
