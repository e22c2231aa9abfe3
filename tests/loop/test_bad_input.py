# SPDX-License-Identifier: BSD-3-Clause
"""Misuse: a clear error at the call that is wrong, and a loop that stays usable.

The text of the errors of our own operations names the operation, the mode and the state. Those of
asyncio's operations keep asyncio's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import qtinter
from qtinter import QiLoopMode
from tests.loop.hosting import (
    HOSTED,
    Driver,
    collect_errors,
    driver_of,
    from_qt,
    kinds,
    needs_qt,
    new_loop,
    run_qt_until,
)


def nothing() -> None:
    pass


Misuse = Callable[[qtinter.QiSelectorEventLoop], object]

#: Operation and state -> the misuse, and what its error must name.
STOPPED: dict[str, tuple[QiLoopMode, Misuse, tuple[str, ...]]] = {
    "start() in OWNER mode": (
        QiLoopMode.OWNER,
        lambda loop: loop.start(),
        ("start()", "GUEST mode", "STOPPED", "OWNER"),
    ),
    "start() in NATIVE mode": (
        QiLoopMode.NATIVE,
        lambda loop: loop.start(),
        ("start()", "GUEST mode", "STOPPED", "NATIVE"),
    ),
    "run_forever() in GUEST mode": (
        QiLoopMode.GUEST,
        lambda loop: loop.run_forever(),
        ("run_forever()", "GUEST mode", "STOPPED"),
    ),
    "run_until_complete() in GUEST mode": (
        QiLoopMode.GUEST,
        lambda loop: loop.run_until_complete(loop.create_future()),
        ("run_until_complete()", "GUEST mode", "STOPPED"),
    ),
    "stop() in GUEST mode": (
        QiLoopMode.GUEST,
        lambda loop: loop.stop(),
        ("stop()", "GUEST mode", "STOPPED"),
    ),
    "exec_modal() in OWNER mode": (
        QiLoopMode.OWNER,
        lambda loop: loop.exec_modal(nothing),
        ("exec_modal()", "OWNER mode", "STOPPED"),
    ),
    "exec_modal() in GUEST mode": (
        QiLoopMode.GUEST,
        lambda loop: loop.exec_modal(nothing),
        ("exec_modal()", "GUEST mode", "STOPPED"),
    ),
    "exec_modal() in NATIVE mode": (
        QiLoopMode.NATIVE,
        lambda loop: loop.exec_modal(nothing),
        ("exec_modal()", "NATIVE mode", "STOPPED"),
    ),
}


@needs_qt
@pytest.mark.parametrize("name", list(STOPPED))
def test_a_misuse_of_a_stopped_loop_is_named_and_changes_nothing(name: str) -> None:
    mode, misuse, words = STOPPED[name]
    ran: list[int] = []
    with new_loop(mode) as loop:
        loop.call_soon(ran.append, 1)
        with pytest.raises(RuntimeError) as caught:
            misuse(loop)
        for word in words:
            assert word in str(caught.value)
        assert not loop.is_running()
        assert asyncio._get_running_loop() is None
        Driver(mode.name.lower(), loop).run_until_idle()
        assert ran == [1]


#: Operation -> the misuse of a running loop, the words, and from where it is one.
RUNNING: dict[str, tuple[tuple[str, ...], Misuse, tuple[str, ...], tuple[str, ...]]] = {
    "start()": (("guest",), lambda loop: loop.start(), ("start()", "GUEST"), ("both",)),
    "start() of an owner": (("owner",), lambda loop: loop.start(), ("start()", "OWNER"), ("both",)),
    "run_forever()": (
        ("guest",),
        lambda loop: loop.run_forever(),
        ("run_forever()", "GUEST"),
        ("both",),
    ),
    "run_forever() of an owner": (
        ("owner",),
        lambda loop: loop.run_forever(),
        ("running",),
        (),
    ),
    "run_until_complete()": (
        ("guest",),
        lambda loop: loop.run_until_complete(loop.create_future()),
        ("run_until_complete()", "GUEST"),
        ("both",),
    ),
    "set_mode()": (
        ("owner", "guest"),
        lambda loop: loop.set_mode(QiLoopMode.NATIVE),
        ("set_mode(NATIVE)",),
        ("both",),
    ),
    "close()": (("owner", "guest"), lambda loop: loop.close(), ("running",), ()),
}


@needs_qt
@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for name in RUNNING for kind in RUNNING[name][0]]
)
@pytest.mark.parametrize("place", ["callback", "slot"])
def test_a_misuse_of_a_running_loop_is_named_and_changes_nothing(
    kind: str, place: str, name: str
) -> None:
    _, misuse, words, states = RUNNING[name]
    errors: list[str] = []
    ran: list[int] = []

    def attempt() -> None:
        try:
            misuse(driver.loop)
        except RuntimeError as exc:
            errors.append(str(exc))
        assert driver.loop.is_running()
        assert asyncio.get_running_loop() is driver.loop
        driver.loop.call_soon(ran.append, 1)
        driver.loop.call_soon(driver.loop.stop)

    with driver_of(kind) as driver:
        if place == "slot":
            from_qt(attempt)
        else:
            driver.loop.call_soon(attempt)
        driver.run()
        assert len(errors) == 1
        for word in words:
            assert word in errors[0]
        if states:
            assert {"callback": "PROCESSING", "slot": "SELECTING"}[place] in errors[0]
        assert ran == [1]


@kinds("owner", "native")
@pytest.mark.parametrize("thing", [None, 42, "main", nothing, []])
def test_run_until_complete_refuses_what_can_not_be_awaited(kind: str, thing: Any) -> None:
    with driver_of(kind) as driver:
        with pytest.raises(TypeError):
            driver.loop.run_until_complete(thing)
        assert not driver.loop.is_running()
        assert driver.loop.run_until_complete(asyncio.sleep(0, 42)) == 42


@kinds("owner", "native")
def test_run_until_complete_refuses_a_future_of_another_loop(kind: str) -> None:
    with driver_of(kind) as driver, driver_of(kind) as other:
        with pytest.raises(ValueError, match="loop"):
            driver.loop.run_until_complete(other.loop.create_future())
        assert driver.loop.run_until_complete(asyncio.sleep(0, 42)) == 42


@kinds("owner", "guest", "native")
@pytest.mark.parametrize("thing", [None, 42, "callback"])
def test_what_can_not_be_called_fails_alone(kind: str, thing: Any) -> None:
    """asyncio looks at callbacks in debug mode only; they fail when they are called."""
    ran: list[int] = []
    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.call_soon(thing)
        driver.loop.call_soon(ran.append, 1)
        driver.run_until_idle()
        assert [type(each["exception"]) for each in errors] == [TypeError]
        driver.loop.set_debug(True)
        with pytest.raises(TypeError, match="callable"):
            driver.loop.call_soon(thing)
        driver.run_until_idle()
    assert ran == [1]


@kinds("owner", "guest", "native")
def test_a_descriptor_that_is_none_is_refused(kind: str) -> None:
    with driver_of(kind) as driver:
        for thing in (-1, "fd", None):
            with pytest.raises((ValueError, TypeError)):
                driver.loop.add_reader(thing, nothing)  # type: ignore[arg-type]
        driver.loop.call_soon(driver.loop.stop)
        driver.run()


@pytest.mark.parametrize("thing", [42, "selector", object()])
def test_a_selector_must_be_one(thing: Any) -> None:
    with pytest.raises(TypeError, match="selector"):
        qtinter.QiSelectorEventLoop(thing)


@needs_qt
def test_a_callback_that_fails_between_others_stops_none_of_them() -> None:
    ran: list[int] = []
    with qtinter.using_asyncio_from_qt() as loop, collect_errors(loop) as errors:
        for number in range(100):
            loop.call_soon(ran.append, number)
            loop.call_soon(lambda: 1 // 0)
        run_qt_until(lambda: len(ran) == 100 and len(errors) == 100)
        assert ran == list(range(100))


@HOSTED
def test_base_exceptions_that_are_no_exits_are_reported_and_kill_nothing(kind: str) -> None:
    class Odd(BaseException):
        pass

    def odd() -> None:
        raise Odd

    ran: list[int] = []
    with driver_of(kind) as driver, collect_errors(driver.loop) as errors:
        driver.loop.call_soon(odd)
        driver.loop.call_soon(ran.append, 1)
        driver.run_until_idle()
        assert [type(each["exception"]) for each in errors] == [Odd]
    assert ran == [1]


@needs_qt
@pytest.mark.parametrize("argument", [None, 42, "fn"])
def test_the_helpers_name_the_argument_that_is_wrong(argument: Any) -> None:
    for call, name in (
        (lambda: qtinter.modal(argument), "fn"),
        (lambda: qtinter.run_task(argument), "coro"),
        (lambda: qtinter.run(argument), "main"),
    ):
        with pytest.raises(TypeError, match=f"'{name}'"):
            call()
