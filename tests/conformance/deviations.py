# SPDX-License-Identifier: BSD-3-Clause
"""Where qtinter's loops may differ from asyncio's own, as far as CPython's tests look at it.

One entry a test, each with its reason. A deviation is an exception to be argued for, not a list of
what happens to fail: the run is red when an entry's test passes (the entry has to go).
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen
class Deviation:
    """One test (or a pattern of tests) that does not hold on our loops, on purpose.

    Attributes:
        test: the id without the package, ``test_events.EPollEventLoopTests.test_x``, or a pattern.
        reason: why this has to be.
        pythons: the versions ("3.12") it is true of; empty: all.
        bindings: the Qt bindings it is true of; empty: all.
    """

    test: str
    reason: str
    pythons: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()

    def covers(self, test: str, *, python: str, binding: str) -> bool:
        return (
            fnmatch.fnmatchcase(test, self.test)
            and (not self.pythons or python in self.pythons)
            and (not self.bindings or binding in self.bindings)
        )


DEVIATIONS: Sequence[Deviation] = ()
