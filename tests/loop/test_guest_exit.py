# SPDX-License-Identifier: BSD-3-Clause
"""The end of a ``using_asyncio_from_qt`` block: all tasks cancelled and cleaned up, without Qt.

Also when the body raised, when Qt has exited long before, when it still runs (a host, a plug-in),
and when a clean-up does not come to its end.
"""

from __future__ import annotations

import signal

import pytest

from tests.tools.live import BY_SIGINT, run_to_end, start_child

pytestmark = pytest.mark.qt

TASKS = """
app = application()

async def agen():
    try:
        while True:
            yield 1
    finally:
        await asyncio.sleep(0.01)
        say("generator closed")

async def other():
    generator = agen()
    await generator.__anext__()
    try:
        await asyncio.sleep(60)
    finally:
        kept.append(generator)
        await asyncio.sleep(0.01)
        say(await asyncio.get_running_loop().run_in_executor(None, lambda: "executor"))
        await asyncio.to_thread(int)
        say("task ended")

kept = []
"""

CLEANED_UP = ["executor", "task ended", "generator closed"]


def test_the_end_of_the_block_cancels_and_cleans_up_everything_and_closes_the_loop() -> None:
    code = TASKS + (
        """
with qtinter.using_asyncio_from_qt():
    loop = asyncio.get_running_loop()
    task = loop.create_task(other())
    after(20, app.quit)
    qt_exec(app)
    say("body over")
say(f"closed {loop.is_closed()}, cancelled {task.cancelled()}")
say(asyncio._get_running_loop())
"""
    )
    ended = run_to_end(code)

    assert ended.texts == ["body over", *CLEANED_UP, "closed True, cancelled True", "None"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_clean_up_runs_when_the_body_raised_and_the_exception_comes_out() -> None:
    code = TASKS + (
        """
try:
    with qtinter.using_asyncio_from_qt():
        loop = asyncio.get_running_loop()
        task = loop.create_task(other())
        after(20, app.quit)
        qt_exec(app)
        raise ValueError("of the body")
except ValueError as exc:
    say(exc)
say(f"closed {loop.is_closed()}")
"""
    )
    ended = run_to_end(code)

    assert ended.texts == [*CLEANED_UP, "of the body", "closed True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_task_that_qt_never_gave_a_turn_is_cancelled_all_the_same() -> None:
    code = TASKS + (
        """
with qtinter.using_asyncio_from_qt():
    loop = asyncio.get_running_loop()
    task = loop.create_task(other())
say(f"closed {loop.is_closed()}, cancelled {task.cancelled()}")
"""
    )
    ended = run_to_end(code)

    assert ended.texts == ["closed True, cancelled True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_clean_up_runs_in_native_mode_and_makes_no_qt_call() -> None:
    # The application is deleted before the block ends: any Qt call for waiting would show.
    code = TASKS + (
        """
with qtinter.using_asyncio_from_qt():
    loop = asyncio.get_running_loop()
    task = loop.create_task(other())
    after(20, app.quit)
    qt_exec(app)
    del app
    delete_application()
say(f"closed {loop.is_closed()}")
"""
    )
    ended = run_to_end(code)

    assert ended.texts == [*CLEANED_UP, "closed True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_no_slot_runs_during_the_clean_up() -> None:
    code = TASKS + (
        """
async def slow():
    try:
        await asyncio.sleep(60)
    finally:
        after(0, lambda: say("a slot ran"))
        await asyncio.sleep(0.1)

with qtinter.using_asyncio_from_qt():
    task = asyncio.get_running_loop().create_task(slow())
    after(20, app.quit)
    qt_exec(app)
say("block over")
app.processEvents()
"""
    )
    ended = run_to_end(code)

    assert ended.texts == ["block over", "a slot ran"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_exceptions_of_tasks_in_clean_up_go_to_the_exception_handler() -> None:
    code = TASKS + (
        """
async def failing():
    try:
        await asyncio.sleep(60)
    finally:
        raise ValueError("of the clean-up")

with qtinter.using_asyncio_from_qt():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: say(repr(context["exception"])))
    tasks = [loop.create_task(failing()), loop.create_task(other())]
    after(20, app.quit)
    qt_exec(app)
"""
    )
    ended = run_to_end(code)

    assert ended.said("executor", "task ended")
    assert ended.said("ValueError('of the clean-up')")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_blocks_can_follow_each_other_under_one_application() -> None:
    code = TASKS + (
        """
for _ in range(3):
    with qtinter.using_asyncio_from_qt():
        task = asyncio.get_running_loop().create_task(other())
        asyncio.get_running_loop().call_later(0.02, app.quit)
        qt_exec(app)
"""
    )
    ended = run_to_end(code)

    assert ended.texts == CLEANED_UP * 3
    assert (ended.returncode, ended.stderr) == (0, "")


HOST = """
app = application()
sys.excepthook = lambda *exc: say(f"HOOK {exc[0].__name__}")

def serve(seconds):
    # A host that owns the process and calls processEvents() when it sees fit.
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents(QtCore.QEventLoop.ProcessEventsFlag.AllEvents, 10)
        time.sleep(0.002)
"""


def test_a_host_that_calls_process_events_runs_asyncio() -> None:
    code = HOST + (
        """
async def work():
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.send(b"data")
    say(await asyncio.get_running_loop().sock_recv(reader, 10))
    await asyncio.sleep(0.01)
    say(await asyncio.get_running_loop().run_in_executor(None, lambda: "executor"))
    reader.close()
    writer.close()

with qtinter.using_asyncio_from_qt():
    task = asyncio.get_running_loop().create_task(work())
    while not task.done():
        serve(0.02)
"""
    )
    ended = run_to_end(code)

    assert ended.texts == ["b'data'", "executor"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("exit_", ["SystemExit(7)", "KeyboardInterrupt()"])
def test_an_exit_out_of_a_callback_leaves_a_process_events_host_alone(exit_: str) -> None:
    code = HOST + (
        f"""
def leave():
    raise {exit_}
"""
        """
try:
    with qtinter.using_asyncio_from_qt():
        asyncio.get_running_loop().call_soon(leave)
        serve(0.1)
        say("the host goes on")
except BaseException as exc:
    say(f"out of the block: {exc!r}")
# After exit() a host of this sort could never run a QEventLoop again.
begin = time.monotonic()
nested(0.05)
say(f"ran {time.monotonic() - begin > 0.04}")
"""
    )
    ended = run_to_end(code)

    assert ended.texts == [
        f"HOOK {exit_.partition('(')[0]}",
        "the host goes on",
        f"out of the block: {exit_}",
        "ran True",
    ]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("exit_", ["SystemExit(7)", "KeyboardInterrupt()"])
def test_an_exit_leaves_qt_alone_where_it_ran_when_the_block_was_entered(exit_: str) -> None:
    code = HOST + (
        f"""
def leave():
    raise {exit_}
"""
        """
def plug_in():
    global block
    block = qtinter.using_asyncio_from_qt()
    block.__enter__()
    asyncio.get_running_loop().call_later(0.01, leave)
    after(100, unload)

def unload():
    say("the host goes on")
    try:
        block.__exit__(None, None, None)
    except BaseException as exc:
        say(f"out of the block: {exc!r}")
    app.exit(5)

after(0, plug_in)
say(f"exec {qt_exec(app)}")
"""
    )
    ended = run_to_end(code)

    assert ended.texts == [
        f"HOOK {exit_.partition('(')[0]}",
        "the host goes on",
        f"out of the block: {exit_}",
        "exec 5",
    ]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("place", ["idle", "slot"])
def test_ctrl_c_under_a_process_events_host_is_raised_at_the_blocks_end(place: str) -> None:
    code = HOST + (
        """
def slot():
    say("READY")
    busy(0.3)
    say("slot over")

try:
    with qtinter.using_asyncio_from_qt():
        if sys.argv[2] == "slot":
            after(0, slot)
        else:
            asyncio.get_running_loop().call_soon(say, "READY")
        serve(0.8)
        say("the host goes on")
except KeyboardInterrupt:
    say("out of the block")
"""
    )
    with start_child(code, "guest", place) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.texts.count("HOOK KeyboardInterrupt") == 1
    assert ended.said("HOOK KeyboardInterrupt", "the host goes on", "out of the block")
    assert ended.said(*(["slot over", "HOOK KeyboardInterrupt"] if place == "slot" else []))
    assert (ended.returncode, ended.stderr) == (0, "")


STUBBORN = """
logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
app = application()

async def a_stubborn_task():
    try:
        await asyncio.sleep(60)
    finally:
        say("READY")
        await asyncio.sleep(float(sys.argv[2]))
        say("ended")
"""

SETTABLE = """
qtinter.QiBaseEventLoop.slow_cleanup_duration = 0.2
"""

BLOCK = """
try:
    with qtinter.using_asyncio_from_qt():
        loop = asyncio.get_running_loop()
        task = loop.create_task(a_stubborn_task())
        after(20, app.quit)
        qt_exec(app)
finally:
    say(f"closed {loop.is_closed()}")
    task._log_destroy_pending = False
"""


def test_a_clean_up_that_takes_long_is_warned_of_with_the_tasks_and_where_they_wait() -> None:
    ended = run_to_end(STUBBORN + SETTABLE + BLOCK, "guest", 0.6)

    assert ended.texts == ["READY", "ended", "closed True"]
    assert "WARNING" in ended.stderr
    assert "in a_stubborn_task" in ended.stderr
    assert "qtinter" not in ended.stderr  # no task of our own is listed
    assert "Qt signals no longer arrive" in ended.stderr
    assert ended.stderr.count("WARNING") == 1
    assert ended.returncode == 0


def test_a_clean_up_within_the_time_is_not_warned_of() -> None:
    ended = run_to_end(STUBBORN + BLOCK, "guest", 0.4)

    assert ended.texts == ["READY", "ended", "closed True"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_ctrl_c_ends_the_wait_for_a_clean_up_and_closes_the_loop() -> None:
    with start_child(STUBBORN + BLOCK, "guest", 60) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send(signal.SIGINT)
        ended = child.finish()

    assert ended.texts == ["READY", "closed True"]
    assert ended.returncode == BY_SIGINT
    assert ended.stderr.rstrip().endswith("KeyboardInterrupt")


def test_a_job_of_the_executor_that_takes_long_is_warned_of_as_such() -> None:
    code = (
        SETTABLE
        + """
logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
application()
with qtinter.using_asyncio_from_qt() as loop:
    job = loop.run_in_executor(None, time.sleep, 0.6)
"""
    )
    ended = run_to_end(code, "guest")

    assert ended.stderr.endswith("still not done: the default executor\n")
    assert ended.stderr.count("WARNING") == 1
    assert ended.returncode == 0
