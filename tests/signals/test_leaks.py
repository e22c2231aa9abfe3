# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand waits leave nothing behind, however they end."""

from __future__ import annotations

import asyncio
import gc

import psutil
import pytest

import qtinter
from qtinter.compat import receivers
from qtinter.signals.pending import waits

ROUNDS = 10_000


def rss():
    """Return the resident memory of the process in bytes."""
    return psutil.Process().memory_info().rss


async def result(sender):
    asyncio.get_running_loop().call_soon(sender.pair.emit, 1, "one")
    await qtinter.asyncsignal(sender.pair)


async def cancelled(sender):
    task = asyncio.ensure_future(qtinter.asyncsignal(sender.pair))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def timeout(sender):
    try:
        await asyncio.wait_for(qtinter.asyncsignal(sender.pair), 0)
    except asyncio.TimeoutError:
        pass
    waiting = asyncio.ensure_future(qtinter.asyncsignal(sender.pair))
    await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    await asyncio.sleep(0)


async def stream(sender):
    async with qtinter.asyncsignalstream(sender.pair) as pairs:
        sender.pair.emit(1, "one")
        await pairs.__anext__()


async def dropped_stream(sender):
    pairs = qtinter.asyncsignalstream(sender.pair)
    sender.pair.emit(1, "one")
    await pairs.__anext__()


async def several(sender):
    both = qtinter.multisignal({sender.pair: 1, sender.nothing: 2})
    asyncio.get_running_loop().call_soon(sender.nothing.emit)
    await qtinter.asyncsignal(both)


async def slot_of_a_receiver(sender):
    class_ = sender.receiver_class
    receiver = class_()
    wrapper = qtinter.asyncslot(receiver.slot)
    sender.pair.connect(wrapper)
    sender.pair.emit(1, "one")
    sender.pair.disconnect(wrapper)


WAYS = [result, cancelled, timeout, stream, dropped_stream, several]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_waits_leave_nothing_behind(run_in, qt, sender, way):
    async def main():
        loop = asyncio.get_running_loop()
        measures = []
        for _third in range(3):
            for _ in range(ROUNDS // 3):
                await way(sender)
            await asyncio.sleep(0)
            qt.settle()
            gc.collect()
            qobjects = sum(isinstance(thing, qt.QtCore.QObject) for thing in gc.get_objects())
            counts = (
                sender.count("pair"),
                sender.count("nothing"),
                len(asyncio.all_tasks()),
                len(waits(loop)),
                qobjects,
            )
            measures.append((counts, rss()))
        return measures

    first, second, third = run_in(main)
    assert first[0][:4] == (0, 0, 1, 0)
    assert second[0] == third[0]
    assert third[1] - second[1] <= 1_000_000


@pytest.mark.parametrize("kind", ["plain", "qobject"])
def test_slots_of_receivers_that_come_and_go_leave_nothing_behind(run_in, qt, sender, kind):
    base = qt.QtCore.QObject if kind == "qobject" else object

    class Receiver(base):
        async def slot(self, number, text):
            pass

    sender.receiver_class = Receiver

    async def main():
        measures = []
        for _ in range(3):
            for _ in range(1000):
                await slot_of_a_receiver(sender)
            await asyncio.sleep(0)
            qt.settle()
            gc.collect()
            attributes = [name for name in vars(Receiver) if name.startswith("_qtinter")]
            measures.append((sender.count("pair"), len(receivers._entries), len(attributes), rss()))
        return measures

    first, second, third = run_in(main)
    assert first[:3] == second[:3] == third[:3]
    assert third[0] == third[2] == 0
    assert third[3] - second[3] <= 1_000_000
