# SPDX-License-Identifier: BSD-3-Clause
"""Print what came of the runs whose results lie in build/results, and the sum of them."""

from __future__ import annotations

import json
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "build" / "results"


def main() -> None:
    """Print a line for each run, the tests that failed or were flaky, and the sum."""
    passed = failed = skipped = 0
    for file in sorted(RESULTS.glob("*.json")):
        result = json.loads(file.read_text())
        counts = f"{result['passed']:5} passed {len(result['failed']):3} failed"
        print(f"{file.stem:24}{counts}{result['skipped']:5} skipped {result['seconds']:7.1f} s")
        for test in result["failed"]:
            print(f"    FAILED {test}")
        for test in result["flaky"]:
            print(f"    FLAKY  {test} failed, and passed when it was run again")
        passed += result["passed"]
        failed += len(result["failed"])
        skipped += result["skipped"]
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    main()
