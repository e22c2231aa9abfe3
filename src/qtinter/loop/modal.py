# SPDX-License-Identifier: BSD-3-Clause
"""``modal()``: call a function that runs a nested Qt event loop, without stopping asyncio.

The function is called by the loop at rest, outside every callback, so callbacks and tasks go on
inside the nested Qt loop. Calls queue up in the scheduler's modal slot; each one carries a future
on which the caller waits.
"""

from __future__ import annotations

import asyncio
import functools
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")


class ModalCall:
    """A call that waits to be made, and the future that waits for its result."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
        self._loop = loop
        self._call = call
        self._context = copy_context()
        self.future: asyncio.Future[Any] = loop.create_future()

    def cancel(self) -> None:
        """Cancel who waits for it; it will not be made."""
        if not self._loop.is_closed():
            self.future.cancel()

    def __call__(self) -> None:
        """Make the call, unless nobody waits for it any more."""
        future = self.future
        if future.done():
            return
        try:
            result = self._context.run(self._call)
        except BaseException as exc:
            self._failed(exc)
        else:
            if not future.done():
                future.set_result(result)

    def _failed(self, exc: BaseException) -> None:
        if self.future.done():
            self._loop.call_exception_handler(
                {
                    "message": "Exception in a modal call that was cancelled while it ran",
                    "exception": exc,
                }
            )
        elif isinstance(exc, StopIteration):  # a future can't hold one
            error = RuntimeError("a modal call raised StopIteration")
            error.__cause__ = exc
            self.future.set_exception(error)
        else:
            self.future.set_exception(exc)


def modal(fn: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Wrap a function that runs a nested Qt event loop, such as ``QMessageBox.warning``.

    Args:
        fn: The function.

    Returns:
        A coroutine function with the same parameters. Awaited, it has ``fn`` called as interleaved
        code as soon as the caller is suspended, in a copy of the caller's context and with no
        current task, while the asyncio loop goes on; it returns what ``fn`` returns and raises
        what ``fn`` raises. If it is cancelled before ``fn`` is called, ``fn`` is not called;
        later, the caller is released at once and ``fn`` ends by itself.

    Raises:
        TypeError: ``fn`` can't be called.
        RuntimeError: (awaited) The running loop is not a :class:`QiBaseEventLoop`, or it is in
            NATIVE mode.

    Example:
        ``await qtinter.modal(QtWidgets.QMessageBox.warning)(self, "Title", "Message")``
    """
    if not callable(fn):
        raise TypeError(f"modal() argument 'fn' must be callable, not {fn!r}")

    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        queue = getattr(loop, "_queue_modal", None)
        if queue is None:
            raise RuntimeError(f"modal() requires QiBaseEventLoop, but {loop!r} is running")
        request = ModalCall(loop, functools.partial(fn, *args, **kwargs))
        queue(request)
        result: T = await request.future
        return result

    return functools.wraps(fn)(call)
