# SPDX-License-Identifier: BSD-3-Clause
"""Signals while Qt waits: none is late, and none is thrown into Qt.

Python runs signal handlers between two bytecodes of the main thread. While Qt waits there are
none, so the *wake-up fd* is set to the loop's self-pipe: a signal makes Qt call us. That very call
is then where the handler runs, and an exception out of it would abort the process (PyQt) or be lost
(PySide). So Python's own SIGINT handler, and the one of ``asyncio.Runner``, are wrapped while the
loop runs in the main thread. The wrapper lets the exception through only where asyncio would raise
it: in a callback. Elsewhere it is *held*:

* in Qt code, a slot, or our own code: until the loop is awake; it then stops with it;
* in a Qt loop nested in a callback: until that has returned. Nothing of ours runs at that moment,
  so the signal has to be *tripped* while no Python runs, for Python to find it in the callback. A
  0 ms QTimer does it, whose slots are C functions: some trip the signal, the last asks the nested
  loop to end, if all of Qt is ours. Where a slot of the nested loop comes first and finds the
  signal, it is tripped again: by the timer, and by a thread for as long as the exception is held.
  Our own slot there, the look for other signals, trips it before Qt goes on;
* in code that must not be left half-done, or out of which Python lets no exception (``__del__``):
  until the callback goes on, where the same thread trips the signal.

What we trip is told from what the user sends by a flag, set before it and cleared by the handler,
which is called once for each time: the thread trips nothing meanwhile, and what a timer trips then
is one with what is tripped already, since no Python runs between the two.

A second SIGINT while the slot that was interrupted by the first still runs ends the process by the
signal's default action: it is the only way out of a slot that hangs.

A SIGINT handler of the user's is left alone. Handlers of other signals are called at once wherever
they strike, but what they raise (``sys.exit()`` in one for SIGTERM) is held as well; a handler that
is installed while the loop runs, and raises, is not covered. The wake-up fd of the host gets the
bytes of all signals, and is put back at the end. A forked child has a copy of all this and must not
act on it: the self-pipe there is the parent's.
"""

from __future__ import annotations

import _thread
import contextlib
import functools
import os
import signal
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from qtinter.compat import aio, qt
from qtinter.compat.python import (
    get_handler,
    is_runner_handler,
    set_handler,
    write_to_wakeup_fd,
)

from .atomic import atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from .hosted import HostedLoop

#: How often a held interrupt is tripped again, in seconds.
RETRIP = 0.005
#: How often other signals reach Python while an interrupt waits for a nested Qt loop, in ms.
LOOK_FOR_SIGNALS = 50

#: The exit status that Ctrl-C's default action has on Windows, as a C int: 0xC000013A.
STATUS_CONTROL_C_EXIT = -1073741510

_OTHER_SIGNALS = tuple(
    int(number) for number in signal.valid_signals() if number is not signal.SIGINT
)

_installed: weakref.WeakSet[Interrupts] = weakref.WeakSet()

#: Code out of which Python lets no exception: a KeyboardInterrupt there would be lost. Callbacks of
#: weak references, of which the asyncio module has many; and ``__del__``, known by its name.
_WEAK_CONTAINERS: tuple[Any, ...] = (
    weakref.WeakSet,
    weakref.WeakKeyDictionary,
    weakref.WeakValueDictionary,
)
_LOSING_CODE = frozenset(container()._remove.__code__ for container in _WEAK_CONTAINERS)


def loses_exceptions(frame: FrameType | None) -> bool:
    """Whether an exception raised in a frame would be printed and forgotten on its way out."""
    while frame is not None:
        if frame.f_code in _LOSING_CODE or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _end_by_default_action() -> None:  # pragma: no cover - ends the process before data are saved
    if sys.platform == "win32":
        # Not by a signal: Python's handler, which still runs in the console's thread, puts itself
        # back there, over the default action.
        os._exit(STATUS_CONTROL_C_EXIT)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.raise_signal(signal.SIGINT)


class Interrupts:
    """The signals of one loop, while it is hosted by Qt in the main thread.

    Attributes:
        held: The exception that waits to be raised.
        active: Whether the wake-up fd is ours.
    """

    def __init__(self, loop: HostedLoop) -> None:
        self._loop = weakref.proxy(loop)
        self.held: BaseException | None = None
        self.active: bool = False
        self._slot_interrupted = False
        self._handling = False
        self._holds = 0
        self._retripping = 0
        #: Whether a signal that we have tripped has not reached the handler yet.
        self._tripped = False
        self._tripping = threading.Lock()
        self._trip: Any = None
        self._before_trip: Any = None
        self._look: Any = None
        self._hook_before: Any = None
        self._original: Any = None
        self._others: dict[int, tuple[Any, Any]] = {}
        self._fd = -1
        self._fd_before = -1
        self._kept_fd = False

    def install(self, fd: int) -> None:
        """Take over the wake-up fd and Python's SIGINT handler. In the main thread only."""
        self._fd = fd
        before = signal.set_wakeup_fd(fd, warn_on_full_buffer=False)
        if before != fd:
            self._fd_before = before
        self.active = True
        self._slot_interrupted = False
        self.guard()
        handlers = list(map(get_handler, _OTHER_SIGNALS))
        if any(map(callable, handlers)):  # most programs have none
            self._guard_others(handlers)
        _installed.add(self)

    def _guard_others(self, handlers: list[Any]) -> None:
        for number, handler in zip(_OTHER_SIGNALS, handlers, strict=True):
            if callable(handler) and handler is not signal.default_int_handler:
                guarded = functools.partial(self._on_other_signal, handler)
                self._others[number] = (guarded, handler)
                set_handler(number, guarded)

    def guard(self) -> None:
        """Wrap the SIGINT handler, if it is Python's own or a Runner's."""
        handler = get_handler(signal.SIGINT)
        if handler is signal.default_int_handler or is_runner_handler(handler):
            self._original = handler
            self._tripped = False  # another handler may have got what was tripped
            set_handler(signal.SIGINT, self._on_sigint)

    def refresh(self) -> None:
        """Take over again what a change of signal handlers has undone."""
        if self.active:
            signal.set_wakeup_fd(self._fd, warn_on_full_buffer=False)
            self.guard()
        elif self._kept_fd and not self._loop._has_signal_handlers():
            self._kept_fd = False
            signal.set_wakeup_fd(self._fd_before)

    def remove(self, *, keep_fd: bool) -> None:
        """Put everything back that is still ours.

        Args:
            keep_fd: Leave the wake-up fd: handlers of the loop need it beyond the run.
        """
        if not self.active:
            return
        with self._tripping:
            self.active = False  # the thread trips nothing from now on
        self._put_handlers_back()
        _installed.discard(self)
        self._kept_fd = keep_fd
        if not keep_fd:
            current = signal.set_wakeup_fd(self._fd_before)
            if current not in (self._fd, -1):
                signal.set_wakeup_fd(current)  # somebody else's by now

    def _put_handlers_back(self) -> None:
        self.active = False
        if self._original is not None:
            if get_handler(signal.SIGINT) == self._on_sigint:
                set_handler(signal.SIGINT, self._original)
            self._original = None
        for number, (guarded, handler) in self._others.items():
            if get_handler(number) is guarded:
                set_handler(number, handler)
        self._others.clear()

    def forward(self, data: bytes) -> None:
        """Pass the bytes of signals on to the wake-up fd that was there before."""
        if self._fd_before != -1:
            signals = data.replace(b"\0", b"")
            if signals:
                with contextlib.suppress(OSError):
                    write_to_wakeup_fd(self._fd_before, signals)

    def back_in_qt(self) -> None:
        """Note that Qt runs its event loop: the slot that was interrupted has returned."""
        self._slot_interrupted = False

    def take(self) -> BaseException | None:
        """Take the exception that is held, if there is one."""
        exc, self.held = self.held, None
        if self._trip is not None:
            self._before_trip.stop()
            self._trip.stop()
            self._trip = self._before_trip = None
            if self._look is not None:
                self._look.stop()
                self._look = None
        if self._hook_before is not None:
            if sys.excepthook == self._lost:
                sys.excepthook = self._hook_before
            self._hook_before = None
        return exc

    def hold(self, exc: BaseException) -> None:
        """Keep an exception until it can be raised, and wake the loop up for it."""
        self.held = exc
        self._holds += 1
        self._loop._write_to_self()

    def _on_other_signal(
        self, handler: Callable[[int, FrameType | None], object], signum: int, frame: FrameType
    ) -> None:
        if not self.active or self._interrupted(frame) == "callback":
            handler(signum, frame)
            return
        try:
            handler(signum, frame)
        except BaseException as exc:
            self.hold(exc)

    def _interrupted(self, frame: FrameType | None) -> str:
        # Our handler, too, is a place where a signal may strike. What runs below it isn't known.
        unknown = self._handling or not self.active
        return "spared" if unknown else self._loop._interrupted(frame)

    @atomic
    def _on_sigint(self, signum: int, frame: FrameType | None) -> object:
        where = self._interrupted(frame)
        handling, self._handling = self._handling, True
        try:
            return self._handle_sigint(signum, frame, where)
        finally:
            self._handling = handling

    def _handle_sigint(self, signum: int, frame: FrameType | None, where: str) -> object:
        original: Callable[[int, FrameType | None], object]
        original = self._original or signal.default_int_handler
        tripped, self._tripped = self._tripped, False
        if not self.active:  # put back by somebody who found it here during the run
            return None if tripped else original(signum, frame)
        if where == "callback":
            if self._trip is not None:
                self._loop._park(signals=True)  # there may be another nested loop in this callback
            held = self.take()
            self._watch_for_loss()
            if held is not None:
                try:
                    raise held
                finally:
                    del held
            return None if tripped else original(signum, frame)
        if tripped:  # it is not the user's, and we are still not in the callback
            if self._trip is not None:
                self._arm_trip()
                self._retrip()
            return None
        if where == "slot":
            if self._slot_interrupted:  # pragma: no cover - ends the process before data are saved
                _end_by_default_action()
            self._slot_interrupted = True
        try:
            original(signum, frame)
        except BaseException as exc:
            self.hold(exc)
        if self._loop._nested_in_callback():
            self._end_nested_loops()
        elif self.held is not None and self._loop._in_callback():
            self._retrip()
        return None

    def _watch_for_loss(self) -> None:
        """Be told if what is raised in a callback does not come out of it.

        A slot or event handler that the callback has Qt call at once, by emitting a signal, can't
        be told from the callback. The bindings give what comes out of it to ``sys.excepthook``, and
        PyQt does not abort if that is not Python's own.
        """
        self._hook_before = sys.excepthook
        sys.excepthook = self._lost

    @atomic
    def _lost(
        self, kind: type[BaseException], exc: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            handling, self._handling = self._handling, True  # else it may be raised, and lost, here
            try:
                self.hold(exc)
                self._retrip()
            finally:
                self._handling = handling
        else:
            self._hook_before(kind, exc, traceback)

    def _end_nested_loops(self) -> None:
        """Ask the Qt loops nested in a callback to end, and have what is held raised after them."""
        end = self._loop._nested_loops_end()
        if self.held is None:
            if end is not None:
                end()
        elif self._trip is None:
            # Slots that are C functions. The lock keeps the thread from tripping at the same time.
            back_in_qt = functools.partial(setattr, self, "_slot_interrupted", False)
            trip: tuple[Callable[..., object], ...] = (
                self._tripping.acquire,
                functools.partial(setattr, self, "_tripped", True),
                _thread.interrupt_main,
                self._tripping.release,
            )
            self._trip = qt.timer(back_in_qt, single_shot=True)
            for slot in trip:
                self._trip.timeout.connect(slot)
            # Timers that are due fire in the order of their deadlines. A second one, started when
            # Qt is back, comes after those of the user's that became due meanwhile.
            self._before_trip = qt.timer(back_in_qt, single_shot=True)
            self._before_trip.timeout.connect(self._trip.start)
            if end is not None:
                self._trip.timeout.connect(end)
            else:
                # It trips the signal, too: the nested loop may end before Qt comes to a timer.
                self._look = qt.timer(back_in_qt, single_shot=False)
                for slot in (self._look_for_signals, *trip):
                    self._look.timeout.connect(slot)
                self._look.start(LOOK_FOR_SIGNALS)
            self._arm_trip()

    def _arm_trip(self) -> None:
        # Tripping a signal writes to the self-pipe: who watches it would run Python too early.
        self._loop._park()
        self._before_trip.start()

    def _look_for_signals(self) -> None:
        """Let Python run its signal handlers, which it does before this."""

    def _retrip(self) -> None:
        """Trip SIGINT again and again while the exception is held."""
        if self._retripping == self._holds:
            return
        number = self._retripping = self._holds

        def run() -> None:
            while True:
                time.sleep(RETRIP)
                with self._tripping:
                    if not self.active or self.held is None or self._holds != number:
                        return
                    if not self._tripped:
                        self._tripped = True
                        _thread.interrupt_main()

        threading.Thread(target=run, name="qtinter-interrupt", daemon=True).start()


def _in_forked_child() -> None:  # pragma: no cover - children of a fork end by os._exit
    """Forget the parent's loop: its self-pipe and its epoll set are shared with us."""
    for interrupts in list(_installed):
        interrupts._put_handlers_back()
        signal.set_wakeup_fd(-1)
        aio.set_running_loop(None)
    _installed.clear()


if sys.platform != "win32":  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_in_forked_child)
