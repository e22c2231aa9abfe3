# SPDX-License-Identifier: BSD-3-Clause
"""SystemExit and KeyboardInterrupt out of callbacks: never thrown into Qt, never swallowed.

OWNER: the same object comes out of ``run_forever``. GUEST: Qt is asked to exit, and the exception
comes out of the ``using_asyncio_from_qt`` block.
"""

from __future__ import annotations

import pytest

from tests.loop.kinds import ALL_KINDS, PLAIN_KINDS
from tests.tools.live import BY_SIGINT, run_to_end

pytestmark = pytest.mark.qt

EXITS = pytest.mark.parametrize(
    ("exit_", "name", "status"),
    [
        ("SystemExit(7)", "SystemExit", 7),
        ("KeyboardInterrupt()", "KeyboardInterrupt", BY_SIGINT),
    ],
)


@EXITS
def test_an_owners_run_forever_raises_the_very_object_and_keeps_what_was_ready(
    exit_: str, name: str, status: int
) -> None:
    code = f"""
    application()
    loop = qtinter.new_event_loop()
    leaving = {exit_}

    def leave():
        raise leaving

    loop.call_soon(leave)
    loop.call_soon(say, "was ready")
    try:
        loop.run_forever()
    except BaseException as exc:
        say(exc is leaving)
        say(loop.is_running())
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    say("closed")
    raise leaving
    """
    ended = run_to_end(code)

    assert ended.texts == ["True", "False", "was ready", "closed"]
    assert ended.returncode == status


@EXITS
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_an_exit_out_of_a_task_ends_the_program_after_its_clean_up(
    kind: str, exit_: str, name: str, status: int
) -> None:
    code = f"""
    application()

    async def other():
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    async def main():
        task = asyncio.create_task(other())
        await asyncio.sleep(0.01)
        raise {exit_}

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("cleaning", "clean")
    assert ended.texts[-1] == f"OUT {name}"
    assert ended.returncode == status


GUEST_WITH_SYS_EXIT = """
app = application()

async def other():
    try:
        await asyncio.sleep(60)
    finally:
        await clean_up()

def leave():
    raise leaving

def exec_and_say():
    code = qt_exec(app)
    say(f"EXEC {code}")
    return code

try:
    with qtinter.using_asyncio_from_qt():
        loop = asyncio.get_running_loop()
        task = loop.create_task(other())
        loop.call_later(0.01, leave)
        loop.call_later(0.01, say, "was ready")
        sys.exit(exec_and_say())
except BaseException as exc:
    say(exc is leaving)
    raise
"""


@pytest.mark.parametrize(
    ("leaving", "exec_code", "status"),
    [
        ("SystemExit(7)", 7, 7),
        ("SystemExit('message')", 1, 1),
        ("KeyboardInterrupt()", 1, BY_SIGINT),
    ],
)
def test_a_guests_block_raises_the_exit_of_a_callback_in_place_of_sys_exit_of_exec(
    leaving: str, exec_code: int, status: int
) -> None:
    ended = run_to_end(f"leaving = {leaving}\n{GUEST_WITH_SYS_EXIT}")

    assert ended.said(f"EXEC {exec_code}", "cleaning", "clean", "True")
    assert ended.returncode == status
    assert ("message" in ended.stderr) == ("message" in leaving)


def test_a_guests_block_raises_the_exit_in_place_of_any_exception_of_the_body() -> None:
    code = """
    app = application()

    def leave():
        raise SystemExit(7)

    with qtinter.using_asyncio_from_qt():
        asyncio.get_running_loop().call_soon(leave)
        qt_exec(app)
        raise ValueError("body")
    """
    ended = run_to_end(code)

    assert ended.returncode == 7


@pytest.mark.parametrize("status", [0, 3])
def test_sys_exit_of_exec_in_a_guests_block_keeps_its_status_when_nothing_else_is_raised(
    status: int,
) -> None:
    code = f"""
    app = application()

    async def other():
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    with qtinter.using_asyncio_from_qt():
        task = asyncio.get_running_loop().create_task(other())
        after(20, lambda: app.exit({status}))
        sys.exit(qt_exec(app))
    """
    ended = run_to_end(code)

    assert ended.texts == ["cleaning", "clean"]
    assert (ended.returncode, ended.stderr) == (status, "")


@EXITS
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_an_exit_in_an_asyncslots_first_step_counts_as_out_of_a_callback(
    kind: str, exit_: str, name: str, status: int
) -> None:
    code = f"""
    application()

    async def first_step():
        raise {exit_}

    wrapper = qtinter.asyncslot(first_step)

    def slot():
        try:
            say(isinstance(wrapper(), asyncio.Task))
        except BaseException as exc:
            say(f"raised in the slot: {{exc!r}}")
            raise

    async def main():
        after(0, slot)
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("True", "cleaning", "clean")
    assert ended.texts[-1] == f"OUT {name}"
    assert ended.returncode == status


@EXITS
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_an_exit_in_an_asyncslot_that_a_signal_calls_does_not_reach_qt(
    kind: str, exit_: str, name: str, status: int
) -> None:
    code = f"""
    application()
    timer = QtCore.QTimer()

    async def first_step():
        raise {exit_}

    wrapper = qtinter.asyncslot(first_step)
    timer.setSingleShot(True)
    timer.timeout.connect(wrapper)

    async def main():
        timer.start(1)
        await asyncio.sleep(60)

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.texts[-1] == f"OUT {name}"
    assert ended.returncode == status


def test_a_guest_in_a_qthread_ends_the_threads_loop_with_the_exits_code() -> None:
    code = """
    app = application()

    class Worker(QtCore.QThread):
        def run(self):
            try:
                with qtinter.using_asyncio_from_qt():
                    asyncio.get_running_loop().call_later(0.01, self.leave)
                    say(f"thread's exec {qt_exec(self)}")
            except SystemExit as exc:
                say(f"out of the block: {exc.code}")

        def leave(self):
            raise SystemExit(7)

    worker = Worker()
    worker.finished.connect(lambda: app.exit(3))
    worker.start()
    say(f"exec {qt_exec(app)}")
    worker.wait()
    """
    ended = run_to_end(code)

    assert ended.said("thread's exec 7", "out of the block: 7", "exec 3")
    assert ended.returncode == 0


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_another_exception_out_of_a_callback_goes_to_the_exception_handler(kind: str) -> None:
    code = """
    application()

    def fail():
        raise ValueError("of a callback")

    async def main():
        loop = asyncio.get_running_loop()
        handled = loop.create_future()
        loop.set_exception_handler(lambda _, context: handled.set_result(context["exception"]))
        loop.call_soon(fail)
        say(repr(await handled))

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("ValueError('of a callback')", "RESULT None")
    assert (ended.returncode, ended.stderr) == (0, "")


@EXITS
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_an_exit_out_of_a_callback_inside_a_nested_loop_of_a_slot_ends_the_program(
    kind: str, exit_: str, name: str, status: int
) -> None:
    # asyncio runs inside the nested loop there, and what owns Qt asks all of Qt to end.
    code = f"""
    application()

    def leave():
        raise {exit_}

    def slot():
        asyncio.get_running_loop().call_later(0.01, leave)
        nested(60)
        say("nested over")

    async def main():
        after(0, slot)
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.said("nested over", "cleaning", "clean", f"OUT {name}")
    assert ended.returncode == status
