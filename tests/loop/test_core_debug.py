# SPDX-License-Identifier: BSD-3-Clause
"""Debug mode of the loop without Qt: it tells of what is slow, misplaced or forgotten."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from tests.loop.native import run_briefly


def test_a_slow_callback_is_told_in_debug_mode(loop: Any, caplog: pytest.LogCaptureFixture) -> None:
    loop.set_debug(True)
    loop.slow_callback_duration = 0
    loop.call_soon(int)
    run_briefly(loop)

    assert "Executing <Handle int() " in caplog.text
    assert loop._current_handle is None


def test_a_quick_callback_is_not(loop: Any, caplog: pytest.LogCaptureFixture) -> None:
    loop.set_debug(True)
    loop.slow_callback_duration = 60
    loop.call_soon(int)
    run_briefly(loop)

    assert "Executing" not in caplog.text


def test_the_current_handle_is_known_in_debug_mode(loop: Any) -> None:
    loop.set_debug(True)
    seen: list[object] = []
    handle = loop.call_soon(lambda: seen.append(loop._current_handle))
    run_briefly(loop)

    assert seen == [handle]


@pytest.mark.parametrize("way", ["call_soon", "call_later", "call_at"])
def test_the_wrong_thread_is_refused_in_debug_mode(loop: Any, way: str) -> None:
    loop.set_debug(True)
    errors: list[BaseException] = []

    def intrude() -> None:
        try:
            getattr(loop, way)(*([] if way == "call_soon" else [1]), int)
        except RuntimeError as exc:
            errors.append(exc)

    def callback() -> None:
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()

    loop.call_soon(callback)
    run_briefly(loop)

    assert "Non-thread-safe" in str(errors[0])


@pytest.mark.parametrize("way", ["call_soon", "call_soon_threadsafe", "call_later", "call_at"])
def test_a_coroutine_as_callback_is_refused_in_debug_mode(loop: Any, way: str) -> None:
    async def coroutine() -> None: ...

    loop.set_debug(True)
    with pytest.raises(TypeError, match="coroutines cannot be used"):
        getattr(loop, way)(*([1] if way in ("call_later", "call_at") else []), coroutine)

    assert not loop._scheduled


def test_debug_mode_can_be_switched_by_a_callback(loop: Any) -> None:
    loop.set_debug(False)
    log: list[object] = []
    for debug in (True, False, True):
        loop.call_soon(loop.set_debug, debug)
        loop.call_soon(log.append, debug)
    run_briefly(loop, 2)

    assert log == [True, False, True]
    assert loop.get_debug()


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_a_failed_task_is_told_of_as_soon_as_nobody_holds_it(loop: Any, debug: bool) -> None:
    # A finished frame of ours that still held the task's handle would keep it alive: the frame of
    # the exception reaches it through f_back.
    loop.set_debug(debug)
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))

    async def fail() -> None:
        raise ValueError

    task = loop.create_task(fail())
    run_briefly(loop, 2)
    del task
    gc.collect()

    assert [report["message"] for report in reports] == ["Task exception was never retrieved"]


def test_the_place_of_scheduling_is_told_even_if_debug_mode_is_off_by_then(loop: Any) -> None:
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    loop.set_debug(True)
    loop.call_soon([].pop)
    loop.set_debug(False)
    run_briefly(loop)

    assert reports[0]["source_traceback"][-1].name.startswith("test_the_place_of_scheduling")
