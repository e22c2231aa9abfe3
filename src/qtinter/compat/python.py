# SPDX-License-Identifier: BSD-3-Clause
"""What differs between Python versions. Each block says with which version it can go.

* the set-up and clean-up around a running loop, which asyncio offers as methods from 3.13;
* ``Runner``, which asyncio has from 3.11;
* setting signal handlers without the ``signal`` module's conversions;
* signals that end a wait, on Windows by the wake-up fd only;
* names of ``concurrent.futures`` that stay lazy on 3.15 once PySide6 is imported.
"""

from __future__ import annotations

import _signal
import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from . import aio

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from types import FrameType

    from typing_extensions import Self

_T = TypeVar("_T")

#: ``signal.signal`` and ``signal.getsignal`` without their enum conversions, which cost more than
#: everything else at the start of a run.
set_handler: Callable[[int, Any], Any] = _signal.signal
get_handler: Callable[[int], Any] = _signal.getsignal

if sys.version_info >= (3, 15):  # pragma: no cover - covered on 3.15 only
    # PySide6 replaces builtins.__import__, after which lazy imports are never resolved: executors
    # would be unusable on every loop. Bind the real classes before a binding is imported.
    import concurrent.futures
    from concurrent.futures.process import ProcessPoolExecutor
    from concurrent.futures.thread import ThreadPoolExecutor

    concurrent.futures.ThreadPoolExecutor = ThreadPoolExecutor  # type: ignore[misc]
    concurrent.futures.ProcessPoolExecutor = ProcessPoolExecutor  # type: ignore[misc]


if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux

    @contextlib.contextmanager
    def signals_end_waits(pipe: socket.socket) -> Generator[None, None, None]:
        """Have signals write to the self-pipe of a loop that waits by itself."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.set_wakeup_fd(pipe.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def write_to_wakeup_fd(fd: int, data: bytes) -> None:
        """Write to a wake-up fd, which may be a socket's handle."""
        try:
            wakeup = socket.socket(fileno=fd)
        except OSError:
            os.write(fd, data)
            return
        try:
            wakeup.send(data)
        finally:
            wakeup.detach()

else:

    def signals_end_waits(pipe: socket.socket) -> contextlib.AbstractContextManager[None]:
        """Do nothing: the system ends a wait when a signal comes."""
        del pipe
        return contextlib.nullcontext()

    def write_to_wakeup_fd(fd: int, data: bytes) -> None:
        """Write to a wake-up fd."""
        os.write(fd, data)


if sys.version_info >= (3, 13):

    def run_forever_setup(loop: Any) -> None:
        """Make a loop the running loop of this thread."""
        loop._run_forever_setup()

    def run_forever_cleanup(loop: Any) -> None:
        """Undo :func:`run_forever_setup`."""
        loop._run_forever_cleanup()

else:  # drop with 3.12

    def run_forever_setup(loop: Any) -> None:
        """Make a loop the running loop of this thread."""
        loop._check_closed()
        loop._check_running()
        loop._set_coroutine_origin_tracking(loop._debug)
        loop._qtinter_asyncgen_hooks = sys.get_asyncgen_hooks()
        loop._thread_id = threading.get_ident()
        sys.set_asyncgen_hooks(
            firstiter=loop._asyncgen_firstiter_hook, finalizer=loop._asyncgen_finalizer_hook
        )
        aio.set_running_loop(loop)
        aio.start_self_reading(loop)

    def run_forever_cleanup(loop: Any) -> None:
        """Undo :func:`run_forever_setup`."""
        aio.stop_self_reading(loop)
        loop._stopping = False
        loop._thread_id = None
        aio.set_running_loop(None)
        loop._set_coroutine_origin_tracking(False)
        sys.set_asyncgen_hooks(*loop._qtinter_asyncgen_hooks)


if sys.version_info >= (3, 11):
    Runner = asyncio.Runner
else:  # drop with 3.10

    class Runner:
        """As much of ``asyncio.Runner`` as qtinter.run() needs: one run, one loop, SIGINT."""

        def __init__(
            self,
            *,
            debug: bool | None = None,
            loop_factory: Callable[[], asyncio.AbstractEventLoop],
        ) -> None:
            self._loop = loop_factory()
            if debug is not None:
                self._loop.set_debug(debug)
            self._main: asyncio.Task[Any] | None = None
            self._interrupts = 0

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            """Cancel what is left, shut down, close."""
            loop = self._loop
            try:
                cancel_all_tasks(loop)
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
            finally:
                asyncio.set_event_loop(None)
                loop.close()

        def run(self, main: Coroutine[Any, Any, _T]) -> _T:
            """Run a coroutine; the first SIGINT cancels it, the second raises."""
            asyncio.set_event_loop(self._loop)
            task = self._main = self._loop.create_task(main)
            ours = (
                threading.current_thread() is threading.main_thread()
                and get_handler(_signal.SIGINT) is _signal.default_int_handler
            )
            handler = self._on_sigint
            if ours:
                set_handler(_signal.SIGINT, handler)
            try:
                result: _T = self._loop.run_until_complete(task)
            except asyncio.CancelledError:
                if self._interrupts:
                    raise KeyboardInterrupt from None
                raise
            finally:
                if ours and get_handler(_signal.SIGINT) == handler:
                    set_handler(_signal.SIGINT, _signal.default_int_handler)
            return result

        def _on_sigint(self, _signum: int, _frame: FrameType | None) -> None:
            self._interrupts += 1
            if self._interrupts == 1 and self._main is not None and not self._main.done():
                self._main.cancel()
                self._loop.call_soon_threadsafe(lambda: None)
                return
            raise KeyboardInterrupt


def is_runner_handler(handler: object) -> bool:
    """Whether a SIGINT handler is the one that a Runner has set for the time of its run."""
    function = getattr(handler, "func", handler)
    return isinstance(getattr(function, "__self__", None), Runner)


def cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks of a loop, run it until they are done, and report their exceptions."""
    tasks = asyncio.all_tasks(loop)
    if not tasks:
        return
    for task in tasks:
        task.cancel()

    # By this, as asyncio.run() does it, the loop knows that it is run for a clean-up.
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            if (exc := task.exception()) is not None:
                loop.call_exception_handler(
                    {
                        "message": "unhandled exception during shutdown",
                        "exception": exc,
                        "task": task,
                    }
                )
