# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C while the loop idles: at the caller, soon, and the clean-up runs.

Each test sends real SIGINTs to a child process and looks at its report and its exit status.
"""

from __future__ import annotations

import pytest

from tests.loop.kinds import ALL_KINDS, RUNNER_KINDS
from tests.tools.live import BY_SIGINT, Ended, best_of_three, start_child

pytestmark = pytest.mark.qt

WAIT = """
application()
drive(wait_to_be_cancelled)
"""


def interrupted_while_idle(kind: str, code: str = WAIT) -> tuple[float, Ended]:
    """Return when the signal was sent, and what the child left."""
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        at = child.send()
        return at, child.finish()


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_while_idle_is_a_keyboard_interrupt_at_the_caller_and_clean_up_runs(
    kind: str,
) -> None:
    _, ended = interrupted_while_idle(kind)

    assert ended.returncode == BY_SIGINT
    assert ended.said("READY", "cancelled", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert "never" not in ended.stderr  # retrieved, awaited
    assert ended.stderr.rstrip().endswith("KeyboardInterrupt")


def test_ctrl_c_while_idle_comes_out_of_run_until_complete_before_any_clean_up() -> None:
    _, ended = interrupted_while_idle("owner")

    assert ended.said("READY", "CALLER KeyboardInterrupt", "cleaning")


def test_ctrl_c_while_idle_makes_a_guests_exec_return_1_before_the_block_ends() -> None:
    code = """
    app = application()
    try:
        with qtinter.using_asyncio_from_qt():
            asyncio.get_running_loop().create_task(wait_to_be_cancelled())
            say(f"EXEC {qt_exec(app)}")
    finally:
        say("BLOCK ENDED")
    """
    _, ended = interrupted_while_idle("guest", code)

    assert ended.said("READY", "EXEC 1", "cancelled", "clean", "BLOCK ENDED")
    assert ended.returncode == BY_SIGINT


@pytest.mark.timing
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_while_idle_is_at_the_caller_within_a_tenth_of_a_second(kind: str) -> None:
    # For a guest and a runner the caller gets it when the clean-up has run: here it takes 10 ms.
    heard = "CALLER KeyboardInterrupt" if kind == "owner" else "OUT KeyboardInterrupt"

    def lateness() -> float:
        at, ended = interrupted_while_idle(kind)
        return ended.at(heard) - at

    assert best_of_three(lateness) < 0.1


@pytest.mark.parametrize("kind", RUNNER_KINDS)
def test_under_a_runner_the_first_ctrl_c_cancels_main_and_the_second_is_raised(kind: str) -> None:
    code = """
    application()

    async def main():
        try:
            say("READY")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            say("cancelled once")
        try:
            await asyncio.sleep(60)
        finally:
            say("over")

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        child.wait_for("cancelled once")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "cancelled once", "over", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", RUNNER_KINDS)
def test_under_a_runner_a_main_that_outlives_the_first_ctrl_c_gives_its_result(kind: str) -> None:
    code = """
    application()

    async def main():
        try:
            say("READY")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
        return "result"

    drive(main)
    """
    _, ended = interrupted_while_idle(kind, code)

    assert ended.said("READY", "RESULT 'result'")
    assert ended.returncode == 0


@pytest.mark.parametrize("kind", ["owner", "guest"])
def test_a_loop_that_was_interrupted_while_idle_serves_the_next_run(kind: str) -> None:
    code = """
    app = application()

    async def forever():
        say("READY")
        await asyncio.sleep(60)

    async def again():
        await asyncio.sleep(0.01)
        reader, writer = socket.socketpair()
        writer.send(b"data")
        reader.setblocking(False)
        say(await asyncio.get_running_loop().sock_recv(reader, 10))
        reader.close()
        writer.close()

    loop = qtinter.new_event_loop()
    if KIND == "owner":
        try:
            loop.run_until_complete(forever())
        except KeyboardInterrupt:
            say("interrupted")
        loop.run_until_complete(again())
        wind_up(loop)
    else:
        for main in forever, again:
            try:
                with qtinter.using_asyncio_from_qt():
                    task = asyncio.get_running_loop().create_task(main())
                    task.add_done_callback(lambda _: app.exit())
                    qt_exec(app)
            except KeyboardInterrupt:
                say("interrupted")
        loop.close()
    """
    _, ended = interrupted_while_idle(kind, code)

    assert ended.said("READY", "interrupted", "b'data'")
    assert (ended.returncode, ended.stderr) == (0, "")
