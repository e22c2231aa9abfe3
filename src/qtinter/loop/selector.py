# SPDX-License-Identifier: BSD-3-Clause
"""The concrete loops on selectors: asyncio's own classes under ours.

The transports are asyncio's, reading 64 KB at a time instead of 256: the larger buffer makes some
allocators map and unmap memory for each message, at three times the cost of the message. Datagrams
of other families than INET may be larger than 64 KB and keep asyncio's size.
"""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Any

from qtinter.compat import aio

from .base import QiBaseEventLoop
from .poll import epoll_poll

if TYPE_CHECKING:
    import selectors
    from collections.abc import Callable

    from typing_extensions import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")

READ_SIZE = 64 * 1024
_INET = (socket.AF_INET, socket.AF_INET6)


class QiBaseSelectorEventLoop(QiBaseEventLoop, aio.BaseSelectorEventLoop):
    """Counterpart to asyncio's ``BaseSelectorEventLoop``, on top of a Qt event loop."""

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        super().__init__(selector)
        self._scheduler.poll = epoll_poll(self) or self._poll

    def _add_reader(
        self, fd: Any, callback: Callable[..., object], *args: Any, **kwargs: Any
    ) -> Any:
        handle = super()._add_reader(fd, callback, *args, **kwargs)
        if self._resting:
            self._watch_changed()
        return handle

    def _remove_reader(self, fd: Any) -> bool:
        removed = super()._remove_reader(fd)
        if removed:
            self._watch_dropped(fd, write=False)
        return removed

    def _add_writer(
        self, fd: Any, callback: Callable[..., object], *args: Any, **kwargs: Any
    ) -> Any:
        handle = super()._add_writer(fd, callback, *args, **kwargs)
        if self._resting:
            self._watch_changed()
        return handle

    def _remove_writer(self, fd: Any) -> bool:
        removed = super()._remove_writer(fd)
        if removed:
            self._watch_dropped(fd, write=True)
        return removed

    def _process_self_data(self, data: bytes) -> None:
        self._interrupts.forward(data)
        super()._process_self_data(data)

    def _make_socket_transport(self, sock: Any, protocol: Any, *args: Any, **kwargs: Any) -> Any:
        transport = super()._make_socket_transport(sock, protocol, *args, **kwargs)
        transport.max_size = READ_SIZE
        return transport

    def _make_datagram_transport(self, sock: Any, protocol: Any, *args: Any, **kwargs: Any) -> Any:
        transport = super()._make_datagram_transport(sock, protocol, *args, **kwargs)
        if sock.family in _INET:
            transport.max_size = READ_SIZE
        return transport


class QiSelectorEventLoop(QiBaseSelectorEventLoop, aio.SelectorEventLoop):
    """Counterpart to ``asyncio.SelectorEventLoop``, on top of a Qt event loop.

    Args:
        selector: The selector to use; the best of the system by default. Any of the ``selectors``
            module will do.

    Raises:
        TypeError: ``selector`` is not a selector.
    """

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        if selector is not None and not callable(getattr(selector, "get_map", None)):
            self._closed = True  # nothing is there to be closed
            raise TypeError(f"argument 'selector' must be a selector, not {selector!r}")
        super().__init__(selector)

    if sys.platform != "win32":  # pragma: no branch - Windows

        def _make_read_pipe_transport(
            self, pipe: Any, protocol: Any, *args: Any, **kwargs: Any
        ) -> Any:
            transport = super()._make_read_pipe_transport(pipe, protocol, *args, **kwargs)
            transport.max_size = READ_SIZE
            return transport

        def add_signal_handler(
            self, sig: int, callback: Callable[[Unpack[Ts]], object], *args: Unpack[Ts]
        ) -> None:
            """Add a handler for a signal; see ``asyncio.loop.add_signal_handler``."""
            super().add_signal_handler(sig, callback, *args)
            self._interrupts.refresh()

        def remove_signal_handler(self, sig: int) -> bool:
            """Remove the handler of a signal; see ``asyncio.loop.remove_signal_handler``."""
            # asyncio drops the wake-up fd with the last handler; a running loop still needs it.
            removed = super().remove_signal_handler(sig)
            self._interrupts.refresh()
            return removed
