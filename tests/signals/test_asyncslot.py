# SPDX-License-Identifier: BSD-3-Clause
"""asyncslot(): what may be a slot, and what a slot is given."""

from __future__ import annotations

import asyncio
import functools

import pytest

import qtinter


def test_the_call_returns_the_task(run_in):
    async def main():
        async def slot(a):
            return a + 1

        task = qtinter.asyncslot(slot)(1)
        return isinstance(task, asyncio.Task), await task

    assert run_in(main) == (True, 2)


def test_the_first_step_runs_inside_the_emission_and_the_rest_later(run_in, sender):
    async def main():
        steps = []

        @qtinter.asyncslot
        async def slot(number):
            steps.append(("first", number))
            await asyncio.sleep(0)
            steps.append(("second", number))

        sender.number.connect(slot)
        sender.number.emit(1)
        during = list(steps)
        await asyncio.sleep(0.01)
        return during, steps

    assert run_in(main) == ([("first", 1)], [("first", 1), ("second", 1)])


@pytest.mark.parametrize("takes", [0, 1, 2])
def test_surplus_arguments_of_the_signal_are_cut(run_in, sender, takes):
    async def main():
        received = []

        async def none():
            received.append(())

        async def one(a):
            received.append((a,))

        async def two(a, b):
            received.append((a, b))

        slot = qtinter.asyncslot([none, one, two][takes])
        sender.pair.connect(slot)
        sender.pair.emit(1, "one")
        return received

    assert run_in(main) == [(1, "one")[:takes]]


def test_surplus_arguments_of_a_call_are_cut_for_a_function_without_parameters(run_in):
    async def main():
        async def slot():
            return "called"

        return await qtinter.asyncslot(slot)(1, 2)

    assert run_in(main) == "called"


def test_defaults_are_kept_and_variadic_functions_get_everything(run_in, sender):
    async def main():
        received = []

        async def slot(a, b="default", c="default"):
            received.append((a, b, c))

        async def variadic(*args, keyword=None, **keywords):
            received.append(args)

        for fn in (slot, variadic):
            sender.pair.connect(qtinter.asyncslot(fn))
        sender.pair.emit(1, "one")
        return received

    assert sorted(run_in(main), key=len) == [(1, "one"), (1, "one", "default")]


def test_a_partial_a_callable_object_and_a_lambda_can_be_slots(run_in, sender):
    async def main():
        received = []

        async def slot(*args):
            received.append(args)

        class Callable:
            async def __call__(self, number):
                received.append(("object", number))

        sender.number.connect(qtinter.asyncslot(functools.partial(slot, "partial")))
        sender.number.connect(qtinter.asyncslot(Callable()))
        sender.number.connect(qtinter.asyncslot(lambda number: slot("lambda", number)))
        sender.number.emit(1)
        return received

    assert run_in(main) == [("partial", 1), ("object", 1), ("lambda", 1)]


def test_class_and_static_methods_can_be_slots_in_either_order(run_in, sender):
    received = []

    class Receiver:
        @classmethod
        @qtinter.asyncslot
        async def inner_class(cls, number):
            received.append((cls.__name__, number))

        @qtinter.asyncslot
        @classmethod
        async def outer_class(cls, number):
            received.append((cls.__name__, number))

        @staticmethod
        @qtinter.asyncslot
        async def inner_static(number):
            received.append(("static", number))

        @qtinter.asyncslot
        @staticmethod
        async def outer_static(number):
            received.append(("static", number))

        @classmethod
        async def bare_class(cls, number):
            received.append((cls.__name__, number))

        @staticmethod
        async def bare_static(number):
            received.append(("static", number))

    async def main():
        for slot in (
            Receiver.inner_class,
            Receiver.outer_class,
            Receiver.inner_static,
            Receiver.outer_static,
            qtinter.asyncslot(Receiver.bare_class),
            qtinter.asyncslot(Receiver.bare_static),
        ):
            sender.number.connect(slot)
        sender.number.emit(1)

    run_in(main)
    assert received == [("Receiver", 1)] * 2 + [("static", 1)] * 2 + [
        ("Receiver", 1),
        ("static", 1),
    ]


def test_a_decorated_method_is_a_bound_method_with_its_own_self(run_in, sender):
    class Receiver:
        def __init__(self, name):
            self.name = name

        @qtinter.asyncslot
        async def slot(self, number):
            received.append((self.name, number))

    received = []

    async def main():
        receivers = [Receiver("a"), Receiver("b")]
        for receiver in receivers:
            sender.number.connect(receiver.slot)
        sender.number.emit(1)

    run_in(main)
    assert received == [("a", 1), ("b", 1)]


def test_the_wrapper_looks_like_the_function(qapp):
    @qtinter.asyncslot
    async def slot(a: int) -> None:
        """Say something."""

    assert (slot.__name__, slot.__doc__) == ("slot", "Say something.")
    assert slot.__wrapped__.__name__ == "slot"


@pytest.mark.parametrize("wrong", [None, 1, "slot", object()])
def test_what_cannot_be_called_is_a_type_error_that_names_the_argument(wrong):
    with pytest.raises(TypeError, match="asyncslot.. argument 'fn'"):
        qtinter.asyncslot(wrong)


def test_a_task_runner_that_cannot_be_called_is_a_type_error_that_names_the_argument():
    async def slot():
        pass

    with pytest.raises(TypeError, match="argument 'task_runner'"):
        qtinter.asyncslot(slot, task_runner=1)


def test_a_keyword_only_parameter_without_default_is_a_type_error_that_names_it():
    async def slot(*, flag):
        pass

    with pytest.raises(TypeError, match="'flag'"):
        qtinter.asyncslot(slot)
