# SPDX-License-Identifier: BSD-3-Clause
"""The little of Qt that the loop needs, spelled alike for all bindings.

Slots of ours never let an exception out: PyQt aborts the process for one, PySide loses it. The
callables given to the classes here are therefore expected to catch everything.

Classes that derive from Qt's are made on first use, since no module of qtinter imports a binding.
"""

# The bindings are Any here: which one it is turns out at run time.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import functools
import importlib
import threading
from typing import TYPE_CHECKING, Any

from .bindings import binding

if TYPE_CHECKING:
    from collections.abc import Callable


def application() -> Any | None:
    """Return the application object, None if there is none."""
    return binding().QtCore.QCoreApplication.instance()


def has_application() -> bool:
    """Whether there is an application object; without a binding there is none."""
    try:
        return application() is not None
    except ImportError:
        return False


_this_thread = threading.local()


def current_thread() -> Any:
    """Return the QThread object of this thread."""
    # PyQt makes a new wrapper for each call, at the price of a QTimer, unless there is one.
    try:
        return _this_thread.qthread
    except AttributeError:
        _this_thread.qthread = binding().QtCore.QThread.currentThread()
        return _this_thread.qthread


def in_main_thread() -> bool:
    """Whether this is the thread of the application object."""
    app = application()
    return app is not None and app.thread() == current_thread()


def exec_loop(runner: Any) -> int:
    """Call ``exec()`` of an application or a QEventLoop, which PySide2 calls ``exec_()``."""
    run = getattr(runner, "exec", None) or runner.exec_
    code = run()
    return int(code)


def event_loop() -> Any:
    """Make a QEventLoop. The first one gives a thread that Qt doesn't know an event dispatcher."""
    return binding().QtCore.QEventLoop()


def wait_for_events(loop: Any) -> None:
    """Handle events, waiting for some; it works where ``exec()`` refuses to."""
    flags = binding().QtCore.QEventLoop.ProcessEventsFlag
    loop.processEvents(flags.AllEvents | flags.WaitForMoreEvents)


#: PySide fills its classes in when they are first looked at, and shows them half-filled to a thread
#: that looks at the same moment.
_first_look = threading.Lock()


@functools.cache
def _constants() -> tuple[Any, Any, Any]:
    """Return the kinds of timer and of notifiers that are used here."""
    with _first_look:
        qtcore = binding().QtCore
        kinds = qtcore.QSocketNotifier.Type
        return qtcore.Qt.TimerType.PreciseTimer, kinds.Read, kinds.Write


def timer(slot: Callable[[], object], *, single_shot: bool) -> Any:
    """Make a precise QTimer of 0 ms; Qt's default kind may fire 5 % early."""
    precise, _, _ = _constants()
    made = binding().QtCore.QTimer()
    made.setTimerType(precise)
    if single_shot:
        made.setSingleShot(True)
    made.timeout.connect(slot)
    return made


def notifier(fd: int, slot: Callable[..., object], *, write: bool = False) -> Any:
    """Make a QSocketNotifier, disabled. The slot is called with what the binding passes."""
    _, read, to_write = _constants()
    made = binding().QtCore.QSocketNotifier(fd, to_write if write else read)
    made.setEnabled(False)
    made.activated.connect(slot)
    return made


def event_notifier(  # pragma: no cover - Windows; coverage is measured on Linux
    handle: int, slot: Callable[[], object]
) -> Any:
    """Make a QWinEventNotifier on a handle of Windows, disabled.

    The slot must have no parameter at all: PySide can't convert the handle to one.
    """
    known = binding()
    if known.is_pyqt:
        made = known.QtCore.QWinEventNotifier(handle)
    else:
        shiboken = importlib.import_module(known.name.replace("PySide", "shiboken"))
        pointer = getattr(shiboken, "VoidPtr", None) or shiboken.Shiboken.VoidPtr
        made = known.QtCore.QWinEventNotifier(pointer(handle))
    made.setEnabled(False)
    made.activated.connect(slot)
    return made


def enable_event_notifier(  # pragma: no cover - Windows, as above
    made: Any, enabled: bool, /
) -> None:
    """Switch a QWinEventNotifier on or off.

    What it has noticed before is on its way as an event of Qt's. The slot of a notifier that is
    off isn't called for that: it runs Python, which then looks for signals.
    """
    made.blockSignals(not enabled)
    made.setEnabled(enabled)


@functools.cache
def _posted_call_class() -> Any:
    qtcore = binding().QtCore

    class PostedCall(qtcore.QObject):  # type: ignore[misc, name-defined]
        """Calls a function once the thread handles events."""

        def __init__(self, call: Callable[[], object]) -> None:
            super().__init__()
            self._call = call

        def event(self, event: Any) -> bool:
            if event.type() == qtcore.QEvent.Type.User:
                self._call()
                return True
            return bool(super().event(event))

    return PostedCall


def post_call(call: Callable[[], object]) -> Any:
    """Have a function called by this thread's event loop, even one that does not exist yet.

    Only posted events survive until an application object is made.

    Returns:
        The object to keep alive until then.
    """
    qtcore = binding().QtCore
    receiver = _posted_call_class()(call)
    qtcore.QCoreApplication.postEvent(receiver, qtcore.QEvent(qtcore.QEvent.Type.User))
    return receiver


@functools.cache
def _quit_filter_class() -> Any:
    qtcore = binding().QtCore
    quit_type = getattr(qtcore.QEvent.Type, "Quit", 20)  # PyQt5 has no name for it

    class QuitFilter(qtcore.QObject):  # type: ignore[misc, name-defined]
        """Keeps one QEvent::Quit from the application: one that comes, or that waits at the end."""

        def __init__(self, app: Any) -> None:
            super().__init__()
            self._app: Any = app
            app.installEventFilter(self)

        def eventFilter(self, watched: Any, event: Any) -> bool:
            if event.type() != quit_type or watched is not self._app:
                return False
            self._stop()
            return True

        def remove(self) -> None:
            if self._app is not None:
                # On Windows a timer may come first that Qt got before this event.
                qtcore.QCoreApplication.removePostedEvents(self._app, quit_type)
                self._stop()

        def _stop(self) -> None:
            self._app.removeEventFilter(self)
            self._app = None

    return QuitFilter


def swallow_quit_event(app: Any) -> Any:
    """Keep the next QEvent::Quit from the application.

    The filter sees every event of the application, so it must not stay for long.

    Returns:
        An object with ``remove()``, to be kept alive until then.
    """
    return _quit_filter_class()(app)


def any_window_visible(app: Any) -> bool:
    """Whether the application shows a window."""
    return any(window.isVisible() for window in type(app).topLevelWindows())
