# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of virtual time share: its loops."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testing.watched import WatchedLoop


@pytest.fixture
def loop() -> Iterator[WatchedLoop]:
    made = WatchedLoop()
    yield made
    made.close()


@pytest.fixture
def strict() -> Iterator[WatchedLoop]:
    made = WatchedLoop(strict=True)
    yield made
    made.close()
