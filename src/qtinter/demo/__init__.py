# SPDX-License-Identifier: BSD-3-Clause
"""A small program on qtinter, to run and to read: ``python -m qtinter.demo``.

A window downloads a file with asyncio and shows how far it is, while a clock in it ticks. Cancel
asks whether you are sure: the question is an ordinary modal message box, and yet the clock ticks
on and the download goes on behind it.

The parts, in the order in which to read them:

- `qtinter.demo.download`: HTTP and a child process, plain asyncio; it knows nothing of Qt.
- `qtinter.demo.window`: the widgets, and the coroutines that their signals start.
- `qtinter.demo.__main__`: the application object, `qtinter.run`, and how the program ends.
- `qtinter.demo.server`: the server to download from, so that the demo needs no network.
- `qtinter.demo.script`: clicks the buttons when nobody is there to do it.
- `qtinter.demo.checks`: reports what came of it.

A program of your own imports its Qt binding in the usual way (``from PyQt6 import QtWidgets``).
This one runs on any of them, so it asks `qtinter.bindings` for their modules.
"""
