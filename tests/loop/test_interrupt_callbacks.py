# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C while a callback runs: raised in the callback, as in asyncio."""

from __future__ import annotations

import pytest

from tests.loop.kinds import ALL_KINDS, PLAIN_KINDS, RUNNER_KINDS
from tests.tools.live import BY_SIGINT, best_of_three, run_to_end, start_child

pytestmark = pytest.mark.qt

BUSY_CALLBACK = """
application()

async def main():
    try:
        say("READY")
        busy(10)
        say("not interrupted")
    except KeyboardInterrupt:
        say("in the callback")
        raise

drive(main)
"""


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_while_a_callback_runs_is_raised_in_it(kind: str) -> None:
    with start_child(BUSY_CALLBACK, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.said("READY", "in the callback", "OUT KeyboardInterrupt")
    assert "not interrupted" not in ended.texts
    assert ended.returncode == BY_SIGINT


@pytest.mark.timing
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_out_of_a_callback_is_at_the_caller_within_a_tenth_of_a_second(kind: str) -> None:
    def lateness() -> float:
        with start_child(BUSY_CALLBACK, kind) as child:
            child.wait_for("READY")
            at = child.send()
            return child.finish().at("OUT KeyboardInterrupt") - at

    assert best_of_three(lateness) < 0.1


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_callback_that_catches_the_ctrl_c_goes_on_and_so_does_the_loop(kind: str) -> None:
    code = """
    application()

    async def main():
        try:
            say("READY")
            busy(10)
        except KeyboardInterrupt:
            say("caught")
        await asyncio.sleep(0.01)
        return "result"

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.said("READY", "caught", "RESULT 'result'")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", RUNNER_KINDS)
def test_under_a_runner_a_busy_callback_ends_and_main_is_cancelled_at_its_next_await(
    kind: str,
) -> None:
    code = """
    application()

    async def main():
        say("READY")
        busy(0.3)
        say("busy no more")
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        sent = child.send()
        ended = child.finish()

    assert sent < ended.at("busy no more"), "the signal came too late to prove anything"
    assert ended.said("busy no more", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", RUNNER_KINDS)
def test_under_a_runner_the_second_ctrl_c_is_raised_in_the_busy_callback(kind: str) -> None:
    code = """
    application()

    async def main():
        try:
            say("READY")
            busy(10)
        except KeyboardInterrupt:
            say("in the callback")
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # more of them may be on their way
            raise

    try:
        drive(main)
    finally:
        say("over")
        sys.stderr.close()
        os._exit(3)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.poke_until_it_ends()
        ended = child.finish()

    assert ended.said("READY", "in the callback", "OUT KeyboardInterrupt", "over")
    assert ended.returncode == 3


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_in_a_chain_of_short_callbacks_reaches_the_caller(kind: str) -> None:
    # Most of the time goes to our own code between the callbacks here.
    code = """
    application()

    async def main():
        loop = asyncio.get_running_loop()

        def link():
            loop.call_soon(link)

        link()
        try:
            say("READY")
            await asyncio.sleep(60)
        finally:
            await clean_up()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.said("READY", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_ctrl_c_while_many_tasks_switch_loses_none_of_them(kind: str) -> None:
    code = """
    application()
    ended = []

    async def worker(number):
        try:
            while True:
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    async def main():
        workers = [asyncio.create_task(worker(n)) for n in range(50)]
        await asyncio.sleep(0)
        say("READY")
        await asyncio.sleep(60)

    try:
        drive(main)
    finally:
        say(f"ended {len(ended)}")
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    # One step may be cut by the interrupt itself, as in asyncio; that task has then ended, too.
    assert "ended 50" in ended.texts or "ended 49" in ended.texts
    assert "OUT KeyboardInterrupt" in ended.texts
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@pytest.mark.parametrize("place", ["__del__", "weakref"])
def test_ctrl_c_where_python_would_swallow_it_is_raised_in_the_callback_soon_after(
    kind: str, place: str
) -> None:
    # Python prints and forgets what is raised in a __del__ or in a callback of a weak reference.
    code = """
    import weakref
    application()

    class Object:
        pass

    class Dying:
        def __del__(self):
            busy_there()

    class SlowSet(set):
        # What a weak set's callback calls when an object dies.
        def discard(self, item):
            busy_there()

    def busy_there():
        say("READY")
        busy(0.3)
        say("over")

    async def main():
        victim = Dying() if sys.argv[2] == "__del__" else Object()
        if sys.argv[2] == "weakref":
            weak = weakref.WeakSet([victim])
            weak.data = SlowSet(weak.data)
        try:
            del victim
            busy(10)
            say("never interrupted")
        except KeyboardInterrupt:
            say("in the callback")
            raise

    drive(main)
    """
    with start_child(code, kind, place) as child:
        child.wait_for("READY")
        sent = child.send()
        ended = child.finish()

    assert sent < ended.at("over"), "the signal came too late to prove anything"
    assert ended.said("READY", "over", "in the callback", "OUT KeyboardInterrupt")
    assert "ignored" not in ended.stderr
    assert ended.returncode == BY_SIGINT


CAUGHT = """
application()

def hook(kind, exc, traceback):
    say(f"HOOK {kind.__name__}")

async def catch():
    try:
        send_to_self()
        busy(10)
    except KeyboardInterrupt:
        say("caught")
"""


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_an_excepthook_that_is_set_after_a_ctrl_c_was_caught_stays(kind: str) -> None:
    code = CAUGHT + (
        """
async def main():
    await catch()
    sys.excepthook = hook

drive(main)
say(sys.excepthook is hook)
"""
    )
    ended = run_to_end(code, kind)

    assert ended.said("caught", "RESULT None", "True")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_what_a_slot_raises_after_a_ctrl_c_was_caught_goes_to_the_users_excepthook(
    kind: str,
) -> None:
    code = CAUGHT + (
        """
sys.excepthook = hook

def slot(*_):
    raise ValueError

async def main():
    await catch()
    sender = QtCore.QObject()
    sender.objectNameChanged.connect(slot)
    sender.setObjectName("name")

drive(main)
say(sys.excepthook is hook)
"""
    )
    ended = run_to_end(code, kind)

    assert ended.said("caught", "HOOK ValueError", "RESULT None", "True")
    assert ended.returncode == 0


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_signal_of_our_own_that_comes_too_late_is_not_taken_for_a_ctrl_c(kind: str) -> None:
    code = """
    application()

    async def main():
        asyncio.get_running_loop()._interrupts._tripped = True  # as the thread that trips it
        send_to_self()
        busy(0.01)
        say("not interrupted")

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("not interrupted", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_second_ctrl_c_while_the_first_is_handled_leaves_no_code_of_ours_half_done(
    kind: str,
) -> None:
    code = """
    import types
    application()
    in_call_soon = types.SimpleNamespace(f_code=asyncio.BaseEventLoop.call_soon.__code__)

    async def main():
        interrupts = asyncio.get_running_loop()._interrupts

        def strike_again(handle):
            interrupts._handle_sigint = handle
            send_to_self()

        interrupts._handle_sigint = lambda *args, handle=interrupts._handle_sigint: (
            strike_again(handle), handle(*args)
        )
        try:
            interrupts._on_sigint(signal.SIGINT, in_call_soon)
            say("done")
            busy(10)
        except KeyboardInterrupt:
            say("interrupted")

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("done", "interrupted", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")
