# SPDX-License-Identifier: BSD-3-Clause
"""What the programs of the child-process tests are made of.

A child program is a few lines of Python, run by `tests.tools.live.start_child` without pytest,
whose plug-ins may replace `sys.excepthook` and so keep PyQt from aborting. It imports this module
for the three things that each of them needs: a line-wise report to the parent (`say`), work for Qt
and for Python (`busy`, `nested`, `after`), and the ways to run a coroutine as a program does
(`drive`).

Kinds of programs (`KIND`, the first argument):

* ``owner``: a loop of ours in OWNER mode and ``run_until_complete``, Python's own SIGINT handler;
* ``guest``: ``using_asyncio_from_qt`` around the application's ``exec``;
* ``run``: `qtinter.run`;
* ``runner``: `asyncio.Runner` with our loop factory (Python 3.11);
* ``asyncio.run``: `asyncio.run` under ``using_qt_from_asyncio``.

Invariant: importing this module touches no asyncio loop and makes no application object.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

import qtinter
from tests.tools import console

BINDING = os.environ["QTINTERBINDING"]
KIND = sys.argv[1] if len(sys.argv) > 1 else "owner"

QtCore: Any = importlib.import_module(f"{BINDING}.QtCore")

Main = Callable[[], Coroutine[Any, Any, object]]

# A shell that starts the tests in the background hands SIGINT down as ignored, and Python then
# leaves it ignored: the programs here stand for ones in the foreground.
signal.signal(signal.SIGINT, signal.default_int_handler)

console.listen()

_applications: list[Any] = []


def say(text: object) -> None:
    """Report a line to the parent, with the time: one system call, so that no line is torn."""
    os.write(1, f"{time.monotonic():.6f} {text}\n".encode())


def leave() -> None:
    """End this process at once, with the status 0."""
    if sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version"):
        # Under Wine an exit waits for ever, now and then, for a thread of the system's thread pool
        # that held a lock when it was ended: so it does with Qt's QWinEventNotifiers alone.
        ctypes.WinDLL("kernel32").TerminateProcess(ctypes.c_void_p(-1), 0)
    os._exit(0)


def widgets() -> Any:
    """The binding's QtWidgets."""
    return importlib.import_module(f"{BINDING}.QtWidgets")


def application(module: str = "QtCore", name: str = "QCoreApplication") -> Any:
    """Make the application object, kept alive here."""
    made = getattr(importlib.import_module(f"{BINDING}.{module}"), name)([])
    _applications.append(made)
    return made


def gui_application() -> Any:
    """Make a QApplication, kept alive here."""
    return application("QtWidgets", "QApplication")


def delete_application() -> None:
    """Delete the C++ object of the application, as a host or an embedding program would."""
    app = _applications.pop()
    if BINDING.startswith("PyQt"):
        importlib.import_module(f"{BINDING}.sip").delete(app)
    else:
        importlib.import_module(f"shiboken{BINDING[-1]}").delete(app)


def qt_exec(runner: Any) -> int:
    """Run ``exec`` of an application, an event loop, a thread or a dialog."""
    run = getattr(runner, "exec", None) or runner.exec_
    return int(run())


def after(milliseconds: int, call: Callable[[], object]) -> None:
    """Have Qt run `call` as a user's slot once the time is over."""
    QtCore.QTimer.singleShot(milliseconds, call)


def busy(seconds: float) -> None:
    """Keep Python running: bytecode after bytecode, any of which may be interrupted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def nested(seconds: float) -> int:
    """Run a QEventLoop of the user's for the time given, or until it is made to end."""
    loop = QtCore.QEventLoop()
    timer = QtCore.QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(loop.quit)
    timer.start(int(seconds * 1000))
    return qt_exec(loop)


def loop_level() -> int:
    """How many Qt loops run in this thread."""
    return int(QtCore.QThread.currentThread().loopLevel())


def wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Do what `asyncio.run` does after its main, on a loop run by hand, and close it."""
    try:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def _drive_owner(main: Main) -> object:
    loop = qtinter.new_event_loop()
    try:
        return loop.run_until_complete(main())
    except BaseException as exc:
        say(f"CALLER {type(exc).__name__}")
        raise
    finally:
        wind_up(loop)


def _drive_guest(main: Main) -> object:
    task: asyncio.Task[object] | None = None
    in_qt = False

    def leave(_: asyncio.Task[object]) -> None:
        if in_qt:
            QtCore.QCoreApplication.exit(0)

    try:
        with qtinter.using_asyncio_from_qt():
            task = asyncio.get_running_loop().create_task(main())
            task.add_done_callback(leave)
            in_qt = True
            code = qt_exec(QtCore.QCoreApplication.instance())
            in_qt = False
            say(f"QT ENDED {code}")
    finally:
        in_qt = False
        # What came out of main is fetched also when something else goes up: nothing to complain of.
        if task is not None and task.done() and not task.cancelled():
            task.exception()
    return task.result()


def _drive_run(main: Main) -> object:
    return qtinter.run(main())


def _drive_runner(main: Main) -> object:
    with asyncio.Runner(loop_factory=qtinter.new_event_loop) as runner:
        return runner.run(main())


def _drive_asyncio_run(main: Main) -> object:
    with qtinter.using_qt_from_asyncio():
        return asyncio.run(main())


_DRIVERS: dict[str, Callable[[Main], object]] = {
    "owner": _drive_owner,
    "guest": _drive_guest,
    "run": _drive_run,
    "runner": _drive_runner,
    "asyncio.run": _drive_asyncio_run,
}


def drive(main: Main, kind: str = KIND) -> object:
    """Run `main` as a program of that kind does; report what comes out, and let it out."""
    try:
        result = _DRIVERS[kind](main)
    except BaseException as exc:
        say(f"OUT {type(exc).__name__}")
        raise
    say(f"RESULT {result!r}")
    return result


async def wait_to_be_cancelled() -> None:
    """Report that it waits, wait for good, and report each step of its clean-up."""
    try:
        say("READY")
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        say("cancelled")
        raise
    finally:
        await clean_up()


async def clean_up() -> None:
    """A clean-up that needs the loop: it is only complete if the loop ran on to its end."""
    say("cleaning")
    await asyncio.sleep(0.01)
    await asyncio.get_running_loop().run_in_executor(None, int)
    say("clean")
