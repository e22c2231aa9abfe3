# SPDX-License-Identifier: BSD-3-Clause
"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def script() -> Any:
    spec = importlib.util.spec_from_file_location(
        "lifecycle_diagram", ROOT / "scripts" / "lifecycle_diagram.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_diagram_of_the_states_is_drawn_from_the_table() -> None:
    page = (ROOT / "docs" / "internals.md").read_text(encoding="utf-8")

    assert script().with_diagram(page) == page
    assert "SELECTING --> PROCESSING: wake" in page
