# SPDX-License-Identifier: BSD-3-Clause
"""Which Qt loop an asyncio-driven run uses, and what becomes of it when Qt's other loops end.

The application's own ``exec`` where no Qt loop runs, a nested QEventLoop elsewhere, and no Qt loop
at all where one refuses: a run never fails because of it, and a user's dialog is never closed.
"""

from __future__ import annotations

import os

import pytest

from tests.tools.live import run_to_end

pytestmark = pytest.mark.qt

EACH_KIND = pytest.mark.parametrize("kind", ["run", "asyncio.run"])


@EACH_KIND
def test_a_run_in_a_slot_leaves_the_outer_exec_running(kind: str) -> None:
    code = """
    app = application()
    app.aboutToQuit.connect(lambda: say("about to quit"))

    async def main():
        await asyncio.sleep(0.01)
        return "result"

    def slot():
        drive(main)
        drive(main)
        after(50, lambda: (say("outer still runs"), app.exit(3)))

    after(0, slot)
    say(f"exec {qt_exec(app)}")
    """
    ended = run_to_end(code, kind)

    assert ended.texts == [
        "RESULT 'result'",
        "RESULT 'result'",
        "outer still runs",
        "about to quit",
        "exec 3",
    ]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_a_quit_while_a_run_nests_in_an_outer_exec_cancels_main_and_ends_both(kind: str) -> None:
    code = """
    app = application()

    async def main():
        after(1, app.quit)
        await wait_to_be_cancelled()

    def slot():
        try:
            drive(main)
        except asyncio.CancelledError:
            pass

    after(0, slot)
    say(f"exec {qt_exec(app)}")
    """
    ended = run_to_end(code, kind)

    assert ended.said(
        "READY",
        "cancelled",
        "cleaning",
        "clean",
        "RESULT None" if kind == "run" else "OUT CancelledError",
        "exec 0",
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_a_run_that_begins_while_the_outer_exec_is_quitting_goes_on_to_its_end(kind: str) -> None:
    code = """
    app = application()

    async def main():
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        threading.Timer(0.02, writer.send, [b"data"]).start()
        say(await asyncio.get_running_loop().sock_recv(reader, 10))
        await asyncio.sleep(0.02)
        reader.close()
        writer.close()
        return "result"

    def slot():
        app.exit(3)
        drive(main)

    after(0, slot)
    say(f"exec {qt_exec(app)}")
    """
    ended = run_to_end(code, kind)

    assert ended.texts == ["b'data'", "RESULT 'result'", "exec 3"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_qt_lives_in_a_run_that_begins_while_the_outer_exec_is_quitting(kind: str) -> None:
    code = """
    app = application()

    async def main():
        fired = asyncio.get_running_loop().create_future()
        after(20, lambda: fired.set_result("a QTimer fired"))
        return await fired

    def slot():
        app.exit(3)
        drive(main)

    after(0, slot)
    say(f"exec {qt_exec(app)}")
    """
    ended = run_to_end(code, kind)

    assert ended.texts == ["RESULT 'a QTimer fired'", "exec 3"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.timing
def test_a_run_without_a_qt_loop_does_not_spin() -> None:
    code = """
    app = application()

    async def main():
        begin = time.process_time()
        await asyncio.sleep(0.5)
        say(f"{time.process_time() - begin:.4f}")

    def slot():
        app.exit(3)
        drive(main)

    after(0, slot)
    qt_exec(app)
    """
    ended = run_to_end(code, "run")

    assert float(ended.texts[0]) < 0.1


DIALOG = """
app = gui_application()
QtWidgets = widgets()

def slot():
    dialog = QtWidgets.QDialog()
    after(300, dialog.accept)
    code = qt_exec(dialog)
    say(f"dialog accepted {code == 1}")

async def main():
    after(0, slot)
    await asyncio.sleep(0.05)
    say("main ends")
    return "result"
"""


@EACH_KIND
@pytest.mark.parametrize("debug", [False, True])
def test_a_users_dialog_stays_open_when_main_ends(kind: str, *, debug: bool) -> None:
    code = "logging.basicConfig(format='%(message)s')\n" + DIALOG + "drive(main)\n"
    ended = run_to_end(code, kind, env={"PYTHONASYNCIODEBUG": "1"} if debug else {})

    assert ended.texts == ["main ends", "dialog accepted True", "RESULT 'result'"]
    assert ended.returncode == 0
    # Debug mode says what the run waits for.
    assert ("nested" in ended.stderr) == debug


def test_a_users_dialog_stays_open_when_the_loop_is_stopped() -> None:
    code = DIALOG + (
        """
loop = qtinter.new_event_loop()
after(0, slot)
loop.call_later(0.05, loop.stop)
loop.run_forever()
say("returned")
loop.close()
"""
    )
    ended = run_to_end(code)

    assert ended.texts == ["dialog accepted True", "returned"]
    assert (ended.returncode, ended.stderr) == (0, "")


@EACH_KIND
def test_a_modal_dialog_stays_open_when_main_ends(kind: str) -> None:
    code = """
    app = gui_application()
    QtWidgets = widgets()

    def ask():
        dialog = QtWidgets.QDialog()
        after(300, dialog.accept)
        say(f"dialog accepted {qt_exec(dialog) == 1}")

    async def main():
        task = asyncio.create_task(qtinter.modal(ask)())
        await asyncio.sleep(0.05)
        say("main ends")
        return "result"

    drive(main)
    """
    ended = run_to_end(code, kind)

    assert ended.texts == ["main ends", "dialog accepted True", "RESULT 'result'"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("how", ["quit", "exit"])
@pytest.mark.parametrize("kind", ["run", "owner"])
def test_a_qthread_told_to_quit_ends_the_run_in_it(kind: str, how: str) -> None:
    code = """
    app = application()
    how = sys.argv[2]

    async def main():
        # The main thread tells this one to quit once it waits.
        threading.Timer(0.03, getattr(worker, how)).start()
        await wait_to_be_cancelled()

    class Worker(QtCore.QThread):
        def run(self):
            try:
                drive(main)
            except asyncio.CancelledError:
                pass

    worker = Worker()
    worker.finished.connect(lambda: app.exit(0))
    worker.start()
    say(f"exec {qt_exec(app)}")
    worker.wait()
    """
    ended = run_to_end(code, kind, how)

    assert ended.said("READY", "cancelled", "cleaning", "clean", "exec 0")
    assert ("RESULT None" if kind == "run" else "OUT CancelledError") in ended.texts
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_run_in_a_qthread_that_was_told_to_quit_before_goes_on_to_its_end() -> None:
    code = """
    app = application()

    async def main():
        await asyncio.sleep(0.02)
        return await asyncio.get_running_loop().run_in_executor(None, lambda: "result")

    class Worker(QtCore.QThread):
        def run(self):
            self.quit()
            drive(main)

    worker = Worker()
    worker.finished.connect(lambda: app.exit(0))
    worker.start()
    say(f"exec {qt_exec(app)}")
    worker.wait()
    """
    ended = run_to_end(code, "run")

    assert ended.texts == ["RESULT 'result'", "exec 0"]
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(
    os.environ.get("QTINTERBINDING") == "PySide2",
    reason="PySide2 makes no more than two application objects in a process",
)
@EACH_KIND
def test_runs_go_on_with_an_application_that_was_made_anew(kind: str) -> None:
    code = """
    async def main():
        fired = asyncio.get_running_loop().create_future()
        after(5, lambda: fired.set_result("a QTimer fired"))
        return await fired

    for _ in range(3):
        app = application()
        drive(main)
        del app
        delete_application()
    """
    ended = run_to_end(code, kind)

    assert ended.texts == ["RESULT 'a QTimer fired'"] * 3
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(
    os.environ.get("QTINTERBINDING") == "PySide2",
    reason="PySide2 makes no more than two application objects in a process",
)
def test_one_loop_serves_under_each_application_made_anew_and_closes_silently_after_it() -> None:
    code = """
    async def main():
        fired = asyncio.get_running_loop().create_future()
        after(5, lambda: fired.set_result("a QTimer fired"))
        await asyncio.get_running_loop().run_in_executor(None, int)
        return await fired

    loop = qtinter.new_event_loop()
    for _ in range(3):
        app = application()
        say(loop.run_until_complete(main()))
        del app
        delete_application()
    loop.close()
    gc.collect()
    say("closed")
    """
    ended = run_to_end(code)

    assert ended.texts == ["a QTimer fired"] * 3 + ["closed"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_loop_whose_application_is_gone_can_still_run_its_clean_up() -> None:
    code = """
    async def other():
        try:
            await asyncio.sleep(60)
        finally:
            await clean_up()

    async def main():
        global task
        task = asyncio.create_task(other())
        await asyncio.sleep(0.01)

    app = application()
    loop = qtinter.new_event_loop()
    loop.run_until_complete(main())
    del app
    delete_application()
    wind_up(loop)
    say("closed")
    """
    ended = run_to_end(code)

    assert ended.texts == ["cleaning", "clean", "closed"]
    assert (ended.returncode, ended.stderr) == (0, "")


def test_run_forever_without_an_application_says_what_is_missing() -> None:
    code = """
    loop = qtinter.new_event_loop()
    try:
        loop.run_forever()
    except RuntimeError as exc:
        say(exc)
    app = application()
    say(loop.run_until_complete(asyncio.sleep(0.01, "works now")))
    loop.close()
    """
    ended = run_to_end(code)

    assert ended.texts[0].startswith("An instance of QCoreApplication ")
    assert ended.texts[1:] == ["works now"]
    assert (ended.returncode, ended.stderr) == (0, "")
