# SPDX-License-Identifier: BSD-3-Clause
"""A closed loop without Qt takes and runs nothing any more, and is freed."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from tests.loop.native import LOOPS, run_briefly


def test_closing_twice_is_fine(loop: Any) -> None:
    loop.close()
    loop.close()

    assert loop.is_closed()


def test_a_closed_loop_does_not_run(loop: Any) -> None:
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.run_forever()


def test_a_running_loop_is_not_closed(loop: Any) -> None:
    errors: list[BaseException] = []

    def close() -> None:
        try:
            loop.close()
        except RuntimeError as exc:
            errors.append(exc)

    loop.call_soon(close)
    run_briefly(loop)

    assert "running" in str(errors[0])
    assert not loop.is_closed()


def test_switching_debug_off_does_not_reopen_a_closed_loop(loop: Any) -> None:
    loop.close()
    loop.set_debug(False)
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon(int)


def test_a_timer_can_be_cancelled_after_closing(loop: Any) -> None:
    timer = loop.call_later(1, int)
    loop.close()
    timer.cancel()

    assert timer.cancelled()


@pytest.mark.parametrize("kind", ["native", "virtual"])
def test_a_closed_loop_is_freed(kind: str) -> None:
    loop = LOOPS[kind]()
    loop.call_later(1, int)
    loop.call_soon(int)
    run_briefly(loop)
    gone = weakref.ref(loop)
    loop.close()
    del loop
    gc.collect()

    assert gone() is None
