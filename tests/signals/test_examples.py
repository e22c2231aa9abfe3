# SPDX-License-Identifier: BSD-3-Clause
"""The examples of the API reference, as they stand there."""

from __future__ import annotations

import asyncio
import contextlib
import io

import qtinter


def test_a_stream_of_ticks(run_in, qt):
    QtCore = qt.QtCore
    printed = []

    async def main():
        timer = QtCore.QTimer()
        timer.setInterval(1)
        timer.start()
        what = "tick"
        async for _ in qtinter.asyncsignalstream(timer.timeout):
            printed.append(what)
            what = "tock" if what == "tick" else "tick"
            if len(printed) == 4:
                break

    run_in(main)
    assert printed == ["tick", "tock", "tick", "tock"]


def test_a_multisignal_of_a_fast_and_a_slow_timer(run_in, qt):
    QtCore = qt.QtCore

    async def main():
        fast_timer = QtCore.QTimer()
        slow_timer = QtCore.QTimer()
        for timer in (fast_timer, slow_timer):
            timer.setSingleShot(True)
        fast_timer.setInterval(1)
        slow_timer.setInterval(20)
        ms = qtinter.multisignal(
            {
                fast_timer.timeout: "fast",
                slow_timer.timeout: "slow",
            }
        )
        ms.connect(print)
        slow_timer.start()
        fast_timer.start()
        await qtinter.asyncsignal(slow_timer.timeout)

    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        run_in(main)
    assert output.getvalue() == "fast ()\nslow ()\n"


def test_a_slot_that_connects_a_coroutine_function(run_in, qt):
    """asyncslot() keeps the task, run_task() runs its first step at once."""

    async def main():
        button = qt.QtWidgets.QPushButton()
        steps = []

        async def say_hi():
            steps.append("hi")
            await asyncio.sleep(0)
            steps.append("bye")

        button.clicked.connect(qtinter.asyncslot(say_hi))
        button.click()
        during = list(steps)
        while len(steps) < 2:
            await asyncio.sleep(0)
        return during, steps

    assert run_in(main) == (["hi"], ["hi", "bye"])


def test_waiting_for_a_dialog_s_button_without_a_nested_loop(run_in, qt):
    async def main():
        box = qt.QtWidgets.QMessageBox()
        box.setStandardButtons(qt.QtWidgets.QMessageBox.StandardButton.Ok)
        box.open()
        ok = box.button(qt.QtWidgets.QMessageBox.StandardButton.Ok)
        asyncio.get_running_loop().call_later(0.001, ok.click)
        (code,) = await qtinter.asyncsignal(box.finished)
        return code in {1, 0x400}  # PyQt6 passes the button

    assert run_in(main)


def test_listening_to_destroyed_ends_a_wait_that_would_last_forever(run_in, qt):
    """The remedy that asyncsignal()'s documentation names for a sender that may be gone."""

    async def main():
        sender = qt.Sender()
        either = qtinter.multisignal({sender.number: "number", sender.destroyed: "destroyed"})
        asyncio.get_running_loop().call_soon(sender.deleteLater)
        tag, _ = await qtinter.asyncsignal(either)
        return tag

    assert run_in(main) == "destroyed"
