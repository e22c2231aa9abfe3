# SPDX-License-Identifier: BSD-3-Clause
"""What several of the program tests share: certificates of a private authority."""

from __future__ import annotations

import pytest

from tests.tools.certificates import Certificates
from tests.tools.certificates import certificates as make_certificates


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """Give contexts with which 127.0.0.1 can be served and is trusted."""
    return make_certificates()
