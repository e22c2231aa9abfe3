# SPDX-License-Identifier: BSD-3-Clause
"""A loop in virtual time that tells when it waits in real time."""

from __future__ import annotations

import threading

from qtinter.testing import VirtualEventLoop

HOUR = 3600.0


class WatchedLoop(VirtualEventLoop):
    """Says when it waits in real time: what it waits for can then be let happen, and not before."""

    def __init__(self, *, strict: bool = False) -> None:
        super().__init__(strict=strict)
        self.waits = 0
        self.waiting = threading.Event()

    def _wait_outside(self, timeout: float | None) -> None:
        self.waits += 1
        self.waiting.set()
        super()._wait_outside(timeout)
