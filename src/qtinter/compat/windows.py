# SPDX-License-Identifier: BSD-3-Clause
"""What qtinter asks of Windows: events, and waiting for a completion port.

A proactor's completions queue up in a completion port. That its handle can be waited for like any
other, for as long as a completion is there and without taking it, is the base of
:mod:`~qtinter.loop.proactor`; Microsoft does not document it. So :func:`port_can_be_waited_for`
tries it on the running system, by the call through which Qt waits, too.

Only :mod:`_overlapped` and :mod:`_winapi` are used, the modules that asyncio itself is built on.
"""

from __future__ import annotations

import sys
from typing import Any

if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    import _overlapped
    import _winapi
    import contextlib
    import functools

    INFINITE = 0xFFFFFFFF
    #: For how long the check waits for what should happen at once, in milliseconds.
    PATIENCE = 2000

    #: The address in packets of ours: no structure's, and not 0, which Python takes for an error.
    ADDRESS = 1

    #: A packet: (error, transferred bytes, key, address of the overlapped structure).
    Packet = tuple[int, int, int, int]

    class Event:
        """An event: it stays set until it is cleared."""

        def __init__(self) -> None:
            self.handle: int = _overlapped.CreateEvent(None, True, False, None)

        def set(self) -> None:
            """Set it, from any thread."""
            _overlapped.SetEvent(self.handle)

        def clear(self) -> None:
            """Clear it."""
            _overlapped.ResetEvent(self.handle)

        def close(self) -> None:
            """Give the handle back; nobody may wait for it any more."""
            _winapi.CloseHandle(self.handle)

    def port_of(proactor: Any) -> int:
        """Return the completion port of asyncio's proactor."""
        port: int = proactor._iocp
        return port

    def take(port: int, milliseconds: int = INFINITE) -> Packet | None:
        """Take a packet out of a completion port, waiting for one; None if none has come."""
        return _overlapped.GetQueuedCompletionStatus(port, milliseconds)

    def put(port: int, packet: Packet) -> None:
        """Put a packet into a completion port.

        The error is not kept: asyncio reads that from the overlapped structure.
        """
        _, transferred, key, address = packet
        _overlapped.PostQueuedCompletionStatus(port, transferred, key, address)

    @functools.cache
    def port_can_be_waited_for() -> bool:
        """Whether this system signals a completion port as long as there is a packet in it."""
        packet = (0, 7, 0, ADDRESS)
        port = _new_port()
        answers = _new_port()
        try:
            if _is_signaled(port):
                return False
            # Once there is a packet, the system's thread pool notices and says so in `answers`.
            wait = _overlapped.RegisterWaitWithQueue(port, answers, ADDRESS, PATIENCE)
            try:
                put(port, packet)
                answer = take(answers, PATIENCE)
            finally:
                with contextlib.suppress(OSError):  # the callback is about to return
                    _overlapped.UnregisterWait(wait)
            return (
                answer is not None
                and answer[1] == 0  # else the time was up
                and _is_signaled(port)  # it stays so ...
                and take(port, 0) == packet  # ... and nobody has taken the packet
                and not _is_signaled(port)
            )
        except OSError:
            return False
        finally:
            _winapi.CloseHandle(answers)
            _winapi.CloseHandle(port)

    def _new_port() -> int:
        invalid = _overlapped.INVALID_HANDLE_VALUE
        return _overlapped.CreateIoCompletionPort(invalid, 0, 0, 1)

    def _is_signaled(handle: int) -> bool:
        return _winapi.WaitForSingleObject(handle, 0) == _winapi.WAIT_OBJECT_0
