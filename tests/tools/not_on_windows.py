# SPDX-License-Identifier: BSD-3-Clause
"""The tests that can't run on Windows, with the fact that stands in the way."""

from __future__ import annotations

NO_FORK = "Windows has no fork"
NO_SIGNALS = "Windows has no such signals, and asyncio no signal handlers there"
NO_READERS = "a proactor loop watches no file descriptors"

#: By file, or file::test (all its parameters).
NOT_ON_WINDOWS = {
    "tests/loop/test_interrupt_fork.py": NO_FORK,
    "tests/loop/test_raising_handlers.py": NO_SIGNALS,
    "tests/loop/test_interrupt_wakeup_fd.py": NO_SIGNALS,
    "tests/programs/test_signal_handlers.py": NO_SIGNALS,
    **dict.fromkeys(
        (
            f"tests/loop/test_interrupt_handlers.py::{test}"
            for test in (
                "test_a_handler_that_is_added_before_the_run_is_called_in_it",
                "test_a_sigint_handler_of_asyncios_replaces_the_keyboard_interrupt",
                "test_another_signals_handler_that_is_exchanged_while_the_loop_runs_stays",
                "test_ctrl_c_is_a_keyboard_interrupt_again_after_asyncios_sigint_handler_was_removed",
                "test_ctrl_c_still_wakes_an_idle_loop_after_the_last_handler_was_removed",
                "test_signal_handlers_of_both_sorts_run_while_qt_idles",
                "test_slots_are_safe_again_after_asyncios_sigint_handler_was_removed",
            )
        ),
        NO_SIGNALS,
    ),
    "tests/loop/test_interrupt_nested.py::test_signal_handlers_run_while_a_nested_loop_idles": (
        NO_SIGNALS
    ),
    "tests/loop/test_shutdown.py::test_sockets_that_are_ready_are_read": NO_READERS,
    "tests/programs/test_sockets.py::"
    "test_a_file_descriptor_is_watched_for_reading_and_writing_at_once": NO_READERS,
    "tests/demo/test_demo.py": "Qt warns of fonts that Wine doesn't have",
}


def reason_for(nodeid: str) -> str | None:
    """Return why a test can't run on Windows; None if it can."""
    path, _, test = nodeid.partition("::")
    return NOT_ON_WINDOWS.get(path) or NOT_ON_WINDOWS.get(f"{path}::{test.partition('[')[0]}")
