# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C in a nested Qt loop inside a callback: raised in the callback when that loop returns.

The nested loop is asked to end where the run or the block owns Qt; elsewhere it ends by itself.
Nothing is raised in the slots that run in it.
"""

from __future__ import annotations

import signal

import pytest

from tests.loop.kinds import PLAIN_KINDS, RUNNER_KINDS
from tests.tools.live import BY_SIGINT, best_of_three, run_to_end, start_child

pytestmark = pytest.mark.qt

NESTED = """
application()

async def main():
    try:
        say("READY")
        nested(60)
        say("after the nested loop")
    except KeyboardInterrupt:
        say(f"in the callback, level {loop_level()}")
        raise
    finally:
        say("over")

drive(main)
"""


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_ends_an_idle_nested_loop_and_is_raised_in_the_callback(kind: str) -> None:
    with start_child(NESTED, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "in the callback, level 1", "over", "OUT KeyboardInterrupt")
    assert "after the nested loop" not in ended.texts
    assert ended.returncode == BY_SIGINT


@pytest.mark.timing
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_in_a_nested_loop_is_raised_within_a_tenth_of_a_second(kind: str) -> None:
    def lateness() -> float:
        with start_child(NESTED, kind) as child:
            child.wait_for("READY")
            child.wait_asleep()
            at = child.send()
            return child.finish().at("OUT KeyboardInterrupt") - at

    assert best_of_three(lateness) < 0.1


@pytest.mark.parametrize("kind", RUNNER_KINDS)
def test_under_a_runner_ctrl_c_ends_the_nested_loop_and_cancels_main(kind: str) -> None:
    code = """
    application()

    async def main():
        say("READY")
        nested(60)
        say("after the nested loop")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            say("cancelled")
            raise

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "after the nested loop", "cancelled", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_nothing_is_raised_in_the_slots_of_a_nested_loop(kind: str) -> None:
    code = """
    application()

    def slot():
        try:
            say("READY")
            busy(0.3)
            say("slot over")
        except BaseException as exc:
            say(f"raised in the slot: {exc!r}")
            raise

    async def main():
        try:
            after(0, slot)
            nested(60)
        except KeyboardInterrupt:
            say("in the callback")
            raise

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        sent = child.send()
        ended = child.finish()

    assert sent < ended.at("slot over"), "the signal came too late to prove anything"
    assert ended.said("READY", "slot over", "in the callback", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_second_ctrl_c_in_the_same_slot_of_a_nested_loop_ends_the_process(kind: str) -> None:
    code = """
    application()

    def slot():
        try:
            say("READY")
            busy(10)
        finally:
            say("out of the slot")

    async def main():
        after(0, slot)
        nested(60)

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.poke_until_it_ends()
        ended = child.finish()

    assert ended.texts == ["READY"]
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_nested_loop_under_slots_of_its_own_ends_at_ctrl_c(kind: str) -> None:
    # A ticking UI: Python runs in the nested loop all the time, and nothing is raised there. Such a
    # slot may come between the signal and the nested loop's return; then it is raised a bit later.
    code = """
    application()
    timer = QtCore.QTimer()

    def slot():
        try:
            busy(0.001)
        except BaseException as exc:
            say(f"raised in the slot: {exc!r}")
            raise

    timer.timeout.connect(slot)

    async def main():
        timer.start(2)
        after(50, lambda: say("READY"))
        try:
            nested(60)
            busy(10)
        except KeyboardInterrupt:
            say("in the callback")
            raise

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.texts == (
        ["READY", "in the callback", "CALLER KeyboardInterrupt", "OUT KeyboardInterrupt"]
        if kind == "owner"
        else ["READY", "in the callback", "QT ENDED 1", "OUT KeyboardInterrupt"]
    )
    assert ended.returncode == BY_SIGINT


def test_an_owner_goes_on_when_the_callback_catches_the_ctrl_c_of_its_nested_loop() -> None:
    # A guest cannot: Qt has no way to end the innermost loop only, so the application's ends too.
    code = """
    application()

    async def tick(number):
        for _ in range(20):
            await asyncio.sleep(0.001)
        return number

    async def main():
        tasks = [asyncio.create_task(tick(n)) for n in range(20)]
        await asyncio.sleep(0)
        try:
            say("READY")
            nested(60)
        except KeyboardInterrupt:
            say("in the callback")
        return sum(await asyncio.gather(*tasks))

    drive(main)
    """
    with start_child(code, "owner") as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "in the callback", "RESULT 190")
    assert (ended.returncode, ended.stderr) == (0, "")


HANDLER_IN_NESTED = """
application()

def handler(signum, frame):
    say("HANDLER")

signal.signal(signal.SIGUSR1, handler)

async def main():
    say("READY")
    nested(1.0)
    say("after the nested loop")

drive(main)
"""


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_signal_handlers_run_while_a_nested_loop_idles(kind: str) -> None:
    with start_child(HANDLER_IN_NESTED, kind) as child:
        child.wait_for("READY")
        for _ in range(3):  # the first one parks the loop, the others find it parked
            child.wait_asleep()
            child.send(signal.SIGUSR1)
            child.wait_for("HANDLER")
        ended = child.finish()

    assert ended.said("READY", *["HANDLER"] * 3, "after the nested loop", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


UNDER_A_RUNNING_QT = """
app = application()
sys.excepthook = lambda *exc: say(f"HOOK {exc[0].__name__}")

async def main():
    try:
        say("READY")
        nested(0.6)
        say("after the nested loop")
    except KeyboardInterrupt:
        say("in the callback")
        raise

def host():
    try:
        with qtinter.using_asyncio_from_qt():
            task = asyncio.get_running_loop().create_task(main())
            nested(1.2)
            say("the host's loop ended by itself")
    except KeyboardInterrupt:
        say("out of the block")
    task.cancelled() or task.exception()
    app.exit(5)

if KIND == "slot":  # the block is entered while a Qt loop runs
    after(0, host)
    say(f"EXEC {qt_exec(app)}")
else:  # a host that never runs exec()
    try:
        with qtinter.using_asyncio_from_qt():
            task = asyncio.get_running_loop().create_task(main())
            end = time.monotonic() + 1.2
            while time.monotonic() < end:
                app.processEvents(QtCore.QEventLoop.ProcessEventsFlag.AllEvents, 20)
                time.sleep(0.005)
            say("the host's loop ended by itself")
    except KeyboardInterrupt:
        say("out of the block")
    task.cancelled() or task.exception()
    say(f"EXEC {nested(0.01)}")
"""


@pytest.mark.parametrize("kind", ["slot", "processEvents"])
def test_a_nested_loop_is_left_alone_where_the_block_does_not_own_qt(kind: str) -> None:
    with start_child(UNDER_A_RUNNING_QT, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said(
        "READY",
        "in the callback",
        "HOOK KeyboardInterrupt",
        "the host's loop ended by itself",
        "out of the block",
        "EXEC 5" if kind == "slot" else "EXEC 0",
    )
    assert ended.at("in the callback") - ended.at("READY") > 0.55
    assert ended.texts.count("HOOK KeyboardInterrupt") == 1
    assert ended.returncode == 0


@pytest.mark.parametrize("kind", RUNNER_KINDS)
def test_a_nested_loop_is_left_alone_where_the_run_itself_nests_in_a_loop_of_qts(
    kind: str,
) -> None:
    code = """
    app = application()

    async def main():
        try:
            after(20, lambda: send_to_self())
            nested(0.2)
            say("the nested loop ended by itself")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            say("cancelled")
            raise

    def slot():
        started = time.monotonic()
        try:
            drive(main)
        except BaseException:
            pass
        say(time.monotonic() - started > 0.15)
        app.exit(5)

    after(0, slot)
    say(f"EXEC {qt_exec(app)}")
    """
    ended = run_to_end(code, kind)

    assert ended.said("the nested loop ended by itself", "cancelled", "True", "EXEC 5")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_second_ctrl_c_in_a_nested_loop_that_is_left_alone_changes_nothing() -> None:
    code = """
    app = application()

    def press(times):
        send_to_self()
        if times > 1:
            after(20, lambda: press(times - 1))

    async def main():
        try:
            after(20, lambda: press(2))
            nested(0.2)
        except KeyboardInterrupt:
            say("in the callback")
            raise

    def host():
        try:
            with qtinter.using_asyncio_from_qt():
                task = asyncio.get_running_loop().create_task(main())
                nested(0.4)
        except KeyboardInterrupt:
            say("out of the block")
        task.exception()
        app.exit(5)

    after(0, host)
    say(f"EXEC {qt_exec(app)}")
    """
    ended = run_to_end(code)

    assert ended.texts == ["in the callback", "out of the block", "EXEC 5"]
    assert ended.returncode == 0
