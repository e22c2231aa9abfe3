# SPDX-License-Identifier: BSD-3-Clause
"""Real senders: widgets, dialogs, processes, network replies, workers."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

import qtinter

pytestmark = pytest.mark.gui


async def soon(awaitable):
    """Wait for something that can only fail to come if there is a bug."""
    return await asyncio.wait_for(awaitable, 20)


def test_a_click_runs_a_slot(run_in, qt):
    async def main():
        button = qt.QtWidgets.QPushButton()
        clicked = asyncio.Event()

        @qtinter.asyncslot
        async def on_click():
            button.setEnabled(False)
            await asyncio.sleep(0.001)
            button.setEnabled(True)
            clicked.set()

        button.clicked.connect(on_click)
        button.click()
        during = button.isEnabled()
        button.click()  # disabled: does nothing
        await soon(clicked.wait())
        return during, button.isEnabled()

    assert run_in(main) == (False, True)


def test_typing_is_streamed(run_in, qt):
    from qtinter.bindings import QtTest

    async def main():
        edit = qt.QtWidgets.QLineEdit()
        texts = []
        async with qtinter.asyncsignalstream(edit.textEdited) as stream:
            QtTest.QTest.keyClicks(edit, "abc")
            async for (text,) in stream:
                texts.append(text)
                if len(texts) == 3:
                    break
        return texts

    assert run_in(main) == ["a", "ab", "abc"]


def test_a_dialog_is_waited_for(run_in, qt):
    async def main():
        dialog = qt.QtWidgets.QDialog()
        dialog.open()
        asyncio.get_running_loop().call_later(0.001, dialog.accept)
        (code,) = await soon(qtinter.asyncsignal(dialog.finished))
        return code

    assert run_in(main) == 1


def test_the_buttons_of_a_dialog_are_told_apart(run_in, qt):
    async def main():
        yes, no = qt.QtWidgets.QPushButton(), qt.QtWidgets.QPushButton()
        answer = qtinter.multisignal({yes.clicked: True, no.clicked: False})
        asyncio.get_running_loop().call_later(0.001, no.click)
        tag, _ = await soon(qtinter.asyncsignal(answer))
        return tag

    assert run_in(main) is False


def test_a_process_is_waited_for(run_in, qt):
    async def main():
        process = qt.QtCore.QProcess()
        process.start(sys.executable, ["-c", "import sys; print('out'); sys.exit(3)"])
        # Qt 5 has an overload without the status, which is PySide2's default one.
        code, *_ = await soon(qtinter.asyncsignal(process.finished))
        return code, bytes(process.readAllStandardOutput().data()).split()

    assert run_in(main) == (3, [b"out"])


def test_a_network_reply_comes_from_a_server_in_the_same_loop(run_in, qt):
    from qtinter.bindings import QtNetwork

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        manager = QtNetwork.QNetworkAccessManager()
        url = qt.QtCore.QUrl(f"http://127.0.0.1:{port}/")
        reply = manager.get(QtNetwork.QNetworkRequest(url))
        await soon(qtinter.asyncsignal(reply.finished))
        body = bytes(reply.readAll().data())
        reply.deleteLater()
        server.close()
        return body

    assert run_in(main) == b"hello"


def test_progress_of_a_worker_in_a_qthread_is_streamed(run_in, qt):
    class Worker(qt.QtCore.QObject):
        progress = qt.Signal(int)
        finished = qt.Signal(object)

        @qt.Slot()
        def work(self):
            for percent in range(0, 101, 10):
                self.progress.emit(percent)
            self.finished.emit(threading.current_thread().name)

    async def main():
        thread, worker = qt.QtCore.QThread(), Worker()
        worker.moveToThread(thread)
        thread.started.connect(worker.work)
        async with qtinter.asyncsignalstream(worker.progress) as progress:
            finished = asyncio.ensure_future(qtinter.asyncsignal(worker.finished))
            await asyncio.sleep(0)
            thread.start()
            (name,) = await soon(finished)
            percents = [(await soon(progress.__anext__()))[0] for _ in range(11)]
        stopped = asyncio.ensure_future(qtinter.asyncsignal(thread.finished))
        await asyncio.sleep(0)
        thread.quit()
        await soon(stopped)
        thread.wait()
        return percents, name == threading.current_thread().name

    assert run_in(main) == (list(range(0, 101, 10)), False)


def test_a_timer_is_streamed(run_in, qt):
    async def main():
        timer = qt.QtCore.QTimer()
        timer.setInterval(1)
        timer.start()
        count = 0
        async for args in qtinter.asyncsignalstream(timer.timeout):
            assert args == ()
            count += 1
            if count == 5:
                break
        return count

    assert run_in(main) == 5


def test_a_model_change_is_waited_for(run_in, qt):
    async def main():
        view = qt.QtWidgets.QListWidget()
        asyncio.get_running_loop().call_soon(view.addItem, "a")
        _, first, last = await qtinter.asyncsignal(view.model().rowsInserted)
        return first, last

    assert run_in(main) == (0, 0)


def test_the_application_s_focus_change_passes_no_widget_as_none(run_in, qt, qapp):
    async def main():
        edit = qt.QtWidgets.QLineEdit()
        focus = asyncio.ensure_future(qtinter.asyncsignal(qapp.focusChanged))
        await asyncio.sleep(0)
        edit.show()
        edit.activateWindow()
        edit.setFocus()
        old, new = await soon(focus)
        edit.close()
        return old, new is edit

    assert run_in(main) == (None, True)
