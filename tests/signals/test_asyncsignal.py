# SPDX-License-Identifier: BSD-3-Clause
"""asyncsignal(): one emission, and nothing left of the connection."""

from __future__ import annotations

import asyncio

import pytest

import qtinter
from tests.signals.waiting import emit_soon


def test_the_arguments_of_the_emission_are_returned_as_a_tuple(run_in, sender):
    async def main():
        emit_soon(sender.pair, 1, "one")
        return await qtinter.asyncsignal(sender.pair)

    assert run_in(main) == (1, "one")


def test_an_emission_without_arguments_gives_the_empty_tuple(run_in, sender):
    async def main():
        emit_soon(sender.nothing)
        return await qtinter.asyncsignal(sender.nothing)

    assert run_in(main) == ()


def test_the_overload_that_is_named_is_waited_for(run_in, sender):
    async def main():
        emit_soon(sender.overloaded[int], 1)
        asyncio.get_running_loop().call_later(0.01, sender.overloaded[str].emit, "one")
        return await qtinter.asyncsignal(sender.overloaded[str])

    assert run_in(main) == ("one",)


def test_an_object_is_delivered_as_itself(run_in, sender):
    thing = {1: [2]}

    async def main():
        emit_soon(sender.thing, thing)
        (received,) = await qtinter.asyncsignal(sender.thing)
        return received is thing

    assert run_in(main)


def test_the_signal_is_connected_when_awaited_and_not_before(run_in, sender):
    async def main():
        waiting = qtinter.asyncsignal(sender.pair)
        before = sender.count("pair")
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0)
        during = sender.count("pair")
        sender.pair.emit(1, "one")
        await task
        return before, during

    assert run_in(main) == (0, 1)


def test_it_is_disconnected_when_the_result_is_returned(run_in, sender):
    async def main():
        emit_soon(sender.pair, 1, "one")
        await qtinter.asyncsignal(sender.pair)
        return sender.count("pair")

    assert run_in(main) == 0


def test_it_is_disconnected_when_a_timeout_is_raised(run_in, sender):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(qtinter.asyncsignal(sender.pair), 0.001)
        return sender.count("pair")

    assert run_in(main) == 0


def test_it_is_disconnected_before_a_cancelled_await_ends(run_in, sender):
    async def main():
        counts = []

        async def wait():
            try:
                await qtinter.asyncsignal(sender.pair)
            except asyncio.CancelledError:
                counts.append(sender.count("pair"))
                raise

        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return counts

    assert run_in(main) == [0]


def test_it_is_disconnected_when_an_exception_is_thrown_in(run_in, sender):
    async def main():
        coro = qtinter.asyncsignal(sender.pair)
        coro.send(None)
        assert sender.count("pair") == 1
        with pytest.raises(KeyError):
            coro.throw(KeyError("thrown"))
        return sender.count("pair")

    assert run_in(main) == 0


def test_it_is_disconnected_when_the_coroutine_is_closed(run_in, sender):
    async def main():
        coro = qtinter.asyncsignal(sender.pair)
        coro.send(None)
        coro.close()
        return sender.count("pair")

    assert run_in(main) == 0


def test_an_exception_that_is_kept_keeps_no_connection(run_in, sender):
    async def main():
        kept = None
        try:
            await asyncio.wait_for(qtinter.asyncsignal(sender.pair), 0.001)
        except asyncio.TimeoutError as exc:
            kept = exc
        return kept is not None, sender.count("pair")

    assert run_in(main) == (True, 0)


def test_of_several_emissions_the_first_one_counts(run_in, sender):
    async def main():
        task = asyncio.ensure_future(qtinter.asyncsignal(sender.number))
        await asyncio.sleep(0)
        sender.number.emit(1)
        sender.number.emit(2)
        return await task

    assert run_in(main) == (1,)


def test_all_who_wait_for_a_signal_get_the_emission(run_in, sender):
    async def main():
        waits = [asyncio.ensure_future(qtinter.asyncsignal(sender.number)) for _ in range(3)]
        await asyncio.sleep(0)
        sender.number.emit(7)
        return await asyncio.gather(*waits)

    assert run_in(main) == [(7,)] * 3


def test_an_emission_and_a_cancellation_at_once_leave_no_connection(run_in, sender):
    async def main():
        task = asyncio.ensure_future(qtinter.asyncsignal(sender.number))
        await asyncio.sleep(0)
        sender.number.emit(1)
        task.cancel()
        await asyncio.wait([task])
        return sender.count("number")

    assert run_in(main) == 0


def test_a_type_that_can_t_be_declared_is_delivered_all_the_same(run_in, qt):
    if not qt.is_pyqt:
        pytest.skip("PySide can pass this type to no slot")

    async def main():
        effect = qt.QtWidgets.QGraphicsBlurEffect()  # PyQt can't declare a slot for its BlurHints
        hint = qt.QtWidgets.QGraphicsBlurEffect.BlurHint.QualityHint
        asyncio.get_running_loop().call_soon(effect.setBlurHints, hint)
        (hints,) = await qtinter.asyncsignal(effect.blurHintsChanged)
        return hints == hint

    assert run_in(main)


@pytest.mark.parametrize("wrong", [None, 1, "signal", object()])
def test_what_cannot_be_connected_to_is_a_type_error_that_names_the_argument(run_in, wrong):
    async def main():
        with pytest.raises(TypeError, match="asyncsignal.. argument 'signal'"):
            await qtinter.asyncsignal(wrong)

    run_in(main)


def test_an_unbound_signal_is_a_type_error(run_in, qt):
    async def main():
        with pytest.raises(TypeError, match="signal"):
            await qtinter.asyncsignal(qt.Sender.number)

    run_in(main)


def test_it_works_on_a_plain_asyncio_loop(qt, sender):
    async def main():
        emit_soon(sender.pair, 1, "one")
        return await qtinter.asyncsignal(sender.pair)

    assert asyncio.run(main()) == (1, "one")
    assert sender.count("pair") == 0
