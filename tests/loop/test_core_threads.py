# SPDX-License-Identifier: BSD-3-Clause
"""Other threads wake the loop without Qt, and one at rest asks its host only in its own thread."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qtinter.compat import aio
from qtinter.testing import VirtualEventLoop
from tests.loop.native import NativeLoop, ours, run_briefly

# Other threads.


def test_another_thread_wakes_a_waiting_loop(loop: Any) -> None:
    here, there = socket.socketpair()
    if isinstance(loop, VirtualEventLoop):
        loop.add_reader(here, int)  # something outside that is waited for
    waiting = threading.Event()
    loop.call_soon(waiting.set)

    def wake() -> None:
        waiting.wait()
        loop.call_soon_threadsafe(loop.stop)

    thread = threading.Thread(target=wake)
    thread.start()
    loop.run_forever()
    thread.join()
    loop.remove_reader(here)
    here.close()
    there.close()

    assert not loop.is_running()


def test_callbacks_of_many_threads_all_run(loop: Any) -> None:
    log: list[tuple[int, int]] = []

    def work(number: int) -> None:
        for n in range(200):
            loop.call_soon_threadsafe(log.append, (number, n))

    async def main() -> None:
        await asyncio.gather(*(loop.run_in_executor(None, work, n) for n in range(4)))
        await asyncio.sleep(0)
        await loop.shutdown_default_executor()

    loop.run_until_complete(main())

    assert sorted(log) == list(itertools.product(range(4), range(200)))
    for number in range(4):
        assert [n for which, n in log if which == number] == list(range(200))


@ours
def test_many_wake_ups_write_once_until_they_are_read(loop: Any) -> None:
    for _ in range(100):
        loop.call_soon_threadsafe(int)

    assert len(loop._ssock.recv(4096)) == 1
    loop._wakeup_pending = False  # as the reader would have done
    loop.call_soon_threadsafe(int)
    run_briefly(loop)
    loop.call_soon_threadsafe(int)
    assert len(loop._ssock.recv(4096)) == 1


@ours
def test_a_wake_up_that_could_not_be_written_is_tried_again(
    loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(BaseException):
        """What a signal handler may raise anywhere."""

    def fail(_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(aio.BaseSelectorEventLoop, "_write_to_self", fail)
        with pytest.raises(Interrupted):
            loop.call_soon_threadsafe(int)
    loop.call_soon_threadsafe(int)

    assert len(loop._ssock.recv(4096)) == 1


# At rest.


class RestingLoop(NativeLoop):
    """A loop at rest, as a hosted one is while Qt has control; notes what its host is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []
        self._thread_id = threading.get_ident()
        self._resting = True

    def _host_now(self) -> None:
        self.asked.append("now")

    def _host_at(self, when: float) -> None:
        self.asked.append(when)

    def is_woken(self) -> bool:
        """Whether its self-pipe was written to."""
        try:
            return bool(self._ssock.recv(4096))
        except BlockingIOError:
            return False


@pytest.fixture
def resting() -> Iterator[RestingLoop]:
    loop = RestingLoop()
    yield loop
    loop._thread_id = None
    loop.close()


def in_a_thread(function: Callable[..., object], *args: object) -> None:
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_at_rest_call_soon_arms_the_host_once(resting: RestingLoop, debug: bool) -> None:
    resting._debug = resting._slow = debug
    resting.call_soon(int)
    resting.call_soon(int)

    assert resting.asked == ["now"]
    assert not resting.is_woken()


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_at_rest_a_new_timer_arms_the_host(resting: RestingLoop, debug: bool) -> None:
    resting._debug = resting._slow = debug
    resting.call_at(7.5, int)

    assert resting.asked == [7.5]
    assert not resting.is_woken()


@pytest.mark.parametrize("way", ["call_soon", "call_at"])
def test_at_rest_another_thread_wakes_the_loop_and_does_not_touch_the_host(
    resting: RestingLoop, way: str
) -> None:
    # Without debug mode asyncio lets it, and by luck it works there.
    in_a_thread(getattr(resting, way), *([7.5] if way == "call_at" else []), int)

    assert resting.asked == []
    assert resting.is_woken()


def test_call_soon_threadsafe_never_touches_the_host(resting: RestingLoop) -> None:
    resting.call_soon_threadsafe(int)

    assert resting.asked == []
    assert resting.is_woken()


def test_a_busy_loop_does_not_ask_its_host_for_anything(resting: RestingLoop) -> None:
    resting._resting = False
    resting.call_soon(int)
    resting.call_at(7.5, int)

    assert resting.asked == []


@ours
def test_a_native_loop_has_no_host_to_ask(loop: Any) -> None:
    assert loop._host_now() is None
    assert loop._host_at(1) is None
