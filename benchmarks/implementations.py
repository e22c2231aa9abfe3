# SPDX-License-Identifier: BSD-3-Clause
"""The event loops that are compared, and how a program of each one looks.

`IMPLEMENTATIONS` is data and is read by the parent; an `Adapter` is made in the child, after the
binding and the bridge have been imported, and does what a user of that bridge would write. qtinter
0.11 and ours have one API, so they share their adapters: what differs is the folder on the path.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .workload import Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_QT = frozenset({Capability.QT})
_FDS = frozenset({Capability.FILE_DESCRIPTORS})
_QTINTER = _QT | _FDS | {Capability.ASYNCSIGNAL, Capability.ASYNCSLOT}


class Main(Protocol[_T_co]):
    """A coroutine function without arguments."""

    def __call__(self) -> Coroutine[Any, Any, _T_co]: ...


class Adapter:
    """One implementation, ready to run in this process. The base class is stock asyncio.

    Attributes:
        qt_core: the binding's QtCore, None for loops without Qt.
        helpers: the module with `asyncsignal` and its kin, where there is one.
        async_slot: makes a slot of one int argument from a coroutine function.
        module: the module whose import a program pays for.
        resolution: what a timer may be early by, in seconds: that of the loop's clock. Clock and
            deadline are floats of some 1e5 seconds, so their last digits are no promise.
    """

    qt_core: Any = None
    helpers: Any = None
    async_slot: Callable[[Callable[[int], Coroutine[Any, Any, None]]], Any] | None = None
    module = "asyncio"
    resolution = 1e-6

    def run(self, main: Main[_T]) -> _T:
        """Run a program from start to end, as `asyncio.run` does."""
        return asyncio.run(main())

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Make a loop that is not running."""
        return asyncio.new_event_loop()

    def sender(self) -> Any:
        """Make a QObject with a signal `emitted(int)`."""
        signal = getattr(self.qt_core, "pyqtSignal", None) or self.qt_core.Signal
        return type("Sender", (self.qt_core.QObject,), {"emitted": signal(int)})()


class UvloopAdapter(Adapter):
    """uvloop, the record."""

    module = "uvloop"
    resolution = 1.5e-3  # it counts whole milliseconds

    def __init__(self) -> None:
        self._uvloop = importlib.import_module("uvloop")

    def run(self, main: Main[_T]) -> _T:
        result: _T = self._uvloop.run(main())
        return result

    def new_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self._uvloop.new_event_loop()
        return loop


class QtAdapter(Adapter):
    """What all loops on Qt have in common: an application, made once and kept."""

    def __init__(self) -> None:
        self.qt_core = importlib.import_module(f"{os.environ['QTINTERBINDING']}.QtCore")
        self.application = self.qt_core.QCoreApplication(["benchmark"])


class OwnerAdapter(QtAdapter):
    """qtinter, ours or 0.11: an asyncio program whose loop runs Qt."""

    module = "qtinter"

    def __init__(self) -> None:
        super().__init__()
        self.helpers = importlib.import_module("qtinter")
        self.async_slot = self.helpers.asyncslot

    def run(self, main: Main[_T]) -> _T:
        with self.helpers.using_qt_from_asyncio():
            return asyncio.run(main())

    def new_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self.helpers.QiDefaultEventLoop()
        return loop


class GuestAdapter(OwnerAdapter):
    """qtinter, ours or 0.11: a Qt program that has an asyncio loop as its guest."""

    def run(self, main: Main[_T]) -> _T:
        loops: list[asyncio.AbstractEventLoop] = []

        def loop_factory() -> asyncio.AbstractEventLoop:
            loops.append(self.new_loop())
            return loops[0]

        async def main_then_quit() -> _T:
            try:
                return await main()
            finally:
                self.application.quit()

        with self.helpers.using_asyncio_from_qt(loop_factory=loop_factory):
            task = loops[0].create_task(main_then_quit())
            (getattr(self.application, "exec", None) or self.application.exec_)()
            # quit() ends exec() at once, the task itself ends a moment later
            while not task.done():
                self.application.processEvents()
        return task.result()


class QasyncAdapter(QtAdapter):
    """qasync."""

    module = "qasync"

    def __init__(self) -> None:
        super().__init__()
        self._qasync = importlib.import_module("qasync")
        self.async_slot = self._qasync.asyncSlot(int)

    def run(self, main: Main[_T]) -> _T:
        if sys.version_info >= (3, 11):
            with asyncio.Runner(loop_factory=self.new_loop) as runner:
                return runner.run(main())
        loop = self.new_loop()
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(main())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)

    def new_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self._qasync.QEventLoop(self.application)
        return loop


class QtAsyncioAdapter(QtAdapter):
    """PySide6.QtAsyncio."""

    module = "PySide6.QtAsyncio"

    def __init__(self) -> None:
        super().__init__()
        self._qt_asyncio = importlib.import_module("PySide6.QtAsyncio")

    def run(self, main: Main[_T]) -> _T:
        result: _T = self._qt_asyncio.run(main(), keep_running=False)
        return result

    def new_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = self._qt_asyncio.QAsyncioEventLoop(self.application)
        return loop


@dataclasses.dataclass(frozen=True)
class Implementation:
    """One column of the table.

    Attributes:
        packages: what has to be installed for it, in a folder of its own.
        needs_binding: the only binding that it knows, where it is tied to one.
        short: whether it is part of a run that asks for nothing else.
    """

    name: str
    title: str
    adapter: type[Adapter] = dataclasses.field(repr=False)
    capabilities: frozenset[Capability]
    packages: tuple[str, ...] = ()
    needs_binding: str | None = None
    ours: bool = False
    short: bool = True


_ALL = (
    Implementation("stock", "asyncio", Adapter, _FDS),
    Implementation("uvloop", "uvloop", UvloopAdapter, _FDS, ("uvloop",), short=False),
    Implementation("qtinter-0.11", "qtinter 0.11", OwnerAdapter, _QTINTER, ("qtinter==0.11.0",)),
    Implementation(
        "qtinter-0.11-guest",
        "qtinter 0.11 guest",
        GuestAdapter,
        _QTINTER,
        ("qtinter==0.11.0",),
        short=False,
    ),
    Implementation(
        "qasync", "qasync", QasyncAdapter, _QT | _FDS | {Capability.ASYNCSLOT}, ("qasync==0.28.0",)
    ),
    Implementation(
        "qtasyncio",
        "QtAsyncio",
        QtAsyncioAdapter,
        _QT,
        ("PySide6-Addons",),
        needs_binding="PySide6",
        short=False,
    ),
    Implementation("owner", "owner", OwnerAdapter, _QTINTER, ours=True),
    Implementation("guest", "guest", GuestAdapter, _QTINTER, ours=True),
)

IMPLEMENTATIONS = {implementation.name: implementation for implementation in _ALL}
