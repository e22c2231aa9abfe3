# SPDX-License-Identifier: BSD-3-Clause
"""Signal handlers beside ours: the user's own, `add_signal_handler`'s, and who gets SIGINT when.

Ours stands in for Python's default handler (or `asyncio.Runner`'s) while the loop runs in the main
thread, and for nothing else.
"""

from __future__ import annotations

import signal

import pytest

from tests.loop.kinds import ALL_KINDS, PLAIN_KINDS
from tests.tools.live import BY_DEFAULT_ACTION, BY_SIGINT, best_of_three, run_to_end, start_child

pytestmark = pytest.mark.qt

USERS_HANDLER = """
app = application()
handled = 0

def handler(signum, frame):
    global handled
    handled += 1
    say(f"HANDLER {handled}")
    if handled == 1:  # the loop idled
        loop.call_soon_threadsafe(go_on.set)

def until(count):
    end = time.monotonic() + 10
    while handled < count and time.monotonic() < end:
        pass

def slot():
    say("IN A SLOT")
    until(2)
    say("slot over")
    loop.call_soon_threadsafe(go_on.set)

async def main():
    global loop, go_on
    loop, go_on = asyncio.get_running_loop(), asyncio.Event()
    say("same" if signal.getsignal(signal.SIGINT) is handler else "replaced")
    say("IDLE")
    await go_on.wait()
    go_on.clear()
    after(0, slot)
    await go_on.wait()
    say("IN A CALLBACK")
    until(3)
    say("callback over")

signal.signal(signal.SIGINT, handler)
drive(main)
say("same" if signal.getsignal(signal.SIGINT) is handler else "replaced")
"""


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_sigint_handler_of_the_users_is_left_alone_and_runs_at_once_everywhere(
    kind: str,
) -> None:
    with start_child(USERS_HANDLER, kind) as child:
        child.wait_for("IDLE")
        child.wait_asleep()
        child.send()
        child.wait_for("IN A SLOT")
        child.send()
        child.wait_for("IN A CALLBACK")
        child.send()
        ended = child.finish()

    # A guest's Qt ends in between: that line is no matter here.
    assert [text for text in ended.texts if not text.startswith("QT")] == [
        "same",
        "IDLE",
        "HANDLER 1",
        "IN A SLOT",
        "HANDLER 2",
        "slot over",
        "IN A CALLBACK",
        "HANDLER 3",
        "callback over",
        "RESULT None",
        "same",
    ]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_an_ignored_sigint_stays_ignored(kind: str) -> None:
    code = """
    application()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def main():
        say("READY")
        await asyncio.sleep(0.3)
        return signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.said("READY", "RESULT True")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_default_action_of_sigint_stays_what_the_user_chose(kind: str) -> None:
    code = """
    application()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    drive(wait_to_be_cancelled)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.texts == ["READY"]
    assert ended.returncode == BY_DEFAULT_ACTION


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_pythons_handler_and_wakeup_fd_are_back_after_the_run(kind: str) -> None:
    code = """
    application()

    async def main():
        await asyncio.sleep(0.01)

    drive(main)
    say(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    say(signal.set_wakeup_fd(-1))
    """
    ended = run_to_end(code, kind)

    assert ended.texts[-2:] == ["True", "-1"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_pythons_handler_and_wakeup_fd_are_back_after_a_ctrl_c(kind: str) -> None:
    code = """
    application()
    try:
        drive(wait_to_be_cancelled)
    except KeyboardInterrupt:
        say(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        say(signal.set_wakeup_fd(-1))
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.send()
        ended = child.finish()

    assert ended.texts[-2:] == ["True", "-1"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_handler_that_is_set_while_the_loop_runs_is_not_undone_at_its_end(kind: str) -> None:
    code = """
    application()

    async def main():
        loop, seen = asyncio.get_running_loop(), asyncio.Event()

        def handler(signum, frame):
            say("HANDLER")
            loop.call_soon_threadsafe(seen.set)

        signal.signal(signal.SIGINT, handler)
        handlers.append(handler)
        say("READY")
        await seen.wait()

    handlers = []
    drive(main)
    say(signal.getsignal(signal.SIGINT) is handlers[0])
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "HANDLER", "RESULT None", "True")
    assert (ended.returncode, ended.stderr) == (0, "")


HANDLERS_OF_BOTH_SORTS = """
application()

def handler(signum, frame):
    say("PLAIN")

async def main():
    seen = asyncio.Event()

    def on_signal():
        say("ASYNCIO")
        seen.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, on_signal)
    say("READY")
    await seen.wait()

signal.signal(signal.SIGUSR1, handler)
drive(main)
"""


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_signal_handlers_of_both_sorts_run_while_qt_idles(kind: str) -> None:
    with start_child(HANDLERS_OF_BOTH_SORTS, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send(signal.SIGUSR1)
        child.wait_for("PLAIN")
        child.wait_asleep()
        child.send(signal.SIGUSR2)
        ended = child.finish()

    assert ended.said("READY", "PLAIN", "ASYNCIO", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.timing
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_signal_handlers_of_both_sorts_run_within_a_tenth_of_a_second(kind: str) -> None:
    def lateness() -> float:
        with start_child(HANDLERS_OF_BOTH_SORTS, kind) as child:
            child.wait_for("READY")
            child.wait_asleep()
            plain = child.send(signal.SIGUSR1)
            plain_late = child.wait_for("PLAIN").at - plain
            child.wait_asleep()
            asynchronous = child.send(signal.SIGUSR2)
            return max(plain_late, child.wait_for("ASYNCIO").at - asynchronous)

    assert best_of_three(lateness) < 0.1


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_sigint_handler_of_asyncios_replaces_the_keyboard_interrupt(kind: str) -> None:
    code = """
    application()

    async def main():
        seen = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, seen.set)
        say("READY")
        await seen.wait()
        say("seen")

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "seen", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_still_wakes_an_idle_loop_after_the_last_handler_was_removed(kind: str) -> None:
    code = """
    application()

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, int)
        loop.remove_signal_handler(signal.SIGUSR1)
        await wait_to_be_cancelled()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_ctrl_c_is_a_keyboard_interrupt_again_after_asyncios_sigint_handler_was_removed(
    kind: str,
) -> None:
    code = """
    application()

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, int)
        loop.remove_signal_handler(signal.SIGINT)
        await wait_to_be_cancelled()

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        child.wait_asleep()
        child.send()
        ended = child.finish()

    assert ended.said("READY", "cleaning", "clean", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_slots_are_safe_again_after_asyncios_sigint_handler_was_removed(kind: str) -> None:
    code = """
    application()

    def slot():
        say("READY")
        busy(0.3)
        say("slot over")

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, int)
        loop.remove_signal_handler(signal.SIGINT)
        after(0, slot)
        await asyncio.sleep(60)

    drive(main)
    """
    with start_child(code, kind) as child:
        child.wait_for("READY")
        sent = child.send()
        ended = child.finish()

    assert sent < ended.at("slot over"), "the signal came too late to prove anything"
    assert ended.said("READY", "slot over", "OUT KeyboardInterrupt")
    assert ended.returncode == BY_SIGINT


def test_a_loop_in_another_thread_touches_no_signal_handling() -> None:
    code = """
    app = application()
    said = []

    async def main():
        await asyncio.sleep(0.01)
        return "result"

    def work():
        loop = qtinter.new_event_loop()
        said.append(loop.run_until_complete(main()))
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        thread.join(0.001)
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            say("handler replaced")
    say(said)
    say(signal.set_wakeup_fd(-1))
    """
    ended = run_to_end(code)

    assert ended.texts == ["['result']", "-1"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_another_signals_handler_that_is_exchanged_while_the_loop_runs_stays(kind: str) -> None:
    code = """
    application()

    def before(signum, frame):
        say("BEFORE")

    def exchanged(signum, frame):
        say("EXCHANGED")

    async def main():
        signal.signal(signal.SIGUSR1, exchanged)

    signal.signal(signal.SIGUSR1, before)
    drive(main)
    say(signal.getsignal(signal.SIGUSR1) is exchanged)
    """
    ended = run_to_end(code, kind)

    assert ended.said("RESULT None", "True")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_handler_that_is_added_before_the_run_is_called_in_it() -> None:
    code = """
    application()
    loop = qtinter.new_event_loop()
    seen = loop.create_future()
    loop.add_signal_handler(signal.SIGUSR1, lambda: seen.set_result("seen"))
    after(20, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    say(loop.run_until_complete(seen))
    loop.remove_signal_handler(signal.SIGUSR1)
    say(signal.set_wakeup_fd(-1))
    wind_up(loop)
    """
    ended = run_to_end(code)

    assert ended.texts == ["seen", "-1"]
    assert (ended.returncode, ended.stderr) == (0, "")
