# SPDX-License-Identifier: BSD-3-Clause
"""What checkers make of the public functions, without a binding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from typing_extensions import Unpack, assert_type

import qtinter
from qtinter import BoundSignal, asyncsignal, asyncsignalstream, asyncslot, modal, multisignal


class Changed:
    """A typed signal by structure."""

    def connect(self, slot: Callable[[int, str], object], /) -> object:
        raise NotImplementedError


class Done(BoundSignal[()]):
    """A typed signal by name."""

    def connect(self, slot: Callable[[], object], /) -> object:
        raise NotImplementedError


class Untyped:
    """A signal as most are."""

    def connect(self, slot: Callable[..., object]) -> object:
        raise NotImplementedError


async def one_emission(changed: Changed, done: Done, untyped: Untyped) -> None:
    assert_type(await asyncsignal(changed), tuple[int, str])
    assert_type(await asyncsignal(done), tuple[()])
    assert_type(await asyncsignal(untyped), tuple[Any, ...])
    number, text = await asyncsignal(changed)
    assert_type(number, int)
    assert_type(text, str)
    one, two, three = await asyncsignal(changed)  # type: ignore[misc]


async def not_a_signal() -> None:
    await asyncsignal("clicked")  # type: ignore[arg-type]


async def many_emissions(changed: Changed, untyped: Untyped) -> None:
    async for number, text in asyncsignalstream(changed):
        assert_type(number, int)
        assert_type(text, str)
    async with asyncsignalstream(changed) as stream:
        assert_type(stream, qtinter.SignalStream[int, str])
    async for args in asyncsignalstream(untyped):
        assert_type(args, tuple[Any, ...])
    stream = asyncsignalstream(changed)
    iterator: AsyncIterator[tuple[int, str]] = stream
    assert_type(await iterator.__anext__(), tuple[int, str])


async def tagged(changed: Changed, done: Done, untyped: Untyped) -> None:
    assert_type(await asyncsignal(multisignal({changed: "a"})), tuple[str, tuple[Any, ...]])
    mixed = multisignal({changed: 1, done: 2, untyped: 3})
    assert_type(mixed, multisignal[int])
    assert_type(await asyncsignal(mixed), tuple[int, tuple[Any, ...]])
    nested = multisignal({mixed: "mixed", untyped: "untyped"})
    assert_type(await asyncsignal(nested), tuple[str, tuple[Any, ...]])
    tag, args = await asyncsignal(nested)
    assert_type(tag, str)
    assert_type(args, tuple[Any, ...])
    before: dict[BoundSignal[Unpack[tuple[Any, ...]]], str] = {changed: "a", done: "b"}
    assert_type(await asyncsignal(multisignal(before)), tuple[str, tuple[Any, ...]])

    def slot(tag: int, args: tuple[Any, ...]) -> None: ...

    mixed.connect(slot)
    nested.connect(slot)  # type: ignore[arg-type]


class Window:
    """Slots as methods."""

    @asyncslot
    async def save(self, name: str, *, overwrite: bool = False) -> int:
        return 0

    async def load(self, name: str, retries: int = 3) -> bytes:
        return b""


async def no_arguments() -> None: ...


def slots(window: Window) -> None:
    assert_type(asyncslot(no_arguments)(), asyncio.Task[None])
    assert_type(window.save("a"), asyncio.Task[int])
    window.save("a", overwrite=True)
    window.save(1)  # type: ignore[arg-type]
    load = asyncslot(window.load)
    assert_type(load("a"), asyncio.Task[bytes])
    assert_type(load("a", 5), asyncio.Task[bytes])
    assert_type(load(name="a", retries=5), asyncio.Task[bytes])
    load()  # type: ignore[call-arg]
    load("a", retries="5")  # type: ignore[arg-type]
    asyncslot(no_arguments, task_runner=asyncio.create_task)
    asyncslot(no_arguments, task_runner=partial(qtinter.run_task, name="slot"))
    asyncslot(window.load, task_runner=len)  # type: ignore[arg-type]
    asyncslot(print)  # type: ignore[arg-type]


def ask(title: str, text: str = "", *, default: bool = True) -> bool:
    return default


async def modal_calls() -> None:
    assert_type(await modal(ask)("Title"), bool)
    assert_type(await modal(ask)("Title", "Text", default=False), bool)
    call: Coroutine[Any, Any, bool] = modal(ask)("Title")
    await call
    await modal(ask)()  # type: ignore[call-arg]
    await modal(ask)("Title", defualt=False)  # type: ignore[call-arg]
    await modal(1)  # type: ignore[arg-type, misc]


def transform(
    slot: Callable[[int, str], float], args: tuple[str, int], scale: float, name: str
) -> bool:
    return slot(args[1], args[0]) * scale > 0


def measure(number: int, text: str) -> float:
    return 0.0


def transformed() -> None:
    wrapper = qtinter.transform_slot(measure, transform, 2.0, "name")
    assert_type(wrapper("a", 1), bool)
    wrapper(1, "a")  # type: ignore[arg-type]
    qtinter.transform_slot(measure, transform, 2.0)  # type: ignore[arg-type]
    qtinter.transform_slot(measure, transform, "2.0", "name")  # type: ignore[arg-type]
    qtinter.transform_slot(ask, transform, 2.0, "name")  # type: ignore[arg-type, misc]


async def entry_points(main: Coroutine[Any, Any, int]) -> None:
    assert_type(qtinter.run_task(main), asyncio.Task[int])
    waiting: Awaitable[int] = qtinter.run_task(main, name="main")
    await waiting
