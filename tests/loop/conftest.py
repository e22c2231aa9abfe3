# SPDX-License-Identifier: BSD-3-Clause
"""What several files of these tests share: the loops without Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.loop.native import LOOPS


@pytest.fixture(params=list(LOOPS))
def loop(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = LOOPS[request.param]()
    yield made
    made.close()
