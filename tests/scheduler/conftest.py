# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of single promises share: a scheduler that notes what happens."""

from __future__ import annotations

import pytest

from tests.scheduler.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
