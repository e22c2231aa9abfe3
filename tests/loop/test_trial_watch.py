# SPDX-License-Identifier: BSD-3-Clause
"""A selector whose file descriptor Qt may or may not be able to watch, as macOS's kqueue.

Stand-ins have the file descriptor of an epoll object, which can be watched, of a socket that never
becomes readable, and of one that always is.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qtinter.loop import watch
from tests.loop.hosting import HOSTED, driver_of, from_qt, needs_qt, run_qt_for, run_qt_until

pytestmark = pytest.mark.skipif(
    not hasattr(selectors, "EpollSelector"), reason="what stands in here is an epoll object"
)


class StandIn(selectors.BaseSelector):
    """A selector that is not known to be trusted."""

    def __init__(self, fd: int | None = None) -> None:
        self.real = selectors.EpollSelector()
        self.fd = fd

    def fileno(self) -> int:
        return self.real.fileno() if self.fd is None else self.fd

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self.real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.real.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> Any:
        return self.real.select(timeout)

    def get_map(self) -> Any:
        return self.real.get_map()

    def close(self) -> None:
        self.real.close()


@pytest.fixture
def never() -> Iterator[int]:
    """Give a file descriptor that nothing comes from."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours.fileno()


@pytest.fixture
def always() -> Iterator[int]:
    """Give a file descriptor that can always be read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"x")
        yield ours.fileno()


@pytest.fixture(params=["works", "never", "always"])
def make(request: pytest.FixtureRequest) -> Callable[[], StandIn]:
    """Give what makes a selector of each sort."""
    if request.param == "works":
        return StandIn
    fd: int = request.getfixturevalue(request.param)
    return lambda: StandIn(fd)


@HOSTED
def test_streams_threads_and_slots_work_whatever_comes_of_the_trial(
    kind: str, make: Callable[[], StandIn]
) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        payload = bytes(range(256)) * 2000
        for _ in range(3):
            writer.write(payload)
            assert await reader.readexactly(len(payload)) == payload
            await asyncio.sleep(0.001)  # at rest, in between
        writer.close()

    async def main() -> None:
        try:
            server = await asyncio.start_server(echo, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            await asyncio.wait_for(asyncio.gather(*[client(port) for _ in range(10)]), 20)
            await driver.loop.run_in_executor(None, int)
            slot = driver.loop.create_future()
            from_qt(lambda: slot.set_result(None), 5)
            await slot
            server.close()
            await driver.loop.shutdown_default_executor()
        finally:
            driver.loop.stop()

    with driver_of(kind, make()) as driver:
        task = driver.loop.create_task(main())
        driver.run()
        task.result()
        driver.run_until_idle()


def rung_until(selector: StandIn, done: Callable[[Any], object], *, unread: bool = False) -> Any:
    """Watch a readable socket, which each wake-up reads, until the watch is as wanted.

    Which of two notifiers tells first is up to Qt's event dispatcher: the one on the socket's own
    descriptor may leave nothing to be told by the other. Not so if the socket stays `unread`
    until then.
    """
    ours, theirs = socket.socketpair()
    made: Any = None

    def wake(*_: object) -> None:
        if selector.select(0) and (done(made) or not unread):
            ours.recv(1)

    with ours, theirs:
        selector.register(ours, selectors.EVENT_READ)
        made = watch.watch(selector, wake)
        made.update()
        made.enable(True)
        from_qt(lambda: theirs.send(b"x"), 5)
        run_qt_until(lambda: done(made))
        run_qt_for(5)
        made.enable(False)
        selector.unregister(ours)
        made.forget(ours.fileno(), write=False)
    selector.close()
    return made


@needs_qt
def test_one_notifier_is_left_once_it_has_told_of_something() -> None:
    made = rung_until(StandIn(), lambda made: len(made._used) == 1, unread=True)
    assert made._used == (made._one,)


@needs_qt
def test_all_notifiers_stay_if_the_one_on_trial_never_tells(never: int) -> None:
    made = rung_until(StandIn(never), lambda made: made._each._notifiers)
    assert made._used == (made._one, made._each)


@needs_qt
def test_a_notifier_that_tells_of_nothing_again_and_again_is_given_up(always: int) -> None:
    made = rung_until(StandIn(always), lambda made: len(made._used) == 1)
    assert made._used == (made._each,)


@needs_qt
def test_a_selector_that_fails_during_the_trial_raises_nothing_into_qt(always: int) -> None:
    class Broken(StandIn):
        def select(self, timeout: float | None = None) -> Any:
            raise OSError("broken")

    woken: list[int] = []
    selector = Broken(always)
    made = watch.watch(selector, lambda *_: woken.append(1))
    made.enable(True)
    run_qt_until(lambda: len(woken) == watch.FALSE_ALARMS)
    run_qt_for(5)
    assert len(woken) == watch.FALSE_ALARMS
    selector.close()


@needs_qt
def test_epoll_is_trusted() -> None:
    selector = selectors.EpollSelector()
    assert isinstance(watch.watch(selector, int), watch.SelectorWatch)
    selector.close()
