# SPDX-License-Identifier: BSD-3-Clause
"""GUEST mode: somebody else runs Qt. What to do when the program is to end all the same.

A KeyboardInterrupt or SystemExit of a callback comes out where the ``using_asyncio_from_qt`` block
ends. To get there, the Qt event loop that its body runs must end first. It is asked to only if it
is the block's own: none ran when the block was entered, and one runs now. In a host application
(one that ran before, or that drives Qt by ``processEvents()``) Qt is left alone: after ``exit()``
such a host could never run an event loop again. There the exception is shown at once by
``sys.excepthook``, since the end of the block may be hours away.
"""

from __future__ import annotations

import sys

from qtinter.compat import qt


def ask_qt_to_exit(exc: BaseException, *, owned: bool) -> None:
    """End the Qt event loop of this thread because of an exception, if it is ours to end.

    Args:
        exc: The exception; the code of a SystemExit becomes that of ``exec()``.
        owned: Whether no Qt event loop ran in this thread when the block was entered.
    """
    code = exc.code if isinstance(exc, SystemExit) else 1
    if code is None:
        code = 0
    if not isinstance(code, int) or not -(2**31) <= code < 2**31:
        code = 1
    thread = qt.current_thread()
    if not owned or thread.loopLevel() == 0:
        sys.excepthook(type(exc), exc, exc.__traceback__)
        return
    app = qt.application()
    if app is not None and app.thread() == thread:
        app.exit(code)
    else:
        thread.exit(code)
