# SPDX-License-Identifier: BSD-3-Clause
"""Event loop policies, for Pythons that have them (up to 3.15). Not imported on the normal path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtinter.compat import aio

from .selector import QiSelectorEventLoop

if TYPE_CHECKING:
    _Policy: Any = object
else:
    _Policy = aio.default_policy_class()


class QiSelectorEventLoopPolicy(_Policy):  # type: ignore[misc]
    """asyncio's default policy, with :class:`QiSelectorEventLoop` for new loops."""

    _loop_factory = QiSelectorEventLoop


QiDefaultEventLoopPolicy = QiSelectorEventLoopPolicy
