# SPDX-License-Identifier: BSD-3-Clause
"""asyncslot(): the tasks, their exceptions, and the thread they run in."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
import weakref

import pytest

import qtinter


def catch(loop):
    """Collect what the loop's exception handler is told."""
    told = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    return told


@pytest.mark.virtual
def test_a_running_task_is_kept_alive(run_in):
    async def main():
        finished, waiters = [], []

        async def slot():
            # The task and what it waits for refer to each other, and nothing else to them.
            waiter = asyncio.get_running_loop().create_future()
            waiters.append(weakref.ref(waiter))
            await waiter
            finished.append(True)

        qtinter.asyncslot(slot)()
        gc.collect()
        waiters[0]().set_result(None)
        await asyncio.sleep(0.001)
        return finished

    assert run_in(main) == [True]


@pytest.mark.virtual
@pytest.mark.parametrize("steps", [0, 1])
def test_an_exception_reaches_the_exception_handler_when_the_task_ends(run_in, steps):
    async def main():
        told = catch(asyncio.get_running_loop())

        async def slot():
            for _ in range(steps):
                await asyncio.sleep(0)
            raise KeyError("from the slot")

        task = qtinter.asyncslot(slot)()
        while not task.done():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        before = [(type(context["exception"]), context["task"] is task) for context in told]
        del task
        gc.collect()
        return before, len(told)

    assert run_in(main) == ([(KeyError, True)], 1)


@pytest.mark.virtual
@pytest.mark.parametrize("steps", [0, 1])
def test_cancellation_is_silent(run_in, steps):
    async def main():
        told = catch(asyncio.get_running_loop())

        async def slot():
            if steps == 0:
                raise asyncio.CancelledError
            await asyncio.sleep(3600)

        task = qtinter.asyncslot(slot)()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        return task.cancelled(), told

    assert run_in(main) == (True, [])


@pytest.mark.virtual
def test_an_exception_before_there_is_a_coroutine_is_the_task_s(run_in):
    async def main():
        told = catch(asyncio.get_running_loop())

        def slot():
            raise KeyError("no coroutine")

        task = qtinter.asyncslot(slot)()
        await asyncio.sleep(0)
        return type(task.exception()), [type(context["exception"]) for context in told]

    assert run_in(main) == (KeyError, [KeyError])


@pytest.mark.virtual
def test_a_function_that_returns_no_coroutine_is_a_type_error_of_the_task(run_in):
    async def main():
        catch(asyncio.get_running_loop())
        exc = qtinter.asyncslot(lambda: None)().exception()
        await asyncio.sleep(0)
        return exc

    exc = run_in(main)
    assert isinstance(exc, TypeError)
    assert "asyncslot() argument 'fn' must return a coroutine" in str(exc)


@pytest.mark.virtual
def test_the_task_runner_is_used(run_in):
    async def main():
        async def slot(a):
            return a

        task = qtinter.asyncslot(slot, task_runner=asyncio.create_task)(1)
        began = task.done()
        return began, await task

    assert run_in(main) == (False, 1)


@pytest.mark.virtual
def test_a_slot_may_be_called_in_the_first_step_of_another(run_in):
    async def main():
        order = []

        @qtinter.asyncslot
        async def inner():
            order.append("inner")

        @qtinter.asyncslot
        async def outer():
            order.append("outer")
            inner()
            order.append(asyncio.current_task().get_coro().__name__)

        await outer()
        return order

    assert run_in(main) == ["outer", "inner", "outer"]


@pytest.mark.parametrize("task_runner", [qtinter.run_task, asyncio.create_task])
def test_without_a_running_loop_a_call_is_a_runtime_error_and_no_coroutine_is_left(task_runner):
    async def slot():
        raise AssertionError

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match="no running event loop"):
            qtinter.asyncslot(slot, task_runner=task_runner)()
        gc.collect()

    assert [str(warning.message) for warning in caught if "awaited" in str(warning.message)] == []


def test_after_the_loop_that_a_slot_was_made_in_a_call_is_a_runtime_error(run_in):
    async def slot():
        raise AssertionError

    async def main():
        return asyncio.get_running_loop(), qtinter.asyncslot(slot)

    _loop, made = run_in(main)  # the loop is held, so that it is not gone but no longer running

    with pytest.raises(RuntimeError, match="no running event loop"):
        made()


@pytest.mark.parametrize("kind", ["function", "plain", "qobject"])
def test_an_emission_of_a_worker_s_object_runs_the_slot_in_the_loop_s_thread(run_in, qt, kind):
    """The sender lives in a QThread and is emitted there; the slot belongs to the main thread."""
    seen = []

    class Worker(qt.QtCore.QObject):
        done = qt.Signal(object)  # an int could be too big for Qt's

        def work(self):
            self.done.emit(threading.get_ident())

    class Plain:
        async def slot(self, ident):
            seen.append((ident, threading.get_ident()))

    class QReceiver(qt.QtCore.QObject):
        async def slot(self, ident):
            seen.append((ident, threading.get_ident()))

    async def main():
        thread = qt.QtCore.QThread()
        worker = Worker()
        worker.moveToThread(thread)
        receiver = {"function": Plain, "plain": Plain, "qobject": QReceiver}[kind]()

        async def function(ident):
            await receiver.slot(ident)

        slot = qtinter.asyncslot(function if kind == "function" else receiver.slot)
        worker.done.connect(slot)
        thread.started.connect(worker.work)
        thread.start()
        for _ in range(1000):
            if seen:
                break
            await asyncio.sleep(0.005)
        thread.quit()
        thread.wait()
        return seen[0][0] != threading.get_ident(), seen[0][1] == threading.get_ident()

    assert run_in(main) == (True, True)
