# SPDX-License-Identifier: BSD-3-Clause
"""asyncio's own tools for coroutines: groups, timeouts, queues, generators, contexts."""

from __future__ import annotations

import asyncio
import contextvars
import sys

import pytest

needs_311 = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="TaskGroup and timeout() came with Python 3.11"
)


def test_an_abandoned_asynchronous_generator_is_closed_before_the_loop(run_in):
    events = []

    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            events.append("closed")

    generators = []

    async def main():
        generators.extend(numbers() for _ in range(3))
        return [await generator.__anext__() for generator in generators]

    assert run_in(main) == [1, 1, 1]
    assert events == ["closed"] * 3


def test_tasks_left_over_are_cancelled_and_clean_up(run_in):
    events = []

    async def left_over(number):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            events.append(number)
            raise

    async def main():
        tasks = [asyncio.ensure_future(left_over(number)) for number in range(200)]
        await asyncio.sleep(0)
        return len(tasks)

    assert run_in(main) == 200
    assert sorted(events) == list(range(200))


@needs_311
def test_a_task_group_waits_for_200_tasks(run_in):
    async def main():
        async def square(number):
            await asyncio.sleep(0.001 * (number % 5))
            return number * number

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(square(number)) for number in range(200)]
        return [task.result() for task in tasks]

    assert run_in(main) == [number * number for number in range(200)]


@needs_311
def test_a_failing_task_ends_its_group_and_cancels_the_others(run_in):
    async def main():
        cancelled = []

        async def wait(number):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancelled.append(number)
                raise

        async def fail():
            await asyncio.sleep(0)
            raise LookupError("planned")

        try:
            async with asyncio.TaskGroup() as group:
                for number in range(3):
                    group.create_task(wait(number))
                group.create_task(fail())
        except BaseException as errors:  # an ExceptionGroup, a name that 3.10 hasn't got
            return [repr(error) for error in errors.exceptions], sorted(cancelled)
        return None

    assert run_in(main) == (["LookupError('planned')"], [0, 1, 2])


@needs_311
def test_200_timeouts_end_what_takes_too_long_and_nothing_else(run_in):
    async def main():
        async def limited(number):
            try:
                async with asyncio.timeout(0.01 if number % 2 else 30):
                    await asyncio.sleep(60 if number % 2 else 0.02)
            except TimeoutError:
                return "timed out"
            return "done"

        return await asyncio.gather(*map(limited, range(200)))

    assert run_in(main) == ["done", "timed out"] * 100


def test_200_producers_and_20_consumers_share_a_bounded_queue(run_in):
    async def main():
        queue, consumed = asyncio.Queue(10), []

        async def produce(number):
            for count in range(5):
                await queue.put((number, count))

        async def consume():
            while True:
                consumed.append(await queue.get())
                await asyncio.sleep(0)
                queue.task_done()

        consumers = [asyncio.ensure_future(consume()) for _ in range(20)]
        await asyncio.gather(*map(produce, range(200)))
        await queue.join()
        for consumer in consumers:
            consumer.cancel()
        await asyncio.gather(*consumers, return_exceptions=True)
        return consumed

    consumed = run_in(main)

    assert sorted(consumed) == [(number, count) for number in range(200) for count in range(5)]
    for producer in range(200):
        assert [count for number, count in consumed if number == producer] == list(range(5))


def test_each_task_keeps_its_own_context_variables(run_in):
    variable = contextvars.ContextVar("variable")

    async def main():
        loop = asyncio.get_running_loop()

        async def keep(number):
            variable.set(number)
            seen = loop.create_future()
            loop.call_later(0.001 * (number % 3), lambda: seen.set_result(variable.get()))
            await asyncio.sleep(0.001)
            return variable.get(), await seen

        return await asyncio.gather(*map(keep, range(200)))

    assert run_in(main) == [(number, number) for number in range(200)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_begin_at_once_and_end_in_the_loop(run_in):
    async def main():
        loop = asyncio.get_running_loop()
        begun = []

        async def work(number):
            begun.append(number)
            await asyncio.sleep(0.001)
            return number

        loop.set_task_factory(asyncio.eager_task_factory)
        try:
            tasks = [asyncio.ensure_future(work(number)) for number in range(200)]
            at_once = list(begun)
            return at_once, await asyncio.gather(*tasks)
        finally:
            loop.set_task_factory(None)

    assert run_in(main) == (list(range(200)), list(range(200)))


def test_an_exception_out_of_the_program_reaches_its_caller(run_in):
    async def main():
        await asyncio.sleep(0)
        raise LookupError("planned")

    with pytest.raises(LookupError, match="planned"):
        run_in(main)


def test_locks_let_200_tasks_in_one_at_a_time_and_in_order(run_in):
    async def main():
        lock, inside, order = asyncio.Lock(), 0, []

        async def enter(number):
            nonlocal inside
            async with lock:
                inside += 1
                assert inside == 1
                await asyncio.sleep(0)
                order.append(number)
                inside -= 1

        await asyncio.gather(*map(enter, range(200)))
        return order

    assert run_in(main) == list(range(200))
