# SPDX-License-Identifier: BSD-3-Clause
"""Signal handlers of the user's that raise: what they raise ends the run, and never reaches Qt."""

from __future__ import annotations

import pytest

from tests.tools.child import run_child

pytestmark = pytest.mark.qt

PROGRAM = """
class Timeout(Exception):
    pass

def alarm(*_):
    raise Timeout

def terminate(*_):
    sys.exit(7)

signal.signal(signal.SIGALRM, alarm)
signal.signal(signal.SIGTERM, terminate)
app = QtCore.QCoreApplication([])

async def main():
    try:
        threading.Timer(0.1, os.kill, (os.getpid(), NUMBER)).start()
        await asyncio.sleep(30)
    finally:
        print("cleaned up")

def owner():
    qtinter.run(main())

def guest():
    with qtinter.using_asyncio_from_qt() as loop:
        task = loop.create_task(main())
        sys.exit(qt_exec(app))
"""


@pytest.mark.parametrize("kind", ["owner", "guest"])
def test_an_exit_in_a_handler_ends_the_program_after_its_clean_up(kind: str) -> None:
    child = run_child(PROGRAM.replace("NUMBER", "signal.SIGTERM") + f"\n{kind}()\n")

    assert child.stderr == ""
    assert child.stdout == "cleaned up\n"
    assert child.returncode == 7


@pytest.mark.parametrize("kind", ["owner", "guest"])
def test_an_exception_of_a_handler_comes_out_and_the_handler_is_put_back(kind: str) -> None:
    child = run_child(
        PROGRAM.replace("NUMBER", "signal.SIGALRM")
        + f"""
try:
    {kind}()
except Timeout:
    print("timed out")
print(signal.getsignal(signal.SIGALRM) is alarm)
"""
    )

    assert "cleaned up\ntimed out\nTrue\n" in child.stdout
    assert child.returncode == 0


def test_an_exception_of_a_handler_is_raised_in_the_callback_that_it_strikes() -> None:
    child = run_child(
        PROGRAM
        + """
async def busy():
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        while True:
            pass
    except Timeout:
        print("raised in the callback")

qtinter.run(busy())
"""
    )

    assert child.stderr == ""
    assert child.stdout == "raised in the callback\n"
    assert child.returncode == 0
