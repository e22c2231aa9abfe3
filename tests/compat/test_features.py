# SPDX-License-Identifier: BSD-3-Clause
"""PySide6's ``from __feature__ import snake_case`` in a program that uses qtinter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qtinter
from qtinter.compat.bindings import binding
from qtinter.compat.features import MODULES

PROGRAM = """
import asyncio, sys
{imports}
from __feature__ import snake_case, true_property

app = QtWidgets.QApplication([])

async def main():
    button = QtWidgets.QPushButton("text")
    button.text = "press"
    clicks = []

    @qtinter.asyncslot
    async def slot(checked):
        await asyncio.sleep(0)
        clicks.append(button.text)

    button.clicked.connect(slot)
    QtCore.QTimer.single_shot(1, button.click)
    await qtinter.asyncsignal(button.clicked)
    timer = QtCore.QTimer(interval=1)
    timer.start()
    async for _ in qtinter.asyncsignalstream(timer.timeout):
        if clicks:
            break

    def ask():
        nested = QtCore.QEventLoop()
        QtCore.QTimer.single_shot(1, nested.quit)
        nested.exec()
        return nested.object_name

    assert await qtinter.modal(ask)() == ""

    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(echo, "127.0.0.1")
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"line\\n")
    assert await reader.readline() == b"line\\n"
    writer.close()
    await writer.wait_closed()
    server.close()
    timer.stop()
    return await asyncio.to_thread(list, clicks)

with qtinter.using_qt_from_asyncio():
    print(asyncio.run(main()))

with qtinter.using_asyncio_from_qt():
    task = qtinter.run_task(main())
    task.add_done_callback(lambda _: app.quit())
    app.exec()
print(task.result())
print(qtinter.run(main()))
"""

QT = "from PySide6 import QtCore, QtWidgets"
US = "import qtinter"


def test_the_table_has_each_module_of_ours() -> None:
    package = Path(qtinter.__file__).parent
    found = {
        ".".join(("qtinter", *path.relative_to(package).with_suffix("").parts))
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in ("demo", "stubs")
    }

    assert set(MODULES) == {name.removesuffix(".__init__") for name in found}
    assert len(MODULES) == len(set(MODULES))


@pytest.mark.qt
@pytest.mark.parametrize("imports", [[QT, US], [US, QT]], ids=["qt first", "qtinter first"])
def test_a_program_may_choose_names_in_pyside(imports: list[str]) -> None:
    if binding().name != "PySide6":
        pytest.skip("only PySide6 has such a choice (PySide2's breaks with any import)")
    program = PROGRAM.format(imports="\n".join(imports))

    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.stderr == ""
    assert ended.stdout == "['press']\n" * 3
    assert ended.returncode == 0


@pytest.mark.qt
def test_pyside_reads_one_source_when_qtinter_is_imported() -> None:
    if binding().name != "PySide6":
        pytest.skip("only PySide6 reads the source of what is imported")
    program = """
import asyncio, inspect, PySide6.QtCore
read = []
inspect.getsource = lambda module: read.append(module.__name__) or ""
import qtinter
print([name for name in read if name.startswith(("asyncio", "qtinter"))])
"""

    said = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=60)

    assert said == "['qtinter.compat.features']\n"  # whence it is told of the others
