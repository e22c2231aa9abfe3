# SPDX-License-Identifier: BSD-3-Clause
"""asyncsignalstream(): every emission once, in order."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

import qtinter
from qtinter.signals.pending import waits


async def take(stream, count):
    """Return the next emissions."""
    return [await stream.__anext__() for _ in range(count)]


def test_it_is_connected_before_it_returns(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)
        count = sender.count("pair")
        sender.pair.emit(1, "one")
        return count, await take(stream, 1)

    assert run_in(main) == (1, [(1, "one")])


def test_emissions_are_kept_in_order_until_they_are_taken(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        for number in range(10_000):
            sender.number.emit(number)
        return await take(stream, 10_000)

    assert run_in(main) == [(number,) for number in range(10_000)]


def test_async_for_gets_what_is_emitted_meanwhile(run_in, sender):
    async def main():
        received = []
        loop = asyncio.get_running_loop()
        stream = qtinter.asyncsignalstream(sender.number)
        loop.call_soon(sender.number.emit, 0)
        async for (number,) in stream:
            received.append(number)
            if number == 4:
                break
            loop.call_soon(sender.number.emit, number + 1)
        return received

    assert run_in(main) == [0, 1, 2, 3, 4]


def test_it_is_disconnected_when_the_iterator_is_deleted(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)
        sender.pair.emit(1, "one")
        await take(stream, 1)
        del stream
        return sender.count("pair")

    assert run_in(main) == 0


def test_breaking_out_of_an_async_for_over_it_disconnects_it(run_in, sender):
    async def main():
        asyncio.get_running_loop().call_soon(sender.pair.emit, 1, "one")
        async for _ in qtinter.asyncsignalstream(sender.pair):
            break
        return sender.count("pair")

    assert run_in(main) == 0


def test_aclose_disconnects_and_ends_the_iteration(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)
        sender.pair.emit(1, "one")
        await stream.aclose()
        count = sender.count("pair")
        return count, [args async for args in stream]

    assert run_in(main) == (0, [])


def test_aclose_twice_does_nothing(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)
        await stream.aclose()
        await stream.aclose()

    run_in(main)


def test_aclose_ends_the_iteration_of_those_who_wait(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)

        async def consume():
            return [args async for args in stream]

        tasks = [asyncio.ensure_future(consume()) for _ in range(2)]
        await asyncio.sleep(0)
        await stream.aclose()
        return await asyncio.gather(*tasks)

    assert run_in(main) == [[], []]


def test_async_with_disconnects_at_its_end(run_in, sender):
    async def main():
        async with qtinter.asyncsignalstream(sender.pair) as stream:
            sender.pair.emit(1, "one")
            received = await take(stream, 1)
            during = sender.count("pair")
        return received, during, sender.count("pair")

    assert run_in(main) == ([(1, "one")], 1, 0)


def test_async_with_disconnects_when_an_exception_leaves_it(run_in, sender):
    async def main():
        with pytest.raises(KeyError):
            async with qtinter.asyncsignalstream(sender.pair):
                raise KeyError
        return sender.count("pair")

    assert run_in(main) == 0


def test_a_cancelled_wait_loses_no_emission(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        wait = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        sender.number.emit(1)  # the wait is woken,
        wait.cancel()  # but cancelled before it runs
        await asyncio.wait([wait])
        return wait.cancelled(), await take(stream, 1)

    assert run_in(main) == (True, [(1,)])


def test_a_wake_up_is_handed_on_by_who_is_cancelled(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        first = asyncio.ensure_future(stream.__anext__())
        second = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        sender.number.emit(1)
        first.cancel()
        return await asyncio.wait_for(second, 10)

    assert run_in(main) == (1,)


def test_an_emission_passes_over_who_was_cancelled_before_it(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        first = asyncio.ensure_future(stream.__anext__())
        second = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        first.cancel()
        sender.number.emit(1)
        await asyncio.wait([first])
        return first.cancelled(), await asyncio.wait_for(second, 10)

    assert run_in(main) == (True, (1,))


def test_aclose_passes_over_who_was_cancelled_before_it(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        wait = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        wait.cancel()
        await stream.aclose()
        await asyncio.wait([wait])
        return wait.cancelled()

    assert run_in(main)


def test_what_is_waited_for_is_kept_for_a_loop_that_takes_no_attributes(sender):
    class Loop:
        __slots__ = ()

    loop = Loop()
    waits(loop).add(sender)
    kept = sender in waits(loop)
    waits(loop).discard(sender)

    assert kept


def test_each_emission_goes_to_one_of_those_who_wait(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        tasks = [asyncio.ensure_future(stream.__anext__()) for _ in range(3)]
        await asyncio.sleep(0)
        for number in range(3):
            sender.number.emit(number)
        return sorted(await asyncio.gather(*tasks))

    assert run_in(main) == [(0,), (1,), (2,)]


def test_a_timeout_while_waiting_leaves_the_stream_usable(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.number)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.__anext__(), 0.001)
        waiters = len(stream._buffer.waiters)
        sender.number.emit(1)
        return await take(stream, 1), waiters

    assert run_in(main) == ([(1,)], 0)


def test_emissions_of_two_threads_arrive_all_and_each_in_order(run_in, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)

        def emit(name):
            for number in range(500):
                sender.pair.emit(number, name)

        threads = [threading.Thread(target=emit, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        received = await asyncio.wait_for(take(stream, 1000), 20)
        for thread in threads:
            thread.join()
        return received

    received = run_in(main)
    for name in "ab":
        assert [args for args in received if args[1] == name] == [(n, name) for n in range(500)]


def test_a_stream_may_be_made_before_a_loop_runs(run_in, sender):
    stream = qtinter.asyncsignalstream(sender.number)
    sender.number.emit(1)

    async def main():
        return await take(stream, 1)

    assert run_in(main) == [(1,)]


def test_the_garbage_collector_leaves_a_task_alone_that_waits_for_a_stream(run_in, qt):
    async def main():
        async def consume():
            sender = qt.Sender()
            stream = qtinter.asyncsignalstream(sender.number)
            del sender
            async for _ in stream:
                pass

        task = weakref.ref(asyncio.ensure_future(consume()))
        await asyncio.sleep(0)
        for _ in range(3):
            gc.collect()
        waiting = task()
        assert waiting in asyncio.all_tasks()
        waiting.cancel()
        await asyncio.wait([waiting])
        return waiting.cancelled(), len(waits(asyncio.get_running_loop()))

    assert run_in(main) == (True, 0)


def test_a_stream_collected_in_another_thread_is_disconnected(run_in, qt, sender):
    async def main():
        stream = qtinter.asyncsignalstream(sender.pair)
        cycle = [stream]
        cycle.append(cycle)
        del stream, cycle
        thread = threading.Thread(target=gc.collect)
        thread.start()
        thread.join()
        sender.pair.emit(1, "one")
        qt.settle()
        return sender.count("pair")

    assert run_in(main) == 0


@pytest.mark.virtual
def test_a_source_that_has_only_connect_can_be_streamed(run_in):
    class Source:
        def connect(self, slot):
            self.slot = slot

    async def main():
        source = Source()
        stream = qtinter.asyncsignalstream(source)
        source.slot(1)
        source.slot(2, 3)
        received = await take(stream, 2)
        await stream.aclose()
        source.slot(4)  # goes nowhere
        return received

    assert run_in(main) == [(1,), (2, 3)]


@pytest.mark.parametrize("wrong", [None, 1, object()])
def test_what_cannot_be_connected_to_is_a_type_error_at_the_call(wrong):
    with pytest.raises(TypeError, match="asyncsignalstream.. argument 'signal'"):
        qtinter.asyncsignalstream(wrong)
