# SPDX-License-Identifier: BSD-3-Clause
"""Signals under stress: nothing lost, nothing doubled, nothing left, no crash.

``python -m tests.signals.stress.run --binding PyQt6 --seconds 30``

At the same time, for so many seconds:

* threads emit a signal of an object of the main thread, which a stream counts, each one in order;
* loops in threads of their own do the same with streams of theirs;
* senders and receivers of slots come and go: dropped, deleted later, deleted in C++, or garbage
  that a thread collects; each slot must have run once for each emission while both were there;
* tasks wait for signals and are cancelled, timed out, or get what is emitted, once;
* a thread collects garbage all the time.

The memory at the end of the last third must be that of the second, within a megabyte.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import gc
import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

THREADS = 3
OUTSTANDING = 200


class Stress:
    """One run."""

    def __init__(self, seconds: float, seed: int) -> None:
        from qtinter.bindings import QtCore
        from qtinter.compat.bindings import binding

        self.seconds = seconds
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []
        self.stopping = threading.Event()
        self.QtCore = QtCore
        is_pyqt = binding().is_pyqt
        Signal = QtCore.pyqtSignal if is_pyqt else QtCore.Signal

        class Sender(QtCore.QObject):
            pair = Signal(int, str)
            thing = Signal(object)

            def count(self) -> int:
                return int(self.receivers(self.pair if is_pyqt else "2pair(int,QString)"))

        self.Sender = Sender
        if is_pyqt:
            self.delete = binding().module("sip").delete
        elif binding().name == "PySide6":
            from shiboken6 import Shiboken

            self.delete = Shiboken.delete
        else:
            import shiboken2

            self.delete = shiboken2.delete

    def expect(self, what: str, expected: object, actual: object) -> None:
        """Note what is not as it should be."""
        self.counts[what] += 1
        if expected != actual:
            self.errors.append(f"{what}: {actual!r}, not {expected!r}")

    # --- threads that emit -----------------------------------------------------------------------

    async def count_emissions_of_threads(self) -> None:
        """Stream what threads emit through an object of this thread."""
        import qtinter

        sender = self.Sender()
        room = threading.Semaphore(OUTSTANDING)
        emitted: Counter[str] = Counter()

        def emit() -> None:
            name = threading.current_thread().name
            while not self.stopping.is_set():
                if room.acquire(timeout=0.1):
                    sender.pair.emit(emitted[name], name)
                    emitted[name] += 1

        received: Counter[str] = Counter()
        async with qtinter.asyncsignalstream(sender.pair) as stream:
            threads = [threading.Thread(target=emit, name=f"emitter {n}") for n in range(THREADS)]
            for thread in threads:
                thread.start()
            while True:
                silent = not any(thread.is_alive() for thread in threads)
                if silent and received == emitted:
                    break
                try:
                    number, name = await asyncio.wait_for(stream.__anext__(), 1)
                except asyncio.TimeoutError:
                    if silent:
                        break
                    continue
                if number != received[name]:
                    self.errors.append(f"{name}: emission {number} after {received[name] - 1}")
                received[name] += 1
                room.release()
        for thread in threads:
            thread.join()
        self.counts["emissions of threads"] = sum(received.values())
        self.expect("all emissions of threads arrive", dict(emitted), dict(received))
        self.expect("the stream is disconnected", 0, sender.count())

    # --- loops in threads ------------------------------------------------------------------------

    async def count_emissions_in_threads(self) -> None:
        """Emit here what streams in other threads' loops count."""
        import qtinter

        sender = self.Sender()
        room = threading.Semaphore(OUTSTANDING)
        received: Counter[str] = Counter()
        ready = threading.Barrier(THREADS + 1)
        end = -1

        async def consume(name: str) -> None:
            async with qtinter.asyncsignalstream(sender.pair) as stream:
                await asyncio.get_running_loop().run_in_executor(None, ready.wait)
                async for number, _ in stream:
                    if number == end:
                        return
                    if number != received[name]:
                        self.errors.append(f"{name}: {number}, not {received[name]}")
                    received[name] += 1
                    room.release()

        def work(name: str) -> None:
            loop = qtinter.new_event_loop()
            loop.run_until_complete(consume(name))
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

        threads = [threading.Thread(target=work, args=(f"loop {n}",)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, ready.wait)
        emitted = 0
        while not self.stopping.is_set():
            taken = sum(room.acquire(blocking=False) for _ in range(THREADS))
            if taken < THREADS:
                for _ in range(taken):
                    room.release()
                await asyncio.sleep(0.001)
                continue
            sender.pair.emit(emitted, "")
            emitted += 1
            await asyncio.sleep(0)
        sender.pair.emit(end, "")
        for thread in threads:
            await loop.run_in_executor(None, thread.join)
        self.counts["emissions to threads"] = emitted * THREADS
        self.expect(
            "all emissions to threads arrive",
            {f"loop {n}": emitted for n in range(THREADS)} if emitted else {},
            dict(received),
        )
        self.expect("streams of threads are disconnected", 0, sender.count())

    # --- receivers and senders that come and go --------------------------------------------------

    async def churn_slots(self) -> None:
        """Connect slots of receivers that live for a few emissions."""
        import qtinter

        QtCore = self.QtCore

        class QReceiver(QtCore.QObject):
            def __init__(self) -> None:
                super().__init__()
                self.calls: list[int] = []

            @qtinter.asyncslot
            async def decorated(self, number: int) -> None:
                self.calls.append(number)

            async def method(self, number: int, text: str) -> None:
                self.calls.append(number)
                await asyncio.sleep(0)

        class Plain:
            def __init__(self) -> None:
                self.calls: list[int] = []

            async def method(self, number: int, text: str) -> None:
                self.calls.append(number)
                await asyncio.sleep(0)

            decorated = method

        senders = [self.Sender() for _ in range(3)]
        while not self.stopping.is_set():
            receiver = self.random.choice([QReceiver, Plain])()
            calls = receiver.calls
            slot = self.random.choice([receiver.decorated, receiver.method])
            if slot != receiver.decorated or isinstance(receiver, Plain):
                slot = qtinter.asyncslot(slot)
            sender = self.random.choice(senders)
            sender.pair.connect(slot)
            times = self.random.randrange(4)
            for number in range(times):
                sender.pair.emit(number, "x")
            end = self.random.choice(["drop", "later", "delete", "garbage", "sender"])
            if end == "later" and isinstance(receiver, QReceiver):
                receiver.deleteLater()
                await asyncio.sleep(0.001)
            elif end == "delete" and isinstance(receiver, QReceiver):
                self.delete(receiver)
            elif end == "garbage" and isinstance(receiver, Plain):
                receiver.self = receiver  # for the collecting thread
                receiver.slot = slot
            elif end == "sender":
                senders.remove(sender)
                senders.append(self.Sender())
                self.delete(sender)
            del receiver, slot
            await asyncio.sleep(0)  # running slots refer to the receiver
            if end in {"drop", "delete"}:
                sender.pair.emit(99, "x")
                self.expect("nothing is called any more", times, len(calls))
            self.expect("a slot runs once for each emission", list(range(times)), calls[:times])
            del sender
            await asyncio.sleep(0)

    # --- tasks that wait -------------------------------------------------------------------------

    async def churn_waits(self) -> None:
        """Wait for signals, in every way to an end."""
        import qtinter

        sender = self.Sender()
        number = 0
        while not self.stopping.is_set():
            waits = [
                asyncio.ensure_future(qtinter.asyncsignal(sender.thing))
                for _ in range(self.random.randrange(1, 6))
            ]
            await asyncio.sleep(0)
            cancelled = [wait for wait in waits if self.random.random() < 0.4]
            for wait in cancelled:
                wait.cancel()
            if self.random.random() < 0.3:
                await asyncio.wait(waits, timeout=0)
            number += 1
            sender.thing.emit(number)
            sender.thing.emit(-number)
            await asyncio.wait(waits)
            for wait in waits:
                if wait in cancelled:
                    self.expect("a cancelled wait is cancelled", True, wait.cancelled())
                else:
                    self.expect("a wait gets the first emission", (number,), wait.result())
            if self.random.random() < 0.01:
                old, sender = sender, self.Sender()
                orphan = asyncio.ensure_future(qtinter.asyncsignal(old.thing))
                await asyncio.sleep(0)
                self.random.choice([self.delete, type(old).deleteLater])(old)
                await asyncio.sleep(0.001)
                self.expect("a wait for a dead sender waits", False, orphan.done())
                orphan.cancel()
                await asyncio.wait([orphan])
                self.expect("and can be cancelled", True, orphan.cancelled())

    # --- the run ---------------------------------------------------------------------------------

    def collect(self) -> None:
        """Collect garbage in a thread that owns none of it."""
        while not self.stopping.is_set():
            garbage: list[Any] = [[] for _ in range(100)]
            garbage.append(garbage)
            del garbage
            gc.collect()
            time.sleep(0.02)

    async def main(self) -> None:
        """Run everything, and look at the memory after each third."""
        told: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        collector = threading.Thread(target=self.collect)
        collector.start()
        tasks = [
            asyncio.ensure_future(part())
            for part in (
                self.count_emissions_of_threads,
                self.count_emissions_in_threads,
                self.churn_slots,
                self.churn_waits,
            )
        ]
        memory = []
        for _ in range(3):
            await asyncio.wait(tasks, timeout=self.seconds / 3, return_when="FIRST_EXCEPTION")
            memory.append(resident())
        self.stopping.set()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                self.errors.append(f"a part failed: {result!r}")
        collector.join()
        self.expect("nothing is told the exception handler", [], told[:3])
        growth = (memory[2] - memory[1]) / 1e6
        print("memory after each third, MB:", [round(each / 1e6, 1) for each in memory])
        if self.seconds >= 15 and growth > 1:
            self.errors.append(f"the memory grew by {growth:.1f} MB in the last third")


def resident() -> int:
    """Return the resident memory of the process in bytes."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Run from the command line; return 0 if all is as it should be."""
    parser = argparse.ArgumentParser(description="signals under stress")
    parser.add_argument("--binding", default=os.environ.get("QTINTERBINDING"))
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    os.environ["QTINTERBINDING"] = options.binding
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    faulthandler.enable()
    # A run that takes much longer hangs: show where, and end.
    faulthandler.dump_traceback_later(options.seconds * 2 + 60, exit=True)

    import qtinter
    from qtinter.bindings import QtCore

    app = QtCore.QCoreApplication([])
    stress = Stress(options.seconds, options.seed)
    with qtinter.using_qt_from_asyncio():
        asyncio.run(stress.main())
    for what, count in sorted(stress.counts.items()):
        print(f"{count:9} {what}")
    for error in stress.errors[:20]:
        print("ERROR", error)
    verdict = "failed" if stress.errors else "ok"
    print(f"{verdict}: {options.binding}, {options.seconds} s, seed {options.seed}")
    del app
    return bool(stress.errors)


if __name__ == "__main__":
    sys.exit(main())
