# SPDX-License-Identifier: BSD-3-Clause
"""Qt quits while an asyncio-driven program runs: main is cancelled, the clean-up runs to its end.

The ways to quit, each called from a slot and from a callback: ``quit()``, ``exit(5)``, and the
Quit event that a session end or Cmd-Q sends to the application.
"""

from __future__ import annotations

import asyncio

import pytest

from qtinter.loop.quit import cancellable, is_cleanup
from tests.tools.live import run_to_end

pytestmark = pytest.mark.qt

KINDS = ["run", "asyncio.run"]

WAYS = """
app = application()

WAYS = {
    "quit": QtCore.QCoreApplication.quit,
    "exit": lambda: QtCore.QCoreApplication.exit(5),
    # PyQt5's enum has no name for QEvent::Quit.
    "event": lambda: QtCore.QCoreApplication.postEvent(
        app, QtCore.QEvent(QtCore.QEvent.Type(20))
    ),
}

def leave():
    say("leaving")
    WAYS[sys.argv[2]]()
"""

EACH_WAY = pytest.mark.parametrize("way", ["quit", "exit", "event"])
EACH_KIND = pytest.mark.parametrize("kind", KINDS)


def ended_well(kind: str, texts: list[str]) -> bool:
    """Whether the program came out as one of its kind does when Qt quits."""
    return texts[-1] == ("RESULT None" if kind == "run" else "OUT CancelledError")


@EACH_WAY
@EACH_KIND
@pytest.mark.parametrize("place", ["slot", "callback"])
def test_quitting_while_main_runs_cancels_main_and_the_clean_up_runs_to_its_end(
    kind: str, way: str, place: str
) -> None:
    code = WAYS + (
        """
place = sys.argv[3]
kept = []

async def agen():
    try:
        while True:
            yield 1
    finally:
        await asyncio.sleep(0.01)
        say("generator closed")

async def other():
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.01)
        say("other task ended")

async def main():
    task = asyncio.create_task(other())
    generator = agen()
    kept.append(generator)  # else asyncio may close it while it cancels the tasks
    await generator.__anext__()
    if place == "slot":
        after(1, leave)
    else:
        asyncio.get_running_loop().call_later(0.001, leave)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, kind, way, place)

    assert ended.said("leaving", "cancelled", "cleaning", "clean", "other task ended")
    assert ended.said("other task ended", "generator closed")
    assert ended_well(kind, ended.texts)
    if kind == "run":
        assert (ended.returncode, ended.stderr) == (0, "")
    else:
        assert ended.returncode == 1
        assert ended.stderr.rstrip().endswith("CancelledError")


@EACH_WAY
@EACH_KIND
def test_quitting_in_mains_own_step_cancels_it_at_its_next_await(kind: str, way: str) -> None:
    code = WAYS + (
        """
async def main():
    leave()
    await asyncio.sleep(0)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended_well(kind, ended.texts)
    assert "RuntimeError" not in ended.stderr


@EACH_WAY
@EACH_KIND
def test_main_gets_the_result_that_was_there_before_the_quit(kind: str, way: str) -> None:
    code = WAYS + (
        """
async def main():
    future = asyncio.get_running_loop().create_future()

    def slot():
        future.set_result("payload")
        leave()

    after(1, slot)
    say(await future)
    await wait_to_be_cancelled()

drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.said("leaving", "payload", "cancelled", "clean")
    assert ended_well(kind, ended.texts)


@EACH_WAY
@EACH_KIND
def test_a_main_that_ends_with_the_result_that_was_there_returns_it(kind: str, way: str) -> None:
    code = WAYS + (
        """
async def main():
    future = asyncio.get_running_loop().create_future()

    def slot():
        future.set_result("payload")
        leave()

    after(1, slot)
    return await future

drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.texts == ["leaving", "RESULT 'payload'"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_a_main_that_ends_by_itself_after_the_quit_returns_its_result(kind: str) -> None:
    code = WAYS + (
        """
async def main():
    after(1, leave)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(0.01)
    return "result"

drive(main)
"""
    )
    ended = run_to_end(code, kind, "quit")

    assert ended.texts == ["leaving", "RESULT 'result'"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_an_exception_of_mains_clean_up_comes_out(kind: str) -> None:
    code = WAYS + (
        """
async def main():
    after(1, leave)
    try:
        await asyncio.sleep(60)
    finally:
        raise ValueError("of the clean-up")

drive(main)
"""
    )
    ended = run_to_end(code, kind, "quit")

    assert ended.texts == ["leaving", "OUT ValueError"]
    assert ended.returncode == 1


def test_a_main_that_is_cancelled_by_its_own_program_lets_the_cancelled_error_out() -> None:
    # run() returns None for a cancellation by Qt's quitting only.
    code = """
    application()

    async def main():
        asyncio.get_running_loop().call_later(0.001, asyncio.current_task().cancel)
        await asyncio.sleep(60)

    drive(main)
    """
    ended = run_to_end(code, "run")

    assert ended.texts == ["OUT CancelledError"]
    assert ended.returncode == 1


@EACH_WAY
@EACH_KIND
def test_a_quit_during_mains_clean_up_is_ignored(kind: str, way: str) -> None:
    code = WAYS + (
        """
async def main():
    after(1, leave)
    try:
        await asyncio.sleep(60)
    finally:
        leave()
        await asyncio.sleep(0.02)
        say("first half")
        after(1, leave)
        await asyncio.sleep(0.02)
        say("second half")

drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.said("leaving", "leaving", "first half", "leaving", "second half")
    assert ended_well(kind, ended.texts)


@EACH_WAY
@EACH_KIND
def test_a_quit_during_the_runs_own_clean_up_is_ignored(kind: str, way: str) -> None:
    code = WAYS + (
        """
async def other():
    try:
        await asyncio.sleep(60)
    finally:
        leave()
        await asyncio.sleep(0.02)
        after(1, leave)
        await asyncio.sleep(0.02)
        say("other task ended")

async def agen():
    try:
        yield 1
        yield 2
    finally:
        leave()
        await asyncio.sleep(0.02)
        say("generator closed")

async def main():
    global generator
    task = asyncio.create_task(other())
    generator = agen()
    await generator.__anext__()
    await asyncio.sleep(0.01)
    return "result"

drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.said("other task ended", "generator closed", "RESULT 'result'")
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_WAY
def test_run_forever_without_a_main_returns_on_quit(way: str) -> None:
    code = WAYS + (
        """
loop = qtinter.new_event_loop()
after(1, leave)
loop.run_forever()
say("returned")
say(loop.run_until_complete(asyncio.sleep(0.01, "next run")))
loop.close()
"""
    )
    ended = run_to_end(code, "owner", way)

    assert ended.texts == ["leaving", "returned", "next run"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_WAY
@EACH_KIND
def test_a_second_run_after_a_quit_works(kind: str, way: str) -> None:
    code = WAYS + (
        """
async def first():
    after(1, leave)
    await asyncio.sleep(60)

async def second():
    await asyncio.sleep(0.01)
    say(await asyncio.get_running_loop().run_in_executor(None, int))
    return "second"

try:
    drive(first)
except asyncio.CancelledError:
    pass
drive(second)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.texts[-2:] == ["0", "RESULT 'second'"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_WAY
@EACH_KIND
def test_a_quit_before_the_run_does_not_end_it(kind: str, way: str) -> None:
    # exit() without a running exec() leaves Qt in a state in which every bare QEventLoop refuses.
    code = WAYS + (
        """
leave()
if sys.argv[2] == "event":
    app.processEvents()

async def main():
    await asyncio.sleep(0.02)
    return "result"

drive(main)
drive(main)
"""
    )
    ended = run_to_end(code, kind, way)

    assert ended.texts == ["leaving", "RESULT 'result'", "RESULT 'result'"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_about_to_quit_is_emitted_once_over_a_hundred_runs_and_one_quit(kind: str) -> None:
    code = WAYS + (
        """
counts = []
app.aboutToQuit.connect(lambda: counts.append(1))

async def short():
    await asyncio.sleep(0)

async def long():
    after(1, leave)
    await asyncio.sleep(60)

with qtinter.using_qt_from_asyncio():
    run = qtinter.run if KIND == "run" else asyncio.run
    for _ in range(50):
        run(short())
    say(f"before {len(counts)}")
    try:
        run(long())
    except asyncio.CancelledError:
        pass
    say(f"quit {len(counts)}")
    for _ in range(50):
        run(short())
    say(f"after {len(counts)}")
"""
    )
    ended = run_to_end(code, kind, "quit")

    assert ended.texts == ["before 0", "leaving", "quit 1", "after 1"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_main_that_waits_for_nothing_can_be_cancelled() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        assert cancellable(task)  # not begun
        task.cancel()

    asyncio.run(main())


def test_a_cancellation_that_has_gone_on_to_an_inner_task_counts_as_clean_up() -> None:
    async def main() -> None:
        inner = asyncio.ensure_future(asyncio.sleep(60))
        outer = asyncio.ensure_future(asyncio.wait_for(inner, None))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        both = asyncio.gather(outer, return_exceptions=True)
        assert not is_cleanup(both)
        outer.cancel()
        assert is_cleanup(both)
        await both

    asyncio.run(main())
