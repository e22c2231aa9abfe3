# SPDX-License-Identifier: BSD-3-Clause
"""The entry points: ``run()`` and the two context managers.

* :func:`run`: asyncio drives. Runs a coroutine, and Qt with it.
* :func:`using_qt_from_asyncio`: asyncio drives, through its own entry points.
* :func:`using_asyncio_from_qt`: Qt drives, asyncio is a guest. Its clean-up runs in NATIVE mode,
  without any Qt call, because by then Qt may be gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from qtinter.compat import aio, qt
from qtinter.compat.python import Runner, cancel_all_tasks
from qtinter.scheduler import QiLoopMode

from .base import QiBaseEventLoop
from .quit import logger
from .selector import QiSelectorEventLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")

if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    from .proactor import QiProactorEventLoop

    QiDefaultEventLoop = QiProactorEventLoop
else:
    QiDefaultEventLoop = QiSelectorEventLoop


def new_event_loop() -> QiBaseEventLoop:
    """Make an event loop that runs on top of a Qt event loop, in OWNER mode.

    Returns:
        A new :class:`QiDefaultEventLoop`. Give this function as ``loop_factory`` to
        ``asyncio.Runner`` (from Python 3.11) or ``asyncio.run`` (from 3.12).
    """
    return QiDefaultEventLoop()


def run(main: Coroutine[Any, Any, T], *, debug: bool | None = None) -> T | None:
    """Run a coroutine to its end, and a Qt event loop with it.

    The application object must exist. When Qt quits first (``quit()``, the last window closed, the
    end of the session), ``main`` is cancelled and everything cleaned up.

    Args:
        main: The coroutine.
        debug: Whether to run in debug mode; None for asyncio's default.

    Returns:
        What ``main`` returns; None if it was cancelled because Qt has quit.

    Raises:
        RuntimeError: There is no application object, or an event loop is running in this thread.
        TypeError: ``main`` is not a coroutine.
        BaseException: What ``main`` raises. KeyboardInterrupt at Ctrl-C, after it was cancelled.

    Example:
        ``app = QtWidgets.QApplication([]); qtinter.run(main())``
    """
    if not asyncio.iscoroutine(main):
        raise TypeError(f"run() argument 'main' must be a coroutine, not {main!r}")
    try:
        _check_may_run()
    except BaseException:
        main.close()
        raise
    loop: QiBaseEventLoop | None = None

    def factory() -> asyncio.AbstractEventLoop:
        nonlocal loop
        loop = new_event_loop()
        loop._quits_with_last_window = True
        return loop

    with Runner(debug=debug, loop_factory=factory) as runner:
        try:
            return runner.run(main)
        except asyncio.CancelledError:
            if loop is not None and loop._main_quit:
                return None
            raise


def _check_may_run() -> None:
    if aio.running_loop() is not None:
        raise RuntimeError("qtinter.run() cannot be called while an event loop is running")
    if qt.application() is None:
        raise RuntimeError(
            "An instance of QCoreApplication must exist before qtinter.run() is called"
        )


@contextlib.contextmanager
def using_qt_from_asyncio() -> Generator[None, None, None]:
    """Have asyncio's entry points make our loops: ``asyncio.run`` and its like.

    Inside the block ``asyncio.run``, ``asyncio.Runner``, ``asyncio.new_event_loop`` and
    ``unittest.IsolatedAsyncioTestCase`` use :class:`QiDefaultEventLoop`, unless they are given a
    ``loop_factory``. It changes a setting of the whole process, which the end of the block undoes.

    Example:
        ``with qtinter.using_qt_from_asyncio(): asyncio.run(main())``
    """
    policy = aio.current_policy()
    if sys.version_info >= (3, 14):
        functions = [place.new_event_loop for place in aio.new_event_loop_places]
        for place in aio.new_event_loop_places:
            place.new_event_loop = new_event_loop
        try:
            yield
        finally:
            for place, function in zip(aio.new_event_loop_places, functions, strict=True):
                place.new_event_loop = function
            aio.set_policy(policy)
    else:
        from .policy import QiDefaultEventLoopPolicy

        aio.set_policy(QiDefaultEventLoopPolicy())
        try:
            yield
        finally:
            aio.set_policy(policy)


@contextlib.contextmanager
def using_asyncio_from_qt(
    *,
    debug: bool | None = None,
    loop_factory: Callable[[], QiBaseEventLoop] | None = None,
) -> Generator[QiBaseEventLoop, None, None]:
    """Let asyncio live in a program that Qt drives.

    Inside the block the loop is the running loop of this thread and works whenever Qt handles
    events. At its end, all tasks are cancelled and awaited, asynchronous generators and the default
    executor are shut down, and the loop is closed, without Qt.

    Args:
        debug: Whether to run in debug mode; None for asyncio's default.
        loop_factory: What makes the loop; :func:`new_event_loop` by default.

    Yields:
        The loop.

    Raises:
        TypeError: ``loop_factory`` has not made a :class:`QiBaseEventLoop`.
        RuntimeError: An event loop is running in this thread.
        SystemExit, KeyboardInterrupt: A callback has raised it. It comes out at the end of the
            block, in place of what the body has raised.

    Example:
        ``with qtinter.using_asyncio_from_qt(): sys.exit(app.exec())``
    """
    if loop_factory is not None and not callable(loop_factory):
        raise TypeError(f"loop_factory must be callable, not {loop_factory!r}")
    loop = (loop_factory or new_event_loop)()
    if not isinstance(loop, QiBaseEventLoop):
        if isinstance(loop, asyncio.AbstractEventLoop):
            loop.close()
        raise TypeError(f"loop_factory must make a QiBaseEventLoop, not {loop!r}")
    try:
        if debug is not None:
            loop.set_debug(debug)
        loop.set_mode(QiLoopMode.GUEST)
        loop.start()
    except BaseException:
        loop.close()
        raise
    try:
        yield loop
    finally:
        try:
            _clean_up(loop)
        finally:
            loop._raise_carried()


def _clean_up(loop: QiBaseEventLoop) -> None:
    if loop.is_closed():
        return
    if loop._lifecycle.running:
        loop.stop()
    loop._leave()
    loop._stopping = False
    loop.set_mode(QiLoopMode.NATIVE)
    watch = loop.call_later(loop.slow_cleanup_duration, _warn_of_slow_tasks, loop)
    try:
        cancel_all_tasks(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        watch.cancel()
        loop.close()


def _warn_of_slow_tasks(loop: QiBaseEventLoop) -> None:
    places: list[str] = []
    for task in asyncio.all_tasks(loop):
        stack = task.get_stack(limit=1)
        if task is loop._main or not stack:
            continue  # the first is ours and waits for the others
        code, line = stack[0].f_code, stack[0].f_lineno
        places.append(f"{task.get_name()} at {code.co_filename}:{line} in {code.co_name}")
    logger.warning(
        "clean-up takes longer than %g s; Qt signals no longer arrive, Ctrl-C ends the wait; "
        "still not done: %s",
        loop.slow_cleanup_duration,
        "; ".join(places) or "the default executor",
    )
