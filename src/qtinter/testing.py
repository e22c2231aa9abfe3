# SPDX-License-Identifier: BSD-3-Clause
"""asyncio in virtual time, without Qt, for unit tests.

:class:`VirtualEventLoop` is asyncio's selector loop on the production scheduler, with a clock that
jumps to the next deadline as soon as nothing is ready, so ``await asyncio.sleep(3600)`` takes no
time. While something outside may bring work (a file descriptor, an executor's job, a subprocess, a
signal handler) time can't jump: then it passes as it does for everybody. When nothing at all can
bring work, the wait would never end, and :class:`~qtinter.scheduler.Deadlock` is raised.

A thread of your own is not seen, only what it has scheduled before the loop would wait: give its
work to ``loop.run_in_executor()`` or :func:`asyncio.to_thread` instead.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from qtinter.compat import aio
from qtinter.loop.core import SchedulerLoop
from qtinter.scheduler import Deadlock, VirtualClock

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from concurrent.futures import Executor

    from typing_extensions import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")
    T = TypeVar("T")

__all__ = ["Deadlock", "VirtualClock", "VirtualEventLoop"]

_WAITPID_THREADS = ("waitpid-", "asyncio-waitpid-")


class VirtualEventLoop(SchedulerLoop, aio.SelectorEventLoop):
    """An asyncio event loop in virtual time.

    Args:
        strict: Raise RuntimeError instead of waiting in real time.

    Attributes:
        clock: The clock; ``loop.time()`` reads it.

    Example:
        >>> import asyncio
        >>> loop = VirtualEventLoop()
        >>> loop.run_until_complete(asyncio.sleep(3600, "an hour later"))
        'an hour later'
        >>> loop.time()
        3600.0
        >>> loop.close()
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.clock: VirtualClock = VirtualClock()
        self._strict = strict
        self._jobs = 0
        super().__init__()
        self._own_descriptors = len(self._selector.get_map())

    def time(self) -> float:
        """Return the virtual time, in seconds since the loop was made."""
        return self.clock()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]
    ) -> asyncio.Future[T]:
        """Run a function in an executor; virtual time does not jump until it has ended."""
        future = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _future: object) -> None:
        self._jobs -= 1

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """Shut the default executor down; virtual time does not jump until its threads have ended.

        See ``asyncio.loop.shutdown_default_executor``.
        """
        self._jobs += 1
        try:
            await super().shutdown_default_executor(*args, **kwargs)
        finally:
            self._jobs -= 1

    def _external(self) -> bool:
        """Whether something outside may bring work."""
        return (
            self._jobs > 0
            or len(self._selector.get_map()) > self._own_descriptors
            or bool(getattr(self, "_signal_handlers", None))
            or any(thread.name.startswith(_WAITPID_THREADS) for thread in threading.enumerate())
        )

    def _wait(self, timeout: float | None) -> None:
        self._poll()
        if timeout == 0.0 or self._ready:
            return
        deadline = self._scheduler.timers.next_deadline()
        if self._external():
            self._wait_outside(timeout)
        elif timeout is None or deadline is None:
            raise Deadlock(
                "nothing is ready, no timer is pending and nothing outside can bring work: "
                "the loop would wait for ever"
            )
        else:
            self.clock.advance_to(deadline)

    def _wait_outside(self, timeout: float | None) -> None:
        if self._strict:
            raise RuntimeError("a strict virtual loop can't wait for something outside")
        started = time.monotonic()
        super()._wait(timeout)
        self.clock.advance(time.monotonic() - started)
