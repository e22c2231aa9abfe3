# SPDX-License-Identifier: BSD-3-Clause
"""The demo's window, as far as its script does not go through it."""

from __future__ import annotations

import asyncio

from qtinter import bindings as qt
from qtinter.demo.server import COMPLETE, FileServer
from qtinter.demo.window import Window


async def appearance_of_the_question():
    while (question := qt.QtWidgets.QApplication.activeModalWidget()) is None:
        await asyncio.sleep(0.01)
    return question


def test_a_download_that_fails_says_why(run_in):
    async def main():
        async with FileServer(b"").serve() as url:
            window = Window(f"{url}-of-another-name")
            window.download_button.click()
            await asyncio.wait([window.task])
            return window.status.text(), window.download_button.isEnabled()

    text, enabled = run_in(main)

    assert text.startswith("Failed: ")
    assert "404 Not Found" in text
    assert enabled


def test_no_to_the_question_lets_the_download_go_on(run_in):
    async def main():
        server = FileServer(bytes(40 * 32 * 1024), pause=0.02)
        async with server.serve() as url:
            window = Window(url)
            window.widget.show()
            window.download_button.click()
            window.cancel_button.click()
            question = await appearance_of_the_question()
            question.button(qt.QtWidgets.QMessageBox.StandardButton.No).click()
            await asyncio.wait([window.task])
            return window.status.text(), await server.outcomes.get()

    text, outcome = run_in(main)

    assert text.startswith("Done: SHA-256 ")
    assert outcome == COMPLETE


def test_without_a_download_there_is_nothing_to_cancel(qapp):
    window = Window("http://127.0.0.1/file")
    window.cancel()

    assert window.task is None
