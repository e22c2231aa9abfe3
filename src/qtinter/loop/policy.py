# SPDX-License-Identifier: BSD-3-Clause
"""Event loop policies, for Pythons that have them (up to 3.15). Not imported on the normal path."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from qtinter.compat import aio

from .selector import QiSelectorEventLoop

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    class _Policy:
        """What the default policies of all Pythons have."""

        _loop_factory: type[AbstractEventLoop]

        def get_event_loop(self) -> AbstractEventLoop: ...
        def set_event_loop(self, loop: AbstractEventLoop | None) -> None: ...
        def new_event_loop(self) -> AbstractEventLoop: ...

else:
    _Policy = aio.default_policy_class()


class QiSelectorEventLoopPolicy(_Policy):
    """asyncio's default policy, with :class:`QiSelectorEventLoop` for new loops."""

    _loop_factory = QiSelectorEventLoop


if sys.platform == "win32":  # pragma: no cover - coverage is measured on Linux
    from .proactor import QiProactorEventLoop

    class QiProactorEventLoopPolicy(_Policy):
        """asyncio's default policy, with :class:`QiProactorEventLoop` for new loops."""

        _loop_factory = QiProactorEventLoop

    QiDefaultEventLoopPolicy = QiProactorEventLoopPolicy
else:
    QiDefaultEventLoopPolicy = QiSelectorEventLoopPolicy
